package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"nrm/api"
)

// grace is how long requests that are under way may take to end.
const grace = 10 * time.Second

// A door is where requests come in. It is open from the first moment: until it
// is handed the register it answers itself, that the register is starting.
type door struct {
	listener net.Listener
	server   *http.Server
	logger   *slog.Logger
	at       atomic.Pointer[stage]
	behind   atomic.Pointer[http.Handler]
	app      atomic.Pointer[api.Server] // that answers
}

// A stage is a part that is being started.
type stage struct {
	part    string
	percent int // -1: unknown
}

func openDoor(ctx context.Context, at listening, logger *slog.Logger) (*door, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", at.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address with --listen", err)
	}
	d := &door{listener: listener, logger: logger}
	d.at.Store(&stage{"log", -1})
	starting := api.Starting{Logger: logger, SecureOnly: at.TLS, Drill: at.drill, Part: func() (string, int) {
		s := d.at.Load()
		return s.part, s.percent
	}}.Handler()
	d.behind.Store(&starting)
	d.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*d.behind.Load()).ServeHTTP(w, r) }),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() && !at.TLS {
		logger.Warn("serving beyond this machine without TLS: passwords can be read on the way; put a proxy with TLS in front and set --behind-tls and --proxy")
	}
	if at.TLS && at.Proxy == "" {
		logger.Warn("behind TLS without --proxy: every client looks like the proxy, and one who guesses passwords slows down all")
	}
	logger.Info("listening", "address", d.address())
	return d, nil
}

func (d *door) address() string { return d.listener.Addr().String() }

// progress says which part is being started and how far that has come; a total
// of 0 says that nobody knows.
func (d *door) progress(part string, done, total uint64) {
	s := stage{part, -1}
	if total > 0 {
		s.percent = int(100 * float64(min(done, total)) / float64(total))
	}
	d.at.Store(&s)
}

// hand has requests answered by the register from now on.
func (d *door) hand(app *api.Server) error {
	handler, err := app.Handler()
	if err != nil {
		return err
	}
	d.app.Store(app)
	d.behind.Store(&handler)
	return nil
}

func (d *door) serve() error {
	if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// close lets nobody in any more and waits for those inside, but not for ever.
func (d *door) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := d.server.Shutdown(ctx)
	if app := d.app.Load(); app != nil {
		defer app.Settle(ctx)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		d.logger.Warn("some requests did not end in time and were cut off", "after", grace.String())
		return d.server.Close()
	}
	return err
}
