package api

import (
	"cmp"
	"slices"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

func (p casePage) returnRows(c *domain.Case) []ui.SummaryRow {
	back := c.Return
	rows := slices.Concat(
		row(p.T("field.direction"), p.code("return_direction", back.Direction)),
		row(p.eventTitle("ReturnProposed"), p.when(c.ReturnProposed)),
		row(p.eventTitle("ReturnWishExpressed"), p.when(back.Wish)),
		row(p.eventTitle("ReturnDeclined"), p.when(c.ReturnDeclined)),
	)
	for _, r := range c.ReturnRisks {
		one := ui.SummaryRow{Key: p.eventTitle("ReturnRiskAssessed"), Value: p.code("return_decision", r.Decision), Lines: []string{p.when(r.On)}}
		if r.Decision == "postpone" || r.Decision == "should_not_return" {
			one.Tags = []ui.Tag{{Text: p.T("tag.no_return"), Colour: "red"}}
		}
		rows = append(rows, one)
	}
	if !projections.ReturnUnassessed(c).IsZero() {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("ReturnRiskAssessed"), Value: p.T("value.no"), Tags: []ui.Tag{{Text: p.T("queue.return_risk"), Colour: "orange"}}})
	}
	rows = append(rows, row(p.eventTitle("ReturnConsentRecorded"), p.when(back.Consent))...)
	if len(c.PapersAsked) > 0 {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("TravelDocRequested"), Lines: p.codes("travel_paper", c.PapersAsked)})
	}
	rows = append(rows, slices.Concat(
		row(p.eventTitle("ReturnCertificateApplied"), p.when(back.Applied)),
		row(p.eventTitle("ReturnCertificateIssued"), p.when(back.Issued)),
		row(p.eventTitle("ReturnCertificateRefused"), p.when(c.CertificateRefused)),
		row(p.eventTitle("ReturnScheduled"), p.day(c.ScheduledReturn.On)),
		row(p.T("field.schedule-return.destination"), p.code("country", c.ScheduledReturn.Destination)),
		row(p.eventTitle("RepatriationCancelled"), p.when(c.ReturnCancelled)),
		row(p.eventTitle("ReturnDeparted"), p.when(back.Departed)),
		row(p.eventTitle("ReturnArrived"), p.when(back.Arrived)),
		row(p.eventTitle("ReturnReceived"), p.when(back.Received)),
	)...)
	if len(back.FollowUps) > 0 {
		var months []string
		for _, m := range back.FollowUps {
			months = append(months, p.code("follow_up_month", itoa(m)))
		}
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("ReintegrationFollowUpDone"), Lines: months})
	}
	if c.Reunited {
		rows = append(rows, row(p.eventTitle("FamilyReunited"), p.T("value.yes"))...)
	}
	return rows
}

// redressRows tell the allowance, each request to the Fund, each claim and each
// award with what became of it.
func (p casePage) redressRows(c *domain.Case) []ui.SummaryRow {
	r := c.Redress
	var rows []ui.SummaryRow
	if r.Explained {
		rows = row(p.eventTitle("RedressRightsExplained"), p.T("value.yes"))
	}
	for _, g := range r.Grants {
		one := ui.SummaryRow{Key: p.eventTitle("AllowanceGranted"), Value: p.money(g.Amount), Lines: []string{p.when(g.Happened)}}
		if c.AllowanceDue() && g.For.Equal(c.Decided) {
			one.Tags = []ui.Tag{{Text: p.T("tag.unpaid"), Colour: "orange"}}
		}
		rows = append(rows, one)
	}
	for _, paid := range r.Payments {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("AllowancePaid"), Value: p.money(paid.Amount), Lines: []string{p.when(paid.Happened)}})
	}
	for _, m := range r.Requests {
		rows = append(rows, p.matter("FundAssistanceRequested", "fund_purpose", m))
	}
	for _, m := range r.Claims {
		rows = append(rows, p.matter("CompensationClaimFiled", "claim_forum", m))
	}
	for _, m := range r.Awards {
		one := p.matter("CompensationAwarded", "award_source", m)
		if paid := m.Paid(); paid < m.Amount {
			one.Lines = append(one.Lines, p.T("case.owed")+": "+p.money(m.Amount-paid))
			one.Tags = []ui.Tag{{Text: p.T("tag.unpaid"), Colour: "orange"}}
			if paid > 0 {
				one.Tags = []ui.Tag{{Text: p.T("tag.partly_paid"), Colour: "yellow"}}
			}
		}
		rows = append(rows, one)
	}
	return rows
}

// matter is a row about money that somebody asked for or owes.
func (p casePage) matter(event, list string, m domain.Matter) ui.SummaryRow {
	r := ui.SummaryRow{Key: p.eventTitle(event), Value: p.money(m.Amount), Lines: []string{p.code(list, m.Code), p.when(m.Happened)}}
	answers := map[string]string{"refused": "FundAssistanceRefused", "granted": "FundAssistanceGranted", "awarded": "CompensationAwarded", "rejected": "CompensationRejected"}
	if title := answers[m.Answer]; title != "" {
		colour := map[string]string{"refused": "orange", "rejected": "orange"}[m.Answer]
		r.Tags = []ui.Tag{{Text: p.eventTitle(title), Colour: cmp.Or(colour, "green")}}
	} else if event != "CompensationAwarded" {
		r.Tags = []ui.Tag{{Text: p.T("tag.pending"), Colour: "grey"}}
	}
	for _, part := range m.Parts {
		r.Lines = append(r.Lines, p.T("case.paid")+": "+p.money(part.Amount)+", "+p.when(part.Happened))
	}
	return r
}
