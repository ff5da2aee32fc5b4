package projections

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"testing"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// codec keeps decisions in the real log.
func (s *safe) codec() eventstore.Codec[domain.Decision] {
	return eventstore.Codec[domain.Decision]{
		Encode: func(d domain.Decision) (eventstore.Message, error) {
			m := eventstore.Message{Stream: d.Stream.String(), ID: d.ID, Meta: d.Meta()}
			for _, e := range d.Events {
				typ, data, err := domain.EncodeEvent(e)
				if err != nil {
					return m, err
				}
				entry := eventstore.Entry{Type: typ, Data: data}
				if spec, _ := domain.EventSpecOf(typ); spec.Personal {
					entry.Key = d.Stream.ID + "/" + string(spec.Compartment)
				}
				m.Events = append(m.Events, entry)
			}
			return m, nil
		},
		Decode: func(m eventstore.Message) (domain.Decision, error) {
			stream, err := domain.StreamNamed(m.Stream)
			if err != nil {
				return domain.Decision{}, err
			}
			var events []domain.StoredEvent
			for n, e := range m.Events {
				stored := domain.StoredEvent{Type: e.Type, Data: e.Data}
				if e.Sealed != nil {
					stored.Box = s.Box(domain.Slot{Stream: stream, Decision: m.ID, N: n, Type: e.Type}, e.Sealed)
				}
				events = append(events, stored)
			}
			return domain.DecisionFrom(m.Seq, m.Stream, m.ID, m.Meta, events)
		},
	}
}

// Seal seals for the real log, which gives the place in the decision only as
// additional data.
func (s *safe) Seal(_ context.Context, key string, ad, plain []byte) ([]byte, error) {
	slot, err := slotOf(ad)
	return s.seal(slot, plain).Stored(), err
}

// slotOf reads [eventstore.AD].
func slotOf(ad []byte) (slot domain.Slot, err error) {
	rest := strings.TrimPrefix(string(ad), "nrm1,")
	var parts []string
	for rest != "" {
		length, after, _ := strings.Cut(rest, ":")
		n, err := strconv.Atoi(length)
		if err != nil {
			return slot, err
		}
		parts, rest = append(parts, after[:n]), after[n+1:]
	}
	if slot.Stream, err = domain.StreamNamed(parts[0]); err != nil {
		return slot, err
	}
	slot.Decision, slot.Type = parts[1], parts[2]
	slot.N, err = strconv.Atoi(parts[3])
	return slot, err
}

// realLog is a real log with the keys to it.
type realLog struct {
	*eventstore.Store[domain.Decision]
	safe *safe
}

func (l realLog) keys() *safe { return l.safe }

// TestOnTheRealLog follows a real log while it grows, and makes the views of it
// anew.
func TestOnTheRealLog(t *testing.T) {
	keys := &safe{seed: "real"}
	store := realLog{eventstoretest.Open(t, eventstoretest.Server(t), keys.codec(), eventstore.Options{Sealer: keys}), keys}
	v := opened(t, t.TempDir(), store)
	caughtUp := follow(t, v, store)
	w := newWorld(t, store, 71)
	for range 4 {
		ref := w.referred(referrer)
		w.stroll(ref, 15)
		if err := v.WaitFor(t.Context(), w.must(officer, domain.CaseStream(ref), domain.AssessRisk{Level: "high"})); err != nil {
			t.Fatal(err)
		}
		if p := pageOf(t, v, officer, w.now, ref); p.Row.Risk != "high" {
			t.Errorf("does not see what was just done: %+v", p.Row)
		}
	}
	caughtUp()
	live := digestOf(t, v)
	if made := digestOf(t, opened(t, t.TempDir(), store)); !maps.Equal(live, made) {
		t.Errorf("live    %v\nrebuilt %v", live, made)
	}
}
