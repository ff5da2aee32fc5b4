package api

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"nrm/domain"
)

// recordedBy names the command whose fields an event's data come from, so that
// both share labels and code lists. A remark of the register's own has none.
func recordedBy(event string) string {
	if spec, ok := domain.EventSpecOf(event); ok && len(spec.By) > 0 {
		return spec.By[0]
	}
	return ""
}

// details turns an event's data into labelled lines. A new event needs no code
// here: labels come from the command that records it, code lists from its own
// description. What is still sealed has none: who may read it was decided
// before, and nothing is opened here.
func (w words) details(e domain.AnyEvent) []string {
	if _, sealed := e.(domain.Sealed); sealed {
		return nil
	}
	switch c := e.(type) {
	case domain.FactCorrected:
		return w.correction(c)
	case domain.EventVoided:
		return []string{w.T("field.type") + ": " + w.T("event."+c.Type), w.T("field.reason") + ": " + w.code("correction_reason", c.Reason)}
	}
	v := reflect.ValueOf(e)
	var lines []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" || name == "key" {
			continue
		}
		if field.Tag.Get("reads") != "" && v.Field(i).IsZero() { // it is empty, or the reader may not know
			continue
		}
		asked := fieldBehind(e.EventType(), name)
		if value := w.detail(name, field.Tag.Get("code"), asked, v.Field(i)); value != "" {
			lines = append(lines, w.fieldLabel(recordedBy(e.EventType()), name)+": "+value)
		}
	}
	return lines
}

// fieldBehind finds the command's field that an event's data come from.
func fieldBehind(event, name string) *domain.Field {
	spec, err := domain.CommandNamed(recordedBy(event))
	if err != nil {
		return nil
	}
	fields := spec.Fields()
	if i := slices.IndexFunc(fields, func(f domain.Field) bool { return f.Name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

func (w words) detail(name, list string, asked *domain.Field, v reflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		if list == "" {
			return x
		}
		return w.code(list, x)
	case domain.Words:
		return string(x)
	case domain.Prose:
		return string(x)
	case []string:
		if len(x) == 0 && asked != nil {
			return w.T("value.none")
		}
		if list == "" { // worded by a rule of its own
			return strings.Join(x, "; ")
		}
		return strings.Join(w.codes(list, x), "; ")
	case bool:
		if !x && (asked == nil || asked.Optional) {
			return ""
		}
		return w.yesNo(x)
	case int:
		if x == 0 && (asked != nil && asked.Optional || strings.HasSuffix(name, "year")) {
			return ""
		}
		if strings.HasSuffix(name, "year") {
			return strconv.Itoa(x)
		}
		return w.number(int64(x))
	case domain.Qepik:
		return w.money(x)
	case domain.Day:
		return w.day(x)
	case domain.When:
		return w.when(x)
	case time.Time:
		return w.moment(x)
	case domain.Ref:
		return string(x)
	case []domain.Ref:
		return strings.Join(each(x, func(r domain.Ref) string { return string(r) }), "; ")
	case domain.Reference:
		return string(x)
	case domain.Answers, domain.Counts:
		return w.pairs(list, x)
	}
	return "" // also for another event of the case: its id says nothing to people
}

func (w words) yesNo(yes bool) string {
	if yes {
		return w.T("value.yes")
	}
	return w.T("value.no")
}

// fieldLabel names a field of a command, in its form as on the timeline.
func (w words) fieldLabel(command, name string) string {
	return w.first("field."+command+"."+name, "field."+name)
}

// firstEvent is the event type that says best what a command records: the first
// of its types in the catalogue.
func firstEvent(command string) string {
	for _, s := range domain.EventSpecs() {
		if recordedBy(s.Type) == command {
			return s.Type
		}
	}
	return ""
}

// eventsOf lists the event types that a command records.
func eventsOf(command string) []string {
	var types []string
	for _, s := range domain.EventSpecs() {
		if slices.Contains(s.By, command) {
			types = append(types, s.Type)
		}
	}
	return types
}
