package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// TestAskedOfTwoStoresAtOnce gives each decision over two streams to two stores
// at the same moment, as who repeats a request at another node does. It is stored
// once, and both answer the same.
func TestAskedOfTwoStoresAtOnce(t *testing.T) {
	srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	var stores [2]*Store[Message]
	for i := range stores {
		nc, err := nats.Connect("", nats.InProcessServer(srv))
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if stores[i], err = Open(t.Context(), nc, plain(), Options{}); err != nil {
			t.Fatal(err)
		}
		defer stores[i].Close()
	}
	for n := range 300 {
		id := uuid.NewString()
		streams := []string{fmt.Sprintf("a.%d", n), "shared"}
		var seqs [2]uint64
		var both errgroup.Group
		for i, s := range stores {
			both.Go(func() (err error) {
				seqs[i], err = s.Update(t.Context(), streams, func([][]Message) ([]Message, error) {
					one := Message{ID: id, Events: []Entry{{Type: "E", Data: []byte("1")}}}
					two := one
					one.Stream, two.Stream = streams[0], streams[1]
					return []Message{one, two}, nil
				})
				return err
			})
		}
		if err := both.Wait(); err != nil {
			t.Fatalf("decision %d: %v", n, err)
		}
		if seqs[0] != seqs[1] {
			t.Errorf("decision %d: stored at %d and at %d", n, seqs[0], seqs[1])
		}
	}
	if last, err := stores[0].Last(t.Context()); err != nil || last != 600 {
		t.Errorf("the log ends at %d, %v", last, err)
	}
}

// TestSealedOnAnOldHistory: what another process has stored meanwhile, an order to
// erase say, is a reason to decide again and not a fault, if the key is gone.
func TestSealedOnAnOldHistory(t *testing.T) {
	srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	gone := &goneKey{}
	var stores [2]*Store[Message]
	for i := range stores {
		nc, err := nats.Connect("", nats.InProcessServer(srv))
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if stores[i], err = Open(t.Context(), nc, plain(), Options{Sealer: gone}); err != nil {
			t.Fatal(err)
		}
		defer stores[i].Close()
	}
	record := func(s *Store[Message], key string) error {
		_, err := s.Update(t.Context(), []string{"a"}, func(h [][]Message) ([]Message, error) {
			if key != "" && len(h[0]) > 1 {
				return nil, errTooLate
			}
			return []Message{{Stream: "a", ID: uuid.NewString(), Events: []Entry{{Type: "E", Data: []byte("1"), Key: key}}}}, nil
		})
		return err
	}
	if err := record(stores[0], "k"); err != nil {
		t.Fatal(err)
	}
	if err := record(stores[1], ""); err != nil { // the first store does not know yet
		t.Fatal(err)
	}
	gone.destroyed.Store(true)
	if err := record(stores[0], "k"); !errors.Is(err, errTooLate) {
		t.Errorf("got %v", err)
	}
}

var errTooLate = errors.New("too late")

type goneKey struct{ destroyed atomic.Bool }

func (g *goneKey) Seal(context.Context, string, []byte, []byte) ([]byte, error) {
	if g.destroyed.Load() {
		return nil, errors.New("the key is destroyed")
	}
	return []byte("sealed"), nil
}
