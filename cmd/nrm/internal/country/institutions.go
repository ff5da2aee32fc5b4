package country

import (
	"time"

	"nrm/domain"
)

// institutions tells what the state and the NGOs did for the plan. Nothing at
// all is told for action 4.5.9, the standards of communication with children:
// none has been adopted (TIP reports 2020-2022; no act was found).
func (c *country) institutions() {
	d := newDice(c.o.Seed, institutionPart+100)
	c.bodies()
	c.meetings(d)
	c.targets(d)
	c.studies(d)
	c.deeds()
	for year := 2020; year <= c.o.Now.Year(); year++ {
		c.upkeep(d, year)
		c.agreements(d, year)
		c.granted(d, year)
	}
}

// deed tells one line about an action of the plan. What has not happened by
// Options.Now is not told.
func (c *country) deed(d dice, action string, happened time.Time, cmd domain.Asked) {
	c.tell(coordinator, domain.ActionStream(action), happened, happened.Add(d.span(7*time.Hour, 9*time.Hour)), cmd)
}

// tell tells one line about an action or a facility.
func (c *country) tell(by actor, s domain.Stream, happened, recorded time.Time, cmd domain.Asked) {
	if recorded = recorded.Truncate(time.Second); recorded.After(c.o.Now) {
		return
	}
	c.steps = append(c.steps, step{
		id: c.newID(recorded), stream: s.Path(), by: by, cmd: cmd, known: domain.OnDay, happened: happened, recorded: recorded,
	})
}

// The members of the two bodies are assumed; that NGOs are among them is what
// Decision C-174 and the statute of 2023 say.
const (
	commissionMembers = 19
	groupMembers      = 21
)

// bodies is action 4.1.9: Cabinet Decision No. 174 of 26.04.2022, in force on
// 29.04.2022, revised the Commission; the Working Group's statute was reported
// on 17.05.2023.
func (c *country) bodies() {
	decided, force := on(2022, time.April, 26, 10, 0), domain.NewDay(2022, time.April, 29)
	recorded := on(2022, time.April, 29, 16, 5)
	action := domain.ActionStream("4.1.9")
	c.tell(coordinator, action, decided, recorded, domain.ReviseLegalStatus{Body: "nrm_commission", Act: "C-174", Effective: force})
	c.tell(coordinator, action, decided, recorded.Add(9*time.Minute), domain.ReconstituteBody{
		Body: "nrm_commission", Act: "C-174", Members: commissionMembers, NgoMembers: 3, Effective: force,
	})
	statute, since := on(2023, time.May, 17, 10, 0), domain.NewDay(2023, time.May, 17)
	recorded = on(2023, time.May, 17, 17, 20)
	c.tell(coordinator, action, statute, recorded, domain.ReviseLegalStatus{Body: "working_group", Act: "C-WG", Effective: since})
	c.tell(coordinator, action, statute, recorded.Add(11*time.Minute), domain.ReconstituteBody{
		Body: "working_group", Act: "C-WG", Members: groupMembers, NgoMembers: 4, IoMembers: 1, Effective: since,
	})
}

// meetings of the Working Group: one a quarter from its statute on, but for one
// that was missed, with two thirds of the members in most; the Commission meets once a year.
func (c *country) meetings(d dice) {
	without := d.between(2, 5) // the quarter without a quorum; there may be another
	for n, q := 0, on(2023, time.June, 5, 11, 0); q.Before(c.o.Now); n, q = n+1, q.AddDate(0, 3, 0) {
		present := d.between(14, groupMembers)
		if n == without || n > without && d.chance(0.06) {
			present = d.between(8, 13)
		}
		met := workday(q.Add(d.days(0, 18)))
		if n == without+3 { // in this quarter nobody called it together
			continue
		}
		c.deed(d, "4.1.9", met, domain.HoldMeeting{Body: "working_group", Present: present, Members: groupMembers})
	}
	for year := 2022; year <= c.o.Now.Year(); year++ {
		c.deed(d, "4.1.9", workday(on(year, time.November, 8, 11, 0).Add(d.days(0, 25))), domain.HoldMeeting{
			Body: "nrm_commission", Present: d.between(13, commissionMembers), Members: commissionMembers,
		})
	}
}

// target is a number that the Coordinator wants, where the plan gives none.
type target struct {
	indicator, action string
	value             int
	before            int // an earlier, smaller one, if there was one
}

// wanted are the Coordinator's targets. They are invented: the plan has no
// numbers, and none were published.
var wanted = []target{
	{"4.4.1a", "4.4.1", 3, 2},
	{"4.4.2a", "4.4.2", 50, 0},
	{"4.4.2b", "4.4.2", 3, 0},
	{"4.4.4b2", "4.4.4", 100_000_00, 0},
	{"4.4.5a", "4.4.5", 75, 0},
	{"4.4.5d", "4.4.5", 15, 0},
	{"4.4.6a", "4.4.6", 50, 0},
	{"4.4.7a", "4.4.7", 95, 90},
	{"4.4.8a", "4.4.8", 90, 0},
	{"4.4.9a", "4.4.9", 85, 0},
}

// targets are set early in the term; some are raised later. An indicator that
// the plan does not have is left alone.
func (c *country) targets(d dice) {
	for _, w := range wanted {
		if _, ok := domain.CodeOf("indicator", w.indicator); !ok {
			continue
		}
		first := domain.SetTarget{Indicator: w.indicator, Value: w.value, Reason: "coordinator_decision"}
		if w.before != 0 {
			first.Value = w.before
			c.deed(d, w.action, on(2023, time.June, 12, 9, 0), domain.SetTarget{Indicator: w.indicator, Value: w.value, Reason: "working_group"})
		}
		c.deed(d, w.action, on(2021, time.February, 15, 9, 0), first)
	}
}

// studies of regions and the proposals made from them (action 4.4.2). In 2020
// there were none, and the Coordinator says so.
func (c *country) studies(d dice) {
	attested := on(2021, time.January, 18, 9, 0)
	c.tell(referrer("social-agency"), domain.ActionStream("4.4.2"), attested, attested.Add(d.span(7*time.Hour, 9*time.Hour)), domain.AttestPeriod{Organisation: "social-agency", Year: 2020})
	regions := some(d, 9, "abseron-xizi", "gence-daskesen", "lenkeran-astara", "quba-xacmaz", "merkezi-aran", "mil-mugan", "seki-zaqatala", "sirvan-salyan", "qazax-tovuz", "dagliq-sirvan")
	d.Shuffle(len(regions), func(i, j int) { regions[i], regions[j] = regions[j], regions[i] })
	for n, region := range regions {
		year := []int{2021, 2021, 2022, 2022, 2023, 2023, 2023, 2024, 2024}[n]
		topic := draw(d, []odds[string]{{5, "social_psychological"}, {2, "causes"}, {1, "labour"}, {1, "children"}})
		c.deed(d, "4.4.2", workday(on(year, time.March, 1, 9, 0).Add(d.days(0, 280))), domain.PublishStudy{Region: region, Topic: topic})
	}
	for n, to := range []string{"ministry", "coordinator", "cabinet"} {
		c.deed(d, "4.4.2", workday(on(2022+n, time.June, 1, 9, 0).Add(d.days(0, 150))), domain.SubmitProposal{To: to})
	}
	studied := 0
	for _, org := range houseOrder { // all houses but the last one to open
		if h := c.houses[org]; studied < len(houseOrder)-1 {
			at := workday(latest(h.since.Add(150*day), on(2021, time.March, 1, 9, 0)).Add(d.days(0, 400)))
			c.tell(coordinator, domain.FacilityStream(h.ref), at, at.Add(7*time.Hour), domain.CompleteCapacityStudy{})
			studied++
		}
	}
}

// workday moves a weekend to the Monday after it.
func workday(t time.Time) time.Time {
	switch t.In(domain.Baku).Weekday() {
	case time.Saturday:
		return t.Add(2 * day)
	case time.Sunday:
		return t.Add(day)
	}
	return t
}
