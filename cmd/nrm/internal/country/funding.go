package country

import (
	"time"

	"nrm/domain"
)

// houseOrder is the order in which facilities opened.
var houseOrder = []string{"shelter-baki", "centre-baki", "centre-goycay", "shelter-gence", "shelter-ngo-quba", "centre-lenkeran"}

// allNGOs are the register's NGOs, with those that give legal aid.
var allNGOs = []string{"legal-aid-a", "legal-aid-b", "ngo-c", "ngo-d", "ngo-e", "ngo-f", "ngo-g", "ngo-h", "ngo-j", "ngo-k", "ngo-l", "ngo-m"}

// upkeep secures the work of each house for a year (action 4.4.1). The house of
// the NGO went without in its second year.
func (c *country) upkeep(d dice, year int) {
	for _, org := range houseOrder {
		h := c.houses[org]
		at := workday(on(year, time.January, 15, 9, 0).Add(d.days(0, 40)))
		if !h.open(at) || org == "shelter-ngo-quba" && year == h.since.Year()+2 {
			continue
		}
		source := "state_budget"
		if h.operator == "ngo" {
			source = "grant"
		}
		c.deed(d, "4.4.1", at, domain.AllocateFunding{
			Organisation: org, Amount: domain.Qepik(h.beds*d.between(14, 24)) * 100_00, Year: year, Source: source, Facility: h.ref,
		})
	}
	if h := c.houses["shelter-gence"]; year == h.since.Year()+2 {
		at := workday(on(year, time.April, 1, 9, 0).Add(d.days(0, 60)))
		c.tell(h.staff(), domain.FacilityStream(h.ref), at, at.Add(8*time.Hour), domain.ChangeCapacity{Capacity: h.beds + 4})
	}
}

// agreements with NGOs for legal aid and social rehabilitation in the houses
// (action 4.4.6), for a year at a time.
func (c *country) agreements(d dice, year int) {
	for _, org := range houseOrder {
		h := c.houses[org]
		at := workday(on(year, time.January, 11, 9, 0).Add(d.days(0, 30)))
		if year == 2020 || !h.open(at) || org == "centre-goycay" && d.chance(0.5) {
			continue
		}
		ngo := pick(d, "legal-aid-a", "legal-aid-b")
		if h.kind == "assistance_centre" {
			ngo = pick(d, "legal-aid-b", "ngo-d", "ngo-e")
		}
		services := []string{"legal_info", "legal_representation"}
		if ngo != "legal-aid-a" && ngo != "legal-aid-b" {
			services = []string{"psychological", "family_mediation"}
		}
		c.tell(coordinator, domain.FacilityStream(h.ref), at, at.Add(d.span(6*time.Hour, 9*time.Hour)), domain.SignNgoAgreement{Ngo: ngo, Services: services, Until: domain.NewDay(year, time.December, 31)})
	}
}

// granted is the money given to NGOs in a year (action 4.4.4). In the exact year
// it is that of 2024: 140,500 AZN to ten of them.
func (c *country) granted(d dice, year int) {
	n, sum := d.between(5, 8), domain.Qepik(d.between(140, 240)*500_00)
	if year == c.o.Year {
		n, sum = grantedNGOs, grants
	}
	const least, unit = 6_000_00, 500_00
	ngos := some(d, n, allNGOs...)
	for i, ngo := range ngos {
		amount := sum // the last one has the rest
		if left := domain.Qepik(len(ngos) - 1 - i); left > 0 {
			amount = domain.Qepik(least) + domain.Qepik(d.IntN(int((sum-(left+1)*least)/(left+1)/unit)*3/2+1))*unit
			amount = min(amount, sum-left*least)
		}
		sum -= amount
		source := draw(d, []odds[string]{{4, "ngo_council"}, {2, "state_budget"}, {1, "grant"}})
		at := workday(on(year, time.April, 5, 9, 0).Add(d.days(0, 200)))
		c.deed(d, "4.4.4", at, domain.AllocateFunding{Organisation: ngo, Amount: amount, Year: year, Source: source})
	}
}
