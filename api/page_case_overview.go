package api

import (
	"maps"
	"slices"

	"nrm/api/ui"
	"nrm/domain"
)

// overview is how each track of the case stands. A track that the reader does
// not see has no card; those on which nothing is recorded are only named.
func (p casePage) overview() (cards []ui.Card, empty []string) {
	for _, track := range []struct {
		code  string
		needs domain.Compartment
		rows  func(*domain.Case) []ui.SummaryRow
	}{
		{"referral", domain.Flow, p.referralRows},
		{"initial", domain.Flow, p.initialRows},
		{"consent", domain.Flow, p.consentRows},
		{"identification", domain.Flow, p.identificationRows},
		{"child", domain.Child, p.childRows},
		{"reflection", domain.Flow, p.reflectionRows},
		{"protection", domain.Criminal, p.protectionRows},
		{"accommodation", domain.Flow, p.placeRows},
		{"services", domain.Health, p.serviceRows},
		{"criminal", domain.Criminal, p.criminalRows},
		{"status", domain.Flow, p.statusRows},
		{"return", domain.Flow, p.returnRows},
		{"redress", domain.Money, p.redressRows},
		{"correction", domain.Flow, p.samePersonRows},
		{"closure", domain.Flow, p.closureRows},
	} {
		if !p.reads(track.needs) {
			continue
		}
		switch rows := track.rows(p.State); {
		case len(rows) > 0:
			cards = append(cards, ui.Card{Title: p.code("track", track.code), Rows: rows})
		case p.mayHave(track.code):
			empty = append(empty, p.code("track", track.code))
		}
	}
	return cards, empty
}

// mayHave reports whether it is worth saying that nothing is recorded on a track:
// of an adult there is nothing to expect on that of children, nor of a citizen on
// that of residence.
func (p casePage) mayHave(track string) bool {
	switch track {
	case "child":
		return p.State.TreatedAsChild()
	case "status":
		return p.State.Citizenship != "az"
	case "correction":
		return false
	}
	return true
}

// row is a line of a card; without a value it is left out.
func row(key, value string, tags ...ui.Tag) []ui.SummaryRow {
	if value == "" && len(tags) == 0 {
		return nil
	}
	return []ui.SummaryRow{{Key: key, Value: value, Tags: tags}}
}

func (p casePage) referralRows(c *domain.Case) []ui.SummaryRow {
	place := p.code("region", p.Row.Region)
	if c.Country != "" {
		place = p.code("country", c.Country)
	}
	return slices.Concat(
		row(p.T("event.DetectionRecorded"), p.when(c.Detected)),
		row(p.T("case.found_in"), place),
		row(p.T("field.source"), p.code("referral_source", c.Source)),
		row(p.T("field.from"), p.code("organisation", c.Referral)),
		row(p.T("field.sex"), p.code("sex", c.Sex)),
		row(p.T("field.citizenship"), p.code("citizenship", c.Citizenship)),
		row(p.T("event.SpuNotified"), p.when(c.Notified)),
		row(p.T("event.HandoverAccepted"), p.when(c.HandedOver)),
		row(p.eventTitle("CaseOpened"), p.when(c.TakenUp)),
		p.caseRows(p.T("field.co_victim"), c.CoVictims),
		p.caseRows(p.T("field.linked_cases"), c.LinkedCases),
	)
}

func (p casePage) identificationRows(c *domain.Case) []ui.SummaryRow {
	rows := row(p.T("event.IndicatorScreeningCompleted"), p.when(c.Screened))
	if p.reads(domain.Screening) && c.Risk != "" {
		rows = append(rows, row(p.T("field.level"), p.code("risk_level", c.Risk))...)
	}
	if c.Outcome != "" {
		rows = append(rows, ui.SummaryRow{Key: p.T("field.outcome"), Value: p.code("outcome", c.Outcome), Lines: []string{p.when(c.Decided)}})
	}
	if c.Review.Requested.IsZero() {
		return rows
	}
	review := ui.SummaryRow{Key: p.eventTitle("ReviewRequested"), Value: p.when(c.Review.Requested), Lines: []string{p.code("review_body", c.Review.Body)}}
	if c.Review.Pending() {
		review.Tags = []ui.Tag{{Text: p.T("tag.pending"), Colour: "orange"}}
	} else {
		review.Lines = append(review.Lines, p.code("review_outcome", c.Review.Outcome)+", "+p.when(c.Review.Decided))
	}
	return append(rows, review)
}

func (p casePage) reflectionRows(c *domain.Case) []ui.SummaryRow {
	var rows []ui.SummaryRow
	if c.ReflectionState != "" {
		rows = []ui.SummaryRow{{Key: p.T("deadlines.state"), Value: p.code("reflection_state", c.ReflectionState)}}
	}
	if c.Reflection.Until.IsZero() {
		return append(rows, row(p.eventTitle("ReflectionOffered"), p.when(c.ReflectionOffered))...)
	}
	return slices.Concat(rows, row(p.T("field.grant-reflection.from"), p.day(c.Reflection.From)), row(p.T("field.until"), p.day(c.Reflection.Until)))
}

func (p casePage) protectionRows(c *domain.Case) []ui.SummaryRow {
	rows := row(p.T("event.ProtectionRequested"), p.when(c.Protection.Requested))
	if len(c.Protection.InForce) > 0 {
		rows = append(rows, ui.SummaryRow{Key: p.T("case.measures"), Lines: p.codes("protection_measure", c.Protection.InForce)})
	}
	return rows
}

// placeRows names facilities to those who see where the person lives; others
// learn only of what kind they are. How long a stay lasts is in the state for those
// who may know.
func (p casePage) placeRows(c *domain.Case) []ui.SummaryRow {
	rows := slices.Concat(
		row(p.T("event.PersonMissing"), p.when(c.Missing)), row(p.T("event.AbsenceReported"), p.when(c.Absent)),
		row(p.T("field.extend-stay.until"), p.day(c.StayUntil)), row(p.T("field.review-stay.review_on"), p.day(c.ReviewStayOn)),
	)
	for _, at := range slices.Backward(c.Places) {
		r := ui.SummaryRow{Key: p.code("facility_kind", at.Kind), Tags: []ui.Tag{{Text: p.T("place." + at.State), Colour: placeColour(at.State)}}}
		if p.reads(domain.Location) {
			r.Value = p.code("organisation", at.Organisation)
			r.Lines = append(r.Lines, p.regionNow(at.District))
			if p.by.Role.SeesOccupancy() {
				r.Href = "/facilities/" + string(at.Facility)
			}
		}
		for _, step := range []struct {
			key string
			at  domain.When
		}{{"place.requested", at.Requested}, {"place.offered", at.Offered}, {"place.admitted", at.Admitted}, {"place.departed", at.Departed}} {
			if !step.at.IsZero() {
				r.Lines = append(r.Lines, p.T(step.key)+": "+p.when(step.at))
			}
		}
		rows = append(rows, r)
	}
	return rows
}

func placeColour(state string) string {
	switch state {
	case "admitted":
		return "green"
	case "refused", "not_arrived":
		return "orange"
	case "departed", "superseded", "declined", "cancelled":
		return "grey"
	}
	return "blue"
}

func (p casePage) serviceRows(c *domain.Case) []ui.SummaryRow {
	rows := slices.Concat(row(p.T("event.RehabPlanApproved"), p.when(c.Plan.Approved)), row(p.T("field.approve-rehab-plan.review_on"), p.day(c.Plan.ReviewOn)))
	for _, service := range slices.Sorted(maps.Keys(c.Services)) {
		done := c.Services[service]
		r := ui.SummaryRow{Key: p.code("service", service)}
		for _, step := range []struct {
			event string
			at    domain.When
		}{
			{"ServiceNeedRecorded", done.Needed},
			{"ServiceReferralSent", done.Referred},
			{"ServiceStarted", done.Started},
			{"ServiceDelivered", done.Delivered},
			{"ServiceCompleted", done.Completed},
			{"ServiceDeclined", done.Declined},
			{"ServiceUnavailable", done.Unavailable},
		} {
			if !step.at.IsZero() {
				r.Lines = append(r.Lines, p.eventTitle(step.event)+": "+p.when(step.at))
			}
		}
		rows = append(rows, r)
	}
	answers := map[string]string{"sent": "ServiceReferralSent", "accepted": "ServiceReferralAccepted", "rejected": "ServiceReferralRejected"}
	for _, to := range c.Referrals {
		r := ui.SummaryRow{Key: p.eventTitle("ServiceReferralSent"), Value: p.code("organisation", to.Organisation), Lines: []string{p.code("service", to.Service), p.when(to.Sent)}}
		switch {
		case to.State == "sent":
			r.Tags = []ui.Tag{{Text: p.T("tag.pending"), Colour: "grey"}}
		case answers[to.State] != "":
			r.Lines = append(r.Lines, p.eventTitle(answers[to.State])+": "+p.when(to.Answered))
		}
		rows = append(rows, r)
	}
	return rows
}

func (p casePage) closureRows(c *domain.Case) []ui.SummaryRow {
	if !c.IsClosed() {
		return nil
	}
	return []ui.SummaryRow{{Key: p.eventTitle("CaseClosed"), Value: p.when(c.Closed), Lines: []string{p.code("closure_reason", c.CloseReason)}}}
}
