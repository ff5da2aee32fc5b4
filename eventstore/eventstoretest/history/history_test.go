package history_test

import (
	"testing"
	"time"

	"nrm/eventstore/eventstoretest/history"
)

type entries = []history.Entry

// A history that no log can have is found out.
func TestCheck(t *testing.T) {
	a, b := history.Entry{ID: "a", Position: 1}, history.Entry{ID: "b", Position: 2}
	for _, c := range []struct {
		name  string
		story func(*history.Recorder)
		final entries
		right bool
	}{
		{"one after the other", func(r *history.Recorder) {
			r.Add(0, "s", "a").AddedTo(nil, 1)
			r.Look(1, "s").Saw(entries{a})
			r.Add(1, "s", "b").AddedTo([]string{"a"}, 2)
		}, entries{a, b}, true},
		{"asked again", func(r *history.Recorder) {
			r.Add(0, "s", "a")
			r.Add(0, "s", "a").Added(1)
			r.Add(0, "s", "a").AddedTo([]string{"a"}, 1)
		}, entries{a}, true},
		{"an unknown outcome that did not happen", func(r *history.Recorder) { r.Add(0, "s", "a"); r.Look(0, "s").Saw(nil) }, nil, true},
		{"an unknown outcome that happened late", func(r *history.Recorder) { r.Add(0, "s", "a"); r.Look(0, "s").Saw(nil) }, entries{a}, true},
		{"at the same time, in the other order", func(r *history.Recorder) {
			late, look := r.Add(0, "s", "a"), r.Look(1, "s")
			r.Add(1, "s", "b").Added(2)
			look.Saw(entries{a})
			late.Added(1)
		}, entries{a, b}, true},
		{"lost", func(r *history.Recorder) { r.Add(0, "s", "a").Added(1) }, nil, false},
		{"moved", func(r *history.Recorder) { r.Add(0, "s", "a").Added(1) }, entries{{ID: "a", Position: 7}}, false},
		{"twice", func(r *history.Recorder) { r.Add(0, "s", "a").Added(1) }, entries{a, {ID: "a", Position: 2}}, false},
		{"two told the same position", func(r *history.Recorder) { r.Add(0, "s", "a").Added(1); r.Add(0, "s", "b").Added(1) }, entries{a, {ID: "b", Position: 1}}, false},
		{"a look that comes too late", func(r *history.Recorder) { r.Add(0, "s", "a").Added(1); r.Look(1, "s").Saw(nil) }, entries{a}, false},
		{"decided on an old history", func(r *history.Recorder) {
			r.Add(0, "s", "a").AddedTo(nil, 1)
			r.Add(0, "s", "b").AddedTo(nil, 2)
		}, entries{a, b}, false},
		{"seen, then gone, then there", func(r *history.Recorder) {
			r.Add(0, "s", "a")
			r.Look(1, "s").Saw(entries{a})
			r.Look(1, "s").Saw(nil)
		}, entries{a}, false},
		{"from nowhere", func(*history.Recorder) {}, entries{a}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r history.Recorder
			c.story(&r)
			judged := &judge{TB: t}
			r.Check(judged, map[string][]history.Entry{"s": c.final}, 10*time.Second)
			if judged.failed == c.right {
				t.Errorf("judged wrong: %v", judged.failed)
			}
		})
	}
}

// A judge notes failures instead of failing.
type judge struct {
	testing.TB
	failed bool
}

func (j *judge) Errorf(string, ...any) { j.failed = true }
