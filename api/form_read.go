package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/domain"
)

// formIn reads what was posted. It refuses "unreadable", and never repeats any
// of it.
func formIn(c echo.Context) (url.Values, error) {
	posted, err := c.FormParams()
	if size := (*http.MaxBytesError)(nil); errors.As(err, &size) {
		return nil, err
	}
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "unreadable", "")
	}
	return posted, nil
}

// read takes what was posted. It answers the command's data and when it
// happened, or false when an answer is missing or cannot be read: the form then
// holds what was typed and says what is wrong with it.
func (f *commandForm) read(posted url.Values) (body []byte, happened domain.When, ok bool) {
	f.answers, f.faults = posted, map[string]string{}
	data := map[string]any{}
	for _, field := range f.spec.Fields() {
		value, code := f.answer(field)
		switch {
		case code == "required" && field.Kind == domain.YesNo && !f.asks(field): // an adult is told nothing in words for children
			data[field.Name] = false
		case code != "":
			f.fault(field.Name, code)
		case value != nil:
			data[field.Name] = value
		}
	}
	happened = f.readHappened()
	if len(f.faults) > 0 {
		return nil, happened, false
	}
	body, err := json.Marshal(data)
	return body, happened, err == nil
}

func (f *commandForm) readHappened() domain.When {
	typed := ui.ReadParts(f.answers.Get, happenedField)
	if typed.Day == "" && typed.Month == "" && typed.Year == "" {
		f.fault(happenedField, "required")
		return domain.When{}
	}
	happened, ok := typedWhen(typed)
	if !ok {
		f.fault(happenedField, "not_a_time")
	}
	return happened
}

// typedWhen reads a day, or a day and a time of it in hours and minutes.
func typedWhen(p ui.Parts) (domain.When, bool) {
	day := p
	day.Time = ""
	if _, err := domain.ParseDay(day.ISO()); err != nil {
		return domain.When{}, false
	}
	if _, err := time.Parse("15:04", p.Time); p.Time != "" && err != nil {
		return domain.When{}, false
	}
	w, err := domain.ParseWhen(p.ISO())
	return w, err == nil
}

// answer reads one field: nil when it was left empty and may be.
func (f *commandForm) answer(field domain.Field) (value any, fault string) {
	typed := strings.TrimSpace(f.answers.Get(field.Name))
	blank := typed == ""
	switch field.Kind {
	case domain.ManyCodes:
		codes := slices.DeleteFunc(slices.Clone(f.answers[field.Name]), func(c string) bool { return c == "" })
		value, blank = codes, len(codes) == 0
	case domain.OneCode:
		value = typed
		if !blank && !slices.ContainsFunc(f.choices(field), func(c domain.Code) bool { return c.Code == typed }) {
			fault = "unknown_code"
		}
	case domain.YesNo:
		value = typed == "true"
	case domain.Number:
		n, err := strconv.Atoi(typed)
		if value = n; err != nil {
			fault = "not_a_number"
		}
	case domain.Amount:
		amount, ok := parseMoney(typed)
		if value = amount; !ok {
			fault = "not_an_amount"
		}
	case domain.ADay, domain.ATime:
		parts := ui.ReadParts(f.answers.Get, field.Name)
		blank = parts.Blank()
		value, fault = readDay(parts, field.Kind)
	case domain.ItemBank, domain.NumbersOf:
		value, blank = f.readItems(field)
	case domain.AnEvent:
		value = typed
		if new(domain.EventAt).UnmarshalText([]byte(typed)) != nil {
			fault = "no_such_event"
		}
	case domain.ACase, domain.AReference: // as people write them down
		value = strings.ToUpper(typed)
	case domain.ManyCases:
		refs := readRefs(f.answers[field.Name])
		value, blank = refs, len(refs) == 0
	case domain.LongText: // browsers end lines in two characters; people count one
		value = strings.ReplaceAll(typed, "\r\n", "\n")
	default:
		value = typed
	}
	switch {
	case blank && field.Optional:
		return nil, ""
	case blank:
		return nil, "required"
	}
	return value, fault
}

// readRefs reads references as people write several down: each on a line of its
// own, or with commas between them, in capitals or not.
func readRefs(typed []string) []string {
	return strings.FieldsFunc(strings.ToUpper(strings.Join(typed, " ")), func(r rune) bool {
		return unicode.IsSpace(r) || r == ',' || r == ';'
	})
}

func readDay(p ui.Parts, kind domain.FieldKind) (string, string) {
	if kind == domain.ADay {
		p.Time = ""
		if _, err := domain.ParseDay(p.ISO()); err != nil {
			return "", "not_a_day"
		}
		return p.ISO(), ""
	}
	if _, ok := typedWhen(p); !ok {
		return "", "not_a_time"
	}
	return p.ISO(), ""
}

// refuse takes a refusal into the form, beside the field at fault where there
// is one.
func (f *commandForm) refuse(p *problem) {
	switch {
	case p.Field == happenedField:
		f.fault(p.Field, p.Code)
	case slices.ContainsFunc(f.spec.Fields(), func(x domain.Field) bool { return x.Name == p.Field }):
		f.fault(p.Field, p.Code)
		f.bounds(p)
	default:
		f.refused = f.refusal(p.Code)
	}
	if p.Code == "key_reused" { // this form has recorded something else already: what is typed now is new
		f.answers.Set(onceField, domain.NewID())
	}
}

// bounds says between what a number must be that is outside what its field takes.
// A rule that is narrower than the field has no such words.
func (f *commandForm) bounds(p *problem) {
	i := slices.IndexFunc(f.spec.Fields(), func(x domain.Field) bool { return x.Name == p.Field })
	field := f.spec.Fields()[i]
	n, err := strconv.Atoi(strings.TrimSpace(f.answers.Get(field.Name)))
	if p.Code == "out_of_range" && field.Kind == domain.Number && err == nil && (n < field.Min || n > field.Max) {
		f.faults[field.Name] = f.between(field)
	}
}

func (f *commandForm) between(field domain.Field) string {
	return f.T("form.between", "Min", field.Min, "Max", field.Max)
}

func (f *commandForm) fault(field, code string) { f.faults[field] = f.refusal(code) }

// refusal puts a refusal's code into words.
func (w words) refusal(code string) string {
	if text := w.first("refusal." + code); text != "" {
		return text
	}
	return w.T("refusal.other")
}

// lowerFirst lets a sentence continue after a colon.
func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if s == "" || r == 'I' || r == 'İ' { // "It": and the Turkic letters fold by other rules
		return s
	}
	return string(unicode.ToLower(r)) + s[size:]
}
