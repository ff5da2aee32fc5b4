package projections

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nrm/domain"
)

// hideLocation takes away everything that tells which facility other than the
// reader's own hosts the person or was asked to. Not only the events about
// places do: so do the duty to answer a request, who gave a help or recorded it,
// and who has to do with the case. How long a stay lasts, and when it is reviewed, is
// for the house whose stay it is.
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
		if secret(e.By.Organisation, by) {
			e.By.Organisation = ""
		}
	}
	s := *p.State
	for _, name := range []*string{&s.Referral, &s.FollowsUp, &s.ScheduledReturn.Receiver} {
		if secret(*name, by) {
			*name = ""
		}
	}
	s.Consents = maps.Clone(s.Consents)
	for purpose, k := range s.Consents {
		k.Recipients = slices.DeleteFunc(slices.Clone(k.Recipients), func(o string) bool { return secret(o, by) })
		if secret(k.Operator, by) {
			k.Operator = ""
		}
		s.Consents[purpose] = k
	}
	s.Access, s.Places, s.Clocks = p.Access, slices.Clone(s.Places), slices.Clone(s.Clocks)
	s.Referrals = slices.DeleteFunc(slices.Clone(s.Referrals), func(r domain.ServiceReferral) bool {
		return secret(r.Organisation, by)
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
	if lives := lastStay(p.State.Places); lives == nil || lives.Organisation != by.Organisation {
		s.StayUntil, s.ReviewStayOn = domain.Day{}, domain.Day{}
	}
	s.Endings = slices.Clone(s.Endings)
	for i := range s.Endings {
		if e := &s.Endings[i]; !own[e.Key] {
			e.Key = ""
		}
	}
	p.State = &s
}

// hideServices takes away to which services the person consented or did not. That
// they were asked, and what they said, stays, in the order in which they said it.
func (p *CasePage) hideServices() {
	s, to := *p.State, []string{}
	s.Consents = map[string]domain.Consent{}
	for key, k := range p.State.Consents {
		if strings.HasPrefix(key, serviceConsent) {
			to = append(to, key)
			continue
		}
		s.Consents[key] = k
	}
	slices.SortFunc(to, func(a, b string) int {
		return cmp.Or(p.State.Consents[a].At.At.Compare(p.State.Consents[b].At.At), cmp.Compare(a, b))
	})
	for i, key := range to {
		s.Consents[serviceConsent+strconv.Itoa(i+1)] = p.State.Consents[key]
	}
	p.State = &s
}

// serviceConsent is how a consent to one service begins in the state of a case.
const serviceConsent = "service/"

// lastStay is where the person was admitted last, nil if nowhere.
func lastStay(places []domain.Place) (last *domain.Place) {
	for i := range places {
		if at := &places[i]; !at.Admitted.IsZero() && (last == nil || !at.Admitted.Before(last.Admitted)) {
			last = at
		}
	}
	return last
}

// secret reports whether to name an organisation beside a case is to say where the
// person may live.
func secret(organisation string, by domain.Actor) bool {
	return organisation != by.Organisation && domain.Houses(organisation)
}

func housing(r domain.Relation) bool {
	return r == domain.AskedFor || r == domain.Offers || r == domain.Hosts || r == domain.Hosted
}
