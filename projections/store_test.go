package projections

import (
	"maps"
	"testing"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// codec keeps decisions in the real log.
func codec() eventstore.Codec[domain.Decision] {
	return eventstore.Codec[domain.Decision]{
		Encode: func(d domain.Decision) (eventstore.Message, error) {
			m := eventstore.Message{Stream: d.Stream.String(), ID: d.ID, Meta: d.Meta()}
			for _, e := range d.Events {
				typ, data, err := domain.EncodeEvent(e)
				if err != nil {
					return m, err
				}
				m.Events = append(m.Events, eventstore.Entry{Type: typ, Data: data})
			}
			return m, nil
		},
		Decode: func(m eventstore.Message) (domain.Decision, error) {
			var types []string
			var data [][]byte
			for _, e := range m.Events {
				types, data = append(types, e.Type), append(data, e.Data)
			}
			return domain.DecisionFrom(m.Seq, m.Stream, m.ID, m.Meta, types, data)
		},
	}
}

// TestOnTheRealLog follows a real log while it grows, and makes the views of it
// anew.
func TestOnTheRealLog(t *testing.T) {
	store := eventstoretest.New(t, codec())
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
