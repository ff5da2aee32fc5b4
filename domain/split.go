package domain

import (
	"fmt"
	"slices"
)

// SplitCase says that a case speaks of two persons, and begins a case for the
// other one: two were taken for one, or somebody who came along may be a victim
// too. What was said when they were found belongs to both, so the new case begins
// with it, at the time at which it happened: the detection, with what is other of
// this person, who referred them and when the special police unit was told. Its
// duties run from then. Everything else belongs to one of the two: what is of the
// other person is voided here ([VoidEvent]) and recorded there, each fact with its
// own time; what is sealed opens nowhere but where it was written.
//
// From then on two persons are counted. The two are held for different persons
// ([DuplicateJudged]); a split that was wrong is taken back by [MergeCases]. Who
// was erased cannot be told from another any more: "erased", "erasure_asked".
type SplitCase struct {
	Reason      string `json:"reason" code:"split_reason"`
	Status      string `json:"status" code:"victim_status/referral"` // of the other person, as all that follows
	Age         string `json:"age" code:"age"`
	Sex         string `json:"sex" code:"sex"`
	Citizenship string `json:"citizenship" code:"citizenship"`

	from  Ref      // the case that is split
	found Decision // with which it began, as it stands
}

// CaseSplit stands on both cases, and names on each the other.
type CaseSplit struct {
	Into   Ref    `json:"split_into,omitempty" ref:"case"` // on the case that was split
	From   Ref    `json:"split_from,omitempty" ref:"case"` // on the case that it began
	Reason string `json:"reason" code:"split_reason"`
}

func (CaseSplit) EventType() string { return "CaseSplit" }
func (e CaseSplit) apply(c *Case, _ Times) {
	c.SplitInto = withRef(c.SplitInto, e.Into)
	if e.From != "" {
		c.SplitFrom = e.From
	}
	if c.Verdicts == nil {
		c.Verdicts = map[Ref]string{}
	}
	c.Verdicts[e.Into+e.From] = "different" // one of the two is empty
}

func (SplitCase) givers() []Role { return []Role{CaseOfficer} }
func (SplitCase) begins()        {}

func (cmd SplitCase) look(history []Decision) Asked {
	if len(history) > 0 {
		cmd.from = history[0].Stream.Ref()
	}
	return cmd
}

// Into is the case that the split of another at that time begins. It is named by
// what is said of the person: saying it again names the same case.
func (cmd SplitCase) Into(from Ref, happened When) Ref {
	return NewRef(fmt.Sprintf("split %s %s %s", from, happened, []string{cmd.Reason, cmd.Status, cmd.Age, cmd.Sex, cmd.Citizenship}))
}

func (cmd SplitCase) others(req Request) []Stream {
	return []Stream{CaseStream(cmd.Into(cmd.from, req.Happened))}
}

func (cmd SplitCase) remembering(histories [][]Decision) Asked {
	for _, d := range Standing(histories[0]) {
		if slices.ContainsFunc(d.Events, func(e AnyEvent) bool { _, is := e.(DetectionRecorded); return is }) {
			cmd.found = d
		}
	}
	return cmd
}

func (cmd SplitCase) decide(j *Joint, req Request) ([]Event[Joint], error) {
	c, into := j.Case(), j.named(CaseKind, 1).Ref()
	switch {
	case slices.Contains(c.SplitInto, into):
		return nil, nil
	case c.Erased():
		return nil, conflict("erased")
	case !c.Erasure.Asked.IsZero():
		return nil, conflict("erasure_asked")
	}
	j.began = cmd.found.Happened
	return append(
		j.onCase(0, c.noting(req, []Event[Case]{CaseSplit{Into: into, Reason: cmd.Reason}})...),
		j.onCase(1, append(cmd.shared(), CaseSplit{From: req.about, Reason: cmd.Reason})...)...), nil
}

// shared is what was said when the two were found, as it is of the other person.
func (cmd SplitCase) shared() (events []Event[Case]) {
	var place DetectionRecorded
	for _, e := range cmd.found.Events {
		switch e := e.(type) {
		case DetectionRecorded:
			e.Status, e.Age, e.Sex, e.Citizenship = cmd.Status, cmd.Age, cmd.Sex, cmd.Citizenship
			place = e
			events = append(events, e)
		case ReferralSubmitted:
			events = append(events, e)
		case SpuNotified:
			e.At = e.moment(cmd.found.Times())
			events = append(events, e)
		}
	}
	if place.Country != "" && cmd.Citizenship == "az" {
		events = append(events, CitizenAbroadReported{Country: place.Country})
	}
	return events
}
