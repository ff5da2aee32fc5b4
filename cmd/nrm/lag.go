package main

import (
	"fmt"
	"time"

	"nrm/eventstore/mirror"
)

// A lag tells people how far a copy is behind its register: when that changes for
// the worse or is over, and now and then while it goes on.
type lag struct {
	said   string // what kind of thing was said last
	at     time.Time
	passed uint64 // the position that was named last

	behind time.Time // since when the copy is behind; zero: it is not
}

const (
	behindEvery = 5 * time.Second // while the copy catches up
	levelEvery  = time.Minute     // while it keeps up
)

// tell gives what is to be said now, "" for nothing.
func (l *lag) tell(s mirror.State, linked bool, now time.Time) string {
	kind, every, text := "level", levelEvery, fmt.Sprintf("The copy has everything, up to position %d: 0 behind.", s.Position)
	switch {
	case !linked && s.Seen.IsZero():
		kind, text = "away", "The register has not answered yet."
	case !linked:
		kind, text = "away", fmt.Sprintf("The register does not answer; it last did at %s. The copy ends at position %d and lacked %d then.", s.Seen.UTC().Format(time.RFC3339), s.Position, s.Behind)
	case s.Anew != nil:
		kind, every, text = "anew", behindEvery, fmt.Sprintf("The copy had passed over something and is made anew: position %d of %d.", s.Position, s.Position+s.Behind)
	case s.Behind > 0:
		kind, every, text = "behind", behindEvery, fmt.Sprintf("The copy has %d of %d decisions: %d behind.", s.Position, s.Position+s.Behind, s.Behind)
	}
	if kind != "behind" {
		l.behind = time.Time{}
	} else if l.behind.IsZero() {
		l.behind = now
	}
	if kind == "behind" && l.said == "level" && now.Sub(l.behind) < every {
		return "" // for a moment: that is how it is while people work
	}
	if kind == l.said && (now.Sub(l.at) < every || kind == "level" && s.Position == l.passed) {
		return ""
	}
	l.said, l.at, l.passed = kind, now, s.Position
	return text
}
