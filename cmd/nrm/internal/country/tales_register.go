package country

import (
	"time"

	"nrm/domain"
)

// same are two referrals of one woman, by the police and by a hotline, in two
// spellings: judged, merged, and counted once. Another pair was merged by
// mistake and parted again.
func (c *country) same() {
	t := c.tale(somebody(nil), on(2023, time.May, 9, 14, 0), nil, reference("P-211/2023"))
	t.after(3 * time.Hour)
	t.received()
	t.agrees(officer, "identification", 300)
	twin := c.tale(somebody(func(p *person) {
		p.source, p.finder, p.circumstances = "hotline", hotline, []string{"sought_help"}
	}), on(2023, time.May, 12, 20, 30), t, nil)
	t.worth("one woman referred twice, in two spellings: judged, merged, counted once")
	t.with(twin)
	t.after(10*time.Hour).do(duty, domain.JudgeDuplicate{Other: twin.ref, Verdict: "not_sure"})
	t.after(3*day).do(officer, domain.JudgeDuplicate{Other: twin.ref, Verdict: "same"})
	t.do(officer, domain.MergeCases{Other: twin.ref})
	t.do(officer, domain.AddReferral{Organisation: "ngo-c", Basis: "consent", ReferralFields: domain.ReferralFields{Reason: "suspected_trafficking", Urgency: "ordinary"}})
	t.examined("low")
	t.reflects()
	t.after(9 * day)
	decided := t.now
	t.decided("positive", "Q-27/2023")
	t.do(officer, domain.ExplainRedressRights{Language: "az"})
	t.after(4 * day)
	t.allowed(decided)
	t.after(20*day).do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
	t.do(officer, domain.CloseCase{Reason: "plan_completed"})

	one := c.tale(somebody(nil), on(2023, time.August, 15, 9, 0), nil, nil)
	one.after(2 * time.Hour)
	one.received()
	two := c.tale(somebody(func(p *person) { p.district = "AZ-SM" }), on(2023, time.August, 16, 9, 0), nil, nil)
	one.worth("two persons merged by mistake and parted again")
	one.with(two)
	one.after(4*time.Hour).do(officer, domain.MergeCases{Other: two.ref})
	one.after(2*day).do(head, domain.UndoMerge{Other: two.ref, Reason: "learned_later"})
	one.do(officer, domain.JudgeDuplicate{Other: two.ref, Verdict: "different"})
	two.with(one)
	for _, t := range []*tale{one, two} {
		if t == two {
			t.received()
		}
		t.agrees(officer, "identification", 300)
		t.do(officer, domain.OpenCase{Group: "G-8/2023"})
		t.examined("low")
		t.after(8 * day)
		t.do(head, domain.DecideIdentification{Outcome: "withdrawn", Grounds: []string{"person_declined"}, Informed: true})
		t.do(officer, domain.CloseCase{Reason: "withdrew"})
	}
}

// companion is a referral that spoke of two: who came along may be a victim too,
// and has a case of her own, in which she is received like everybody.
func (c *country) companion() {
	t := c.tale(somebody(nil), on(2023, time.June, 20, 12, 0), nil, nil)
	t.worth("a referral that spoke of two persons, and was split")
	t.after(3 * time.Hour)
	t.received()
	other := t.after(day).splits(domain.SplitCase{Reason: "companion", Status: "presumed", Age: "adult", Sex: "female", Citizenship: "az"})
	other.received()
	for _, t := range []*tale{t, other} {
		t.agrees(officer, "identification", 300)
		t.examined("low")
		t.after(5 * day)
		t.do(head, domain.DecideIdentification{Outcome: "withdrawn", Grounds: []string{"person_declined"}, Informed: true})
		if t != other {
			t.do(coordinator, domain.RequestBreakGlass{Reason: "missing_person"})
			t.after(2*time.Hour).do(head, domain.RejectBreakGlass{Reason: "no_need"})
		}
		t.do(officer, domain.CloseCase{Reason: "withdrew"})
	}
}

// again is a woman who was identified, reintegrated and trafficked once more:
// her two cases are linked, and she counts as one person.
func (c *country) again() {
	first := c.tale(somebody(nil), on(2021, time.February, 2, 11, 0), nil, nil)
	last := first
	for n, found := range []time.Time{{}, on(2023, time.February, 21, 11, 0)} {
		if n == 1 {
			last = c.tale(somebody(func(p *person) {
				p.country, p.district, p.source, p.finder = "AE", "", "consulate", consul("consulate-dubai")
			}), found, first, nil)
		}
		last.after(6 * time.Hour)
		last.received()
		last.agrees(officer, "identification", 300)
		last.examined("medium")
		last.do(officer, domain.GrantReflection{Until: last.day().Add(30)})
		last.after(12 * day)
		decided := last.now
		last.decided("positive", []string{"Q-4/2021", "Q-11/2023"}[n])
		if n == 1 {
			last.worth("identified, reintegrated and trafficked again: two cases, one person")
			last.do(head, domain.RecordReTrafficking{Earlier: first.ref, Known: "document"})
		}
		last.do(officer, domain.ExplainRedressRights{Language: "az"})
		last.after(5 * day)
		last.allowed(decided)
		last.after(25*day).do(officer, domain.AssessRisk{Level: "medium", Occasion: "closure"})
		last.do(officer, domain.CloseCase{Reason: "plan_completed"})
	}
}

// mistaken is a case in which things were written down wrongly, and late: both
// what was said and what is true stay on its timeline.
func (c *country) mistaken() {
	t := c.tale(somebody(nil), on(2023, time.March, 7, 17, 0), nil, nil)
	t.worth("things written down wrongly and late, corrected and voided")
	received := t.now.Add(9 * time.Hour)
	t.now = received
	handed := t.do(duty, domain.AcceptHandover{District: "AZ-BA", Condition: "good"})
	t.do(officer, domain.CorrectFact{Event: event(handed, 0), Reason: "typing", TookPlace: domain.At(received.Add(-5 * time.Hour))})
	t.do(duty, domain.GiveInitialAssistance{Kinds: []string{"food", "rest"}})
	t.late(officer, domain.GiveRightsInformation{Language: "az", Form: []string{"oral"}, Topics: []string{"protection", "services"}}, 4*day)
	t.now = t.known.Add(time.Hour)
	t.agrees(officer, "identification", 300)
	risk := t.do(officer, domain.AssessRisk{Level: "low"})
	t.after(day).do(officer, domain.CorrectFact{Event: event(risk, 0), Reason: "learned_later", Level: "medium"})
	need := t.do(officer, domain.RecordServiceNeed{Service: "interpretation"})
	t.after(3*time.Hour).do(officer, domain.VoidEvent{Event: event(need, 0), Reason: "wrong_case"})
	t.examined("medium")
	t.reflects()
	t.after(9 * day)
	decided := t.now
	t.decided("positive", "Q-14/2023")
	t.do(officer, domain.ExplainRedressRights{Language: "az"})
	t.after(4 * day)
	t.allowed(decided)
	t.after(25*day).do(officer, domain.AssessRisk{Level: "low", Occasion: "closure"})
	t.do(officer, domain.CloseCase{Reason: "plan_completed"})
}

// calls are those to the hotline: of ever so many hardly one is about
// trafficking, and few of those lead to a case (13,216 calls in 2014, 28 of them
// about trafficking: IOM, Needs Assessment, 2016). Here are a few dozen a year.
func (c *country) calls() {
	d := c.tales
	for year := 2021; year <= c.o.Now.Year(); year++ {
		for range 36 {
			at := on(year, time.January, 1, 0, 0).Add(d.span(0, 360*day)).Truncate(time.Minute)
			cmd := domain.LogHotlineCall{
				Channel:  draw(d, []odds[string]{{8, "line_152"}, {1, "centre_line"}, {1, "ngo_line"}}),
				Language: draw(d, []odds[string]{{8, "az"}, {2, "ru"}}),
				Topic:    draw(d, []odds[string]{{5, "legal_information"}, {4, "domestic_violence"}, {3, "migration"}, {3, "work_abroad"}, {2, "missing_person"}, {2, "silent"}, {3, "other"}}),
				Caller:   draw(d, []odds[string]{{5, "citizen"}, {3, "family"}, {2, "person"}, {3, "unknown"}}),
			}
			if d.chance(0.12) {
				cmd.Topic, cmd.Related, cmd.District = "trafficking", true, draw(d, districts)
			}
			c.called(at, cmd)
		}
	}
	c.missedCalls(newDice(c.o.Seed, talePart+300))
	t := c.tale(somebody(func(p *person) {
		p.source, p.finder, p.circumstances, p.status = "hotline", hotline, []string{"sought_help"}, "at_risk"
	}), on(2023, time.October, 3, 19, 40), nil, reference("H-152/2023"))
	t.worth("a call to the hotline that became a case")
	if !t.silent {
		c.called(t.known.Add(20*time.Minute), domain.LogHotlineCall{Channel: "line_152", Language: "az", Topic: "trafficking", Caller: "person", District: "AZ-BA", Related: true, Case: t.ref})
	}
	t.after(3 * time.Hour)
	t.received()
	t.do(officer, domain.AssessRisk{Level: "low"})
	t.after(12*day).do(officer, domain.CloseCase{Reason: "other"})
}

// missedCalls are those that nobody answered: fewer since the hotline works
// by its procedure of 2022.
func (c *country) missedCalls(d dice) {
	for year := 2021; year <= c.o.Now.Year(); year++ {
		n := 2
		if year <= 2022 {
			n = 6
		}
		for range n {
			at := on(year, time.January, 1, 0, 0).Add(d.span(0, 360*day)).Truncate(time.Minute)
			c.called(at, domain.LogHotlineCall{Channel: "line_152", Topic: "unanswered", Caller: "unknown"})
		}
	}
}

// called logs a call.
func (c *country) called(at time.Time, cmd domain.LogHotlineCall) {
	recorded := at.Add(4 * time.Minute).Truncate(time.Second)
	if recorded.After(c.o.Now) {
		return
	}
	id, ref := c.newRefFrom(c.taleIDs, recorded)
	c.steps = append(c.steps, step{id: id, stream: domain.CallStream(ref).Path(), by: hotline, cmd: cmd, happened: at.Truncate(time.Minute), recorded: recorded})
}
