package domain

import (
	"errors"
	"reflect"
	"slices"
)

// CorrectFact says that one field of an event that was recorded is wrong, and
// what is true instead. Nothing is edited: both stay, and everything that follows
// from the event (deadlines, measures, the yearly report) follows from what is
// true from then on.
//
// Exactly one of the fields after Reason is given: "nothing_given", "one_only".
// The event must have said something in it: "no_such_field". Who recorded the
// event corrects it, or those who lead the case; what the head of the special
// police unit decided only the head; what another body or the person decided against
// those who lead the case only whoever recorded it: "not_yours". A payment another
// account than the one that recorded it: "own_payment". What stands on
// other streams as well, and an allowance, is voided and recorded anew:
// "void_instead". What later facts rest on is not taken from under them:
// "others_follow".
type CorrectFact struct {
	Event  EventAt `json:"event"`
	Reason string  `json:"reason" code:"correction_reason"`

	TookPlace   When   `json:"took_place,omitzero"` // when it happened, with all that was recorded in one decision with it
	Source      string `json:"source,omitempty" code:"referral_source"`
	Age         string `json:"age,omitempty" code:"age"`
	Sex         string `json:"sex,omitempty" code:"sex"`
	Citizenship string `json:"citizenship,omitempty" code:"citizenship"`
	District    string `json:"district,omitempty" code:"district"`
	Country     string `json:"country,omitempty" code:"country"`
	Level       string `json:"level,omitempty" code:"risk_level"`
	Geography   string `json:"geography,omitempty" code:"geography"`
	Service     string `json:"service,omitempty" code:"service"`
	Amount      Qepik  `json:"amount,omitempty"`

	history []Decision // of the case
}

// VoidEvent says that what an event tells never was: it was recorded on the wrong
// case, twice, or by mistake. It stays on the timeline, with the reason, and
// counts for nothing. Who may do it is as with [CorrectFact].
//
// An admission is voided together with the bed that it took, a departure
// together with the bed that it freed, and a bed is kept from then on if, and only
// if, an offer stands ("facility_full" where there is none any more). That a person
// was trafficked again is voided on both cases. What opens the case, what an erasure or a
// merge rests on and what the register itself remarked cannot be voided:
// "cannot_be_voided". What later facts rest on cannot be while they stand:
// "others_follow".
type VoidEvent struct {
	Event  EventAt `json:"event"`
	Reason string  `json:"reason" code:"correction_reason"`

	facility Ref // found in the case, as the next is
	related  Ref
	history  []Decision
	half     EventAt // of the event on the related case
}

// FactCorrected names the event, its type, the field and both values. A sealed
// event is corrected by recording it anew.
type FactCorrected struct {
	Event  EventAt `json:"event"`
	Type   string  `json:"type" opaque:"event type"`
	Field  string  `json:"field" code:"correctable"`
	Old    string  `json:"old" opaque:"a code, a number or a time"`
	New    string  `json:"new" opaque:"a code, a number or a time"`
	Reason string  `json:"reason" code:"correction_reason"`
}

// EventVoided takes an event back.
type EventVoided struct {
	Event  EventAt `json:"event"`
	Type   string  `json:"type" opaque:"event type"`
	Reason string  `json:"reason" code:"correction_reason"`
}

func (FactCorrected) EventType() string  { return "FactCorrected" }
func (EventVoided) EventType() string    { return "EventVoided" }
func (FactCorrected) apply(*Case, Times) {} // see [Standing]
func (EventVoided) apply(*Case, Times)   {}
func (e FactCorrected) of() EventAt      { return e.Event }
func (e EventVoided) of() EventAt        { return e.Event }

func (e FactCorrected) corrects(history []Decision) {
	d := e.Event.in(history)
	if d == nil || d.Events[e.Event.Place] == nil {
		return
	}
	if e.Field == tookPlace {
		if at, err := ParseWhen(e.New); err == nil {
			d.Happened = at
		}
		return
	}
	if with, _, ok := withField(d.Events[e.Event.Place], e.Field, e.New); ok {
		d.Events[e.Event.Place] = with
	}
}

func (e EventVoided) corrects(history []Decision) {
	if d := e.Event.in(history); d != nil {
		d.Events[e.Event.Place] = nil
	}
}

// tookPlace is the field of a correction of when a decision happened.
const tookPlace = "took_place"

func correctors() []Role {
	return []Role{
		Referrer, DutyOfficer, CaseOfficer, Head, Shelter, AssistanceCentre, ChildProtection, Migration, Consulate, FundOfficer,
		LegalAid, Prosecution, HotlineOperator, ReturnPartner, HealthCare, Education, Employment,
	}
}

func (CorrectFact) givers() []Role                       { return correctors() }
func (VoidEvent) givers() []Role                         { return correctors() }
func (cmd CorrectFact) remembering(h [][]Decision) Asked { cmd.history = h[0]; return cmd }

func (cmd CorrectFact) decide(c *Case, req Request) ([]Event[Case], error) {
	field, value, err := cmd.said()
	if err != nil {
		return nil, err
	}
	e, d, err := correctable(cmd.Event, cmd.history, req)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, conflict("voided_already")
	}
	corrected := FactCorrected{Event: cmd.Event, Type: e.EventType(), Field: field, New: value, Reason: cmd.Reason}
	elsewhere, err := d.standsElsewhere(cmd.history)
	if err != nil {
		return nil, err
	}
	if elsewhere && field == tookPlace || field == "amount" && isAllowance(e) {
		return nil, conflict("void_instead")
	}
	if field == tookPlace {
		if corrected.Old = d.Happened.String(); corrected.Old == value {
			return nil, nil
		}
		if err := cmd.timely(c, d, req); err != nil {
			return nil, err
		}
	} else {
		_, old, ok := withField(e, field, value)
		if !ok || hasPlace(e, field) {
			return nil, invalid("no_such_field", field)
		}
		if corrected.Old = old; old == value {
			return nil, nil
		}
	}
	after, err := Fold[Case](append(slices.Clone(cmd.history), Decision{Events: []AnyEvent{corrected}}))
	if err != nil {
		return nil, err
	}
	if shaken(c, after) || after.unpaidFor() > c.unpaidFor() {
		return nil, conflict("others_follow")
	}
	return []Event[Case]{corrected}, nil
}

func isAllowance(e AnyEvent) bool {
	return e.EventType() == AllowancePaid{}.EventType() || e.EventType() == AllowanceGranted{}.EventType()
}

// isPayment reports whether money is said to have changed hands: whoever could say
// so and take it back alone could pay twice.
func isPayment(e AnyEvent) bool {
	switch e.(type) {
	case AllowancePaid, FundAssistancePaid, CompensationPaid:
		return true
	}
	return false
}

// timely holds a new time against the case: nothing happened before the person
// was found, and nothing was known, or corrected, before it happened.
func (cmd CorrectFact) timely(c *Case, d *Decision, req Request) error {
	at := cmd.TookPlace
	switch {
	case at.guess().After(d.Known().Add(skew)), req.Happened.guess().Before(at):
		return invalid("recorded_before_happened", tookPlace)
	case slices.ContainsFunc(d.Events, func(e AnyEvent) bool { _, is := e.(DetectionRecorded); return is }):
		for _, other := range Standing(cmd.history) {
			if other.ID != d.ID && len(other.Events) > 0 && other.Happened.guess().Before(at) {
				return invalid("others_follow", tookPlace)
			}
		}
	case at.guess().Before(c.Detected):
		return invalid("before_case", tookPlace)
	}
	return nil
}

// said gives the one field that the command corrects, and its new value.
func (cmd CorrectFact) said() (field, value string, err error) {
	v := reflect.ValueOf(cmd)
	for _, f := range Fields(cmd) {
		if f.Name == "event" || f.Name == "reason" || v.FieldByIndex(f.index).IsZero() {
			continue
		}
		if field != "" {
			return "", "", invalid("one_only", f.Name)
		}
		text, ok := textOf(v.FieldByIndex(f.index))
		if !ok {
			return "", "", errors.New("domain: " + f.Name + " cannot be corrected")
		}
		field, value = f.Name, text
	}
	if field == "" {
		return "", "", invalid("nothing_given", tookPlace)
	}
	return field, value, nil
}

// correctable finds an event that the asker may correct, as it stands: nil if it
// was voided.
func correctable(at EventAt, history []Decision, req Request) (AnyEvent, *Decision, error) {
	was, standing := at.Find(history), amended(history)
	if was == nil {
		return nil, nil, invalid("no_such_event", "event")
	}
	d := at.in(standing)
	spec, _ := EventSpecOf(was.EventType())
	switch lead := (req.By.Role == CaseOfficer || req.By.Role == Head) && !notTheirsToTakeBack[was.EventType()]; {
	case isRemark(was) || d.By.Role == Clock || spec.Track == "erasure" || spec.Track == "correction":
		return nil, nil, invalid("cannot_be_voided", "event")
	case d.By.Role == Head && req.By.Role != Head, !lead && d.By.Organisation != req.By.Organisation:
		return nil, nil, &Refusal{Kind: Forbidden, Code: "not_yours", Field: "event"}
	case isPayment(was) && d.By.User == req.By.User && !req.imported():
		return nil, nil, &Refusal{Kind: Forbidden, Code: "own_payment", Field: "event"}
	}
	return d.Events[at.Place], d, nil
}
