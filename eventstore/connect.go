package eventstore

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrConnect is returned by Connect if the servers cannot be used. The text says
// in plain words what to look at.
var ErrConnect = errors.New("the NATS servers cannot be used")

// ConnectOptions say how to reach servers that run elsewhere.
type ConnectOptions struct {
	URLs string // comma separated, as in "tls://nats-1:4222,tls://nats-2:4222"
	Name string // how the servers know this node, in their lists of connections

	NKey  string // file with the seed of an NKey
	Creds string // file with credentials; at most one of both

	CA        string // file with the certificates that vouch for the servers; the system's if empty
	Cert, Key string // files with the client's certificate and its key, if the servers ask for one

	// Plain allows a connection without TLS and without a key beyond this
	// machine, where everybody on the way reads and writes along.
	Plain bool
	// TrustSync takes it on trust that every server syncs each write to disk.
	TrustSync bool
	// Patience is how long servers that do not answer, or have no leader yet,
	// are waited for; 10 seconds if zero.
	Patience time.Duration
	Logger   *slog.Logger // nil discards
}

// A Remote is a connection to JetStream on servers that run elsewhere, and what
// is known of these servers. The connection is kept up for ever: while it is
// broken, sending fails at once.
type Remote struct {
	nc   *nats.Conn
	opts ConnectOptions
	quit chan struct{}
	done sync.WaitGroup
	once sync.Once

	mu      sync.Mutex
	denied  error     // the last thing that the servers forbade
	lost    time.Time // since when there is no connection; zero: there is one
	cluster Cluster
	unsafe  error
}

// Connect reaches the servers and makes sure that a log is safe there: they are
// of a version that is known to be good, take messages of 1 MiB and sync every
// write to disk. So many servers must say so that they can outvote the rest;
// those that are away are asked later, see Healthy. It fails with ErrConnect if
// the servers cannot be reached or do not let this node in, and with ErrUnsafe
// if they are not safe. Beyond this machine it insists on TLS and on a key.
func Connect(ctx context.Context, opts ConnectOptions) (*Remote, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Patience = cmp.Or(opts.Patience, 10*time.Second)
	r := &Remote{opts: opts, quit: make(chan struct{})}
	if err := r.connect(ctx); err != nil {
		if r.nc != nil {
			r.nc.Close()
		}
		return nil, fmt.Errorf("eventstore: connect: %w", err)
	}
	r.done.Go(r.watch)
	return r, nil
}

func (r *Remote) connect(ctx context.Context) error {
	options, err := r.options()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Patience)
	defer cancel()
	if r.nc, err = reach(ctx, r.opts.URLs, options); err != nil {
		return r.explain(err)
	}
	if have := r.nc.MaxPayload(); have < 1<<20 {
		return fmt.Errorf("%w: they take messages of %d bytes; set max_payload to 1 MB or more", ErrUnsafe, have)
	}
	if err := r.jetStream(ctx); err != nil {
		return r.explain(err)
	}
	for {
		err := r.check(ctx)
		if err == nil || r.Healthy() != nil { // too few answers may become enough
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// reach connects, again and again while nobody is there.
func reach(ctx context.Context, urls string, options []nats.Option) (*nats.Conn, error) {
	for {
		nc, err := nats.Connect(urls, options...)
		if err == nil || !awayNow(err) {
			return nc, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// awayNow tells servers that are not there, or not yet, from those that refuse.
func awayNow(err error) bool {
	var network net.Error
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) || errors.As(err, &network)
}

// jetStream waits until JetStream answers. Without a leader it does not.
func (r *Remote) jetStream(ctx context.Context) error {
	js, err := jetstream.New(r.nc)
	if err != nil {
		return err
	}
	for {
		asking, cancel := context.WithTimeout(ctx, 2*time.Second)
		info, err := js.AccountInfo(asking)
		cancel()
		if err == nil && info.API.Level < 2 {
			return fmt.Errorf("%w: JetStream is of API level %d, atomic batches need 2", ErrUnsafe, info.API.Level)
		}
		if err == nil {
			return nil
		}
		if r.forbidden() != nil || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// options are those of the connection. Here it is decided what may go without
// TLS and without a key.
func (r *Remote) options() ([]nats.Option, error) {
	o := r.opts
	if o.NKey != "" && o.Creds != "" {
		return nil, fmt.Errorf("%w: name an NKey or credentials, not both", ErrConnect)
	}
	local, secure, err := where(o.URLs)
	if err != nil {
		return nil, err
	}
	if !o.Plain && !local || o.CA != "" || o.Cert != "" {
		secure = true
	}
	if !local && !o.Plain && o.NKey == "" && o.Creds == "" {
		return nil, fmt.Errorf("%w: no key is named; servers that let in everybody would let everybody delete the log", ErrConnect)
	}
	options := []nats.Option{
		nats.Name(o.Name), nats.Timeout(5 * time.Second),
		nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 250*time.Millisecond),
		nats.IgnoreAuthErrorAbort(),                                     // a key that is being replaced must not end the register
		nats.IgnoreDiscoveredServers(),                                  // only those that were named have been judged
		nats.ReconnectBufSize(-1),                                       // while cut off, sending fails at once
		nats.FlusherTimeout(5 * time.Second),                            // a server that stops reading blocks nobody for longer
		nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2), // one that hangs is left for another
		nats.DisconnectErrHandler(r.disconnected), nats.ReconnectHandler(r.reconnected),
		nats.ErrorHandler(r.trouble),
	}
	if secure {
		config, err := tlsConfig(o)
		if err != nil {
			return nil, err
		}
		options = append(options, nats.Secure(config))
	}
	switch {
	case o.NKey != "":
		option, err := nats.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return nil, fmt.Errorf("%w: the NKey in %s: %w", ErrConnect, o.NKey, err)
		}
		options = append(options, option)
	case o.Creds != "":
		if _, err := os.Stat(o.Creds); err != nil {
			return nil, fmt.Errorf("%w: credentials: %w", ErrConnect, err)
		}
		options = append(options, nats.UserCredentials(o.Creds))
	}
	return options, nil
}

// where tells whether all servers are on this machine, and whether TLS is asked
// for by name.
func where(urls string) (local, secure bool, err error) {
	local = true
	for one := range strings.SplitSeq(urls, ",") {
		one = strings.TrimSpace(one)
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(one)
		if err != nil || u.Hostname() == "" {
			return false, false, fmt.Errorf("%w: %q is not the address of a server, as nats-1:4222 is", ErrConnect, one)
		}
		if u.User != nil {
			return false, false, fmt.Errorf("%w: the address of %s holds a password: name a file with an NKey instead", ErrConnect, u.Hostname())
		}
		switch u.Scheme {
		case "nats":
		case "tls":
			secure = true
		default:
			return false, false, fmt.Errorf("%w: %s:// is not how to reach them; use tls:// or nats://", ErrConnect, u.Scheme)
		}
		ip := net.ParseIP(u.Hostname())
		local = local && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
	}
	return local, secure, nil
}

func tlsConfig(o ConnectOptions) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("%w: the authority's certificate: %w", ErrConnect, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: there is no certificate in %s", ErrConnect, o.CA)
		}
	}
	if (o.Cert == "") != (o.Key == "") {
		return nil, fmt.Errorf("%w: a client's certificate needs its key, and the key its certificate", ErrConnect)
	}
	if o.Cert != "" {
		if _, err := tls.LoadX509KeyPair(o.Cert, o.Key); err != nil {
			return nil, fmt.Errorf("%w: the client's certificate: %w", ErrConnect, err)
		}
		// Read anew for every connection, for certificates are renewed.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
			return &pair, err
		}
	}
	return config, nil
}

func (r *Remote) disconnected(_ *nats.Conn, err error) {
	r.mu.Lock()
	r.lost = time.Now()
	r.mu.Unlock()
	select {
	case <-r.quit: // as it should be
	default:
		r.opts.Logger.Warn("the connection to NATS is lost", "error", err)
	}
}

func (r *Remote) reconnected(nc *nats.Conn) {
	r.mu.Lock()
	r.lost = time.Time{}
	r.mu.Unlock()
	r.opts.Logger.Info("connected to NATS again", "server", nc.ConnectedServerName())
}

// trouble hears what goes wrong outside of any call.
func (r *Remote) trouble(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		r.mu.Lock()
		r.denied = err
		r.mu.Unlock()
	}
	r.opts.Logger.Warn("nats connection", "error", err)
}

// Denied is the last thing that the servers forbade this key, nil if they forbade
// nothing. Whoever asked is not told: the question is just never answered.
func (r *Remote) Denied() error { return r.forbidden() }

func (r *Remote) forbidden() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.denied
}

// explain says what an error means for whoever sets the servers up.
func (r *Remote) explain(err error) error {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		header  tls.RecordHeaderError
	)
	why := ""
	switch {
	case errors.Is(err, ErrUnsafe):
		return err
	case errors.As(err, &unknown):
		why = "the authority that was named did not sign their certificate; name the right one with --nats-ca"
	case errors.As(err, &name):
		why = "their certificate is for another name than the address that was given"
	case errors.As(err, &invalid):
		why = "their certificate is not valid now"
	case errors.Is(err, nats.ErrSecureConnWanted), errors.As(err, &header):
		why = "they do not offer TLS, and nothing may be said to them in clear"
	case errors.Is(err, nats.ErrSecureConnRequired):
		why = "they ask for TLS; name the authority with --nats-ca"
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrNkeysNotSupported), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		why = "they do not know the key of this node"
	case r.forbidden() != nil:
		return fmt.Errorf("%w: the key of this node does not have the right to do what it must: %w", ErrConnect, r.forbidden())
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		why = "JetStream is not enabled for the account of this node"
	case r.nc != nil && (errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, nats.ErrNoResponders)):
		why = "JetStream is not enabled there, or no leader is elected: most of the servers must run"
	case r.nc != nil && errors.Is(err, context.DeadlineExceeded):
		why = "JetStream does not answer: most of the servers must run"
	case awayNow(err):
		why = "nobody answers at " + r.opts.URLs
	case strings.Contains(err.Error(), "remote error: tls"):
		why = "they refuse the certificate of this node; name one with --nats-cert and --nats-key"
	default:
		return fmt.Errorf("%w: %w", ErrConnect, err)
	}
	return fmt.Errorf("%w: %s (%w)", ErrConnect, why, err)
}

// Conn is the connection. It ends with Close.
func (r *Remote) Conn() *nats.Conn { return r.nc }

// Healthy tells why the servers should not be relied on, if there is a reason:
// the connection is broken, or some server was found not to sync its writes.
func (r *Remote) Healthy() error {
	if status := r.nc.Status(); status != nats.CONNECTED {
		return fmt.Errorf("eventstore: the connection to NATS is %s", strings.ToLower(status.String()))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsafe
}

// downAfter is how long a connection may be broken before nobody is kept waiting
// for it any more: another server is usually found sooner.
const downAfter = 3 * time.Second

// Down tells why nothing can be stored now, if there is a reason that is known.
// It is always ErrUnavailable, and cheap to ask.
func (r *Remote) Down() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost.IsZero() || time.Since(r.lost) < downAfter {
		return nil
	}
	return fmt.Errorf("%w: there is no connection to NATS", ErrUnavailable)
}

// Close lets the connection finish what it has begun, and ends it.
func (r *Remote) Close() error {
	r.once.Do(func() {
		close(r.quit)
		r.done.Wait()
		flushing, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = r.nc.FlushWithContext(flushing) // broken already if it fails
		r.nc.Close()
	})
	return nil
}
