package projections

import (
	"slices"

	"nrm/domain"
)

// hideLocation takes away everything that tells which facility other than the
// reader's own hosts the person or was asked to. Not only the events about
// places do: so do the duty to answer a request, who gave a help or recorded it,
// and who has to do with the case.
func (p *CasePage) hideLocation(by domain.Actor) {
	p.Access = slices.DeleteFunc(slices.Clone(p.Access), func(a domain.Access) bool {
		return a.Organisation != by.Organisation && (housing(a.Relation) || houses(a.Organisation))
	})
	own := map[string]bool{}
	for _, at := range p.State.Places {
		if at.Organisation == by.Organisation {
			own[string(at.Facility)] = true
		}
	}
	for i := range p.Due {
		if k := &p.Due[i].Clock; !own[k.Key] {
			k.Key = ""
		}
	}
	for i := range p.Timeline {
		e := &p.Timeline[i]
		e.Event = withoutPlace(e.Event, by.Organisation, own)
		if e.By.Organisation != by.Organisation && houses(e.By.Organisation) {
			e.By.Organisation = ""
		}
	}
	s := *p.State
	if houses(s.Referral) && s.Referral != by.Organisation {
		s.Referral = ""
	}
	s.Access, s.Places, s.Clocks = p.Access, slices.Clone(s.Places), slices.Clone(s.Clocks)
	for i := range s.Places {
		if at := &s.Places[i]; at.Organisation != by.Organisation {
			at.Facility, at.Organisation, at.District = "", "", ""
		}
	}
	for i := range s.Clocks {
		if k := &s.Clocks[i]; !own[k.Key] {
			k.Key = ""
		}
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
// matter, unless that is the reader's own.
func withoutPlace(e domain.AnyEvent, organisation string, own map[string]bool) domain.AnyEvent {
	switch e := e.(type) {
	case domain.DeadlineMissed:
		if !own[e.Key] {
			e.Key = ""
		}
		return e
	case domain.ServiceStarted:
		if houses(e.Provider) && e.Provider != organisation {
			e.Provider = ""
		}
		return e
	case domain.ServiceReferralSent:
		if houses(e.Organisation) && e.Organisation != organisation {
			e.Organisation = ""
		}
		return e
	case domain.ReturnReceived:
		if houses(e.Organisation) && e.Organisation != organisation {
			e.Organisation = ""
		}
		return e
	case domain.ReferralSubmitted:
		if houses(e.From) && e.From != organisation {
			e.From = ""
		}
		return e
	case domain.ServiceDelivered:
		if !own[string(e.Facility)] {
			e.Facility = ""
		}
		if houses(e.Provider) && e.Provider != organisation {
			e.Provider, e.ProviderType = "", ""
		}
		return e
	}
	return e
}

// placeOf is the organisation whose facility an event about a place concerns.
func placeOf(e domain.AnyEvent) string {
	switch e := e.(type) {
	case domain.ShelterRequested:
		return e.Organisation
	case domain.AdmissionConfirmed:
		return e.Organisation
	case domain.AdmissionRefused:
		return e.Organisation
	case domain.NonArrivalRecorded:
		return e.Organisation
	case domain.Departed:
		return e.Organisation
	case domain.TransferRequested:
		return e.Organisation
	case domain.TransferAccepted:
		return e.Organisation
	case domain.TransferCompleted:
		return e.Organisation
	}
	return ""
}
