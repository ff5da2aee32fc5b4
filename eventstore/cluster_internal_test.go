package eventstore

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"nrm/eventstore/eventstoretest/clustertest"
)

// Three real servers keep three copies. Conflicts come with another code there,
// and reads may come from a copy that lags.
func TestCluster(t *testing.T) {
	nodes := clustertest.Start(t)
	var stores []*Store[Message]
	codes := make(chan int, 1000)
	for i, ns := range nodes {
		nc, err := nats.Connect(ns.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if i == 0 {
			if err := InitCopies(t.Context(), nc, 2); !errors.Is(err, ErrUnsafe) {
				t.Errorf("two copies: %v", err)
			}
			if err := InitCopies(t.Context(), nc, 3); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(t.Context(), nc, plain(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stores = append(stores, s)
		// See which conflicts the races below meet.
		tap, err := nc.Subscribe(s.link.wire.inbox+"*", func(m *nats.Msg) {
			for _, code := range []int{10071, 10164} {
				if bytes.Contains(m.Data, fmt.Appendf(nil, `"err_code":%d`, code)) {
					select {
					case codes <- code:
					default:
					}
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer tap.Unsubscribe()
	}
	const rounds = 30
	var g errgroup.Group
	for i, s := range stores {
		g.Go(func() error {
			for n := range rounds {
				streams := []string{"hot"}
				if n%3 == 1 {
					streams = []string{"hot", fmt.Sprintf("own.%d", i)}
				}
				id := uuid.NewString()
				if _, err := s.Update(t.Context(), streams, func(h [][]Message) ([]Message, error) {
					var out []Message
					for k, name := range streams {
						out = append(out, Message{Stream: name, ID: id, Events: []Entry{{Type: "E", Data: fmt.Append(nil, len(h[k]))}}})
					}
					if n%9 == 4 {
						out[1].Events = nil // written to one, judged on two
					}
					return out, nil
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		h, _, err := s.Load(t.Context(), "hot")
		if err != nil || len(h) != 3*rounds {
			t.Fatalf("%d decisions, %v", len(h), err)
		}
		for i, m := range h {
			if string(m.Events[0].Data) != fmt.Sprint(i) {
				t.Fatalf("number %d was decided on a history of %s", i, m.Events[0].Data)
			}
		}
	}
	seen := map[int]int{}
	for len(codes) > 0 {
		seen[<-codes]++
	}
	t.Logf("conflicts by code: %v", seen)
	if seen[10164] == 0 {
		t.Error("no race ended with 10164; this test has lost its point")
	}
}
