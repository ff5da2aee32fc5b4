package backup

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// TestHalfADecision says of each position whether a copy of the log may end
// there: not between the messages of one decision, and anywhere else, also in
// the middle of a batch of several decisions.
func TestHalfADecision(t *testing.T) {
	srv := eventstoretest.Server(t)
	log := eventstoretest.Open(t, srv, plain, eventstore.Options{})
	store := func(streams ...string) {
		t.Helper()
		id := uuid.NewString()
		if _, err := log.Update(t.Context(), streams, func([][]eventstore.Message) (all []eventstore.Message, err error) {
			for _, s := range streams {
				all = append(all, eventstore.Message{Stream: s, ID: id, Events: []eventstore.Entry{{Type: "Moved", Data: []byte(`{}`)}}})
			}
			return all, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	store("case.A")                      // 1
	store("case.A", "house.H")           // 2, 3
	store("case.B")                      // 4
	store("case.A", "case.B", "house.H") // 5, 6, 7
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), eventstore.Settings(1).Name)
	if err != nil {
		t.Fatal(err)
	}
	for seq, half := range map[uint64]bool{1: false, 2: true, 3: false, 4: false, 5: true, 6: true, 7: false} {
		m, err := stream.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err = whole(ctx, stream, m)
		cancel()
		if errors.Is(err, errAgain) != half || err != nil && !half {
			t.Errorf("position %d: %v, half a decision: %v", seq, err, half)
		}
	}
}
