package eventstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/nats-io/nuid"
)

// A server may be linked to one on another machine, as leaf nodes of NATS are.
// The side that has the log listens, and says subject by subject what may come
// in; the side that copies it dials. Over the link nothing can be appended,
// and no stream can be changed: what a follower may do is in LeafUser.

// Domains of JetStream tell the two sides of a link apart.
const (
	DomainLog     = "nrm"     // of an embedded server that others may copy
	DomainCluster = "cluster" // of the servers of a cluster
	DomainCopy    = "copy"    // of an embedded server that copies
)

// closedToLinks are the subjects that must never cross a link, in any
// direction: after a promotion both sides would store what is published there.
var closedToLinks = []string{"nrm.>", "nrmkeys.>", "nrmboard.>"}

// linkTimeout is how long the two sides may take to greet each other.
const linkTimeout = 10 * time.Second

// LeafListen lets followers in.
type LeafListen struct {
	Address string      // host and port; port 0 chooses one
	TLS     *tls.Config // with a certificate; followers come with NKeys
	Keys    []string    // public NKeys of the followers
}

// LeafDial is a link to a server that listens.
type LeafDial struct {
	URLs []*url.URL  // of the scheme tls
	TLS  *tls.Config // says whom to trust
	Seed string      // of this side's NKey
	// Admit is asked before each time the link comes up, if given. An error
	// keeps it down; it is tried again about every second.
	Admit func() error
}

// LeafUser is what a follower with this public NKey may do at a server with
// this domain: read how the two streams are, read messages of them, have its
// own consumers started anew and acknowledge what they deliver.
func LeafUser(domain, key string) *server.NkeyUser {
	var publish []string
	for _, stream := range []string{"NRM", "NRMKEYS"} {
		publish = append(publish,
			"$JS."+domain+".API.STREAM.INFO."+stream,
			"$JS."+domain+".API.STREAM.MSG.GET."+stream,
			"$JS."+domain+".API.CONSUMER.RESET."+stream+"."+CopyConsumer(key),
			"$JS.FC."+stream+"."+CopyConsumer(key)+".>",
			"$JS.FC.*.*."+stream+"."+CopyConsumer(key)+".>",
		)
	}
	return &server.NkeyUser{
		Nkey:                   key,
		AllowedConnectionTypes: map[string]struct{}{"LEAFNODE": {}},
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: publish},
			Subscribe: &server.SubjectPermission{Allow: []string{CopySubject(key, ">"), "$JSC.R.>"}},
		},
	}
}

// CopyConsumer is the name of a follower's consumer on either stream.
func CopyConsumer(key string) string { return "COPY_" + key }

// CopySubject is a subject of what is sent to a follower.
func CopySubject(key, rest string) string { return "nrmlink." + key + "." + rest }

// link makes the server one side of a link, if that is asked for.
func (opts StartOptions) link(to *server.Options) error {
	if opts.Dial != nil {
		// Of two links from servers of the same name the other side keeps one.
		to.ServerName = "nrm-copy-" + nuid.Next()
		to.JetStreamDomain = DomainCopy
		return opts.Dial.apply(to)
	}
	if opts.Listen == nil {
		return nil
	}
	host, port, err := net.SplitHostPort(opts.Listen.Address)
	if err != nil {
		return fmt.Errorf("address for followers: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("address for followers: %w", err)
	}
	if number == 0 {
		number = server.RANDOM_PORT
	}
	if opts.Listen.TLS == nil || len(opts.Listen.TLS.Certificates) == 0 {
		return errors.New("followers are let in over TLS only: a certificate is needed")
	}
	own, err := opts.own.PublicKey()
	if err != nil {
		return err
	}
	to.JetStreamDomain = DomainLog
	to.Nkeys = []*server.NkeyUser{{Nkey: own, AllowedConnectionTypes: map[string]struct{}{"IN_PROCESS": {}}}}
	for _, key := range opts.Listen.Keys {
		if !nkeys.IsValidPublicUserKey(key) {
			return fmt.Errorf("%q is not the public NKey of a user", key)
		}
		to.Nkeys = append(to.Nkeys, LeafUser(DomainLog, key))
	}
	to.LeafNode = server.LeafNodeOpts{
		Host: host, Port: number, TLSConfig: opts.Listen.TLS, TLSTimeout: linkTimeout.Seconds(), AuthTimeout: linkTimeout.Seconds(),
		NoAdvertise: true,
	}
	return nil
}

// credential is what this process's connections need when a server lets others
// in: one that nobody else knows.
func (opts StartOptions) credential() []nats.Option {
	if opts.Listen == nil {
		return nil
	}
	own, err := opts.own.PublicKey()
	if err != nil {
		return nil // the server was not started then: see link
	}
	return []nats.Option{nats.Nkey(own, opts.own.Sign)}
}

func (d *LeafDial) apply(to *server.Options) error {
	for _, u := range d.URLs {
		if u.Scheme != "tls" {
			return fmt.Errorf("%s: the log is copied over TLS only, from an address that begins with tls://", u.Redacted())
		}
	}
	config := d.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.MinVersion = tls.VersionTLS13
	if d.Admit != nil {
		config.VerifyConnection = func(tls.ConnectionState) error { return d.Admit() }
	}
	to.LeafNode = server.LeafNodeOpts{
		ReconnectInterval: time.Second,
		Remotes: []*server.RemoteLeafOpts{{
			URLs: d.URLs, TLS: true, TLSConfig: config, TLSTimeout: linkTimeout.Seconds(), FirstInfoTimeout: linkTimeout, Nkey: d.Seed,
			// Nobody on the other side may ask anything of this one.
			DenyImports: append([]string{"$JS." + DomainCopy + ".API.>"}, closedToLinks...),
			DenyExports: closedToLinks,
		}},
	}
	return nil
}

// Linked tells whether the link to another server is up.
func (s *Server) Linked() bool {
	ns := s.current()
	return ns != nil && ns.NumLeafNodes() > 0
}

// LeafAddress is where followers come in; empty if they do not.
func (s *Server) LeafAddress() string {
	ns := s.current()
	if ns == nil {
		return ""
	}
	v, err := ns.Varz(nil)
	if err != nil || v.LeafNode.Port == 0 {
		return ""
	}
	return net.JoinHostPort(v.LeafNode.Host, strconv.Itoa(v.LeafNode.Port))
}

// A Line is a link without a log of its own, to ask questions over.
type Line struct {
	ns  *server.Server
	nc  *nats.Conn
	log *linkLogger
}

// DialLine makes a link in the background. It need not be up when DialLine
// returns, comes up again whenever it can, and ends with Close.
func DialLine(dial LeafDial, logger *slog.Logger) (*Line, error) {
	options := &server.Options{ServerName: "nrm-look-" + nuid.Next(), DontListen: true, NoSigs: true}
	err := dial.apply(options)
	if err != nil {
		return nil, fmt.Errorf("eventstore: link: %w", err)
	}
	l := &Line{log: &linkLogger{natsLogger: natsLogger{logger}}}
	if l.ns, err = server.NewServer(options); err != nil {
		return nil, fmt.Errorf("eventstore: link: %w", err)
	}
	l.ns.SetLoggerV2(l.log, false, false, false)
	l.ns.Start()
	if !l.ns.ReadyForConnections(linkTimeout) {
		l.Close()
		return nil, errors.New("eventstore: link: its server does not start")
	}
	if l.nc, err = nats.Connect("", nats.InProcessServer(l.ns), nats.ReconnectBufSize(-1)); err != nil {
		l.Close()
		return nil, fmt.Errorf("eventstore: link: %w", err)
	}
	return l, nil
}

// Conn is the link's own connection. It ends with Close.
func (l *Line) Conn() *nats.Conn { return l.nc }

// Up waits until the link is up, or says why it is not.
func (l *Line) Up(ctx context.Context) error {
	for l.ns.NumLeafNodes() == 0 {
		select {
		case <-ctx.Done():
			if last := l.log.last(); last != "" {
				return fmt.Errorf("no link: %s", last)
			}
			return errors.New("no link: nobody answers")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// Close ends the link.
func (l *Line) Close() {
	if l.nc != nil {
		l.nc.Close()
	}
	l.ns.Shutdown()
	l.ns.WaitForShutdown()
}

// natsLogger is where the server's own log goes.
func (opts StartOptions) natsLogger() server.Logger {
	if opts.Dial != nil {
		return &linkLogger{natsLogger: natsLogger{opts.Logger}}
	}
	return natsLogger{opts.Logger}
}

// linkLogger keeps what the server says about a link that does not come up,
// which it says every second, for whoever asks.
type linkLogger struct {
	natsLogger
	trouble atomic.Value // string
}

func (l *linkLogger) last() string {
	text, _ := l.trouble.Load().(string)
	return text
}

func (l *linkLogger) Errorf(format string, v ...any) { l.hear(fmt.Sprintf(format, v...)) }
func (l *linkLogger) Warnf(format string, v ...any)  { l.hear(fmt.Sprintf(format, v...)) }

func (l *linkLogger) hear(text string) {
	if !strings.Contains(strings.ToLower(text), "leaf") {
		l.to.Warn(text)
		return
	}
	l.trouble.Store(text)
	l.to.Debug(text)
}
