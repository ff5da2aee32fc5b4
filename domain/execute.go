package domain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// skew is how far an asker's clock may run ahead of the register's.
const skew = 5 * time.Minute

// Outcome is what became of a command.
type Outcome struct {
	Stream   Stream
	Position uint64 // the log position that includes the answer
	Recorded bool   // false when it was already so
}

// Execute is the one door through which anything is recorded: pages, the JSON
// API, imports and the deadline clock all come through here. It checks the
// asker's role, the command's fields and the times, judges the command on the
// latest history and stores the decision. It answers a [Refusal] when the asker
// can do something about it; every other error is a fault.
func Execute(ctx context.Context, log Log, req Request, stream Stream, cmd Asked) (Outcome, error) {
	out := Outcome{Stream: stream}
	if err := admissible(&req, stream, cmd); err != nil {
		return out, err
	}
	if move, ok := cmd.(CompleteTransfer); ok {
		found, err := move.leaving(ctx, log, req, stream)
		if err != nil {
			return out, err
		}
		cmd = found
	}
	if l, ok := cmd.(looking); ok {
		found, err := looked(ctx, log, stream, l)
		if err != nil {
			return out, err
		}
		cmd = found
	}
	var streams []string
	for _, s := range streamsOf(req, stream, cmd) {
		if slices.Contains(streams, s.String()) {
			return out, invalid("same_stream", fieldNaming(cmd, s))
		}
		streams = append(streams, s.String())
	}
	position, err := log.Update(ctx, streams, func(histories [][]Decision) ([]Decision, error) {
		answer, err := judge(req, stream, cmd, histories)
		out.Recorded = err == nil && slices.ContainsFunc(answer, func(d Decision) bool { return len(d.Events) > 0 })
		return answer, err
	})
	if errors.Is(err, errLookAgain) {
		return Execute(ctx, log, req, stream, cmd)
	}
	out.Position = position
	return out, err
}

// Open registers a referral under a new reference, made from the decision's id:
// the same request opens the same case however often it is sent.
func Open(ctx context.Context, log Log, req Request, cmd RegisterReferral) (Outcome, error) {
	if req.ID == "" {
		req.ID = NewID()
	}
	cmd.fresh = true
	for attempt := range 16 {
		out, err := Execute(ctx, log, req, CaseStream(refFrom(req.ID, attempt)), cmd)
		if r, ok := AsRefusal(err); ok && r.Code == "already_registered" {
			continue // another case has this reference
		}
		return out, err
	}
	return Outcome{}, fmt.Errorf("domain: no free reference for a new case")
}

// NewID makes the id of a new decision.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// admissible checks what needs no history, and completes the request.
func admissible(req *Request, stream Stream, cmd Asked) error {
	spec, ok := SpecOf(cmd)
	if !ok {
		return fmt.Errorf("domain: %T is not in the catalogue", cmd)
	}
	if spec.Kind != stream.Kind {
		return &Refusal{Kind: NotFound, Code: "no_such_command"}
	}
	if !spec.MayGive(req.By.Role) || !req.By.Role.fits(req.By.Organisation) {
		return &Refusal{Kind: Forbidden, Code: "role_not_allowed"}
	}
	if req.ID == "" {
		req.ID = NewID()
	}
	req.Now = req.Now.UTC().Truncate(time.Millisecond)
	if req.Happened.IsZero() {
		req.Happened = At(req.Now)
	}
	if req.Happened.guess().After(req.Now.Add(skew)) {
		return &Refusal{Kind: Invalid, Code: "in_future", Field: "happened"}
	}
	if !req.Claimed.IsZero() {
		if req.Claimed.After(req.Now.Add(skew)) {
			return &Refusal{Kind: Invalid, Code: "in_future", Field: "recorded"}
		}
		if req.Happened.After(req.Claimed.Add(skew)) {
			return &Refusal{Kind: Invalid, Code: "recorded_before_happened", Field: "recorded"}
		}
	}
	return check(cmd, req.Now)
}

// judge folds the histories, lets the command decide and turns the answer into
// one decision for each stream.
func judge(req Request, stream Stream, cmd Asked, histories [][]Decision) ([]Decision, error) {
	if i := slices.IndexFunc(histories[0], func(d Decision) bool { return d.ID == req.ID }); i >= 0 {
		return make([]Decision, len(histories)), unchanged(req, stream, cmd, histories, histories[0][i])
	}
	return decide(req, stream, cmd, histories)
}

// unchanged holds a request that was recorded before against what it recorded.
// A request has one id for ever: an import that says something else under the
// same id is told so, or a correction would be lost in silence. Elsewhere ids
// are made from the request or for it alone.
func unchanged(req Request, stream Stream, cmd Asked, histories [][]Decision, first Decision) error {
	if req.Claimed.IsZero() {
		return nil
	}
	then := make([][]Decision, len(histories))
	for i, h := range histories {
		n := slices.IndexFunc(h, func(d Decision) bool { return d.Seq >= first.Seq || d.ID == first.ID })
		if n < 0 {
			n = len(h)
		}
		then[i] = h[:n:n]
	}
	cmd, then = asked(req, stream, cmd, then)
	again := req
	again.Now, again.Claimed = first.Recorded, first.Claimed
	answer, err := decide(again, stream, cmd, then)
	if _, refused := AsRefusal(err); refused {
		return conflict("id_reused")
	}
	if err != nil {
		return err
	}
	is, err := sameDecision(answer[0], first)
	if err == nil && !is {
		return conflict("id_reused")
	}
	return err
}

// asked is the command about the streams that it was about when it was first asked:
// what was merged since is none of its matter.
func asked(req Request, stream Stream, cmd Asked, then [][]Decision) (Asked, [][]Decision) {
	l, looks := cmd.(looking)
	if !looks {
		return cmd, then
	}
	now, was := streamsOf(req, stream, cmd), l.look(then[0])
	var histories [][]Decision
	for _, s := range streamsOf(req, stream, was) {
		var history []Decision
		if i := slices.Index(now, s); i >= 0 {
			history = then[i]
		}
		histories = append(histories, history)
	}
	return was, histories
}

func sameDecision(a, b Decision) (bool, error) {
	if a.By != b.By || !a.Happened.Equal(b.Happened) || len(a.Events) != len(b.Events) {
		return false, nil
	}
	for i := range a.Events {
		if is, err := same(a.Events[i], b.Events[i]); err != nil || !is {
			return false, err
		}
	}
	return true, nil
}

func decide(req Request, stream Stream, cmd Asked, histories [][]Decision) ([]Decision, error) {
	if r, ok := cmd.(remembering); ok {
		cmd = r.remembering(histories)
	}
	switch cmd := cmd.(type) {
	case Command[Case]:
		return single(req, stream, cmd, histories[0], func(c *Case) error { return c.accepts(req, cmd) })
	case Command[Facility]:
		return single(req, stream, cmd, histories[0], func(f *Facility) error { return f.accepts(req, cmd) })
	case Command[Action]:
		return single(req, stream, cmd, histories[0], func(a *Action) error { return a.accepts(req) })
	case Command[Call]:
		return single(req, stream, cmd, histories[0], func(c *Call) error { return c.accepts(req, cmd) })
	case RecordAccess:
		return []Decision{req.decision(stream, cmd.events)}, nil
	case Command[Joint]:
		return joint(req, stream, cmd, histories)
	}
	return nil, fmt.Errorf("domain: %T decides about nothing", cmd)
}

func single[S any](req Request, stream Stream, cmd Command[S], history []Decision, accepts func(*S) error) ([]Decision, error) {
	s, err := Fold[S](history)
	if err != nil {
		return nil, err
	}
	if err := accepts(s); err != nil {
		return nil, err
	}
	events, err := cmd.decide(s, req)
	if err != nil {
		return nil, err
	}
	facts := make([]AnyEvent, len(events))
	for i, e := range events {
		facts[i] = e
	}
	switch already, err := recorded(Standing(history), req, facts); {
	case err != nil:
		return nil, err
	case already:
		facts = nil
	}
	return []Decision{req.decision(stream, facts)}, nil
}

// recorded reports whether the very same facts already stand in the history as
// having happened at the same time, and nothing has undone them since. Deviations
// are remarks about a decision, not facts of their own, and do not count.
//
// What is sealed is opened only if the asker recorded it: otherwise the answer
// would tell whoever guesses right what they may not read.
func recorded(history []Decision, req Request, facts []AnyEvent) (bool, error) {
	facts = slices.DeleteFunc(slices.Clone(facts), isRemark)
	for _, f := range facts {
		found := false
		for i, d := range history {
			if !d.Happened.Equal(req.Happened) {
				continue
			}
			for _, e := range d.Events {
				if d.By != req.By && saysWho(e) {
					continue
				}
				is, err := alike(e, f)
				if err != nil && !errors.Is(err, ErrErased) && !errors.Is(err, ErrUnreadable) { // after an erasure nothing personal comes this far but what is repeated
					return false, err
				}
				found = found || is && !undone(f, history[i+1:])
			}
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

// saysWho reports whether the same event by somebody else is another fact: who
// takes charge of a case is said by who records it.
func saysWho(e AnyEvent) bool {
	_, sealed := e.(Sealed)
	_, taken := e.(CaseOpened)
	return sealed || taken
}

// same compares an event with one that is stored. Of what was erased nobody can
// tell any more; it counts as the same, so that nothing erased is recorded again.
func same(a, b AnyEvent) (bool, error) {
	is, err := alike(a, b)
	if errors.Is(err, ErrErased) {
		return true, nil
	}
	return is, err
}

// alike compares two events as they are stored: what is absent and what is empty
// are the same there. It fails with [ErrErased] if either was erased.
func alike(a, b AnyEvent) (bool, error) {
	if a.EventType() != b.EventType() {
		return false, nil
	}
	_, x, err := EncodeEvent(a)
	if err != nil {
		return false, err
	}
	_, y, err := EncodeEvent(b)
	return bytes.Equal(x, y), err
}

func isRemark(e AnyEvent) bool { _, ok := e.(DeviationNoted); return ok }

func (r Request) decision(stream Stream, events []AnyEvent) Decision {
	return Decision{
		Stream: stream, ID: r.ID, By: r.By, Happened: r.Happened, Recorded: r.Now,
		Claimed: r.Claimed, Cause: r.Cause, Events: events,
	}
}
