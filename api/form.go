package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// Names of a form's fields that belong to no command. No command may have a
// field of these names.
const (
	happenedField = "happened" // when it took place
	onceField     = "once"     // the key of the request, so that a form sent twice records once
)

// A commandForm asks for one command. It is made from the command's own
// description, so a command has a form as soon as it exists.
type commandForm struct {
	reader
	spec    domain.CommandSpec
	about   domain.Stream             // what the command is about; without an id when it opens one
	state   *domain.Case              // of a case: for answers that are known already; may be nil
	places  []projections.FacilityRow // the facilities that can be chosen
	events  []ui.Option               // the events of the case that can be chosen
	other   string                    // the case that the form was opened about, beside this one; may be empty
	person  *domain.IdentityRecorded  // who the person is, if the asker may know; may be nil
	facts   []ui.SummaryRow           // what the asker should have before their eyes
	answers url.Values                // as typed, or filled in before
	faults  map[string]string         // by field, in the reader's words
	refused string                    // a refusal that belongs to no field
}

// fill starts a form: now, a fresh id, and what is known already.
func (f *commandForm) fill() {
	f.answers = url.Values{onceField: {domain.NewID()}}
	now := f.now.In(domain.Baku)
	f.setDay(happenedField, domain.DayOf(now))
	f.answers.Set(happenedField+"-time", now.Format("15:04"))
	for name, value := range f.known() {
		f.answers.Set(name, value)
	}
	if ref, err := domain.ParseRef(f.other); err == nil {
		f.answers.Set("other", string(ref))
	}
	for _, field := range f.spec.Fields() {
		if only := f.only(field); only != "" {
			f.answers.Set(field.Name, only)
		}
	}
	if f.spec.Name == "record-identity" && f.person != nil {
		f.present(*f.person)
	}
	if f.spec.Name == "grant-reflection" {
		if p, ok := domain.ParameterOn("reflection", domain.DayOf(now)); ok {
			f.setDay("until", domain.DayOf(now).Add(p.Value))
		}
	}
}

// only is the answer to a question that has no other.
func (f *commandForm) only(field domain.Field) string {
	switch {
	case field.Optional:
	case field.Kind == domain.AFacility:
		if own := f.facilities(); len(own) == 1 {
			return own[0].Value
		}
	case field.Kind == domain.OneCode:
		if codes := f.choices(field); len(codes) == 1 {
			return codes[0].Code
		}
	}
	return ""
}

// known are answers that the case or the law gives. The asker can change them.
func (f *commandForm) known() map[string]string {
	if f.spec.Name == "attest-period" { // of one's own body only
		return map[string]string{"organisation": f.by.Organisation}
	}
	if f.state == nil {
		return nil
	}
	switch f.spec.Name {
	case "confirm-admission", "refuse-admission", "record-non-arrival", "accept-transfer", "complete-transfer", "offer-place", "decline-placement":
		return f.placeIn("requested")
	case "record-departure", "review-stay", "extend-stay":
		return f.placeIn("admitted")
	case "record-return-departure":
		return map[string]string{"direction": f.state.Return.Direction}
	case "grant-allowance", "pay-allowance":
		if p, ok := domain.ParameterOn("allowance", f.state.Decided.Day()); ok && f.state.Outcome == "positive" {
			return map[string]string{"amount": f.amount(domain.Qepik(p.Value))}
		}
	}
	return nil
}

// placeIn finds the asker's own facility whose answer or resident it is.
func (f *commandForm) placeIn(state string) map[string]string {
	for _, p := range slices.Backward(f.state.Places) {
		if p.State == state && p.Organisation == f.by.Organisation {
			return map[string]string{"facility": string(p.Facility)}
		}
	}
	return nil
}

func (f *commandForm) setDay(name string, d domain.Day) {
	t := d.Start()
	f.answers.Set(name+"-day", strconv.Itoa(t.Day()))
	f.answers.Set(name+"-month", strconv.Itoa(int(t.Month())))
	f.answers.Set(name+"-year", strconv.Itoa(t.Year()))
}

// once is the key that travels with the form, see [Server.give]. What cannot be
// one, which no form of ours has sent, is replaced.
func (f *commandForm) once() string {
	if key := f.answers.Get(onceField); validKey(key) {
		return key
	}
	key := domain.NewID()
	f.answers.Set(onceField, key)
	return key
}

// view lays the form out.
func (f *commandForm) view(action string, cancel ui.Link) ui.FormView {
	v := ui.FormView{
		T: f.T, Action: action, Cancel: &cancel,
		Title: f.T("command." + f.spec.Name), Lead: f.first("command." + f.spec.Name + ".hint"),
		Submit: f.T("form.submit"), Danger: slices.Contains(grave, f.spec.Name),
		Hidden: []ui.HiddenValue{{Name: onceField, Value: f.once()}},
		Facts:  f.facts, Warning: f.first("command." + f.spec.Name + ".warning"),
	}
	if f.about.Kind == domain.CaseKind {
		v.Caption = f.about.ID
	}
	v.Fields = f.questions()
	if f.refused != "" {
		v.Errors = append(v.Errors, ui.FormError{Text: f.refused})
	}
	for _, q := range v.Fields {
		if q.Error != "" {
			v.Errors = append(v.Errors, ui.FormError{Field: q.Name, Text: said(q.Label, q.Error)})
		}
	}
	return v
}

// said puts a question and what is wrong with the answer into one line.
func said(label, fault string) string {
	if strings.HasSuffix(label, "?") {
		return label + " " + fault
	}
	return label + ": " + lowerFirst(fault)
}

// grave are the commands whose effect on a person is hard to undo.
var grave = []string{"refuse-admission", "close-case", "close-facility", "end-protection", "approve-erasure"}

// questions are the fields of the form in their order. In a referral, who the
// person is comes last and under its own heading: it is not always known, and
// nothing waits for it.
func (f *commandForm) questions() []ui.Field {
	var first, person []ui.Field
	for _, field := range f.spec.Fields() {
		if !f.asks(field) && f.faults[field.Name] == "" {
			continue
		}
		if f.spec.Name == "register-referral" && ofPerson(field) {
			person = append(person, f.question(field))
			continue
		}
		if field.Kind == domain.ItemBank || field.Kind == domain.NumbersOf {
			first = append(first, f.items(field)...)
			continue
		}
		first = append(first, f.question(field))
	}
	first = append(first, ui.Field{
		Name: happenedField, Kind: ui.DateTime, Label: f.fieldLabel(f.spec.Name, happenedField),
		Hint: f.T("field.happened.hint"), Parts: ui.ReadParts(f.answers.Get, happenedField), Error: f.faults[happenedField],
	})
	if len(person) > 0 {
		person[0].Begins = &ui.Part{Heading: f.T("form.person"), Text: f.T("form.person.text")}
	}
	return append(first, person...)
}

// question is one field of the command as the form asks it.
func (f *commandForm) question(field domain.Field) ui.Field {
	q := ui.Field{
		Name: field.Name, Label: f.fieldLabel(f.spec.Name, field.Name), Optional: field.Optional,
		Hint:  f.first("field."+f.spec.Name+"."+field.Name+".hint", "field."+field.Name+".hint"),
		Error: f.faults[field.Name], Value: f.answers.Get(field.Name),
	}
	switch field.Kind {
	case domain.OneCode:
		q.Kind, q.Options = ui.Choice, f.options(field)
		switch {
		case field.Optional && len(q.Options) > 6: // as radios they could not be taken back
			q.Kind = ui.Select
		case field.Optional:
			q.Options = append(q.Options, ui.Option{Text: f.T("value.not_stated"), Checked: q.Value == "" && f.answers.Has(field.Name)})
		}
	case domain.ManyCodes:
		if q.Kind, q.Options = ui.Checkboxes, f.options(field); len(q.Options) > ui.ManyOptions { // what was chosen stays in sight
			rest := slices.DeleteFunc(slices.Clone(q.Options), func(o ui.Option) bool { return o.Checked })
			q.Options = append(slices.DeleteFunc(q.Options, func(o ui.Option) bool { return !o.Checked }), rest...)
		}
	case domain.YesNo:
		q.Kind = ui.Radios
		for _, o := range []struct{ value, key string }{{"true", "value.yes"}, {"false", "value.no"}} {
			q.Options = append(q.Options, ui.Option{Value: o.value, Text: f.T(o.key), Checked: q.Value == o.value})
		}
	case domain.Number:
		q.Kind, q.Private = ui.Number, ofPerson(field)
	case domain.ShortText:
		q.Kind, q.Private = ui.Text, true
	case domain.LongText:
		q.Kind, q.Private, q.Rows = ui.TextArea, true, 8
		q.Hint = strings.TrimSpace(q.Hint + " " + f.N("form.prose.hint", field.Max))
	case domain.Amount:
		q.Kind, q.Suffix = ui.Money, "AZN"
		q.Hint = strings.TrimSpace(q.Hint + " " + f.T("form.money.hint"))
	case domain.ADay:
		q.Kind, q.Parts = ui.Date, ui.ReadParts(f.answers.Get, field.Name)
		q.Parts.Time = ""
	case domain.ATime:
		q.Kind, q.Parts = ui.DateTime, ui.ReadParts(f.answers.Get, field.Name)
	case domain.AFacility:
		q.Kind, q.Options = ui.Select, f.facilities()
		for i := range q.Options {
			q.Options[i].Checked = q.Options[i].Value == q.Value
		}
	case domain.AnEvent:
		q.Kind = ui.Select
		for _, o := range f.events {
			o.Checked = o.Value == q.Value
			q.Options = append(q.Options, o)
		}
	case domain.ACase, domain.AReference:
		q.Kind, q.Width = ui.Text, 20
	case domain.ManyCases:
		q.Kind, q.Rows = ui.TextArea, 4
		q.Hint = strings.TrimSpace(q.Hint + " " + f.N("form.cases.hint", field.Max))
	}
	return q
}

// options are the codes that can be chosen, by their labels.
func (f *commandForm) options(field domain.Field) []ui.Option {
	chosen := f.answers[field.Name]
	var options []ui.Option
	for _, c := range f.sorted(field.List, f.choices(field)) {
		options = append(options, ui.Option{Value: c.Code, Text: f.code(field.List, c.Code), Checked: slices.Contains(chosen, c.Code)})
	}
	return options
}

// givingService are the commands that speak of a service of the asker's own.
var givingService = []string{"start-service", "deliver-service", "complete-service"}

// choices narrows a code list to what makes sense here: an action's own
// indicators, and the services that the asker's organisation gives.
func (f *commandForm) choices(field domain.Field) []domain.Code {
	codes := field.Choices()
	if f.ofAdult() {
		codes = ofAdults(field.List, codes)
	}
	switch {
	case f.spec.Name == "attest-period" && field.List == "organisation":
		codes = slices.DeleteFunc(slices.Clone(codes), func(c domain.Code) bool { return c.Code != f.by.Organisation })
	case field.List == "indicator" && f.about.Kind == domain.ActionKind:
		codes = slices.DeleteFunc(slices.Clone(codes), func(c domain.Code) bool { return c.Group != f.about.ID })
	case field.List == "service" && slices.Contains(givingService, f.spec.Name):
		codes = slices.DeleteFunc(slices.Clone(codes), func(c domain.Code) bool { return !f.by.Role.Serves(c.Code) })
	}
	return codes
}

// facilities are the open facilities that the asker may choose, by kind, region
// and operator. Staff of a facility answer for their own only.
func (f *commandForm) facilities() []ui.Option {
	var options []ui.Option
	for _, p := range f.places {
		own := p.State.Organisation == f.by.Organisation
		if !p.State.ClosedOn.IsZero() || ownPlaceOnly(f.spec.Name) && !own {
			continue
		}
		options = append(options, ui.Option{Value: string(p.Ref), Text: f.facility(p)})
	}
	return options
}

// ownPlaceOnly reports whether the command can only be given for the asker's
// own facility.
func ownPlaceOnly(command string) bool {
	switch command {
	case "confirm-admission", "refuse-admission", "record-non-arrival", "record-departure", "accept-transfer", "complete-transfer",
		"offer-place", "review-stay", "extend-stay":
		return true
	}
	return false
}

// facility names a facility without saying where it is: kind, region, operator
// and reference, and how much room it has.
func (r reader) facility(p projections.FacilityRow) string {
	return r.T("facility.option",
		"Kind", r.code("facility_kind", p.State.Kind), "Region", r.regionNow(p.State.District),
		"Operator", r.code("operator", p.State.Operator), "Ref", p.Ref, "Room", r.room(p.State))
}

// regionNow names the economic region of a district.
func (r reader) regionNow(district string) string {
	return r.code("region", domain.RegionOn(district, domain.DayOf(r.now)))
}

// room says how many places are free, or that there are more persons than beds.
func (w words) room(f *domain.Facility) string {
	if f.Taken > f.Capacity {
		return w.N("facility.over", f.Taken-f.Capacity)
	}
	return w.N("facility.free", f.Capacity-f.Taken)
}
