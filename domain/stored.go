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

// DecisionFrom reads a stored decision back. Types and data are parallel.
func DecisionFrom(seq uint64, stream, id string, meta map[string]string, types []string, data [][]byte) (Decision, error) {
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
	for i, typ := range types {
		e, err := DecodeEvent(typ, data[i])
		if err != nil {
			return d, fmt.Errorf("decision %s: %w", id, err)
		}
		d.Events = append(d.Events, e)
	}
	return d, nil
}
