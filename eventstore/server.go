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
)

// A Server is a nats-server in this process, with file storage that is synced
// on every write, and without a socket: only this process can reach it.
type Server struct {
	ns   *server.Server
	nc   *nats.Conn
	lock *os.File

	drained chan struct{} // closed when nc is
	once    sync.Once
	err     error // of Close
}

// Start runs a server that keeps its data in dir/jetstream. It first takes
// dir/LOCK for this process, and fails with ErrLocked if another server has
// it. It waits until all data is recovered, which may take seconds after a
// crash, or until ctx ends. It creates no log.
func Start(ctx context.Context, dir string, logger *slog.Logger) (*Server, error) {
	s, err := start(ctx, dir, logger)
	if err != nil {
		return nil, fmt.Errorf("eventstore: start %s: %w", dir, err)
	}
	return s, nil
}

func start(ctx context.Context, dir string, logger *slog.Logger) (_ *Server, err error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	s := &Server{drained: make(chan struct{})}
	if s.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			if s.nc != nil {
				s.nc.Close()
			}
			_ = s.shutdown()
		}
	}()
	s.ns, err = server.NewServer(&server.Options{
		ServerName: "nrm",
		JetStream:  true,
		StoreDir:   dir, // the server adds "jetstream"
		SyncAlways: true,
		DontListen: true,
		NoSigs:     true,

		JetStreamMaxMemory: 64 << 20, // consumers only
	})
	if err != nil {
		return nil, err
	}
	s.ns.SetLoggerV2(natsLogger{logger}, false, false, false)
	s.ns.Start()
	for !s.ns.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	switch js := s.ns.JetStreamConfig(); {
	case js == nil:
		return nil, errors.New("JetStream did not start")
	case !js.SyncAlways:
		return nil, errors.New("JetStream does not sync every write")
	case js.StoreDir != filepath.Join(dir, "jetstream"):
		return nil, fmt.Errorf("JetStream keeps its data in %s", js.StoreDir)
	}
	s.nc, err = nats.Connect("", nats.InProcessServer(s.ns), nats.Name("nrm"),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectBufSize(-1),          // while cut off, sending fails at once
		nats.FlusherTimeout(5*time.Second), // a server that stops reading blocks nobody for longer
		nats.ClosedHandler(func(*nats.Conn) { close(s.drained) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			logger.Warn("nats connection", "error", err)
		}),
	)
	if err != nil {
		return nil, err
	}
	return s, s.checkRecovered(ctx, dir)
}

// checkRecovered fails if the server does not know a log whose files are
// there. Creating it anew would erase them, so nobody gets as far as trying.
func (s *Server) checkRecovered(ctx context.Context, dir string) error {
	files := filepath.Join(dir, "jetstream", s.ns.GlobalAccount().Name, "streams", streamName)
	if _, err := os.Stat(files); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	js, err := jetstream.New(s.nc)
	if err != nil {
		return err
	}
	if _, err := js.Stream(ctx, streamName); err != nil {
		return fmt.Errorf("%w: its files are in %s, but the server cannot read them: %w", ErrDamaged, files, err)
	}
	return nil
}

// Conn is the server's own connection. It ends with Close.
func (s *Server) Conn() *nats.Conn { return s.nc }

// InProcessConn opens a further connection, for nats.InProcessServer.
func (s *Server) InProcessConn() (net.Conn, error) { return s.ns.InProcessConn() }

// Healthy tells why the server should not be relied on, if there is a reason:
// it stops storing, for example, after a failed write to disk.
func (s *Server) Healthy() error {
	if h := s.ns.Healthz(&server.HealthzOptions{}); h.Status != "ok" {
		return fmt.Errorf("eventstore: server is %s: %s", h.Status, h.Error)
	}
	return nil
}

// Close lets the connection finish what it has begun, stops the server, waits
// until everything is on disk and gives up the lock. Stores must be closed
// before. Closing again waits for the first and returns the same.
func (s *Server) Close() error {
	s.once.Do(func() {
		err := s.nc.Drain()
		if err != nil {
			s.nc.Close()
		}
		select {
		case <-s.drained:
		case <-time.After(10 * time.Second):
			s.nc.Close()
		}
		if err := errors.Join(err, s.shutdown()); err != nil {
			s.err = fmt.Errorf("eventstore: close: %w", err)
		}
	})
	return s.err
}

func (s *Server) shutdown() error {
	if s.ns != nil {
		s.ns.Shutdown()
		s.ns.WaitForShutdown()
	}
	return s.lock.Close() // releases the lock
}

// natsLogger passes the server's log on.
type natsLogger struct{ to *slog.Logger }

func (l natsLogger) Noticef(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }
func (l natsLogger) Warnf(format string, v ...any)   { l.to.Warn(fmt.Sprintf(format, v...)) }
func (l natsLogger) Fatalf(format string, v ...any)  { l.to.Error(fmt.Sprintf(format, v...)) }
func (l natsLogger) Errorf(format string, v ...any)  { l.to.Error(fmt.Sprintf(format, v...)) }
func (l natsLogger) Debugf(string, ...any)           {}
func (l natsLogger) Tracef(string, ...any)           {}
