package domain

import (
	"context"
	"fmt"
	"reflect"
	"slices"
)

// Joint is the state behind a decision that concerns several streams at once: a
// person and a bed, two beds, two cases of one person. Such a decision is stored
// on all of their histories or on none, and only if none of them changed
// meanwhile. Each stream has its own fold; those of a kind stand in the order in
// which the command names them, the stream that the command is given to first.
type Joint struct {
	Cases      []*Case
	Facilities []*Facility
	Actions    []*Action
	Calls      []*Call
	Accesses   []*Accesses

	streams []Stream
	began   When // when a case that the decision begins began; the others take when the decision happened
}

// Case is the case that the command is given to.
func (j *Joint) Case() *Case { return j.Cases[0] }

// jointly is a command over its own stream and others.
type jointly interface{ others(Request) []Stream }

// looking is a command that must look at the history of its own stream to know
// which others it is about.
type looking interface {
	look(history []Decision) Asked
}

func looked(ctx context.Context, log Log, stream Stream, cmd looking) (found Asked, err error) {
	_, err = log.Update(ctx, []string{stream.String()}, func(histories [][]Decision) ([]Decision, error) {
		found = cmd.look(histories[0])
		return nil, nil
	})
	return found, err
}

// remembering is a command whose rule asks for more of the histories than their
// states hold.
type remembering interface {
	remembering(histories [][]Decision) Asked
}

// beginning is a command over several streams that begins the other cases, such
// as those into which one is split: they must not be there yet.
type beginning interface{ begins() }

// ofAllMerged is a command about a person that holds for every case that was merged
// into its own: whoever may give it there gives it for those too.
type ofAllMerged interface{ ofAllMerged() }

// tellingBesides is a command that tells the other cases what they are to know, and
// asks none of them whether it may be given.
type tellingBesides interface{ toldBesides() }

// standing is an event of a joint decision and the stream it stands on.
type standing struct {
	AnyEvent
	on Stream
}

// apply does nothing: each event is applied where its own stream is folded.
func (standing) apply(*Joint, Times) {}

// onCase puts events on the history of the n-th case.
func (j *Joint) onCase(n int, events ...Event[Case]) []Event[Joint] {
	return place(j.named(CaseKind, n), events)
}

// onThose puts events on the histories of the cases that need them, with the
// remarks that each deserves.
func (j *Joint) onThose(need func(*Case) bool, req Request, events func(*Case) []Event[Case]) (all []Event[Joint]) {
	for n, c := range j.Cases {
		if need(c) {
			all = append(all, j.onCase(n, c.noting(req, events(c))...)...)
		}
	}
	return all
}

// onFacility puts events on the history of the n-th facility.
func (j *Joint) onFacility(n int, events ...Event[Facility]) []Event[Joint] {
	return place(j.named(FacilityKind, n), events)
}

// onAction puts events on the history of the n-th action of the plan.
func (j *Joint) onAction(n int, events ...Event[Action]) []Event[Joint] {
	return place(j.named(ActionKind, n), events)
}

// onCall puts events on the history of the n-th call.
func (j *Joint) onCall(n int, events ...Event[Call]) []Event[Joint] {
	return place(j.named(CallKind, n), events)
}

// onAccess puts events on the n-th history about access.
func (j *Joint) onAccess(n int, events ...Event[Accesses]) []Event[Joint] {
	return place(j.named(AccessKind, n), events)
}

func place[S any](on Stream, events []Event[S]) (all []Event[Joint]) {
	for _, e := range events {
		all = append(all, standing{e, on})
	}
	return all
}

func (j *Joint) named(kind StreamKind, n int) Stream {
	of := slices.DeleteFunc(slices.Clone(j.streams), func(s Stream) bool { return s.Kind != kind })
	return of[n]
}

// answer is the usual decision about a person and beds: events of the case that
// the command is given to, and at most one for each facility.
func (j *Joint) answer(onCase []Event[Case], onFacility ...Event[Facility]) []Event[Joint] {
	all := j.onCase(0, onCase...)
	for n, e := range onFacility {
		all = append(all, j.onFacility(n, e)...)
	}
	return all
}

// streamsOf lists the streams that a command is about, its own first.
func streamsOf(req Request, stream Stream, cmd Asked) []Stream {
	streams := []Stream{stream}
	if j, ok := cmd.(jointly); ok {
		streams = append(streams, j.others(req)...)
	}
	if _, about := cmd.(aboutAccess); about {
		streams = append(streams, AccessStream(stream.Ref()))
	}
	return streams
}

// joint judges a command over several streams. Its events are stored on all of
// them or on none.
func joint(req Request, stream Stream, cmd Command[Joint], histories [][]Decision) ([]Decision, error) {
	j := &Joint{streams: streamsOf(req, stream, cmd)}
	if len(j.streams) != len(histories) {
		return nil, fmt.Errorf("domain: %T is about %d streams, not %d", cmd, len(j.streams), len(histories))
	}
	for n, s := range j.streams {
		if slices.Contains(j.streams[:n], s) {
			return nil, invalid("same_stream", fieldNaming(cmd, s))
		}
		if err := j.fold(req, cmd, n, histories[n]); err != nil {
			return nil, err
		}
	}
	req.about = stream.Ref()
	events, err := cmd.decide(j, req)
	if err != nil {
		return nil, err
	}
	facts := make([][]AnyEvent, len(j.streams))
	for _, e := range events {
		n := slices.Index(j.streams, e.(standing).on)
		facts[n] = append(facts[n], e.(standing).AnyEvent)
	}
	return j.decisions(req, histories, facts)
}

// decisions turns the facts of each stream into a decision, or into nothing when
// all of them stand there already.
func (j *Joint) decisions(req Request, histories [][]Decision, facts [][]AnyEvent) ([]Decision, error) {
	already := true
	for n := range j.streams {
		is, err := recorded(Standing(histories[n]), j.at(n, req), facts[n])
		if err != nil {
			return nil, err
		}
		already = already && is
	}
	decisions := make([]Decision, len(j.streams))
	for n, s := range j.streams {
		if already {
			facts[n] = nil
		}
		decisions[n] = j.at(n, req).decision(s, facts[n])
	}
	return decisions, nil
}

// at is the request as the n-th stream keeps it: a case that begins does so when
// its person was found, whenever that was noticed, and on one that was merged into
// the first nothing happens before it began.
func (j *Joint) at(n int, req Request) Request {
	switch {
	case n == 0:
	case !j.began.IsZero():
		req.Happened = j.began
	case n < len(j.Cases) && j.Cases[n].MergedInto == j.streams[0].Ref() && req.Happened.guess().Before(j.Cases[n].Detected):
		req.Happened = j.Cases[n].Detected
	}
	return req
}

// fold adds the state of the n-th stream and asks it whether it accepts the
// command.
func (j *Joint) fold(req Request, cmd Asked, n int, history []Decision) error {
	s := j.streams[n]
	switch s.Kind {
	case CaseKind:
		c, err := Fold[Case](history)
		if err != nil {
			return err
		}
		j.Cases = append(j.Cases, c)
		if _, all := cmd.(ofAllMerged); all && n > 0 && c.MergedInto == j.streams[0].Ref() {
			return nil
		}
		if _, tells := cmd.(tellingBesides); tells && n > 0 {
			return nil
		}
		if _, begins := cmd.(beginning); begins && n > 0 {
			if c.Opened() && c.SplitFrom != j.streams[0].Ref() {
				return conflict("already_registered")
			}
			return nil
		}
		return naming(c.accepts(req, cmd), cmd, s, n)
	case FacilityKind:
		f, err := Fold[Facility](history)
		if err != nil {
			return err
		}
		j.Facilities = append(j.Facilities, f)
		if n > 0 && !f.Opened() {
			return &Refusal{Kind: Invalid, Code: "no_such_facility", Field: fieldNaming(cmd, s)}
		}
		if n == 0 {
			return f.accepts(req, cmd)
		}
		return nil
	case ActionKind:
		a, err := Fold[Action](history)
		if err != nil {
			return err
		}
		j.Actions = append(j.Actions, a)
		return a.accepts(req)
	case CallKind:
		c, err := Fold[Call](history)
		if err != nil {
			return err
		}
		j.Calls = append(j.Calls, c)
		return naming(c.accepts(req, cmd), cmd, s, n)
	case AccessKind:
		a, err := Fold[Accesses](history)
		j.Accesses = append(j.Accesses, a)
		return err
	}
	return fmt.Errorf("domain: no decision over %s and others", s)
}

// naming adds to a refusal which field names the stream that is not there.
func naming(err error, cmd Asked, s Stream, n int) error {
	if r, ok := AsRefusal(err); ok && n > 0 && r.Kind == NotFound && r.Field == "" {
		return &Refusal{Kind: r.Kind, Code: r.Code, Field: fieldNaming(cmd, s)}
	}
	return err
}

// fieldNaming finds the field of a command that names a stream: of several the
// last, which is the one that names it again.
func fieldNaming(cmd Asked, s Stream) string {
	v := reflect.ValueOf(cmd)
	for _, f := range slices.Backward(Fields(cmd)) {
		switch named := v.FieldByIndex(f.index).Interface().(type) {
		case Ref:
			if named == s.Ref() {
				return f.Name
			}
		case []Ref:
			if slices.Contains(named, s.Ref()) {
				return f.Name
			}
		}
	}
	return ""
}
