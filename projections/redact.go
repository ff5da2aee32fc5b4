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
		return a.Organisation != by.Organisation && (housing(a.Relation) || domain.Houses(a.Organisation))
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
		e.Event = domain.WithoutPlaces(e.Event, by.Organisation, own)
		if e.By.Organisation != by.Organisation && domain.Houses(e.By.Organisation) {
			e.By.Organisation = ""
		}
	}
	s := *p.State
	if domain.Houses(s.Referral) && s.Referral != by.Organisation {
		s.Referral = ""
	}
	s.Access, s.Places, s.Clocks = p.Access, slices.Clone(s.Places), slices.Clone(s.Clocks)
	s.Referrals = slices.DeleteFunc(slices.Clone(s.Referrals), func(r domain.ServiceReferral) bool {
		return r.Organisation != by.Organisation && domain.Houses(r.Organisation)
	})
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
	s.Endings = slices.Clone(s.Endings)
	for i := range s.Endings {
		if e := &s.Endings[i]; !own[e.Key] {
			e.Key = ""
		}
	}
	hideHouses(&s, by.Organisation)
	p.State = &s
}

// hideHouses takes away the organisations that run facilities where others of a
// kind may be named: who obtained a consent or may have data by it, who receives
// the person, who looks after what is still to be paid.
func hideHouses(s *domain.Case, own string) {
	other := func(organisation string) bool { return organisation != own && domain.Houses(organisation) }
	told := map[string]domain.Consent{}
	for purpose, k := range s.Consents {
		k.Recipients = slices.DeleteFunc(slices.Clone(k.Recipients), other)
		if other(k.Operator) {
			k.Operator = ""
		}
		told[purpose] = k
	}
	if s.Consents != nil {
		s.Consents = told
	}
	if other(s.ScheduledReturn.Receiver) {
		s.ScheduledReturn.Receiver = ""
	}
	if other(s.FollowsUp) {
		s.FollowsUp = ""
	}
}

func housing(r domain.Relation) bool {
	return r == domain.AskedFor || r == domain.Hosts || r == domain.Hosted
}
