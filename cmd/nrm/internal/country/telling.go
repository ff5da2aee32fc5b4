package country

import (
	"time"

	"nrm/domain"
)

// telling adds to a finished story what is recorded of the person alone. It
// leaves every other line as it is.
type telling struct {
	*country
	dice
	p     person
	who   who
	steps []step // of the story, in the order in which they happened
	told  []step
	end   time.Time // from then on the case is closed
}

// named tells who the person of the story is: what the referral knows, and what
// is found out later.
func (s *story) named(steps []step) []step {
	t := &telling{country: s.country, dice: s.names, p: s.p, who: s.meet(s.p, steps[0].happened), steps: steps, end: s.o.Now}
	cmd, opens := steps[0].cmd.(domain.RegisterReferral)
	if !opens {
		return steps
	}
	known := t.who.firstReport(t.dice, t.p, &cmd)
	steps[0].cmd = cmd
	if closed := find[domain.CloseCase](steps); closed != nil {
		t.end = closed.happened
	}
	known = t.learns(known)
	t.shows()
	t.confides()
	t.remember(known == papers)
	return append(steps, t.told...)
}

// find gives the first step of a kind, or nil.
func find[C domain.Asked](steps []step) *step {
	for i := range steps {
		if _, is := steps[i].cmd.(C); is {
			return &steps[i]
		}
	}
	return nil
}

// add tells a step some time after another one was recorded, by which it became
// possible, and before a given time. It reports whether there was time for it.
func (t *telling) add(by actor, cmd domain.Asked, after *step, soonest, latest time.Duration, before time.Time) bool {
	if after == nil {
		return false
	}
	from := after.recorded.Add(time.Minute + soonest)
	happened := t.sometime(from, after.recorded.Add(time.Minute+latest)).Truncate(time.Minute)
	recorded := happened.Add(t.span(2*time.Minute, 50*time.Minute)).Truncate(time.Second)
	if happened.Before(after.recorded) || !happened.Before(earliest(before, t.end)) || recorded.After(t.o.Now) {
		return false
	}
	t.told = append(t.told, step{id: t.nameIDs.id(recorded), stream: after.stream, by: by, cmd: cmd, happened: happened, recorded: recorded})
	return true
}

// learns is the name, where the referral knew little of it.
func (t *telling) learns(known knowledge) knowledge {
	chance := map[knowledge]float64{nothing: 0.8, aName: 0.8, partly: 0.5, papers: 0.05}[known]
	if !t.chance(chance) {
		return known
	}
	as := t.who
	if t.chance(0.5) {
		as.as = own
	}
	cmd := domain.RecordIdentity{IdentityFields: as.identity()}
	by, after, before := officer, find[domain.AcceptHandover](t.steps), t.end
	if house := find[domain.ConfirmAdmission](t.steps); house != nil && t.chance(0.3) {
		by, after, before = house.by, house, t.leaves()
	}
	if help := find[domain.GiveConsularAssistance](t.steps); help != nil {
		by, after = help.by, help
	}
	if t.add(by, cmd, after, time.Hour, 8*day, before) {
		return papers
	}
	return known
}

// leaves is when the person left the house.
func (t *telling) leaves() time.Time {
	if left := find[domain.RecordDeparture](t.steps); left != nil {
		return left.happened
	}
	return t.end
}

// shows are the documents.
func (t *telling) shows() {
	if issued := find[domain.IssueReturnCertificate](t.steps); issued != nil {
		papers := domain.DocumentFields{DocumentKind: "return_certificate", DocumentNumber: number(t.dice), DocumentCountry: "AZ"}
		t.add(issued.by, domain.RecordDocument{DocumentFields: papers}, issued, 0, 6*time.Hour, t.end)
	}
	for i, st := range t.steps {
		switch cmd := st.cmd.(type) {
		case domain.SendServiceReferral:
			if cmd.Organisation == migration.org && t.chance(0.6) {
				t.add(migration, domain.RecordDocument{DocumentFields: t.who.document(t.dice, t.p)}, &t.steps[i], day, 12*day, t.end)
			}
		case domain.DeliverService:
			if cmd.Service == "identity_document" && t.chance(0.6) {
				t.add(officer, domain.RecordDocument{DocumentFields: t.who.document(t.dice, t.p)}, &t.steps[i], time.Hour, 5*day, t.end)
			}
		}
	}
}

// confides is what the person says to those who help.
func (t *telling) confides() {
	received := find[domain.AcceptHandover](t.steps)
	if t.chance(0.1) {
		t.add(officer, domain.RecordContact{ContactFields: contact(t.dice)}, received, time.Hour, 10*day, t.end)
	}
	if t.chance(0.14) {
		t.add(officer, domain.AddNote{Text: note(t.dice, t.p)}, received, time.Hour, 20*day, t.end)
	}
	house := find[domain.ConfirmAdmission](t.steps)
	if house != nil && t.chance(0.5) {
		cmd := domain.RecordHealth{Urgent: t.chance(0.12)}
		cmd.Text = health(t.dice, cmd.Urgent)
		t.add(house.by, cmd, house, time.Hour, 4*day, t.leaves())
	}
	if t.p.status == "presumed" && t.chance(0.45) {
		t.add(officer, domain.RecordNarrative{Text: narrative(t.dice, t.p)}, find[domain.HoldInterview](t.steps), 10*time.Minute, 4*day, t.end)
	}
	decided := find[domain.DecideIdentification](t.steps)
	if decided == nil || decided.cmd.(domain.DecideIdentification).Outcome != "positive" {
		return
	}
	if t.chance(0.16) {
		by, after := officer, decided
		for i, st := range t.steps {
			if cmd, ok := st.cmd.(domain.SendServiceReferral); ok && cmd.Organisation == prosecutor.org && st.recorded.Before(decided.recorded) {
				by, after = prosecutor, &t.steps[i]
			}
		}
		t.add(by, domain.RecordTestimony{Text: testimony(t.dice, t.p)}, after, time.Hour, 10*day, t.end)
	}
	home := decided
	if house != nil {
		if home = find[domain.RecordDeparture](t.steps); home == nil || !home.cmd.(domain.RecordDeparture).Planned {
			return
		}
	}
	if t.chance(0.25) {
		cmd := domain.RecordWhereabouts{District: t.p.district, Address: address(t.dice)}
		t.add(officer, cmd, home, time.Hour, 9*day, t.end)
	}
}

// candidate is a case about whose data somebody could have a wish.
type candidate struct {
	stream         string
	claimed, ended time.Time // zero if there was no claim; if the case is open
}

// remember keeps the case for guarded.
func (t *telling) remember(known bool) {
	if !known {
		return
	}
	c := candidate{stream: t.steps[0].stream}
	if claim := find[domain.FileClaim](t.steps); claim != nil {
		c.claimed = claim.recorded
	}
	if last := t.steps[len(t.steps)-1]; t.end.Before(t.o.Now) && find[domain.ReopenCase](t.steps) == nil {
		c.ended = last.recorded
	}
	t.wishes = append(t.wishes, c)
}

// guarded is a court that needs the data of the latest claim, and a person from
// long ago who wants to be forgotten: the request waits for its answer.
func (c *country) guarded() {
	var held, asks *candidate
	for i := range c.wishes {
		w := &c.wishes[i]
		if !w.claimed.IsZero() && w.ended.IsZero() && (held == nil || w.claimed.After(held.claimed)) {
			held = w
		}
		if w.claimed.IsZero() && !w.ended.IsZero() && (asks == nil || w.ended.Before(asks.ended)) {
			asks = w
		}
	}
	tell := func(w *candidate, happened time.Time, by actor, cmd domain.Asked) {
		if w == nil || !happened.Before(c.o.Now) {
			return
		}
		happened = happened.Truncate(time.Minute)
		recorded := earliest(happened.Add(25*time.Minute), c.o.Now)
		c.steps = append(c.steps, step{id: c.nameIDs.id(recorded), stream: w.stream, by: by, cmd: cmd, happened: happened, recorded: recorded})
	}
	if held != nil {
		tell(held, c.names.sometime(held.claimed.Add(day), held.claimed.Add(5*day)), head, domain.PlaceLegalHold{Reason: "criminal_case"})
	}
	tell(asks, c.names.sometime(c.o.Now.Add(-4*day), c.o.Now.Add(-2*day)), officer, domain.RequestErasure{Reason: "person_asked"})
}
