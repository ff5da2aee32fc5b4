package domain

import (
	"fmt"
	"time"
)

// Meta gives what is stored of a decision besides its events. Its keys are as
// lasting as the events: user, role, organisation, happened, precision,
// recorded, and where they apply claimed and cause.
func (d Decision) Meta() map[string]string {
	m := map[string]string{
		"user":         d.By.User,
		"role":         string(d.By.Role),
		"organisation": d.By.Organisation,
		"happened":     d.Happened.At.UTC().Format(time.RFC3339),
		"precision":    string(d.Happened.Precision),
		"recorded":     d.Recorded.UTC().Format(time.RFC3339Nano),
	}
	if d.Imported() {
		m["claimed"] = d.Claimed.UTC().Format(time.RFC3339Nano)
	}
	if d.Cause != "" {
		m["cause"] = d.Cause
	}
	return m
}

// A StoredEvent is an event as it was stored: open, or, if it is personal, in a
// box.
type StoredEvent struct {
	Type string
	Data []byte
	Box  Box // nil if the event is not sealed
}

// Event reads a stored event back. One that should be sealed and is not, or the
// other way round, is a fault.
func (s StoredEvent) Event() (AnyEvent, error) {
	spec, ok := EventSpecOf(s.Type)
	switch {
	case !ok:
		return nil, fmt.Errorf("domain: unknown event type %q", s.Type)
	case spec.Personal != (s.Box != nil):
		return nil, fmt.Errorf("domain: %s stands in the log sealed: %t, must be: %t", s.Type, s.Box != nil, spec.Personal)
	case spec.Personal:
		return Sealed{Type: s.Type, Box: s.Box}, nil
	}
	return spec.decode(s.Data)
}

// DecisionFrom reads a stored decision back.
func DecisionFrom(seq uint64, stream, id string, meta map[string]string, events []StoredEvent) (Decision, error) {
	d := Decision{Seq: seq, ID: id, Cause: meta["cause"], By: Actor{User: meta["user"], Role: Role(meta["role"]), Organisation: meta["organisation"]}}
	var err error
	if d.Stream, err = StreamNamed(stream); err != nil {
		return d, err
	}
	if d.Happened.At, err = time.Parse(time.RFC3339, meta["happened"]); err != nil {
		return d, fmt.Errorf("domain: decision %s: happened: %w", id, err)
	}
	d.Happened.Precision = Precision(meta["precision"])
	if d.Recorded, err = time.Parse(time.RFC3339Nano, meta["recorded"]); err != nil {
		return d, fmt.Errorf("domain: decision %s: recorded: %w", id, err)
	}
	if claimed, ok := meta["claimed"]; ok {
		if d.Claimed, err = time.Parse(time.RFC3339Nano, claimed); err != nil {
			return d, fmt.Errorf("domain: decision %s: claimed: %w", id, err)
		}
	}
	for _, stored := range events {
		e, err := stored.Event()
		if err != nil {
			return d, fmt.Errorf("decision %s: %w", id, err)
		}
		d.Events = append(d.Events, e)
	}
	return d, nil
}
