package eventstore_test

import (
	"context"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// leaving is a context whose owner leaves between two questions to the log.
type leaving struct{ context.Context }

func (leaving) Err() error            { return context.Canceled }
func (leaving) Done() <-chan struct{} { return nil }

// A reader who begins to read a history anew, and leaves while a write to it is on
// its way, must not leave a shortened one behind that counts as the log's.
func TestSoleWriterReadHalfway(t *testing.T) {
	srv := eventstoretest.Server(t)
	codec := notes()
	decode, meanwhile := codec.Decode, func() {}
	codec.Decode = func(m eventstore.Message) (note, error) {
		now := meanwhile
		meanwhile = func() {}
		now()
		return decode(m)
	}
	nc, _ := eventstoretest.Faulty(t, srv)
	s, err := eventstore.Open(t.Context(), nc, codec, eventstore.Options{Sole: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	load(t, s, "a")
	for _, x := range []string{"1", "2", "3", "4"} {
		add(t, s, "a", x)
	}
	read := false
	meanwhile = func() {
		_, _, err := s.Load(leaving{t.Context()}, "a")
		read = true
		wantErr(t, err, context.Canceled)
	}
	add(t, s, "a", "5")
	if !read {
		t.Fatal("nobody read meanwhile: this shows nothing")
	}
	equal(t, texts(load(t, s, "a")), []string{"1", "2", "3", "4", "5"})
}
