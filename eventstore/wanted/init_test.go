package wanted_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore/eventstoretest"
	"nrm/eventstore/wanted"
)

// TestInit: a stream is made once, is what was wanted, and one that is there is
// left alone.
func TestInit(t *testing.T) {
	nc := eventstoretest.Server(t).Conn()
	errUnsafe, errExists := errors.New("unsafe"), errors.New("exists")
	s := wanted.Stream{
		Settings: jetstream.StreamConfig{
			Name: "T", Subjects: []string{"t.>"}, Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
			MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1, MaxConsumers: -1,
		},
		Free:   []string{"Duplicates"}, // the server chooses
		Unsafe: errUnsafe, Exists: errExists,
	}
	if err := s.Init(t.Context(), nc, 2); !errors.Is(err, errUnsafe) {
		t.Fatalf("two replicas: %v", err)
	}
	if err := s.Init(t.Context(), nc, 1); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	made, err := js.Stream(t.Context(), "T")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(made.CachedInfo().Config); err != nil {
		t.Error(err)
	}
	if err := s.Init(t.Context(), nc, 1); !errors.Is(err, errExists) {
		t.Errorf("made twice: %v", err)
	}
	s.Settings.Subjects = []string{"other"}
	if err := s.Init(t.Context(), nc, 1); !errors.Is(err, errExists) {
		t.Errorf("made twice, with other settings: %v", err)
	}
	if made, err = js.Stream(t.Context(), "T"); err != nil || !slices.Equal(made.CachedInfo().Config.Subjects, []string{"t.>"}) {
		t.Errorf("the stream was changed: %v", err)
	}
}
