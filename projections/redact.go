package projections

import (
	"slices"

	"nrm/domain"
)

// hideLocation takes away everything that tells which facility hosts the
// person, for a reader who sees the rest. Not only the events about places do:
// so do the duty to answer a request, who gave a help or recorded it, and who
// has to do with the case.
func (p *CasePage) hideLocation(by domain.Actor) {
	p.Access = slices.DeleteFunc(slices.Clone(p.Access), func(a domain.Access) bool {
		return a.Organisation != by.Organisation && (housing(a.Relation) || houses(a.Organisation))
	})
	for i := range p.Due {
		p.Due[i].Clock.Key = ""
	}
	for i := range p.Timeline {
		e := &p.Timeline[i]
		e.Event = withoutPlace(e.Event)
		if e.By.Organisation != by.Organisation && houses(e.By.Organisation) {
			e.By.Organisation = ""
		}
	}
	s := *p.State
	s.Access, s.Places, s.Clocks = p.Access, slices.Clone(s.Places), slices.Clone(s.Clocks)
	for i := range s.Places {
		at := &s.Places[i]
		at.Facility, at.Organisation, at.District = "", "", ""
	}
	for i := range s.Clocks {
		s.Clocks[i].Key = ""
	}
	p.State = &s
}

func housing(r domain.Relation) bool {
	return r == domain.AskedFor || r == domain.Hosts || r == domain.Hosted
}

// houses reports whether an organisation runs shelters or centres: to name it
// as the one who acted is to say where the person lives.
func houses(organisation string) bool {
	o, _ := domain.OrganisationOf(organisation)
	return o.Kind == "shelter" || o.Kind == "assistance_centre"
}

// withoutPlace is an event without the facility that it names beside its own
// matter.
func withoutPlace(e domain.AnyEvent) domain.AnyEvent {
	switch e := e.(type) {
	case domain.DeadlineMissed:
		e.Key = ""
		return e
	case domain.ServiceStarted:
		if houses(e.Provider) {
			e.Provider = ""
		}
		return e
	case domain.ServiceDelivered:
		e.Facility = ""
		if houses(e.Provider) {
			e.Provider, e.ProviderType = "", ""
		}
		return e
	}
	return e
}
