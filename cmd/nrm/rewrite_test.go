package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

// rewrite writes the whole log anew, as somebody can who has the operator's
// keys and this program: change may alter each message's body; relink makes the
// chains valid again.
func rewrite(t *testing.T, at places, relink bool, change func(seq uint64, body map[string]any)) {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := ring.Storage()
	fresh := at.data + ".fresh"
	from, to := startRaw(t, at.data, key), startRaw(t, fresh, key)
	if err := errors.Join(vault.Init(t.Context(), to.Conn(), 1), eventstore.Init(t.Context(), to.Conn())); err != nil {
		t.Fatal(err)
	}
	publish := rawPublisher(t, to)
	each(t, from, "NRMKEYS", publish)
	hashes := map[string]string{}
	each(t, from, "NRM", func(m *jetstream.RawStreamMsg) {
		var body map[string]any
		if err := json.Unmarshal(m.Data, &body); err != nil {
			t.Fatal(err)
		}
		before := string(m.Data)
		change(m.Sequence, body)
		if relink {
			body["prev"] = hashes[m.Subject]
		}
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		var again map[string]any
		_ = json.Unmarshal([]byte(before), &again)
		if same, _ := json.Marshal(again); bytes.Equal(same, data) {
			data = []byte(before) // untouched: keep its bytes
		}
		sum := sha256.Sum256(data)
		hashes[m.Subject] = hex.EncodeToString(sum[:])
		m.Data = data
		publish(m)
	})
	if err := errors.Join(from.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(at.data, "jetstream")), os.Rename(filepath.Join(fresh, "jetstream"), filepath.Join(at.data, "jetstream"))); err != nil {
		t.Fatal(err)
	}
}

func startRaw(t *testing.T, dir, key string) *eventstore.Server {
	t.Helper()
	s, err := eventstore.Start(t.Context(), dir, eventstore.StartOptions{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// each reads every message of a stream past the store.
func each(t *testing.T, s logServer, stream string, f func(*jetstream.RawStreamMsg)) {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	from, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	state := from.CachedInfo().State
	for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
		m, err := from.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		f(m)
	}
}

func rawPublisher(t *testing.T, s *eventstore.Server) func(*jetstream.RawStreamMsg) {
	t.Helper()
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	return func(m *jetstream.RawStreamMsg) {
		h := nats.Header{}
		for k, v := range m.Header {
			if !strings.HasPrefix(k, "Nats-Expected") && !strings.HasPrefix(k, "Nats-Batch") {
				h[k] = v
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data}); err != nil {
			t.Fatal(err)
		}
	}
}

func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
