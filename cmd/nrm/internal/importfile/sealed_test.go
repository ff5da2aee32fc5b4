package importfile

import (
	"context"
	"errors"
	"slices"
	"testing"

	"nrm/domain"
)

// sealed is a log in memory whose personal events come back in boxes, as they
// do from the log of a register.
type sealed struct {
	streams map[string][]domain.Decision
	erased  map[string]bool // streams whose boxes nobody opens any more
	lost    error           // what boxes say if the keys cannot be had
	seq     uint64
}

func newSealed() *sealed {
	return &sealed{streams: map[string][]domain.Decision{}, erased: map[string]bool{}}
}

type box struct {
	log    *sealed
	stream string
	data   []byte
}

func (b *box) Open() ([]byte, error) {
	switch {
	case b.log.erased[b.stream]:
		return nil, domain.ErrErased
	case b.log.lost != nil:
		return nil, b.log.lost
	}
	return b.data, nil
}

func (b *box) Stored() []byte { return nil }

func (l *sealed) Load(_ context.Context, stream string) ([]domain.Decision, uint64, error) {
	return slices.Clip(l.streams[stream]), l.seq, nil
}

func (l *sealed) Update(_ context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	histories := make([][]domain.Decision, len(streams))
	for i, s := range streams {
		histories[i] = slices.Clip(l.streams[s])
	}
	answer, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for i, d := range answer {
		if len(d.Events) == 0 {
			continue
		}
		l.seq++
		d.Seq = l.seq
		stored, err := l.stored(d)
		if err != nil {
			return 0, err
		}
		l.streams[streams[i]] = append(l.streams[streams[i]], stored)
	}
	return l.seq, nil
}

// stored is what a decision looks like once it was written and read back.
func (l *sealed) stored(d domain.Decision) (domain.Decision, error) {
	var events []domain.StoredEvent
	for _, e := range d.Events {
		typ, data, err := domain.EncodeEvent(e)
		if err != nil {
			return d, err
		}
		kept := domain.StoredEvent{Type: typ, Data: data}
		if spec, _ := domain.EventSpecOf(typ); spec.Personal {
			kept = domain.StoredEvent{Type: typ, Box: &box{l, d.Stream.String(), data}}
		}
		events = append(events, kept)
	}
	return domain.DecisionFrom(d.Seq, d.Stream.String(), d.ID, d.Meta(), events)
}

// erase does what the register does once an erasure is approved.
func (l *sealed) erase(t *testing.T, path string) {
	t.Helper()
	stream, err := domain.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		user string
		cmd  domain.Asked
	}{{"officer", domain.RequestErasure{Reason: "person_asked"}}, {"head", domain.ApproveErasure{}}} {
		by := domain.Actor{User: step.user, Role: domain.Head, Organisation: "spu"}
		if _, err := domain.Execute(t.Context(), l, domain.Request{By: by, Now: now}, stream, step.cmd); err != nil {
			t.Fatal(err)
		}
	}
	l.erased[stream.String()] = true
}

var errLost = errors.New("the keys cannot be had")
