// Package eventstoretest gives tests a real store on an in-process server, and
// connections that can be made to fail.
package eventstoretest

import (
	"testing"

	"nrm/eventstore"
)

// Server starts a server in a temporary folder, with an empty log, and closes
// it with the test.
func Server(t testing.TB) *eventstore.Server {
	t.Helper()
	return Restart(t, t.TempDir(), true)
}

// Restart starts a server in dir and closes it with the test, unless the test
// does so before. Init says whether to create the log.
func Restart(t testing.TB, dir string, init bool) *eventstore.Server {
	t.Helper()
	return RestartWith(t, dir, init, eventstore.StartOptions{})
}

// RestartWith is Restart with options, for a server that encrypts.
func RestartWith(t testing.TB, dir string, init bool, opts eventstore.StartOptions) *eventstore.Server {
	t.Helper()
	srv, err := eventstore.Start(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	if init {
		if err := eventstore.Init(t.Context(), srv.Conn()); err != nil {
			t.Fatal(err)
		}
	}
	return srv
}

// New gives a store on a server of its own. Both end with the test.
func New[D any](t testing.TB, codec eventstore.Codec[D]) *eventstore.Store[D] {
	t.Helper()
	return Open(t, Server(t), codec, eventstore.Options{})
}

// Open gives a store on a server that runs already, closed with the test.
func Open[D any](t testing.TB, srv *eventstore.Server, codec eventstore.Codec[D], opts eventstore.Options) *eventstore.Store[D] {
	t.Helper()
	s, err := eventstore.Open(t.Context(), srv.Conn(), codec, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}
