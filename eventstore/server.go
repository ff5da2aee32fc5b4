package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// A Server is a nats-server in this process, with file storage that is synced
// on every write, and without a socket: only this process can reach it. When it
// stops storing, because a write to disk failed or the disk is full, it is
// started anew in place as soon as that can help: see revive.go.
type Server struct {
	dir  string
	opts StartOptions
	nc   *nats.Conn
	lock *os.File

	drained chan struct{} // closed when nc is
	once    sync.Once
	err     error // of Close

	quit   context.CancelFunc // ends watch
	ended  chan struct{}      // closed when watch has
	mu     sync.Mutex
	ns     *server.Server                          // nil while it is started anew
	down   error                                   // why nothing can be stored, if there is a reason
	accept func(context.Context, *nats.Conn) error // see OnRevival
}

// StartOptions tune a server. The zero value stores without encryption, which
// is for tests only.
type StartOptions struct {
	// Key encrypts, with AES, everything that the server writes to files. What
	// is there must be encrypted with it too: a folder without encryption is
	// refused, and so is an encrypted one without Key.
	Key string
	// OldKey is the key before it, while it is being changed. If files are
	// under it, Start encrypts all of them anew with Key, which takes time and
	// room for a second copy; once Start has succeeded OldKey is not needed any
	// more. If Start fails or the process dies, what was there is as it was.
	OldKey string
	// Listen lets other machines copy the streams, Dial makes this server copy
	// those of another. At most one of them is given.
	Listen *LeafListen
	Dial   *LeafDial
	// Unsynced leaves it to the system when what is written gets to disk, and
	// lets the server stand still after a failed write. It is for a folder that
	// counts for nothing before it is full: whoever fills it calls Sync when the
	// server has ended.
	Unsynced bool
	Logger   *slog.Logger // nil discards

	own nkeys.KeyPair // of this process's connections, if the server wants one
}

// Start runs a server that keeps its data in dir/jetstream. It first takes
// dir/LOCK for this process, and fails with ErrLocked if another server has
// it. Then it checks that the files there belong to the key, and fails with
// ErrKey if they do not. It waits until all data is recovered, which may take
// seconds after a crash, or until ctx ends. If the server cannot read what is
// there it fails with ErrDamaged. It creates no log.
func Start(ctx context.Context, dir string, opts StartOptions) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := start(ctx, dir, opts)
	if err != nil {
		return nil, fmt.Errorf("eventstore: start %s: %w", dir, err)
	}
	return s, nil
}

func start(ctx context.Context, dir string, opts StartOptions) (_ *Server, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	if opts.own, err = nkeys.CreateUser(); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, opts: opts, drained: make(chan struct{}), ended: make(chan struct{})}
	if s.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil { // last of all: until then the folder is this process's
			err = errors.Join(err, s.release())
		}
	}()
	if s.ns, err = launch(ctx, dir, opts, nil); err != nil {
		return nil, err
	}
	s.opts.OldKey = ""
	if err := s.connect(); err != nil {
		stop(s.ns)
		return nil, err
	}
	watching, quit := context.WithCancel(context.Background())
	s.quit = quit
	if opts.Unsynced {
		close(s.ended)
	} else {
		go s.watch(watching)
	}
	return s, nil
}

// launch starts a server on a folder that is locked for this process, after
// everything that has to be looked at before one may see the files. Accept, if
// it is given, has the last word on what the server has read. If launch fails
// no server runs and nothing is missing.
func launch(ctx context.Context, dir string, opts StartOptions, accept func(context.Context, *nats.Conn) error) (*server.Server, error) {
	if _, err := liftGuard(dir); err != nil { // of a start that was killed
		return nil, err
	}
	if err := errors.Join(tidy(dir), clearHalfMade(filepath.Join(dir, "jetstream"))); err != nil {
		return nil, err
	}
	needsOld, err := checkKeys(filepath.Join(dir, "jetstream"), opts.Key, opts.OldKey)
	if err != nil {
		return nil, err
	}
	if needsOld {
		if err := rekey(ctx, dir, opts); err != nil {
			return nil, err
		}
	}
	opts.OldKey = "" // the server must do without
	if err := setGuard(dir); err != nil {
		return nil, err
	}
	ns, err := run(ctx, dir, opts, accept)
	if err != nil {
		stop(ns)
		return nil, errors.Join(err, lift(dir, opts))
	}
	if err := lift(dir, opts); err != nil {
		stop(ns)
		return nil, err
	}
	return ns, nil
}

// lift ends the guard of a start.
func lift(dir string, opts StartOptions) error {
	restored, err := liftGuard(dir)
	if len(restored) > 0 {
		opts.Logger.Error("the server had removed streams that it could not read; they are put back", "streams", restored)
	}
	return err
}

// run starts the server itself and checks it. The caller has the lock of dir,
// and stops the server, if there is one, when this fails.
func run(ctx context.Context, dir string, opts StartOptions, accept func(context.Context, *nats.Conn) error) (*server.Server, error) {
	dirs, err := streamFolders(filepath.Join(dir, "jetstream")) // what it must know when it runs
	if err != nil {
		return nil, err
	}
	options := &server.Options{
		ServerName: "nrm",
		JetStream:  true,
		StoreDir:   dir, // the server adds "jetstream"
		SyncAlways: !opts.Unsynced,
		DontListen: true,
		NoSigs:     true,

		JetStreamKey:    opts.Key,
		JetStreamOldKey: opts.OldKey,
		JetStreamCipher: server.AES,

		JetStreamMaxMemory: 64 << 20, // consumers only
	}
	if err := opts.link(options); err != nil {
		return nil, err
	}
	ns, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	ns.SetLoggerV2(opts.natsLogger(), false, false, false)
	ns.Start()
	for !ns.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return ns, err
		}
	}
	switch js := ns.JetStreamConfig(); {
	case js == nil:
		return ns, errors.New("JetStream did not start")
	case !js.SyncAlways && !opts.Unsynced:
		return ns, errors.New("JetStream does not sync every write")
	case js.StoreDir != filepath.Join(dir, "jetstream"):
		return ns, fmt.Errorf("JetStream keeps its data in %s", js.StoreDir)
	case ns.GlobalAccount().Name != account:
		return ns, fmt.Errorf("JetStream keeps its data for the account %s", ns.GlobalAccount().Name)
	}
	nc, err := nats.Connect("", append(opts.credential(), nats.InProcessServer(ns), nats.Name("nrm start"))...)
	if err != nil {
		return ns, err
	}
	defer nc.Close()
	if err := checkRecovered(ctx, nc, dirs); err != nil {
		return ns, err
	}
	if accept != nil {
		return ns, accept(ctx, nc)
	}
	return ns, nil
}

// connect makes the connection that outlives the server it is made to: when
// another one takes its place, it finds it.
func (s *Server) connect() (err error) {
	s.nc, err = nats.Connect("", append(s.opts.credential(), nats.InProcessServer(s), nats.Name("nrm"),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectBufSize(-1),          // while cut off, sending fails at once
		nats.FlusherTimeout(5*time.Second), // a server that stops reading blocks nobody for longer
		nats.ClosedHandler(func(*nats.Conn) { close(s.drained) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.opts.Logger.Warn("nats connection", "error", err)
		}),
	)...)
	return err
}

// checkRecovered fails if there were files of a stream that the server does not
// know. Creating it anew would erase them, so nobody gets as far as trying.
func checkRecovered(ctx context.Context, nc *nats.Conn, dirs []string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if _, err := js.Stream(ctx, filepath.Base(dir)); err != nil {
			return fmt.Errorf("%w: there are files of a stream in %s, but the server cannot read them: %w", ErrDamaged, dir, err)
		}
	}
	return nil
}

// Conn is the server's own connection. It ends with Close.
func (s *Server) Conn() *nats.Conn { return s.nc }

// InProcessConn opens a further connection, for nats.InProcessServer. While the
// server is started anew it fails with ErrUnavailable.
func (s *Server) InProcessConn() (net.Conn, error) {
	ns := s.current()
	if ns == nil {
		return nil, ErrUnavailable
	}
	return ns.InProcessConn()
}

// current is the server that runs, nil while none does.
func (s *Server) current() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns
}

// Healthy tells why the server should not be relied on, if there is a reason:
// it stops storing, for example, after a failed write to disk.
func (s *Server) Healthy() error {
	return errors.Join(s.Down(), health(s.current()))
}

func health(ns *server.Server) error {
	if ns == nil {
		return fmt.Errorf("%w: it is being started anew", ErrUnavailable)
	}
	if h := ns.Healthz(&server.HealthzOptions{}); h.Status != "ok" {
		return fmt.Errorf("%w: server is %s: %s", ErrUnavailable, h.Status, h.Error)
	}
	return nil
}

// Close lets the connection finish what it has begun, stops the server, waits
// until everything is on disk and gives up the lock. Stores must be closed
// before. Closing again waits for the first and returns the same.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.quit()
		<-s.ended
		err := s.nc.Drain()
		if err != nil {
			s.nc.Close()
		}
		if errors.Is(err, nats.ErrConnectionReconnecting) {
			err = nil // nothing is under way: there is no server
		}
		select {
		case <-s.drained:
		case <-time.After(10 * time.Second):
			s.nc.Close()
		}
		stop(s.current())
		if err := errors.Join(err, s.release()); err != nil {
			s.err = fmt.Errorf("eventstore: close: %w", err)
		}
	})
	return s.err
}

// stop returns when the server, if there is one, has ended and everything is on
// disk.
func stop(ns *server.Server) {
	if ns != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
}

// release gives up the lock, if there is one.
func (s *Server) release() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// natsLogger passes the server's log on.
type natsLogger struct{ to *slog.Logger }

func (l natsLogger) Noticef(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }
func (l natsLogger) Warnf(format string, v ...any)   { l.to.Warn(fmt.Sprintf(format, v...)) }
func (l natsLogger) Fatalf(format string, v ...any)  { l.to.Error(fmt.Sprintf(format, v...)) }
func (l natsLogger) Errorf(format string, v ...any)  { l.to.Error(fmt.Sprintf(format, v...)) }
func (l natsLogger) Debugf(string, ...any)           {}
func (l natsLogger) Tracef(string, ...any)           {}
