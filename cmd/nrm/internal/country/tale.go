package country

import (
	"time"

	"nrm/domain"
)

// tale is one person's way told step by step: each step is recorded at once, so
// that later ones, also of other cases, can name it. What would lie after
// Options.Now is not told.
type tale struct {
	*country
	dice
	p      person
	who    who
	ref    domain.Ref
	now    time.Time // where the telling has got to
	known  time.Time // when the latest step was recorded
	begun  bool
	silent bool // the end of what is known is reached
}

// Actors of whom the ordinary stories have no need.
var (
	hotline    = actor{domain.HotlineOperator, "hotline-152"}
	iom        = actor{domain.ReturnPartner, "iom"}
	clinics    = actor{domain.HealthCare, "health-agency"}
	schools    = actor{domain.Education, "education-ministry"}
	employment = actor{domain.Employment, "employment-agency"}
	dpo        = actor{domain.DataProtection, "data-protection"}
)

// tale begins with the referral. Of a person whom another tale is about it tells
// the same name, in English letters.
func (c *country) tale(p person, found time.Time, same *tale, more func(*domain.RegisterReferral)) *tale {
	t := &tale{country: c, dice: c.tales, p: p, now: found}
	cmd := domain.RegisterReferral{
		Source: p.source, Circumstances: p.circumstances, Status: p.status, Age: p.age, Sex: p.sex, Citizenship: p.citizenship,
		District: p.district, Country: p.country, Basis: "consent",
	}
	if !c.o.NoNames {
		if same != nil {
			t.who = same.who
			t.who.as = english
		} else {
			t.who = c.stranger(p, found)
		}
		cmd.IdentityFields = t.who.identity()
	}
	if more != nil {
		more(&cmd)
	}
	t.do(p.finder, cmd)
	return t
}

// A Story is a case of the country that is worth looking at.
type Story struct {
	Case domain.Ref
	What string // in a few words
}

// worth names the tale in the guide.
func (t *tale) worth(what string) *tale {
	if t.begun {
		t.stories = append(t.stories, Story{t.ref, what})
	}
	return t
}

// stranger is somebody whom nobody has met before.
func (c *country) stranger(p person, found time.Time) who {
	on := domain.DayOf(found)
	w := who{nation: nationOf(c.names, p), sex: p.sex, born: birthday(c.names, p.age, on), last: found, as: own}
	w.family, w.given, w.patronymic = w.called.named(c.names, p.sex)
	return w
}

// do records a step that has just happened, and gives the id of its decision.
func (t *tale) do(by actor, cmd domain.Asked) string { return t.step(by, cmd, step{}) }

// doNamed records a step about the data of a person, which nobody has who has no
// name.
func (t *tale) doNamed(by actor, cmd domain.Asked) {
	if id := t.do(by, cmd); id != "" && t.o.NoNames {
		t.steps = t.steps[:len(t.steps)-1]
	}
}

// onDay records a step of which only the day is known.
func (t *tale) onDay(by actor, cmd domain.Asked) string {
	return t.step(by, cmd, step{known: domain.OnDay})
}

// late records a step so much later.
func (t *tale) late(by actor, cmd domain.Asked, by2 time.Duration) string {
	return t.step(by, cmd, step{recorded: t.now.Add(by2)})
}

func (t *tale) step(by actor, cmd domain.Asked, s step) string {
	s.by, s.cmd, s.happened = by, cmd, t.now.Truncate(time.Minute)
	recorded := latest(latest(s.recorded, t.now.Add(t.span(2*time.Minute, 9*time.Minute))), t.known.Add(20*time.Second)).Truncate(time.Second)
	if t.silent = t.silent || recorded.After(t.o.Now); t.silent {
		return ""
	}
	s.recorded, t.known = recorded, recorded
	if t.begun {
		s.id = t.taleIDs.id(recorded)
	} else {
		s.id, t.ref = t.newRefFrom(t.taleIDs, recorded)
		t.begun = true
	}
	s.stream = domain.CaseStream(t.ref).Path()
	t.steps = append(t.steps, s)
	t.now = t.now.Add(11 * time.Minute)
	return s.id
}

// after lets time go by. After half a day or more it is a time at which people
// work.
func (t *tale) after(d time.Duration) *tale {
	t.now = t.now.Add(d)
	if h := t.now.In(domain.Baku).Hour(); d >= 12*time.Hour && (h < 9 || h > 16) {
		next := domain.DayOf(t.now)
		if h > 16 {
			next = next.Add(1)
		}
		t.now = next.Start().Add(9*time.Hour + t.span(0, 3*time.Hour))
	}
	return t
}

// with waits until another tale has come as far: what both are about is known by
// then.
func (t *tale) with(other *tale) {
	t.now = latest(t.now, other.now)
	t.known = latest(t.known, other.known)
	t.silent = t.silent || other.silent
}

// splits parts the case of another person from this one, and tells on of her.
func (t *tale) splits(cmd domain.SplitCase) *tale {
	ref := cmd.Into(t.ref, domain.At(t.now))
	t.do(officer, cmd)
	return &tale{country: t.country, dice: t.dice, p: t.p, ref: ref, now: t.now, known: t.known, begun: t.begun, silent: t.silent}
}

func (t *tale) day() domain.Day { return domain.DayOf(t.now) }

// event names an event of a decision, by its place.
func event(id string, place int) domain.EventAt { return domain.EventAt{Decision: id, Place: place} }

// at tells a step of a facility in the course of the tale.
func (t *tale) atHouse(by actor, h *house, cmd domain.Asked) {
	recorded := latest(t.now.Add(5*time.Minute), t.known.Add(20*time.Second)).Truncate(time.Second)
	if t.silent = t.silent || recorded.After(t.o.Now); t.silent {
		return
	}
	t.known = recorded
	t.steps = append(t.steps, step{id: t.taleIDs.id(recorded), stream: domain.FacilityStream(h.ref).Path(), by: by, cmd: cmd, happened: t.now.Truncate(time.Minute), recorded: recorded})
	t.now = t.now.Add(11 * time.Minute)
}

// received is the handover with all that the mandated path asks for on the first
// day.
func (t *tale) received() {
	t.do(duty, domain.AcceptHandover{District: "AZ-BA", Condition: "distressed", Interpreter: t.p.foreign(), Belongings: []string{"clothes", "phone"}})
	t.do(duty, domain.GiveInitialAssistance{Kinds: []string{"food", "medical", "psych_first_aid"}})
	t.do(officer, domain.GiveRightsInformation{
		Language: t.p.language, Form: []string{"oral", "written"}, Topics: []string{"protection", "services", "reflection", "legal_aid", "compensation", "confidentiality", "return"},
		ChildFriendly: t.p.child(), Interpreted: t.p.foreign(),
	})
}

// agrees is a consent that ends after some days.
func (t *tale) agrees(by actor, purpose string, days int, recipients ...string) {
	cmd := t.p.agreement(purpose, t.day().Add(days))
	cmd.Recipients = recipients
	t.do(by, cmd)
}

// asks another body to take part.
func (t *tale) refers(to string, services ...string) {
	t.do(officer, domain.SendServiceReferral{Organisation: to, Services: services, Basis: "consent"})
}

// examined is an interview, a screening and the risk.
func (t *tale) examined(level string) {
	with := []string{"case_officer", "psychologist"}
	if t.p.child() {
		with = append(with, "legal_representative")
	}
	if t.p.foreign() {
		with = append(with, "interpreter")
	}
	t.do(officer, domain.HoldInterview{Participants: with, ChildStandard: t.p.child(), Language: t.p.language, Breaks: 2})
	t.after(20 * time.Hour)
	t.do(officer, domain.ScreenIndicators{Instrument: "ilo-11", Answers: domain.Answers{
		{Code: "deception", Answer: "present"}, {Code: "isolation", Answer: "present"}, {Code: "violence", Answer: "absent"},
		{Code: "withholding_of_wages", Answer: "present"}, {Code: "debt_bondage", Answer: "unknown"}, {Code: "intimidation", Answer: "present"},
	}})
	t.do(officer, domain.AssessRisk{
		Level: level, Factors: []string{"threats_received", "address_known"}, ReviewOn: t.day().Add(30), Tool: "structured_interview", Plan: []string{"confidential_address", "contact_cut"},
	})
}

// reflects is the time to recover and to think, offered and given.
func (t *tale) reflects() {
	t.do(officer, domain.OfferReflection{Language: t.p.language, Days: 30})
	t.do(officer, domain.GrantReflection{Until: t.day().Add(30)})
}

// decided is the decision of the head of the unit.
func (t *tale) decided(outcome, number string) string {
	cmd := domain.DecideIdentification{
		Outcome: outcome, Grounds: []string{"screening", "statement"}, Decision: domain.Reference(number), NotifiedAt: domain.At(t.now.Truncate(time.Minute)), ReviewInfo: true, Informed: true,
	}
	if outcome == "negative" {
		cmd.Grounds = []string{"no_indicators", "investigation"}
		return t.do(head, cmd)
	}
	cmd.Forms, cmd.Means, cmd.Geography = t.p.forms, t.p.means, t.p.geography
	cmd.ExploitationFields = domain.ExploitationFields{
		Acts: []string{"recruitment", "transportation", "harbouring"}, Controls: []string{"takes_earnings", "restricts_movement"}, ExploitedIn: "TR", AgeAtExploitation: "18-24",
	}
	switch {
	case t.p.child():
		cmd.AgeAtExploitation, cmd.ExploitedIn, cmd.ExploitedDistrict = "unknown_child", "", "AZ-BA"
	case t.p.foreign():
		cmd.ExploitedIn, cmd.ExploitedDistrict, cmd.Industry = "", "AZ-SM", "F"
	}
	return t.do(head, cmd)
}

// housed is a place asked for, offered and taken.
func (t *tale) housed(h *house, need, basis string) {
	t.do(officer, domain.RequestShelter{Facility: h.ref, Needs: []string{need}, Security: "medium"})
	t.after(time.Hour)
	t.do(h.staff(), domain.OfferPlace{Facility: h.ref, Until: t.day().Add(2)})
	t.after(2 * time.Hour)
	t.do(h.staff(), domain.ConfirmAdmission{Facility: h.ref, Basis: basis, Bed: "B-4", ReviewOn: t.day().Add(30)})
}

// allowed grants the allowance of the day of the decision, and pays it.
func (t *tale) allowed(decided time.Time) {
	due, _ := domain.ParameterOn("allowance", domain.DayOf(decided))
	t.do(fund, domain.GrantAllowance{Amount: domain.Qepik(due.Value)})
	t.after(5 * day)
	t.onDay(fund, domain.PayAllowance{Amount: domain.Qepik(due.Value)})
}
