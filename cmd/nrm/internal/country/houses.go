package country

import (
	"time"

	"nrm/domain"
)

// house is a shelter or an assistance centre.
type house struct {
	ref                 domain.Ref
	org, kind, operator string
	district            string
	beds                int
	since               time.Time
}

func (h *house) staff() actor {
	if h.kind == "shelter" {
		return actor{domain.Shelter, h.org}
	}
	return actor{domain.AssistanceCentre, h.org}
}

func (h *house) open(at time.Time) bool { return h != nil && at.After(h.since.Add(day)) }

// build opens the facilities in the order of real life. The state shelter in
// Bakı has 54 beds (IOM, Needs Assessment, 2016). The centre in Göyçay was
// announced in November 2017, before the plan; three houses outside Bakı open in
// its term.
func (c *country) build() {
	d := newDice(c.o.Seed, institutionPart)
	for _, h := range []house{
		{org: "shelter-baki", kind: "shelter", operator: "state", district: "AZ-BA", beds: 54, since: on(2007, time.February, 1, 9, 0)},
		{org: "centre-baki", kind: "assistance_centre", operator: "state", district: "AZ-BA", beds: 20, since: on(2009, time.November, 2, 9, 0)},
		{org: "centre-goycay", kind: "assistance_centre", operator: "state", district: "AZ-GOY", beds: 10, since: on(2018, time.September, 3, 9, 0)},
		{org: "shelter-gence", kind: "shelter", operator: "state", district: "AZ-GA", beds: 12, since: on(2021, time.June, 14, 9, 0).Add(d.days(-50, 50))},
		{org: "shelter-ngo-quba", kind: "shelter", operator: "ngo", district: "AZ-QBA", beds: 6, since: on(2022, time.October, 3, 9, 0).Add(d.days(-50, 50))},
		{org: "centre-lenkeran", kind: "assistance_centre", operator: "state", district: "AZ-LA", beds: 10, since: on(2023, time.September, 11, 9, 0).Add(d.days(-50, 50))},
	} {
		c.opens(h)
	}
}

func (d dice) days(lo, hi int) time.Duration { return time.Duration(d.between(lo, hi)) * day }

func (c *country) opens(h house) {
	h.since = workday(h.since)
	recorded := h.since.Add(7 * time.Hour)
	id, ref := c.newRef(recorded)
	h.ref = ref
	c.houses[h.org] = &h
	c.steps = append(c.steps, step{
		id: id, stream: domain.FacilityStream(ref).Path(), by: coordinator, known: domain.OnDay, happened: h.since, recorded: recorded,
		cmd: domain.OpenFacility{Kind: h.kind, Operator: h.operator, Organisation: h.org, District: h.district, Capacity: h.beds},
	})
}

// division is a day of the division into regions by which the nearest house is
// chosen, whatever the year.
var division = domain.NewDay(2021, time.July, 7)

// shelterFor chooses a shelter: the nearest that is open.
func (s *story) shelterFor(at time.Time) *house {
	region := domain.RegionOn(s.p.district, division)
	near := "shelter-baki"
	switch region {
	case "gence-daskesen", "qazax-tovuz", "qarabag", "seki-zaqatala":
		near = "shelter-gence"
	case "quba-xacmaz":
		near = "shelter-ngo-quba"
	}
	if h := s.houses[near]; h.open(at) {
		return h
	}
	return s.houses["shelter-baki"]
}

// centreFor chooses an assistance centre: the nearest that is open.
func (s *story) centreFor(at time.Time) *house {
	near := "centre-baki"
	switch domain.RegionOn(s.p.district, division) {
	case "merkezi-aran", "dagliq-sirvan", "seki-zaqatala", "gence-daskesen":
		near = "centre-goycay"
	case "lenkeran-astara", "mil-mugan", "sirvan-salyan":
		near = "centre-lenkeran"
	}
	if h := s.houses[near]; h.open(at) {
		return h
	}
	return s.houses["centre-baki"]
}
