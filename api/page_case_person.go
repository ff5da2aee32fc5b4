package api

import (
	"slices"

	"github.com/a-h/templ"

	"nrm/api/ui"
	"nrm/api/view"
	"nrm/domain"
	"nrm/projections"
)

// person is the part of the page that says who the person is, for those who may
// know, and for everybody what became of it if it was erased. What cannot be
// read is not passed over.
func (p casePage) person() []templ.Component {
	if p.Erased != nil {
		return []templ.Component{view.Section("person", p.T("case.person"), p.erased()...)}
	}
	var parts []templ.Component
	for _, card := range p.personCards() {
		parts = append(parts, ui.SummaryCard(card))
	}
	switch {
	case p.Person.Unreadable:
		parts = slices.Insert(parts, 0, ui.Inset(p.T("case.person.unreadable")))
	case len(parts) == 0 && p.suspended() && p.sees(domain.Identity):
		parts = append(parts, ui.Inset(p.T("relation.suspended")))
	case len(parts) == 0 && p.sees(domain.Identity) && p.State.NamedBy == "":
		parts = append(parts, ui.Paragraph(p.T("case.person.nobody")))
	}
	parts = append(p.erasureState(), parts...)
	if len(parts) == 0 {
		return nil
	}
	return []templ.Component{view.Section("person", p.T("case.person"), parts...)}
}

// erased says instead that nobody can know any more, since when and by whom.
func (p casePage) erased() []templ.Component {
	e := p.Erased
	parts := []templ.Component{
		ui.Inset(p.T("case.person.erased", "Day", p.day(e.On.Day()), "Who", p.eraser(e))),
		ui.Paragraph(p.T("case.person.erased_reason", "Reason", lowerFirst(p.code("erasure_reason", e.Reason)))),
	}
	if !e.Completed {
		parts = append(parts, ui.Paragraph(p.T("case.person.erasing")))
	}
	return parts
}

// eraser is who approved the erasure: the role and its organisation.
func (w words) eraser(e *projections.ErasedNote) string {
	who := w.T("role." + string(e.By.Role))
	if e.By.Organisation != "" {
		who += ", " + w.code("organisation", e.By.Organisation)
	}
	return who
}

// erasedLine is said in place of an entry's details.
func (w words) erasedLine(e *projections.ErasedNote) string {
	if e == nil {
		return w.T("timeline.was_erased")
	}
	return w.T("timeline.erased", "Day", w.day(e.On.Day()), "Who", w.eraser(e))
}

// erasureState says what forbids an erasure, or that one waits for an answer.
func (p casePage) erasureState() (parts []templ.Component) {
	if !erasureView.may(p.by) {
		return nil
	}
	if p.Hold != "" {
		parts = append(parts, ui.Inset(p.T("case.person.held", "Reason", lowerFirst(p.code("hold_reason", p.Hold)))))
	}
	if e := p.State.Erasure; !e.Asked.IsZero() {
		parts = append(parts, ui.Inset(p.T("case.person.asked", "Reason", lowerFirst(p.code("erasure_reason", e.Reason)))))
	}
	return parts
}

// personCards are what the reader may know of the person; what is not recorded
// has no card.
func (p casePage) personCards() (cards []ui.Card) {
	add := func(title string, rows []ui.SummaryRow) {
		if len(rows) > 0 {
			cards = append(cards, ui.Card{Title: title, Rows: rows})
		}
	}
	if i := p.Person.Identity; i != nil {
		add(p.T("compartment.identity"), p.identityRows(*i))
	}
	var documents, contacts, places []ui.SummaryRow
	for _, d := range p.Person.Documents {
		documents = append(documents, ui.SummaryRow{Key: p.code("document_kind", d.Kind), Value: string(d.Number), Lines: p.some(p.code("nationality", d.Country))})
	}
	for _, c := range p.Person.Contacts {
		contacts = append(contacts, ui.SummaryRow{Key: p.code("contact_kind", c.Kind), Value: string(c.Contact), Tags: []ui.Tag{p.safetyTag(c.Safety)}})
	}
	for _, w := range p.Person.Whereabouts {
		key := p.T("field.address")
		if w.District != "" {
			key = p.code("district", w.District)
		}
		places = append(places, ui.SummaryRow{Key: key, Value: string(w.Address)})
	}
	add(p.T("case.person.documents"), documents)
	add(p.T("case.person.contacts"), contacts)
	add(p.T("case.person.whereabouts"), places)
	return cards
}

// some leaves out an empty line.
func (p casePage) some(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}

func (p casePage) identityRows(i domain.IdentityRecorded) []ui.SummaryRow {
	born := p.day(i.BirthDate)
	if born == "" && i.BirthYear != 0 {
		born = itoa(i.BirthYear)
	}
	return slices.Concat(
		row(p.T("field.family_name"), string(i.FamilyName)),
		row(p.T("field.given_name"), string(i.GivenName)),
		row(p.T("field.patronymic"), string(i.Patronymic)),
		row(p.T("field.other_names"), string(i.OtherNames)),
		row(p.T("field.birth_date"), born),
		row(p.T("field.nationality"), p.code("nationality", i.Nationality)),
	)
}

// safetyTag says in words whether a contact may be used, before anybody does.
func (w words) safetyTag(safety string) ui.Tag {
	colour := map[string]string{"safe": "green", "unsafe": "red", "only_caseworker": "orange"}[safety]
	if colour == "" {
		colour = "yellow"
	}
	return ui.Tag{Text: w.code("contact_safety", safety), Colour: colour}
}
