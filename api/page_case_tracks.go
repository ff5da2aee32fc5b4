package api

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"nrm/api/ui"
	"nrm/domain"
)

// consentRows say for each purpose that was asked about how the person's consent
// stands today. Who receives data is told on the timeline; to which service it is,
// only to those who read which help the person needs.
func (p casePage) consentRows(c *domain.Case) (rows []ui.SummaryRow) {
	today := domain.DayOf(p.now)
	for _, key := range slices.Sorted(maps.Keys(c.Consents)) {
		k := c.Consents[key]
		purpose, service, _ := strings.Cut(key, "/")
		r := ui.SummaryRow{Key: p.code("consent_purpose", purpose), Tags: []ui.Tag{p.consentTag(k.StateOn(today))}}
		if service != "" && p.reads(domain.Health) {
			r.Key += ": " + p.code("service", service)
		}
		if k.State == "given" {
			if !k.Until.IsZero() {
				r.Lines = append(r.Lines, p.T("field.valid_until")+": "+p.day(k.Until))
			}
			r.Lines = append(r.Lines, p.code("consent_by", k.By)+", "+lowerFirst(p.code("consent_form", k.Form)))
			if k.Abroad {
				r.Lines = append(r.Lines, p.T("field.abroad"))
			}
		}
		rows = append(rows, r)
	}
	return rows
}

func (w words) consentTag(state string) ui.Tag {
	colours := map[string]string{"given": "green", "refused": "orange", "withdrawn": "orange", "expired": "red"}
	return ui.Tag{Text: w.code("consent_state", state), Colour: cmp.Or(colours[state], "grey")}
}

func (p casePage) initialRows(c *domain.Case) []ui.SummaryRow {
	rows := row(p.eventTitle("RightsInformationGiven"), p.when(c.RightsTold))
	if p.reads(domain.Health) {
		rows = append(rows, row(p.eventTitle("InitialAssistanceGiven"), p.when(c.Assisted))...)
	}
	return rows
}

// childRows are empty of an adult of whom nothing was recorded as of a child.
func (p casePage) childRows(c *domain.Case) []ui.SummaryRow {
	var rows []ui.SummaryRow
	for _, s := range c.Ages {
		r := ui.SummaryRow{Key: p.eventTitle("ChildStatusSet"), Value: p.code("child_status", s.Status), Lines: []string{p.day(s.From), p.code("child_basis", s.Basis)}}
		if s.Presumed {
			r.Key = p.eventTitle("ChildStatusPresumed")
		}
		rows = append(rows, r)
	}
	rows = append(rows, row(p.eventTitle("AgeAssessed"), p.when(c.AgeAssessed))...)
	rows = append(rows, p.guardianRows(c)...)
	for _, b := range c.BestInterests {
		r := ui.SummaryRow{Key: p.eventTitle("BestInterestsDetermined"), Value: p.code("best_interests_decision", b.Decision), Lines: []string{p.code("best_interests_purpose", b.Purpose)}}
		if b.Solution != "" {
			r.Lines = append(r.Lines, p.code("durable_solution", b.Solution))
		}
		r.Lines = append(r.Lines, p.when(b.On))
		rows = append(rows, r)
	}
	for _, purpose := range c.BestInterestsWeighed {
		if !slices.ContainsFunc(c.BestInterests, func(b domain.BestInterests) bool { return b.Purpose == purpose }) {
			rows = append(rows, ui.SummaryRow{Key: p.eventTitle("BestInterestsAssessed"), Value: p.code("best_interests_purpose", purpose)})
		}
	}
	rows = append(rows, row(p.eventTitle("ChildStandardApplied"), p.when(c.ChildStandard))...)
	if !c.Tracing.IsZero() {
		r := ui.SummaryRow{Key: p.eventTitle("FamilyTracingStarted"), Value: p.when(c.Tracing)}
		if c.TracingResult != "" {
			r.Lines = []string{p.code("tracing_result", c.TracingResult)}
		}
		rows = append(rows, r)
	}
	return append(rows, row(p.eventTitle("SchoolEnrolled"), p.when(c.Enrolled))...)
}

// guardianRows say who looks after the child's interests. A child of whom a
// guardian was asked for and none is in office is marked.
func (p casePage) guardianRows(c *domain.Case) []ui.SummaryRow {
	var rows []ui.SummaryRow
	for _, g := range slices.Backward(c.Guardians) {
		r := ui.SummaryRow{Key: p.eventTitle("GuardianAppointed"), Value: p.code("guardian_kind", g.Kind), Lines: []string{p.when(g.Since), p.code("conflict_check", g.Conflict)}}
		if !g.Ended.IsZero() {
			r.Lines = append(r.Lines, p.eventTitle("GuardianEnded")+": "+p.when(g.Ended))
			r.Tags = []ui.Tag{{Text: p.eventTitle("GuardianEnded"), Colour: "grey"}}
		}
		rows = append(rows, r)
	}
	if !c.GuardianAsked.IsZero() {
		r := ui.SummaryRow{Key: p.eventTitle("GuardianRequested"), Value: p.when(c.GuardianAsked)}
		if c.TreatedAsChild() && !slices.ContainsFunc(c.Guardians, func(g domain.Guardianship) bool { return g.Ended.IsZero() }) {
			r.Tags = []ui.Tag{{Text: p.T("tag.no_guardian"), Colour: "orange"}}
		}
		rows = append(rows, r)
	}
	return rows
}

func (p casePage) criminalRows(c *domain.Case) []ui.SummaryRow {
	var rows []ui.SummaryRow
	for _, k := range c.CriminalCases {
		r := ui.SummaryRow{Key: p.T("field.criminal_case_no"), Value: string(k.Reference)}
		r.Lines = append(p.codes("criminal_article", k.Articles), p.code("procedural_status", k.Standing))
		if k.Verdict != "" {
			r.Lines = append(r.Lines, p.eventTitle("VerdictRecorded")+": "+p.code("court_verdict", k.Verdict)+", "+p.when(k.Decided))
		}
		rows = append(rows, r)
	}
	rows = append(rows, row(p.eventTitle("TestimonyScheduled"), p.day(c.TestimonyOn))...)
	for _, at := range c.Testified {
		rows = append(rows, row(p.eventTitle("TestimonyGiven"), p.when(at))...)
	}
	if c.Cooperation != "" {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("CooperationDecisionRecorded"), Value: p.code("cooperation", c.Cooperation), Lines: []string{p.when(c.CooperationAt)}})
	}
	if len(c.NotPunished) > 0 {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("NonPunishmentApplied"), Lines: p.codes("compelled_offence", c.NotPunished)})
	}
	return rows
}

// permitEvents are the events that a residence permit's states follow from.
var permitEvents = map[string]string{
	"applied": "ResidencePermitApplied", "issued": "ResidencePermitIssued", "refused": "ResidencePermitRefused",
	"renewed": "ResidencePermitRenewed", "expired": "ResidencePermitExpired",
}

func (p casePage) statusRows(c *domain.Case) []ui.SummaryRow {
	var rows []ui.SummaryRow
	if home := c.Residence; home.State != "" {
		r := ui.SummaryRow{Key: p.eventTitle(permitEvents[home.State]), Value: p.when(home.Changed)}
		if home.Ground != "" {
			r.Lines = append(r.Lines, p.code("permit_ground", home.Ground))
		}
		if n := len(home.Permits); n > 0 && home.State != "applied" {
			r.Lines = append(r.Lines, p.period(home.Permits[n-1]))
		}
		rows = append(rows, r)
	}
	for _, bar := range c.ExpulsionBars {
		rows = append(rows, ui.SummaryRow{Key: p.eventTitle("ExpulsionBarred"), Value: p.period(bar.Period), Lines: []string{p.code("expulsion_bar", bar.Ground)}})
	}
	incidents := c.ExpulsionIncidents()
	for _, at := range c.ExpulsionAttempts {
		r := ui.SummaryRow{Key: p.eventTitle("ExpulsionAttempted"), Value: p.when(at)}
		if slices.Contains(incidents, at) {
			r.Tags = []ui.Tag{{Text: p.code("deviation", "expulsion_while_barred"), Colour: "red"}}
		}
		rows = append(rows, r)
	}
	if p.reads(domain.Criminal) {
		rows = append(rows, row(p.eventTitle("AddressRegistrationMasked"), p.when(c.AddressMasked))...)
	}
	return rows
}

// period words a time by its first and last day; one without an end by its first.
func (p casePage) period(of domain.Period) string {
	if of.Until.IsZero() {
		return p.T("case.since", "From", p.day(of.From))
	}
	return p.T("case.period", "From", p.day(of.From), "Until", p.day(of.Until))
}

// caseRows lead to other cases. Only who may know of every case sees them.
func (p casePage) caseRows(key string, refs []domain.Ref) (rows []ui.SummaryRow) {
	if !p.by.Role.SeesEveryCase() {
		return nil
	}
	for _, ref := range refs {
		rows = append(rows, ui.SummaryRow{Key: key, Value: string(ref), Href: "/cases/" + string(ref)})
	}
	return rows
}

// samePersonRows name the cases that were merged into this one, and those of the
// same person before and after. Only who may know of every case sees them.
func (p casePage) samePersonRows(c *domain.Case) []ui.SummaryRow {
	if !p.by.Role.SeesEveryCase() {
		return nil
	}
	rows := slices.Concat(p.caseRows(p.T("case.absorbed"), c.Absorbed), p.caseRows(p.T("case.split_into"), c.SplitInto))
	if c.SplitFrom != "" {
		rows = append(rows, p.caseRows(p.T("case.split_from"), []domain.Ref{c.SplitFrom})...)
	}
	if !p.reads(domain.Screening) {
		return rows
	}
	for _, ref := range slices.Sorted(maps.Keys(c.Verdicts)) {
		verdict := ui.SummaryRow{Key: p.eventTitle("DuplicateJudged"), Value: string(ref), Href: "/cases/" + string(ref), Lines: []string{p.code("duplicate_verdict", c.Verdicts[ref])}}
		rows = append(rows, verdict)
	}
	return slices.Concat(rows, p.caseRows(p.T("case.earlier"), c.EarlierCases), p.caseRows(p.T("case.later"), c.LaterCases))
}
