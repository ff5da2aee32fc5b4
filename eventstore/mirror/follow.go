package mirror

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/role"
)

// Options of a follower.
type Options struct {
	From   []string // addresses of the register, tls://host:port
	Domain string   // of its JetStream: eventstore.DomainLog or eventstore.DomainCluster
	CA     string   // file with the certificate of its authority
	NKey   string   // file with the seed of this follower's NKey

	Storage eventstore.StartOptions // keys of this folder, and the logger
}

// ErrRegister says that a folder cannot become a copy, because it holds a
// register.
var ErrRegister = errors.New("the folder holds a register of its own")

// A Follower copies a register into a folder for as long as it runs.
type Follower struct {
	dir    string
	server *eventstore.Server
	line   *eventstore.Line
	origin *Origin
	logger *slog.Logger
	quit   chan struct{}
	began  chan struct{} // closed when server is there

	mu    sync.Mutex // also while the state is written
	state State
	up    bool
	fault error // that ends it

	renewing sync.Mutex // of whoever throws a copy away
	kept     string     // why one was not, the last time; under renewing
}

// Follow starts a follower in dir, which is empty or was followed into before.
// The register need not answer yet. It fails with ErrRegister if the folder is
// that of a register.
func Follow(ctx context.Context, dir string, opts Options) (*Follower, error) {
	f, err := follow(ctx, dir, opts)
	if err != nil {
		return nil, fmt.Errorf("mirror: follow: %w", err)
	}
	return f, nil
}

func follow(ctx context.Context, dir string, opts Options) (_ *Follower, err error) {
	if opts.Storage.Logger == nil {
		opts.Storage.Logger = slog.New(slog.DiscardHandler)
	}
	state, err := Read(dir)
	switch {
	case errors.Is(err, ErrNoCopy):
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
			return nil, ErrRegister
		}
	case err != nil:
		return nil, err
	case state.Refused != "":
		return nil, fmt.Errorf("%w: %s; begin again in an empty folder", ErrDiverged, state.Refused)
	}
	state.From, state.Domain, state.CA, state.NKey = opts.From, opts.Domain, opts.CA, opts.NKey
	dial, key, err := state.dial()
	if err != nil {
		return nil, err
	}
	f := &Follower{dir: dir, logger: opts.Storage.Logger, state: state, quit: make(chan struct{}), began: make(chan struct{})}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := state.write(dir); err != nil {
		return nil, err
	}
	if f.line, err = eventstore.DialLine(dial, f.logger); err != nil {
		return nil, err
	}
	f.origin = NewOrigin(f.line.Conn(), opts.Domain, key)
	dial.Admit = f.admit
	opts.Storage.Dial = &dial
	if f.server, err = eventstore.Start(ctx, dir, opts.Storage); err != nil {
		f.line.Close()
		return nil, err
	}
	close(f.began)
	return f, nil
}

// dial gives the link that the state describes, and its public NKey.
func (s State) dial() (eventstore.LeafDial, string, error) {
	var d eventstore.LeafDial
	for _, from := range s.From {
		u, err := url.Parse(from)
		if err != nil {
			return d, "", err
		}
		d.URLs = append(d.URLs, u)
	}
	if len(d.URLs) == 0 {
		return d, "", errors.New("no address of a register is given")
	}
	d.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return d, "", err
		}
		d.TLS.RootCAs = x509.NewCertPool()
		if !d.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return d, "", fmt.Errorf("%s holds no certificate", s.CA)
		}
	}
	seed, err := os.ReadFile(s.NKey)
	if err != nil {
		return d, "", err
	}
	defer clear(seed)
	pair, err := nkeys.ParseDecoratedNKey(seed)
	if err != nil {
		return d, "", fmt.Errorf("%s holds no NKey seed: %w", s.NKey, err)
	}
	defer pair.Wipe()
	key, err := pair.PublicKey()
	if err != nil {
		return d, "", err
	}
	bare, err := pair.Seed()
	d.Seed = string(bare)
	return d, key, err
}

// Reach makes a line to the register that the copy in dir follows. It fails
// with ErrUnreachable if it does not answer in time. The caller closes the line.
func (s State) Reach(ctx context.Context, logger *slog.Logger) (*Origin, *eventstore.Line, error) {
	dial, key, err := s.dial()
	if err != nil {
		return nil, nil, fmt.Errorf("mirror: %w", err)
	}
	line, err := eventstore.DialLine(dial, logger)
	if err != nil {
		return nil, nil, err
	}
	if err := line.Up(ctx); err != nil {
		line.Close()
		return nil, nil, fmt.Errorf("mirror: %w: %w", ErrUnreachable, err)
	}
	return NewOrigin(line.Conn(), s.Domain, key), line, nil
}

// admit is asked before the link comes up, and with it the copying: what the
// copy ends with must be in the register, and the register's consumers must go
// on right after it, whatever they remember. Otherwise JetStream would leave
// out what lies between, or mix two histories.
func (f *Follower) admit() error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	select {
	case <-f.began:
	case <-f.quit:
		return errors.New("closed")
	case <-ctx.Done():
		return errors.New("the server has not started yet")
	}
	if err := f.line.Up(ctx); err != nil {
		return err
	}
	for _, s := range streams() {
		have, _, err := compare(ctx, local(f.server.Conn()), f.origin, s.Name)
		if errors.Is(err, errPassedOver) {
			if err = f.renew(ctx, err); err == nil {
				have, _, err = compare(ctx, local(f.server.Conn()), f.origin, s.Name)
			}
		}
		if err != nil {
			f.fail(err)
			return err
		}
		if err := f.origin.reset(ctx, s.Name, have+1); err != nil {
			return err
		}
	}
	return nil
}

// fail ends the follower if the copy is no copy any more.
func (f *Follower) fail(err error) {
	if !errors.Is(err, ErrDiverged) && !errors.Is(err, eventstore.ErrDamaged) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil {
		f.fault = err
	}
}

// Status tells how the copy is.
func (f *Follower) Status() (s State, linked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state, f.up
}

// Every how often a follower compares itself with its register.
const Every = time.Second

// Run copies until ctx ends. It goes on through failures of the link and of the
// register, for ever, and ends only if what it has is no copy of the register
// (ErrDiverged, or eventstore.ErrDamaged): then the folder is of no use, and says
// so to everybody. A copy that has passed over something is made anew. Progress,
// if given, is told after each comparison.
func (f *Follower) Run(ctx context.Context, progress func(s State, linked bool)) error {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		err := f.look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errPassedOver) {
			err = f.renew(ctx, err)
		}
		f.fail(err)
		if err := f.ended(); err != nil {
			return err
		}
		if progress != nil {
			progress(f.Status())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (f *Follower) ended() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil {
		return nil
	}
	f.state.Refused, f.state.Complete = f.fault.Error(), false
	return errors.Join(f.fault, f.state.write(f.dir))
}

// look compares once, and makes the copies as soon as the register answers.
func (f *Follower) look(ctx context.Context) error {
	before, was := f.Status()
	now, linked, err := f.compare(ctx, before)
	if linked != was {
		switch {
		case linked:
			f.logger.Info("the register answers", "position", now.Position, "behind", now.Behind)
		case errors.Is(err, errPassedOver): // see renew
		default:
			f.logger.Warn("the register does not answer; the copy goes on when it does", "position", now.Position, "error", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.state.Anew != before.Anew { // thrown away meanwhile
		return err
	}
	if now.Anew != before.Anew {
		f.logger.Info("the copy is whole again", "position", now.Position)
	}
	f.state, f.up = now, linked
	if now.Complete != before.Complete || now.Anew != before.Anew || now.Seen.Sub(before.Seen) > 0 && now.Position != before.Position || linked != was {
		err = errors.Join(err, now.write(f.dir))
	}
	return err
}

func (f *Follower) compare(ctx context.Context, s State) (State, bool, error) {
	up, cancel := context.WithTimeout(ctx, Every/2)
	defer cancel()
	if err := f.line.Up(up); err != nil {
		return s, false, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err := f.server.Healthy(); err != nil {
		return s, false, err
	}
	if !f.server.Linked() {
		return s, false, errors.New("the link for copying is not up yet")
	}
	if err := Begin(ctx, f.server.Conn(), f.origin, 1); err != nil {
		return s, false, err
	}
	over, err := f.origin.HandedOver(ctx)
	if err != nil {
		return s, false, err
	}
	d, err := Compare(ctx, f.server.Conn(), f.origin)
	if err != nil {
		return s, false, err
	}
	if whole, err := s.Anew.over(ctx, local(f.server.Conn()), f.origin); err != nil {
		return s, false, err
	} else if whole {
		s.Anew = nil
	}
	s.Position, s.Behind, s.Seen, s.Complete = d.Position, d.Origin-d.Position, time.Now().UTC(), over && d.Complete
	return s, true, nil
}

// Begin makes the copies of the register's streams, with as many replicas, in
// the JetStream that nc reaches, if they are not there yet. It fails with
// ErrRegister if there are streams of a register.
func Begin(ctx context.Context, nc *nats.Conn, origin *Origin, replicas int) error {
	for _, want := range streams() {
		i, err := local(nc).Info(ctx, want.Name)
		switch {
		case err == nil && i.Config.Mirror == nil:
			return fmt.Errorf("mirror: %w", ErrRegister)
		case err == nil:
			continue
		case !isAbsent(err):
			return err
		}
		// A new copy begins at the beginning, wherever one before has ended.
		if err := origin.reset(ctx, want.Name, 1); err != nil {
			return err
		}
		want.Replicas = replicas
		body, err := role.Copy(want, origin.domain, eventstore.CopyConsumer(origin.key), deliver(origin.key, want.Name))
		if err == nil {
			err = request(ctx, nc, "$JS.API.STREAM.CREATE."+want.Name, body)
		}
		if err != nil {
			return fmt.Errorf("mirror: copy %s: %w", want.Name, err)
		}
	}
	return nil
}

// Close stops copying and the server, and waits until everything is on disk.
func (f *Follower) Close() error {
	close(f.quit)
	err := f.server.Close()
	f.line.Close()
	return err
}
