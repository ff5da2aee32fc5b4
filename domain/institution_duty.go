package domain

import (
	"fmt"
	"time"
)

// An InstitutionDuty is what a body must do in each quarter or year: the Working
// Group meets at least once a quarter with two thirds of its members (its statute
// of 2023), the Coordinator reports once a year (Law 958-IIQ Article 7), the
// Cabinet once a year to the President (decree 2173 of 22.07.2020, 2.1). The acts
// name no day, so the last day of the quarter or year is the last in time.
type InstitutionDuty struct {
	ID        string // code list "institution_duty"
	Parameter string
	Action    string // of the plan, on whose stream the duty and what fulfils it stand

	done func(AnyEvent) bool
}

// aboutTheCoordinator is the action of the plan about the Coordinator's Working
// Group and the Commission.
const aboutTheCoordinator = "4.1.9"

// InstitutionDuties lists the duties of institutions that the register watches.
func InstitutionDuties() []InstitutionDuty {
	all := []InstitutionDuty{{"working_group_meeting", "working_group_meetings", aboutTheCoordinator, func(e AnyEvent) bool {
		m, is := e.(MeetingHeld)
		return is && m.Body == "working_group" && m.Quorum
	}}}
	for _, r := range []struct{ to, parameter string }{
		{"parliament", "coordinator_report"}, {"cabinet", "coordinator_report"}, {"ombudsman", "coordinator_report"}, {"president", "government_report"},
	} {
		all = append(all, InstitutionDuty{"report_" + r.to, r.parameter, aboutTheCoordinator, func(e AnyEvent) bool {
			s, is := e.(ReportSubmitted)
			return is && s.To == r.to
		}})
	}
	return all
}

// periodOf is the quarter or year of a day, by the unit of the duty's parameter:
// its name, its first and its last day.
func periodOf(unit string, d Day) (name string, first, last Day) {
	if unit == "per_quarter" {
		quarter := (int(d.start.Month()) - 1) / 3
		first = NewDay(d.Year(), time.Month(3*quarter+1), 1)
		return fmt.Sprintf("%d-Q%d", d.Year(), quarter+1), first, first.AddMonths(3).Add(-1)
	}
	return fmt.Sprint(d.Year()), NewDay(d.Year(), time.January, 1), NewDay(d.Year(), time.December, 31)
}

// after notes which duties a decision fulfils, and when the register was first
// told anything here: of the time before, it does not say that nothing was done.
func (a *Action) after(d Decision) {
	a.number = d.Stream.ID
	if day := d.Happened.Day(); d.Happened.Known() && (a.Begun.IsZero() || day.Before(a.Begun)) {
		a.Begun = day
	}
	for _, e := range d.Events {
		at := MomentOf(e, d.Times())
		for _, duty := range InstitutionDuties() {
			p, ok := ParameterOn(duty.Parameter, at.Day())
			if !ok || !at.Known() || !duty.done(e) {
				continue
			}
			name, _, _ := periodOf(p.Unit, at.Day())
			a.fulfil(duty.ID+" "+name, at)
		}
	}
}

func (a *Action) fulfil(duty string, at When) {
	if was, ok := a.Done[duty]; ok && !at.Before(was) {
		return
	}
	if a.Done == nil {
		a.Done = map[string]When{}
	}
	a.Done[duty] = at
}

// Duties lists how the duties that stand on the action's stream were and are kept,
// one clock for each quarter or year. The first is the first whole one since the
// act was in force and the register was told anything here.
func (a *Action) Duties(now time.Time) (all []DeadlineClock) {
	for _, duty := range InstitutionDuties() {
		if duty.Action != a.number || a.Begun.IsZero() {
			continue
		}
		for day := a.Begun; !day.After(DayOf(now)); {
			p, ok := ParameterOn(duty.Parameter, day)
			unit := p.Unit
			if !ok { // not in force yet: it may be within the year
				unit = "per_quarter"
			}
			name, first, last := periodOf(unit, day)
			if whole, known := ParameterOn(duty.Parameter, first); ok && known && whole == p && !first.Before(a.Begun) {
				done := a.Done[duty.ID+" "+name]
				all = append(all, DeadlineClock{
					Rule: duty.ID, Key: name, Start: OnThe(first), Due: last.End().UTC(), Value: p.Value, Unit: p.Unit,
					Assumed: p.Confidence == "assumed", Stopped: done, Missed: a.Missed[duty.ID+" "+name],
				})
			}
			day = last.Add(1)
		}
	}
	return all
}

// MarkDutyMissed is asked by the register itself, never by a person, of the duties
// of institutions as [MarkOverdue] is of those on a case. It is as safe to ask.
type MarkDutyMissed struct {
	Duty string `json:"duty" code:"institution_duty"`
}

// DutyMissed says that a body did not do in a quarter or year what it must. What is
// recorded late still shows that it was done.
type DutyMissed struct {
	Duty   string    `json:"duty" code:"institution_duty"`
	Period string    `json:"period" opaque:"a year or a quarter"` // "2024" or "2024-Q3"
	Due    time.Time `json:"due"`
}

func (DutyMissed) EventType() string { return "DutyMissed" }

func (e DutyMissed) apply(a *Action, _ Times) {
	if a.Missed == nil {
		a.Missed = map[string]bool{}
	}
	a.Missed[e.Duty+" "+e.Period] = true
}

func (MarkDutyMissed) givers() []Role { return []Role{Clock} }

func (cmd MarkDutyMissed) decide(a *Action, req Request) (missed []Event[Action], err error) {
	for _, k := range a.Duties(req.Now) {
		if k.Rule == cmd.Duty && !k.Missed && k.State(req.Now) == Overdue {
			missed = append(missed, DutyMissed{Duty: k.Rule, Period: k.Key, Due: k.Due})
		}
	}
	return missed, nil
}
