package country

import (
	"time"

	"nrm/domain"
)

// deeds are what the state does every year besides: acts, reports, trainings and
// inspections. Nothing of it is evidence for action 4.5.9: what one agency adopts
// for itself is no common standard, and stands on another action.
func (c *country) deeds() {
	d := newDice(c.o.Seed, talePart+100)
	c.deed(d, "4.1.9", on(2022, time.April, 26, 11, 0), domain.AdoptAct{Act: "C-174", Effective: domain.NewDay(2022, time.April, 29)})
	c.deed(d, "4.5.4", on(2023, time.September, 12, 11, 0), domain.AdoptStandard{Standard: "child_communication", Agency: "education", Effective: domain.NewDay(2023, time.October, 2), Version: "1"})
	c.deed(d, "4.4.6", on(2023, time.March, 14, 11, 0), domain.AdoptProcedure{Procedure: "child_referral", Agency: "health", Effective: domain.NewDay(2023, time.April, 3)})
	for year := 2021; year <= c.o.Now.Year(); year++ {
		for n, to := range []string{"parliament", "cabinet", "ombudsman"} {
			c.deed(d, "4.1.9", workday(on(year, time.February, 15+n, 12, 0)), domain.SubmitReport{To: to, Year: year - 1})
		}
		c.deed(d, "4.1.9", workday(on(year, time.March, 10, 12, 0)), domain.SubmitReport{To: "president", Year: year - 1})
		c.deed(d, "4.7.4", workday(on(year, time.May, 10, 9, 0).Add(d.days(0, 30))), domain.HoldTraining{
			Topics: []string{"identification", "compensation_rights"}, Organisations: []string{"police-baki", "border-service", "sms"}, Persons: d.between(18, 45),
		})
		c.deed(d, "4.7.4", workday(on(year, time.October, 4, 9, 0).Add(d.days(0, 30))), domain.HoldTraining{
			Topics: []string{"child_communication"}, Organisations: []string{"scfwca", "education-ministry", "health-agency"}, Persons: d.between(12, 30),
		})
		c.inspections(d, year)
	}
	c.database(newDice(c.o.Seed, talePart+200))
	c.branch()
}

// database is action 4.3.1: proposals for the single database, and how it and the
// hotline work since. That they were in time is invented.
func (c *country) database(d dice) {
	c.deed(d, "4.3.1", on(2021, time.November, 16, 11, 0), domain.SubmitProposal{To: "ministry"})
	c.deed(d, "4.3.1", on(2022, time.May, 24, 11, 0), domain.AdoptProcedure{Procedure: "hotline_service", Agency: "mia", Effective: domain.NewDay(2022, time.June, 1)})
	c.deed(d, "4.3.1", on(2022, time.October, 18, 11, 0), domain.AdoptProcedure{Procedure: "single_database", Agency: "mia", Effective: domain.NewDay(2022, time.November, 1)})
}

// inspections look at each house once a year.
func (c *country) inspections(d dice, year int) {
	for _, org := range houseOrder {
		h := c.houses[org]
		at := workday(on(year, time.June, 1, 9, 0).Add(d.days(0, 120)))
		cmd := domain.RecordInspection{Inspector: draw(d, []odds[string]{{2, "ombudsman"}, {2, "mlspp"}, {1, "mia"}, {1, "health"}}), Outcome: "satisfactory"}
		if d.chance(0.3) {
			cmd.Outcome, cmd.Findings, cmd.ReviewOn = "shortcomings", []string{pick(d, "records", "fire_safety", "accessibility", "overcrowding")}, domain.DayOf(at).Add(60)
		}
		if h.open(at) {
			c.tell(coordinator, domain.FacilityStream(h.ref), at, at.Add(8*time.Hour), cmd)
		}
	}
}

// branch is a house that closed; and the centre in Göyçay says for whom its
// places are.
func (c *country) branch() {
	opened, closed := workday(on(2012, time.March, 5, 9, 0)), workday(on(2021, time.March, 1, 9, 0))
	id, ref := c.newRefFrom(c.taleIDs, opened.Add(7*time.Hour))
	stream := domain.FacilityStream(ref)
	c.steps = append(c.steps, step{id: id, stream: stream.Path(), by: coordinator, known: domain.OnDay, happened: opened, recorded: opened.Add(7 * time.Hour), cmd: domain.OpenFacility{
		Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 4,
	}})
	c.tell(coordinator, stream, closed, closed.Add(8*time.Hour), domain.CloseFacility{})
	at := workday(on(2023, time.January, 9, 9, 0))
	h := c.houses["centre-goycay"]
	c.tell(h.staff(), domain.FacilityStream(h.ref), at, at.Add(8*time.Hour), domain.ChangeCapacity{Capacity: h.beds, Places: domain.Counts{
		{Code: "women", Number: 4}, {Code: "girls", Number: 2}, {Code: "families", Number: 4},
	}})
}
