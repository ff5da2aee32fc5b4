package eventstore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestInitAndOpen(t *testing.T) {
	srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	codec := Codec[Message]{func(m Message) (Message, error) { return m, nil }, func(m Message) (Message, error) { return m, nil }}
	if _, err := Open(t.Context(), srv.Conn(), codec, Options{}); !errors.Is(err, ErrMissing) {
		t.Fatalf("open without init: %v", err)
	}
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	if err := Init(t.Context(), srv.Conn()); !errors.Is(err, ErrExists) {
		t.Fatalf("second init: %v", err)
	}
	s, err := Open(t.Context(), srv.Conn(), codec, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// Each setting on its own makes Open refuse, and is named.
func TestUnsafeSettings(t *testing.T) {
	good := func() *jetstream.StreamInfo { return &jetstream.StreamInfo{Config: wants.Copies(1)} }
	if err := checkSettings(good()); err != nil {
		t.Fatal(err)
	}
	for setting, change := range map[string]func(*jetstream.StreamConfig){
		"Subjects":             func(c *jetstream.StreamConfig) { c.Subjects = []string{"nrm.>", "x"} },
		"Storage":              func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"Retention":            func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy },
		"Discard":              func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"DiscardNewPerSubject": func(c *jetstream.StreamConfig) { c.DiscardNewPerSubject = true },
		"MaxAge":               func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"MaxMsgs":              func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"MaxBytes":             func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 40 },
		"MaxMsgsPerSubject":    func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"MaxMsgSize":           func(c *jetstream.StreamConfig) { c.MaxMsgSize = 100 },
		"Duplicates":           func(c *jetstream.StreamConfig) { c.Duplicates = time.Second },
		"DenyDelete":           func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"DenyPurge":            func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"AllowDirect":          func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"AllowAtomicPublish":   func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = false },
		"AllowRollup":          func(c *jetstream.StreamConfig) { c.AllowRollup = true },
		"AllowMsgTTL":          func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true },
		"AllowMsgCounter":      func(c *jetstream.StreamConfig) { c.AllowMsgCounter = true },
		"AllowMsgSchedules":    func(c *jetstream.StreamConfig) { c.AllowMsgSchedules = true },
		"AllowBatchPublish":    func(c *jetstream.StreamConfig) { c.AllowBatchPublish = true },
		"PersistMode":          func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode },
		"NoAck":                func(c *jetstream.StreamConfig) { c.NoAck = true },
		"Sealed":               func(c *jetstream.StreamConfig) { c.Sealed = true },
		"Mirror":               func(c *jetstream.StreamConfig) { c.Mirror = &jetstream.StreamSource{} },
		"Sources":              func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{}} },
		"SubjectTransform":     func(c *jetstream.StreamConfig) { c.SubjectTransform = &jetstream.SubjectTransformConfig{} },
		"Replicas":             func(c *jetstream.StreamConfig) { c.Replicas = 2 },
	} {
		info := good()
		change(&info.Config)
		if err := checkSettings(info); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), setting+" is ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
	for missing, state := range map[string]jetstream.StreamState{
		"position 1 is": {Msgs: 3, FirstSeq: 3, LastSeq: 5},
		"position 4 is": {Msgs: 4, FirstSeq: 1, LastSeq: 6, NumDeleted: 2, Deleted: []uint64{5, 4}},
		"position 1 ":   {Msgs: 0, FirstSeq: 6, LastSeq: 5},
	} {
		info := good()
		info.State = state
		if err := checkSettings(info); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", missing, err)
		}
	}
}

// The same on a real server, for what a real server lets one set.
func TestOpenRefusesRealStreams(t *testing.T) {
	for setting, change := range map[string]func(*jetstream.StreamConfig){
		"MaxAge":            func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"MaxMsgs":           func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"MaxBytes":          func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 30 },
		"MaxMsgsPerSubject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"DenyDelete":        func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"DenyPurge":         func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"Discard":           func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"Storage":           func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"it ends at":        func(c *jetstream.StreamConfig) { c.FirstSeq = 5 },
	} {
		srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(srv.Conn())
		if err != nil {
			t.Fatal(err)
		}
		c := wants.Copies(1)
		change(&c)
		if _, err := js.CreateStream(t.Context(), c); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		if _, err := Open(t.Context(), srv.Conn(), Codec[Message]{}, Options{}); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}
