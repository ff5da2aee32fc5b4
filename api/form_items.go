package api

import (
	"strconv"
	"strings"

	"nrm/api/ui"
	"nrm/domain"
)

// items are the questions of a field that takes something of each of many codes:
// one for each code, under the field's heading. What is wrong with the field as a
// whole stands with the first.
func (f *commandForm) items(field domain.Field) []ui.Field {
	var all []ui.Field
	for _, c := range f.choices(field) {
		name := itemName(field, c)
		q := ui.Field{Name: name, Label: f.code(field.List, c.Code), Kind: ui.Number, Optional: true, Value: f.answers.Get(name), Error: f.faults[name]}
		if field.Kind == domain.ItemBank {
			q.Kind, q.Optional = ui.Radios, false
			for _, s := range domain.Codes("answer") {
				q.Options = append(q.Options, ui.Option{Value: s.Code, Text: f.code("answer", s.Code), Checked: q.Value == s.Code})
			}
		}
		all = append(all, q)
	}
	if len(all) > 0 {
		asked := f.question(field)
		heading := asked.Label
		if field.Optional {
			heading += " " + f.T("ui.optional")
		}
		all[0].Begins = &ui.Part{Heading: heading, Text: asked.Hint}
		if asked.Error != "" {
			all[0].Error = asked.Error
		}
	}
	return all
}

// readItems reads what was answered to [commandForm.items]. What is wrong with one
// answer it notes beside that one.
func (f *commandForm) readItems(field domain.Field) (value any, blank bool) {
	answers, counts := domain.Answers{}, domain.Counts{}
	for _, c := range f.choices(field) {
		typed := strings.TrimSpace(f.answers.Get(itemName(field, c)))
		if typed == "" {
			continue
		}
		if field.Kind == domain.ItemBank {
			answers = append(answers, domain.Answer{Code: c.Code, Answer: typed})
			if _, ok := domain.CodeOf("answer", typed); !ok {
				f.fault(itemName(field, c), "unknown_code")
			}
			continue
		}
		n, err := strconv.Atoi(typed)
		switch {
		case err != nil:
			f.fault(itemName(field, c), "not_a_number")
		case n < field.Min && n != 0 || field.Max != 0 && n > field.Max:
			f.faults[itemName(field, c)] = f.between(field)
		case n == 0 && field.Min > 0: // nothing of it, in other words
			continue
		}
		counts = append(counts, domain.Tally{Code: c.Code, Number: n})
	}
	if field.Kind == domain.ItemBank {
		return answers, len(answers) == 0
	}
	return counts, len(counts) == 0
}

func itemName(field domain.Field, c domain.Code) string { return field.Name + "-" + c.Code }

// pairs puts answers and counts into words.
func (w words) pairs(list string, v any) string {
	var parts []string
	switch v := v.(type) {
	case domain.Answers:
		for _, a := range v {
			parts = append(parts, w.code(list, a.Code)+": "+lowerFirst(w.code("answer", a.Answer)))
		}
	case domain.Counts:
		for _, n := range v {
			parts = append(parts, w.code(list, n.Code)+": "+w.number(int64(n.Number)))
		}
	}
	return strings.Join(parts, "; ")
}
