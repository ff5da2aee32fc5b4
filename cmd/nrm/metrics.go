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

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serve what the meter counts and what is found by looking at the
// register at the moment of being asked. A nil *metrics serves nothing.
type metrics struct {
	*meter
	gauges   *gauges
	listener net.Listener
	server   *http.Server
}

// openMetrics listens on an address of its own, apart from the pages: who may
// see the register's load is not who may see the register. An empty address is
// none.
func openMetrics(ctx context.Context, address string, logger *slog.Logger) (*metrics, error) {
	if address == "" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w: choose another address with --metrics", err)
	}
	m := &metrics{meter: newMeter(), gauges: new(gauges), listener: listener}
	m.registry.MustRegister(m.gauges)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: 2, Timeout: 10 * time.Second,
	}))
	m.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	logger.Info("metrics", "address", listener.Addr().String())
	return m, nil
}

// serve answers until ctx ends.
func (m *metrics) serve(ctx context.Context) error {
	if m == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = m.server.Close() })
	defer stop()
	if err := m.server.Serve(m.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// watch has the register looked at from now on, until the function it returns
// is called: nothing is looked at that is being closed.
func (m *metrics) watch(r *service) (unwatch func()) {
	if m == nil {
		return func() {}
	}
	r.meter = m
	r.node.log.OnAppended(m.appended)
	m.gauges.look(r)
	return func() { m.gauges.look(nil) }
}

// A duty is work that one node at a time does for all.
type duty struct {
	held atomic.Bool
	ran  atomic.Int64 // when it was last done, in seconds since 1970
	took atomic.Int64 // nanoseconds
}

// while makes f say that the duty is held for as long as it runs.
func (d *duty) while(f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		d.held.Store(true)
		defer d.held.Store(false)
		return f(ctx)
	}
}

// done says that the duty was done, beginning at start.
func (d *duty) done(start time.Time) {
	d.ran.Store(time.Now().Unix())
	d.took.Store(int64(time.Since(start)))
}

// duties are those of a service.
type duties struct{ clock, signer duty }
