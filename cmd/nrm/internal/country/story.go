package country

import (
	"reflect"
	"slices"
	"time"

	"nrm/domain"
)

// story is one person's way through the mechanism while it is being told. Steps
// may be told in any order: seal puts them in the order in which they happened.
type story struct {
	*country
	dice
	p     person
	now   time.Time // where the telling has got to
	limit time.Time // the last moment for what the yearly report counts
	steps []step

	handed, decided, admitted, left time.Time
	home                            *house // where the person lives or lived
	centre                          *house // the assistance centre the person was referred to
	centreSince                     time.Time
}

func (c *country) begin(d dice, p person, at, limit time.Time) *story {
	return &story{country: c, dice: d, p: p, now: at, limit: limit}
}

// by tells one step, now: the very same fact twice in a minute would be one
// fact, so the second is a minute later. The answer is good until the next step
// is told.
func (s *story) by(a actor, cmd domain.Asked) *step {
	for slices.ContainsFunc(s.steps, func(o step) bool {
		return o.happened.Equal(s.now.Truncate(time.Minute)) && reflect.DeepEqual(o.cmd, cmd)
	}) {
		s.now = s.now.Add(time.Minute)
	}
	s.steps = append(s.steps, step{by: a, cmd: cmd, happened: s.now.Truncate(time.Minute)})
	return &s.steps[len(s.steps)-1]
}

// onTheDay tells a step of which only the day is known.
func (s *story) onTheDay(a actor, cmd domain.Asked) { s.by(a, cmd).known = domain.OnDay }

// soonerOrLater tells a step that is sometimes recorded days late, while the
// case goes on. Nothing may depend on it, and the asker must still have to do
// with the case then: facilities record at once.
func (s *story) soonerOrLater(a actor, cmd domain.Asked) {
	if st := s.by(a, cmd); s.chance(0.06) {
		st.pace = tardy
	}
}

// pass lets time go by.
func (s *story) pass(lo, hi time.Duration) { s.now = s.now.Add(s.span(lo, hi)) }

// atWork lets time go by and ends in office hours.
func (s *story) atWork(lo, hi time.Duration) {
	s.pass(lo, hi)
	local := s.now.In(domain.Baku)
	switch h := local.Hour(); {
	case h < 8:
		s.now = domain.DayOf(s.now).Start().Add(s.span(9*time.Hour, 11*time.Hour))
	case h > 18:
		s.now = domain.DayOf(s.now).End().Add(s.span(9*time.Hour, 11*time.Hour))
	}
}

// moment picks a moment between two times, in working hours if there are any.
func (s *story) moment(from, to time.Time) {
	if to.Before(from) {
		to = from
	}
	s.now = s.sometime(from, to)
}

// counted moves to a moment after from for a fact of the yearly report: within
// the time given if the year is long enough, otherwise before it ends.
func (s *story) counted(from time.Time, lo, hi time.Duration) {
	limit := s.limit
	if from.After(limit) { // decided after the year: the next one counts it
		limit = yearEnd(from.In(domain.Baku).Year())
	}
	to := earliest(from.Add(hi), limit)
	s.moment(earliest(from.Add(lo), to), to)
}

// last is when the latest step happened.
func (s *story) last() time.Time {
	t := s.now
	for _, st := range s.steps {
		t = latest(t, st.happened)
	}
	return t
}

// seal ends the telling. The steps are recorded in the order in which they
// happened, except the tardy ones; what is not recorded by now is left out, and
// with it all that came after.
func (s *story) seal() {
	slices.SortStableFunc(s.steps, func(a, b step) int { return a.happened.Compare(b.happened) })
	var known time.Time
	kept := s.steps[:0]
	for _, st := range s.steps {
		at := st.happened.Add(s.delay(st))
		if st.pace == tardy {
			late := latest(st.happened.Add(s.span(2*day, 9*day)), known.Add(time.Minute))
			if late.Year() == st.happened.In(domain.Baku).Year() && late.Before(s.o.Now) {
				st.recorded = late.Truncate(time.Second)
				kept = append(kept, st)
				continue
			}
		}
		if at = latest(at, known.Add(20*time.Second)).Truncate(time.Second); at.After(s.o.Now) {
			break
		}
		st.recorded, known = at, at
		kept = append(kept, st)
	}
	s.settle(kept)
}

func (s *story) delay(st step) time.Duration {
	switch {
	case st.known == domain.OnDay: // in the evening of that day, or during the next
		evening := latest(domain.DayOf(st.happened).End().Add(-7*time.Hour), st.happened)
		if s.chance(0.4) {
			evening = evening.Add(15 * time.Hour)
		}
		return evening.Sub(st.happened) + s.span(time.Minute, 3*time.Hour)
	case st.pace == slow:
		return s.span(3*time.Hour, 10*time.Hour)
	case st.pace == heldUp:
		return s.span(25*time.Hour, 80*time.Hour)
	}
	return s.span(2*time.Minute, 55*time.Minute)
}

// settle gives the lines their ids and the case its reference.
func (s *story) settle(steps []step) {
	if len(steps) == 0 {
		return
	}
	id, ref := s.newRef(steps[0].recorded)
	stream := domain.CaseStream(ref).Path()
	for i := range steps {
		steps[i].id, steps[i].stream = id, stream
		if i > 0 {
			steps[i].id = s.newID(steps[i].recorded)
		}
	}
	if !s.o.NoNames {
		steps = s.named(steps)
	}
	s.country.steps = append(s.country.steps, steps...)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
