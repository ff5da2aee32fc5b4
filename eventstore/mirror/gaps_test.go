package mirror_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
)

// TestPassedOver takes from a copy of the keys what the register still has, as a
// server does that takes it for deleted. The copy is not whole then, and is made
// anew; what the register itself has deleted is no reason for that.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	r := newRegister(t)
	c := newCluster(t, r)
	for n := range 6 {
		_, err := r.vault.Seal(t.Context(), fmt.Sprintf("AA%04dAA/identity", n), nil, []byte("secret"))
		must(t, err)
	}
	_, err := r.vault.Erase(t.Context(), "AA0001AA")
	must(t, err)
	r.note(t, "case.1", "one")

	nc := c.connect(t)
	origin := mirror.NewOrigin(nc, eventstore.DomainLog, r.key)
	complete := func() bool {
		err := mirror.Begin(t.Context(), nc, origin, 3)
		d := mirror.Distance{}
		if err == nil {
			d, err = mirror.Compare(t.Context(), nc, origin)
		}
		if errors.Is(err, eventstore.ErrDamaged) {
			must(t, mirror.Discard(t.Context(), nc, origin))
		}
		return err == nil && d.Complete
	}
	eventually(t, "the cluster has everything", complete)
	keys := all(t, nc, "NRMKEYS")
	if there := all(t, r.server.Conn(), "NRMKEYS"); !slices.Equal(keys, there) {
		t.Fatal("the cluster holds other keys")
	}

	eventually(t, "a key is taken from the copy", func() bool {
		m, err := nc.Request("$JS.API.STREAM.MSG.DELETE.NRMKEYS", []byte(`{"seq":4}`), 5*time.Second)
		var answer struct {
			Success bool `json:"success"`
		}
		return err == nil && json.Unmarshal(m.Data, &answer) == nil && answer.Success
	})
	_, err = mirror.Compare(t.Context(), nc, origin)
	want(t, err, eventstore.ErrDamaged, "NRMKEYS", "position 4")
	timid := c.connectAs(t, c.timid)
	want(t, mirror.Discard(t.Context(), timid, mirror.NewOrigin(timid, eventstore.DomainLog, r.key)), mirror.ErrDenied, "STREAM.DELETE.NRMKEYS")
	must(t, mirror.Discard(t.Context(), nc, origin))
	eventually(t, "the cluster has everything again", complete)
	if got := all(t, nc, "NRMKEYS"); !slices.Equal(got, keys) {
		t.Fatal("the cluster holds other keys")
	}
	if err := mirror.Discard(t.Context(), nc, origin); err != nil || len(all(t, nc, "NRM")) != 1 || len(all(t, nc, "NRMKEYS")) != len(keys) {
		t.Fatalf("what was whole was thrown away, or %v", err)
	}
	v, err := vault.Open(t.Context(), nc, r.ring, vault.Options{LookOnly: true})
	must(t, err)
	defer v.Close()
	if s, err := v.Status(t.Context()); err != nil || s.Owners != 5 || s.Erased != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}
