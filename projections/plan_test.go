package projections

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"nrm/domain"
)

// An acts is a log in which institutions record what they did, through the one
// door.
type acts struct {
	t   testing.TB
	log *memory
	now time.Time
}

func newActs(t testing.TB) *acts {
	return &acts{t, newMemory(), time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
}

// imported records a deed that an earlier register recorded on the day.
func (a *acts) imported(day, action string, cmd domain.Asked) *acts {
	a.t.Helper()
	w := when(a.t, day)
	return a.record(domain.Request{By: coordinator, Happened: w, Now: a.now, Claimed: w.At.Add(9 * time.Hour)}, action, cmd)
}

// on records a deed in time.
func (a *acts) on(day, action string, cmd domain.Asked) *acts {
	a.t.Helper()
	w := when(a.t, day)
	return a.record(domain.Request{By: coordinator, Happened: w, Now: w.At.Add(9 * time.Hour)}, action, cmd)
}

func (a *acts) record(req domain.Request, action string, cmd domain.Asked) *acts {
	a.t.Helper()
	req.ID = fmt.Sprintf("act-%d", len(a.log.all))
	if _, err := domain.Execute(context.Background(), a.log, req, streamOf(action), cmd); err != nil {
		a.t.Fatalf("%T: %v", cmd, err)
	}
	return a
}

func (a *acts) plan(q PlanAsOf) map[string]ActionView {
	a.t.Helper()
	if q.Now.IsZero() {
		q.Now = a.now
	}
	views, err := plan(context.Background(), a.log.db(a.t), domain.CurrentPlan(), q)
	if err != nil {
		a.t.Fatal(err)
	}
	if len(views) != 64 {
		a.t.Fatalf("%d actions", len(views))
	}
	by := map[string]ActionView{}
	for _, v := range views {
		by[v.Action.Number] = v
	}
	return by
}

func (a *acts) expect(q PlanAsOf, action string, status domain.Status, flags ...string) ActionView {
	a.t.Helper()
	v := a.plan(q)[action]
	if v.Status != status || !slices.Equal(v.Flags, flags) {
		a.t.Errorf("%s in %d: got %s %v, want %s %v", action, q.Year, v.Status, v.Flags, status, flags)
	}
	return v
}

func (v ActionView) figure(t testing.TB, id string) IndicatorView {
	t.Helper()
	i := slices.IndexFunc(v.Indicators, func(i IndicatorView) bool { return i.Indicator.ID == id })
	if i < 0 {
		t.Fatalf("no figure %s", id)
	}
	return v.Indicators[i]
}

// commission is what was done for action 4.1.9: Cabinet Decision No. 174, in
// force on 29.04.2022, and the Working Group's statute of 17.05.2023.
func commission(t testing.TB) *acts {
	c174, wg := day(t, "2022-04-29"), day(t, "2023-05-17")
	return newActs(t).
		imported("2022-04-29", "4.1.9", domain.ReviseLegalStatus{Body: "nrm_commission", Act: "C-174", Effective: c174}).
		imported("2022-04-29", "4.1.9", domain.ReconstituteBody{Body: "nrm_commission", Act: "C-174", Members: 20, NgoMembers: 4, IoMembers: 1, Effective: c174}).
		imported("2023-05-17", "4.1.9", domain.ReviseLegalStatus{Body: "working_group", Act: "C-WG", Effective: wg}).
		imported("2023-05-17", "4.1.9", domain.ReconstituteBody{Body: "working_group", Act: "C-WG", Members: 12, NgoMembers: 3, Effective: wg})
}

func TestMetButLate(t *testing.T) {
	a := commission(t)
	then := PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2022-12-31"))}
	v := a.expect(then, "4.1.9", domain.StatusLate)
	if v.Done != 2 || v.Of != 3 || v.AsOf.String() != "2022-12-31" || !v.Components[2].Effective.IsZero() {
		t.Errorf("as known on 31.12.2022: %d of %d as of %s", v.Done, v.Of, v.AsOf)
	}
	for q, days := range map[PlanAsOf]int{
		{Year: 2026}: 502,
		{Year: 2023}: 502,
		{Year: 2023, Known: KnownOn(day(t, "2023-05-17"))}: 502,
	} {
		v := a.expect(q, "4.1.9", domain.StatusMet)
		if v.DaysLate != days || v.Done != 3 || v.Components[2].Effective.String() != "2023-05-17" {
			t.Errorf("%v: %d days late, %d done", q, v.DaysLate, v.Done)
		}
	}
	a.expect(PlanAsOf{Year: 2023, Known: KnownOn(day(t, "2023-05-16"))}, "4.1.9", domain.StatusLate)
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2022-04-28"))}, "4.1.9", domain.StatusLate, domain.FlagNoEvidence)
	a.expect(PlanAsOf{Year: 2021}, "4.1.9", domain.StatusNoData)
	// 4.5.9 has no event at all.
	a.expect(PlanAsOf{Year: 2021}, "4.5.9", domain.StatusNoData)
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2022-01-01"))}, "4.5.9", domain.StatusLate, domain.FlagNoEvidence)
	a.expect(PlanAsOf{Year: 2026}, "4.5.9", domain.StatusLate, domain.FlagNoEvidence)
	if v := a.plan(PlanAsOf{Year: 2024})["4.2.1"]; v.Status != "" || v.Indicators != nil {
		t.Errorf("an action that is not measured: %+v", v)
	}
}

// TestOwnStream: what is recorded for another action proves nothing for this
// one, and neither does the right deed of the wrong body.
func TestOwnStream(t *testing.T) {
	on := day(t, "2021-03-01")
	a := newActs(t).on("2021-03-01", "4.5.9", domain.ReviseLegalStatus{Body: "nrm_commission", Act: "C-174", Effective: on}).
		on("2021-03-01", "4.1.9", domain.ReconstituteBody{Body: "nrm_commission", Act: "C-174", Members: 20, Effective: on}) // without NGOs
	v := a.expect(PlanAsOf{Year: 2021}, "4.1.9", domain.StatusOnTrack, domain.FlagAtRisk)
	if v.Done != 0 {
		t.Errorf("%d done", v.Done)
	}
}

// TestOneComponentOfTwoDeeds: the Working Group's status alone is not enough.
func TestOneComponentOfTwoDeeds(t *testing.T) {
	on := day(t, "2021-03-01")
	a := newActs(t).on("2021-03-01", "4.1.9", domain.ReviseLegalStatus{Body: "working_group", Act: "C-WG", Effective: on})
	if v := a.plan(PlanAsOf{Year: 2021})["4.1.9"]; v.Done != 0 {
		t.Errorf("%d done after one of two deeds", v.Done)
	}
	a.on("2021-04-01", "4.1.9", domain.ReconstituteBody{Body: "working_group", Act: "C-WG", Members: 12, Effective: day(t, "2021-04-01")})
	v := a.plan(PlanAsOf{Year: 2021})["4.1.9"]
	if v.Done != 1 || v.Components[2].Effective.String() != "2021-04-01" || v.figure(t, "4.1.9c").Status != domain.StatusMet {
		t.Errorf("%d done after both, on %s", v.Done, v.Components[2].Effective)
	}
}

func TestTargets(t *testing.T) {
	a := newActs(t)
	open := func(day, district string) {
		a.on(day, "h"+day, domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-gence", District: district, Capacity: 5})
	}
	a.expect(PlanAsOf{Year: 2021}, "4.4.1", domain.StatusNoData, domain.FlagNoTarget)
	open("2021-02-01", "AZ-GA")
	v := a.expect(PlanAsOf{Year: 2021}, "4.4.1", domain.StatusNoData, domain.FlagNoTarget)
	if f := v.figure(t, "4.4.1a"); !f.HasValue || f.Value != 1 || f.HasTarget || f.Status != "" {
		t.Errorf("without a target: %+v", f)
	}
	a.on("2022-03-01", "4.4.1", domain.SetTarget{Indicator: "4.4.1a", Value: 3, Reason: "coordinator_decision"})
	v = a.expect(PlanAsOf{Year: 2022}, "4.4.1", domain.StatusOnTrack)
	if f := v.figure(t, "4.4.1a"); f.Target != 3 || f.TargetBy != "coordinator" || f.TargetOn.String() != "2022-03-01" || f.TargetReason != "coordinator_decision" {
		t.Errorf("the target's author: %+v", f)
	}
	a.expect(PlanAsOf{Year: 2023}, "4.4.1", domain.StatusLate)                                                              // two were due
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2022-02-28"))}, "4.4.1", domain.StatusNoData, domain.FlagNoTarget) // not set yet
	open("2023-02-01", "AZ-QBA")
	open("2024-02-01", "AZ-LA")
	a.expect(PlanAsOf{Year: 2023}, "4.4.1", domain.StatusOnTrack)
	a.expect(PlanAsOf{Year: 2024}, "4.4.1", domain.StatusMet)
	a.on("2024-06-01", "4.4.1", domain.SetTarget{Indicator: "4.4.1a", Value: 4, Reason: "revised"})
	a.expect(PlanAsOf{Year: 2024}, "4.4.1", domain.StatusLate)
	a.on("2024-07-01", "4.4.3", domain.SetTarget{Indicator: "4.4.1a", Value: 2, Reason: "revised"}) // on another action's stream
	a.expect(PlanAsOf{Year: 2024}, "4.4.1", domain.StatusLate)
}

// TestStudyAndProposals: action 4.4.2 asks for studies and for proposals that
// follow from them.
func TestStudyAndProposals(t *testing.T) {
	a := newActs(t).
		on("2021-01-10", "4.4.2", domain.SetTarget{Indicator: "4.4.2a", Value: 7, Reason: "working_group"}).
		on("2021-02-01", "4.4.2", domain.SubmitProposal{To: "cabinet"}).
		on("2021-03-01", "4.4.2", domain.PublishStudy{Region: "baki", Topic: "causes"})
	v := a.expect(PlanAsOf{Year: 2021}, "4.4.2", domain.StatusOnTrack) // one region of 14 is 7.1 %: the number is there, the deed is not
	if v.Done != 0 {
		t.Error("a proposal before the study counts")
	}
	a.on("2021-03-01", "4.4.2", domain.SubmitProposal{To: "ministry"}) // on the day of the study
	v = a.expect(PlanAsOf{Year: 2021}, "4.4.2", domain.StatusMet)
	if v.Done != 1 || v.Components[0].Effective.String() != "2021-03-01" || v.figure(t, "4.4.2b").Value != 2 {
		t.Errorf("%+v", v)
	}
}

// TestLevels: agreements in force are a level, not a sum that grows with the
// year: half of them is not enough in June.
func TestLevels(t *testing.T) {
	n := noted(t).at("2023-05-01", "h1", domain.NgoAgreementSigned{Ngo: "ngo-c", Services: []string{"legal_info"}, Until: day(t, "2025-01-01")}).
		at("2024-01-01", "4.4.6", domain.TargetSet{Indicator: "4.4.6c", Value: 2, Reason: "revised"})
	if f := n.figure(t, "4.4.6c", 2024, KnownOn(day(t, "2024-06-30"))); f.Value != 1 || f.Status != domain.StatusLate {
		t.Errorf("got %+v", f)
	}
	n.at("2024-02-01", "4.4.5", domain.TargetSet{Indicator: "4.4.5d", Value: 2, Reason: "revised"}).at("2024-02-01", "A", given(course, "ngo"))
	if f := n.figure(t, "4.4.5d", 2024, KnownOn(day(t, "2024-06-30"))); f.Value != 1 || f.Status != domain.StatusOnTrack {
		t.Errorf("got %+v", f)
	}
}

func TestAttestedSilence(t *testing.T) {
	a := newActs(t)
	a.expect(PlanAsOf{Year: 2023}, "4.4.7", domain.StatusNoData, domain.FlagNoTarget)
	a.imported("2024-01-15", "4.4.7", domain.AttestPeriod{Organisation: "spu", Year: 2023})
	v := a.expect(PlanAsOf{Year: 2023}, "4.4.7", domain.StatusMet, domain.FlagNoTarget, domain.FlagAttested)
	if f := v.figure(t, "4.4.7b"); f.HasValue || f.Status != domain.StatusMet {
		t.Errorf("a rate of nothing has no value: %+v", f)
	}
	a.expect(PlanAsOf{Year: 2022}, "4.4.7", domain.StatusNoData, domain.FlagNoTarget)
	a.expect(PlanAsOf{Year: 2023, Known: KnownOn(day(t, "2024-01-14"))}, "4.4.7", domain.StatusNoData, domain.FlagNoTarget)
}

// TestRates uses the facts of persons: action 4.4.3, threshold 95.
func TestRates(t *testing.T) {
	n := noted(t)
	for i := range 20 {
		n.at("2022-03-01", fmt.Sprintf("P%d", i), need(inpatient)).at("2022-03-05", fmt.Sprintf("P%d", i), given(inpatient, "state"))
		n.at("2023-03-01", fmt.Sprintf("Q%d", i), need(inpatient))
		if i > 0 {
			n.at("2023-03-05", fmt.Sprintf("Q%d", i), given(inpatient, "state"))
		}
	}
	n.at("2024-02-01", "R", need(inpatient))
	a := &acts{t, n.log, time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	a.expect(PlanAsOf{Year: 2021}, "4.4.3", domain.StatusNoData)
	a.expect(PlanAsOf{Year: 2022}, "4.4.3", domain.StatusMet)
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2022-12-31"))}, "4.4.3", domain.StatusOnTrack) // the year is not over
	v := a.expect(PlanAsOf{Year: 2023}, "4.4.3", domain.StatusMet, domain.FlagBelowLastYear)
	if f := v.figure(t, "4.4.3a"); f.Value != 95 || f.Numerator != 19 || f.Denominator != 20 || f.Target != 95 || f.TargetBy != "" {
		t.Errorf("%+v", f)
	}
	a.expect(PlanAsOf{Year: 2024}, "4.4.3", domain.StatusLate, domain.FlagBelowLastYear)
	// After the plan an ongoing action stays as its last year ended.
	v = a.expect(PlanAsOf{Year: 2026}, "4.4.3", domain.StatusLate, domain.FlagBelowLastYear, domain.FlagFrozen)
	if v.Year != 2024 || v.AsOf.String() != "2024-12-31" || v.figure(t, "4.4.3a").Denominator != 1 {
		t.Errorf("frozen: %d as of %s", v.Year, v.AsOf)
	}
}

// TestLaterKnowledge: a fact recorded late belongs to the year in which it
// happened, for whoever asks later, and did not exist for whoever asked before.
func TestLaterKnowledge(t *testing.T) {
	n := noted(t).at("2022-03-01", "A", need(inpatient))
	n.log.add(domain.Decision{
		Stream: streamOf("A"), ID: "late", By: coordinator, Happened: when(t, "2022-03-05"),
		Recorded: when(t, "2023-02-01").At, Events: []domain.AnyEvent{given(inpatient, "state")},
	})
	a := &acts{t, n.log, time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2023-01-31"))}, "4.4.3", domain.StatusLate)
	a.expect(PlanAsOf{Year: 2022, Known: KnownOn(day(t, "2023-02-01"))}, "4.4.3", domain.StatusMet)
}

func TestStatusByYear(t *testing.T) {
	a := commission(t)
	years := func(q PlanAsOf) map[int]domain.Status {
		t.Helper()
		_, years, err := planAction(context.Background(), a.log.db(t), domain.CurrentPlan(), "4.1.9", q)
		if err != nil {
			t.Fatal(err)
		}
		return years
	}
	want := map[int]domain.Status{
		2020: domain.StatusNoData, 2021: domain.StatusNoData, 2022: domain.StatusLate, 2023: domain.StatusMet, 2024: domain.StatusMet, Today: domain.StatusMet,
	}
	if got := years(PlanAsOf{Year: 2024, Now: a.now}); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("4.1.9 %v, want %v", got, want)
	}
	known := years(PlanAsOf{Year: 2024, Known: KnownOn(day(t, "2022-12-31")), Now: a.now})
	if _, future := known[2023]; future || known[Today] != domain.StatusLate || len(known) != 4 {
		t.Errorf("as known on 31.12.2022: %v", known)
	}
}

// TestPlanAction: one action read alone is as it is in the whole plan.
func TestPlanAction(t *testing.T) {
	ctx, p := context.Background(), domain.CurrentPlan()
	a := commission(t)
	for _, s := range lives(t).all {
		a.log.add(s)
	}
	db := a.log.db(t)
	q := PlanAsOf{Year: 2024, Now: a.now}
	for number, want := range a.plan(q) {
		got, its, err := planAction(ctx, db, p, number, q)
		if err != nil || !reflect.DeepEqual(got, want) || want.Action.Rule != nil && its[q.Year] != want.Status {
			t.Errorf("%s: %v\ngot  %+v %v\nwant %+v", number, err, got, its, want)
		}
	}
	if _, _, err := planAction(ctx, db, p, "4.9.9", q); err == nil {
		t.Error("an action that is not in the plan")
	}
}
