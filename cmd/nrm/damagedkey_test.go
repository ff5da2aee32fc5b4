package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore/keyfile"
)

// TestOneDamagedKey damages the keys of one person. The register goes on for
// everybody else, erasures wait without filling the disk, and the way out is
// there: what cannot be read any more is erased, by two people as always.
func TestOneDamagedKey(t *testing.T) {
	at := newRegister(t)
	refs := people(t, at, 3)
	damaged, leaving, other := refs[0], refs[1], refs[2]
	damageKeys(t, at, damaged)
	if err := os.Remove(filepath.Join(at.data, "views.db")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	found(t, at, nil, "position 1", "restore the log or the keys from a backup")

	r := openRegister(t, at)
	if n, err := r.views.Unreadable(t.Context()); err != nil || n != 1 {
		t.Errorf("%d people cannot be read, %v", n, err)
	}
	if page, err := r.views.Case(t.Context(), anOfficer, now(), damaged); err != nil || page.Person.Identity != nil {
		t.Errorf("the page of the person whose keys are damaged: %v", err)
	}
	if page, err := r.views.Case(t.Context(), anOfficer, now(), other); err != nil || page.Person.Identity == nil {
		t.Errorf("somebody else's page: %v", err)
	}

	r.approve(leaving)
	e := &eraser{node: r.node, views: r.views}
	var rows uint64
	for range 3 {
		if n, err := e.run(t.Context()); err == nil || n != 0 {
			t.Fatalf("%d erased although a key cannot be wrapped anew", n)
		}
		if now := keyRows(t, r.node); rows != 0 && now > rows {
			t.Errorf("every attempt adds to the keys: %d, then %d", rows, now)
		}
		rows = keyRows(t, r.node)
	}
	r.close()
	r = openRegister(t, at) // with a rotation that cannot be finished

	r.approve(damaged)
	if n, err := (&eraser{node: r.node, views: r.views}).run(t.Context()); err != nil || n != 2 {
		t.Fatalf("%d erased, %v", n, err)
	}
	r.close()
	verified(t, at)
}

func damageKeys(t *testing.T, at places, ref domain.Ref) {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := ring.Storage()
	server := startRaw(t, at.data, key)
	var last *jetstream.RawStreamMsg
	each(t, server, "NRMKEYS", func(m *jetstream.RawStreamMsg) {
		if m.Subject == "nrmkeys."+string(ref) {
			last = m
		}
	})
	var row map[string]any
	if err := json.Unmarshal(last.Data, &row); err != nil {
		t.Fatal(err)
	}
	wrapped := row["keys"].(map[string]any)
	for compartment, w := range wrapped {
		b, err := base64.StdEncoding.DecodeString(w.(string))
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		wrapped[compartment] = base64.StdEncoding.EncodeToString(b)
	}
	if last.Data, err = json.Marshal(row); err != nil {
		t.Fatal(err)
	}
	last.Header.Del(jetstream.MsgIDHeader) // it is another message
	rawPublisher(t, server)(last)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
}

// keyRows is how far the stream of keys has come.
func keyRows(t *testing.T, n *node) uint64 {
	t.Helper()
	js, err := jetstream.New(n.server.Conn())
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "NRMKEYS")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}
