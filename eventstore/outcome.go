package eventstore

import (
	"slices"
	"time"
)

// begin opens the slots of a unit that is about to be sent. A store that is not
// the only writer asks the log in any case and need not know.
func (s *Store[D]) begin(slots []*slot[D]) { s.opened(1, slots...) }

// unsent closes them again for one that was not.
func (s *Store[D]) unsent(slots []*slot[D]) { s.opened(-1, slots...) }

func (s *Store[D]) opened(by int32, slots ...*slot[D]) {
	if !s.opts.Sole {
		return
	}
	for _, sl := range slots {
		sl.open.Add(by)
	}
}

// made is what a write will be in a history.
type made[D any] struct {
	Message
	err      error
	decision D // if decoded
	decoded  bool
}

// foresee does, while the server stores a unit, what would otherwise have to be
// done when it has. If guess is given, it is the position that the first write
// will probably have, and those who want to know early are told.
func (s *Store[D]) foresee(u *unit, guess uint64) []made[D] {
	all := make([]made[D], len(u.writes))
	for i, w := range u.writes {
		m := &all[i]
		if m.Message, m.err = readBack(u.messages[i], w.body, u.events[i]); m.err != nil || guess == 0 {
			continue
		}
		m.Seq, m.Stored = guess+uint64(i), time.Now().UTC().Round(0)
		d, err := s.codec.Decode(m.Message)
		m.decision, m.decoded = d, err == nil
	}
	if len(all) == 1 && all[0].decoded {
		s.taps.foreseen(all[0])
	}
	return all
}

// ended brings slots in line with the outcome of a unit. What was stored is added
// to the histories in memory; where that fails, and after any other outcome, the
// stream is read from the log when it is next looked at. A stream whose write may
// still be stored stays open until a later one is stored: then it cannot any more.
func (s *Store[D]) ended(slots []*slot[D], u *unit, made []made[D]) {
	for _, sl := range slots {
		i := slices.IndexFunc(u.writes, func(w write) bool { return w.stream == sl.stream })
		switch {
		case u.outcome == stored && i >= 0:
			if err := s.extend(sl, u.writes[i].last, u.seq-uint64(len(u.writes)-1-i), made[i]); err != nil {
				sl.behind.Store(true)
			}
			sl.open.Store(0)
		case u.outcome == stored:
			s.opened(-1, sl)
		case u.outcome == unknown && i >= 0:
			sl.behind.Store(true)
		default:
			sl.behind.Store(true)
			s.opened(-1, sl)
		}
	}
}
