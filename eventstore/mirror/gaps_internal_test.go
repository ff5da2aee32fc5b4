package mirror

import (
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		name  string
		state jetstream.StreamState
		want  []gap
	}{
		{"empty", jetstream.StreamState{}, nil},
		{"whole", jetstream.StreamState{FirstSeq: 1, LastSeq: 9, Msgs: 9}, nil},
		{"all passed over", jetstream.StreamState{FirstSeq: 5, LastSeq: 4}, []gap{{1, 4}}},
		{"at the beginning and within", jetstream.StreamState{FirstSeq: 3, LastSeq: 9, Deleted: []uint64{5, 6, 8}}, []gap{{1, 2}, {5, 6}, {8, 8}}},
	} {
		if got := gaps(c.state); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestKnownGaps(t *testing.T) {
	o := NewOrigin(nil, "", "")
	o.know("keys", gap{3, 4})
	o.know("keys", gap{9, 9})
	o.know("keys", gap{3, 6})
	for g, want := range map[gap]bool{{3, 4}: true, {3, 6}: true, {5, 6}: true, {3, 7}: false, {2, 4}: false, {9, 9}: true, {9, 10}: false} {
		if o.isKnown("keys", g) != want {
			t.Errorf("%v: known %t", g, !want)
		}
	}
	if o.isKnown("other", gap{3, 4}) {
		t.Error("known of another stream")
	}
}
