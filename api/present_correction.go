package api

import (
	"strconv"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// correction tells which field of which event was wrong, what it said, and what is
// right.
func (w words) correction(c domain.FactCorrected) []string {
	return []string{
		w.T("field.type") + ": " + w.T("event."+c.Type),
		w.code("correctable", c.Field) + ": " + w.corrected(c.Field, c.Old) + " → " + w.corrected(c.Field, c.New),
		w.T("field.reason") + ": " + w.code("correction_reason", c.Reason),
	}
}

// corrected words a value as the field that was corrected would be.
func (w words) corrected(field, value string) string {
	for _, f := range domain.Fields(domain.CorrectFact{}) {
		switch {
		case f.Name != field:
		case f.Kind == domain.ATime:
			if at, err := domain.ParseWhen(value); err == nil {
				return w.when(at)
			}
		case f.Kind == domain.Amount:
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				return w.money(domain.Qepik(n))
			}
		case f.List != "":
			return w.code(f.List, value)
		}
	}
	return value
}

// becameOf tells on an entry what became of it since: both what was recorded and
// what is right can be read.
func (w words) becameOf(item *ui.TimelineItem, e projections.Entry) {
	for _, c := range e.Corrected {
		switch {
		case c.Field == "":
			item.Since = append(item.Since, w.T("timeline.voided_line", "Reason", w.code("correction_reason", c.Reason)))
		case c.New == "":
			item.Since = append(item.Since, w.T("timeline.corrected")+": "+w.code("correctable", c.Field))
		default:
			item.Since = append(item.Since, w.T("timeline.corrected_line", "Field", w.code("correctable", c.Field), "New", w.corrected(c.Field, c.New)))
		}
	}
	switch {
	case e.Voided:
		item.State = ui.Voided
		item.Tags = append(item.Tags, ui.Tag{Text: w.T("timeline.voided"), Colour: "grey"})
	case len(e.Corrected) > 0:
		item.Tags = append(item.Tags, ui.Tag{Text: w.T("timeline.corrected"), Colour: "yellow"})
	}
}
