package api

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"nrm/api/ui"
	"nrm/domain"
	"nrm/projections"
)

// formOf makes an empty form for a command, as one of its givers sees it.
func formOf(t *testing.T, name, lang string) *commandForm {
	t.Helper()
	spec := mustSpec(name)
	f := &commandForm{
		reader: reader{in(lang), domain.Actor{User: "u", Role: spec.Givers()[0], Organisation: "shelter-baki"}, today, false},
		spec:   spec, about: domain.Stream{Kind: spec.Kind, ID: "4.4.1"}, state: &domain.Case{},
		places: []projections.FacilityRow{
			{Ref: "GK1234XA", State: &domain.Facility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 10, Taken: 8}},
			{Ref: "GK1234XB", State: &domain.Facility{Kind: "shelter", Operator: "ngo", Organisation: "shelter-ngo-quba", District: "AZ-QBA", Capacity: 4, Taken: 6}},
			{Ref: "GK1234XC", State: &domain.Facility{Kind: "shelter", Operator: "ngo", Organisation: "shelter-gence", District: "AZ-GA", Capacity: 4, ClosedOn: domain.DayOf(today)}},
		},
	}
	f.fill()
	return f
}

func drawn(t *testing.T, f *commandForm) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := ui.Form(f.view("/there", ui.Link{Text: "x", Href: "/"})).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestEveryCommandHasAForm draws the form of every command in every language,
// answers it as its description says, and has the command read it.
func TestEveryCommandHasAForm(t *testing.T) {
	for _, spec := range domain.CommandSpecs() {
		for _, l := range languages {
			f := formOf(t, spec.Name, l.Code)
			doc := drawn(t, f)
			sent := defaults(doc)
			for _, field := range spec.Fields() {
				if !strings.Contains(shownIn(doc), f.fieldLabel(spec.Name, field.Name)) {
					t.Errorf("%s in %s does not ask for %s", spec.Name, l.Code, field.Name)
				}
				reply(f, field, sent)
			}
			data, happened, ok := f.read(sent)
			if !ok {
				t.Errorf("%s in %s: %v %s", spec.Name, l.Code, f.faults, f.refused)
				continue
			}
			if _, err := spec.Parse(data); err != nil {
				t.Errorf("%s: %s: %v", spec.Name, data, err)
			}
			if want := domain.At(today); !happened.Equal(want) {
				t.Errorf("%s happened %s, want %s", spec.Name, happened, want)
			}
		}
	}
}

// reply gives a field an answer that it takes.
func reply(f *commandForm, field domain.Field, sent url.Values) {
	switch field.Kind {
	case domain.OneCode, domain.ManyCodes:
		sent.Set(field.Name, f.choices(field)[0].Code)
	case domain.YesNo:
		sent.Set(field.Name, "false")
	case domain.Number:
		sent.Set(field.Name, itoa(max(1, field.Min)))
	case domain.Amount:
		sent.Set(field.Name, "150,50")
	case domain.ADay, domain.ATime:
		sent.Set(field.Name+"-day", "7")
		sent.Set(field.Name+"-month", "3")
		sent.Set(field.Name+"-year", "2024")
	case domain.AFacility:
		sent.Set(field.Name, "GK1234XA")
	case domain.ACase:
		sent.Set(field.Name, "kw5219ez")
	case domain.ManyCases:
		sent.Set(field.Name, "ar2194hk\r\nHE6052WT")
	case domain.AnEvent:
		sent.Set(field.Name, "0190b2b6-0000-7000-8000-000000000001/0")
	case domain.AReference:
		sent.Set(field.Name, "cr-2024/153")
	case domain.ItemBank:
		sent.Set(itemName(field, f.choices(field)[0]), "absent")
	case domain.NumbersOf:
		sent.Set(itemName(field, f.choices(field)[0]), itoa(max(1, field.Min)))
	case domain.ShortText:
		sent.Set(field.Name, "Əliyeva")
	case domain.LongText:
		sent.Set(field.Name, "Bir\r\niki")
	}
}

// TestFieldsOfItems asks what no command asks yet: an answer to each item of a
// bank, numbers by code, and what points elsewhere.
func TestFieldsOfItems(t *testing.T) {
	bank := domain.Field{Name: "answers", Kind: domain.ItemBank, List: "ilo_indicator"}
	places := domain.Field{Name: "places", Kind: domain.NumbersOf, List: "sex", Min: 1, Max: 50, Optional: true}
	f := formOf(t, "close-case", "en")
	if got, want := len(f.items(bank)), len(domain.Codes("ilo_indicator")); got != want || len(f.items(bank)[0].Options) != 3 || f.items(bank)[0].Begins == nil {
		t.Errorf("%d questions, want %d: %+v", got, want, f.items(bank)[0])
	}
	for _, tt := range []struct {
		field       domain.Field
		sent        url.Values
		data, fault string // a fault of one answer of many stands beside that one, by its name
	}{
		{bank, url.Values{"answers-deception": {"present"}, "answers-violence": {"unknown"}}, `[{"code":"deception","answer":"present"},{"code":"violence","answer":"unknown"}]`, ""},
		{bank, url.Values{"answers-nonsense": {"present"}}, "null", "required"},
		{bank, url.Values{"answers-deception": {"maybe"}}, "", "answers-deception"},
		{places, url.Values{"places-female": {" 3 "}, "places-male": {"0"}}, `[{"code":"female","number":3}]`, ""},
		{places, url.Values{"places-female": {"many"}}, "", "places-female"},
		{places, url.Values{}, "null", ""},
		{domain.Field{Name: "other", Kind: domain.ACase}, url.Values{"other": {"kw5219ez"}}, `"KW5219EZ"`, ""},
		{domain.Field{Name: "others", Kind: domain.ManyCases}, url.Values{"others": {" kw5219ez,\r\nAR2194HK; he6052wt\n\n"}}, `["KW5219EZ","AR2194HK","HE6052WT"]`, ""},
		{domain.Field{Name: "others", Kind: domain.ManyCases, Optional: true}, url.Values{"others": {" \r\n , "}}, "null", ""},
		{domain.Field{Name: "others", Kind: domain.ManyCases}, url.Values{"others": {"\n"}}, "null", "required"},
		{domain.Field{Name: "number", Kind: domain.AReference}, url.Values{"number": {" cr-1 "}}, `"CR-1"`, ""},
		{domain.Field{Name: "event", Kind: domain.AnEvent}, url.Values{"event": {"nonsense"}}, "", "no_such_event"},
	} {
		f.answers, f.faults = tt.sent, map[string]string{}
		value, fault := f.answer(tt.field)
		for name := range f.faults {
			fault += name
		}
		data, err := json.Marshal(value)
		if err != nil || fault != tt.fault || tt.data != "" && string(data) != tt.data {
			t.Errorf("%s %v: %s, fault %q, %v", tt.field.Name, tt.sent, data, fault, err)
		}
	}
	f.events = []ui.Option{{Value: "a/0", Text: "A"}, {Value: "b/1", Text: "B"}}
	f.answers = url.Values{"event": {"b/1"}}
	if q := f.question(domain.Field{Name: "event", Kind: domain.AnEvent}); len(q.Options) != 2 || !q.Options[1].Checked || f.events[1].Checked {
		t.Errorf("asked %+v", q)
	}
	told := in("en").pairs("ilo_indicator", domain.Answers{{Code: "deception", Answer: "absent"}}) + " " + in("az").pairs("sex", domain.Counts{{Code: "female", Number: 3}})
	if told != "Deception: absent Qadın: 3" {
		t.Errorf("told as %q", told)
	}
}

// TestEmptyFormNamesEveryGap: a form sent as it comes says of each answer that
// is missing that it is.
func TestEmptyFormNamesEveryGap(t *testing.T) {
	for _, spec := range domain.CommandSpecs() {
		f := formOf(t, spec.Name, "en")
		f.read(url.Values{})
		doc := drawn(t, f)
		for _, field := range append(spec.Fields(), domain.Field{Name: happenedField}) {
			if missing := f.faults[field.Name] != ""; missing == field.Optional {
				t.Errorf("%s.%s: optional %v, missed %v", spec.Name, field.Name, field.Optional, missing)
			}
		}
		summary, ids := 0, map[string]bool{}
		for n := range doc.Descendants() {
			ids[attr(n, "id")] = true
		}
		for n := range doc.Descendants() {
			if href := attr(n, "href"); strings.HasPrefix(href, "#") {
				if summary++; !ids[href[1:]] {
					t.Errorf("%s: the summary leads to %s, which is not there", spec.Name, href)
				}
			}
		}
		if summary != len(f.faults) {
			t.Errorf("%s: %d faults, %d lines in the summary", spec.Name, len(f.faults), summary)
		}
	}
}

func TestFormReads(t *testing.T) {
	for _, tt := range []struct {
		command string
		sent    url.Values
		data    string // what the command gets, or
		faults  []string
	}{
		{"pay-allowance", url.Values{"amount": {"1 700,5"}}, `{"amount":170050}`, nil},
		{"pay-allowance", url.Values{"amount": {"1.700,5"}}, "", []string{"amount"}},
		{"pay-allowance", url.Values{"amount": {"0.001"}}, "", []string{"amount"}},
		{"pay-allowance", url.Values{"amount": {"many"}}, "", []string{"amount"}},
		{"change-capacity", url.Values{"capacity": {" 12 "}}, `{"capacity":12}`, nil},
		{"change-capacity", url.Values{"capacity": {"1.5"}}, "", []string{"capacity"}},
		{"hold-interview", url.Values{"participants": {"doctor", "", "lawyer"}, "child_standard": {"true"}}, `{"child_standard":true,"participants":["doctor","lawyer"]}`, nil},
		{"grant-reflection", url.Values{"until-day": {"31"}, "until-month": {"4"}, "until-year": {"2024"}}, "", []string{"until"}},
		{"grant-reflection", url.Values{"until-day": {"30"}, "until-month": {"04"}, "until-year": {"2024"}, "until-time": {"12:00"}}, `{"until":"2024-04-30"}`, nil},
		{"close-case", url.Values{"reason": {"nonsense"}}, "", []string{"reason"}},
		{"set-target", url.Values{"indicator": {"4.1.9a"}, "value": {"3"}, "reason": {"revised"}}, "", []string{"indicator"}},
		{"assess-risk", url.Values{"level": {"low"}, "unasked": {"x"}}, `{"level":"low"}`, nil},
		{"close-case", url.Values{"reason": {"died"}, "happened-time": {"24:61"}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-time": {"9:05?"}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-time": {"9:05~"}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-time": {"9:05:00Z"}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-day": {"1?"}, "happened-time": {""}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-time": {"?"}}, "", []string{"happened"}},
		{"close-case", url.Values{"reason": {"died"}, "happened-day": {""}, "happened-month": {""}, "happened-year": {""}, "happened-time": {""}}, "", []string{"happened"}},
	} {
		f := formOf(t, tt.command, "en")
		sent := url.Values{onceField: {"k"}, "happened-day": {"1"}, "happened-month": {"3"}, "happened-year": {"2024"}, "happened-time": {"9:05"}}
		for name, value := range tt.sent {
			sent[name] = value
		}
		data, happened, ok := f.read(sent)
		if got := slices.Sorted(keysOf(f.faults)); ok != (tt.data != "") || !slices.Equal(got, tt.faults) {
			t.Errorf("%s %v: %v, faults %v", tt.command, tt.sent, ok, f.faults)
		}
		if ok && (string(data) != tt.data || happened.String() != "2024-03-01T05:05:00Z") {
			t.Errorf("%s: %s at %s", tt.command, data, happened)
		}
	}
	f := formOf(t, "close-case", "en")
	if _, happened, _ := f.read(url.Values{"reason": {"died"}, "happened-day": {"1"}, "happened-month": {"3"}, "happened-year": {"2024"}}); happened.Precision != domain.OnDay {
		t.Errorf("without a time: %s", happened.Precision)
	}
}

// TestFormAsksAnAdultNothingOfChildren: of an adult no form asks what is of
// children, and what it sends is taken all the same; of somebody who may have been
// a child the questions stay.
func TestFormAsksAnAdultNothingOfChildren(t *testing.T) {
	adult := &domain.Case{Age: "adult", Detected: domain.At(today)}
	for command, names := range childQuestions {
		for _, name := range names {
			asked := func(c *domain.Case) bool {
				f := formOf(t, command, "ru")
				f.state = c
				return slices.ContainsFunc(f.questions(), func(q ui.Field) bool { return q.Name == name })
			}
			if asked(adult) || !asked(&domain.Case{Age: "child"}) || !asked(&domain.Case{Age: "not_sure"}) {
				t.Errorf("%s, %s: adult %t", command, name, asked(adult))
			}
		}
		f := formOf(t, command, "az")
		f.state = adult
		f.fill()
		for _, field := range f.spec.Fields() {
			if f.asks(field) {
				reply(f, field, f.answers)
			}
		}
		data, _, ok := f.read(f.answers)
		if _, err := f.spec.Parse(data); !ok || err != nil {
			t.Errorf("%s: %v, %s: %v", command, f.faults, data, err)
		}
	}
	for list, codes := range childAnswers {
		for _, code := range codes {
			if _, ok := domain.CodeOf(list, code); !ok {
				t.Errorf("%s has no %s", list, code)
			}
		}
	}
	f := formOf(t, "record-return-consent", "en")
	f.state = adult
	f.fill()
	if by := f.question(f.spec.Fields()[0]); len(by.Options) != 1 || !by.Options[0].Checked || by.Options[0].Value != "person" {
		t.Errorf("who consents for an adult: %+v", by.Options)
	}
}

func TestFormOffersOwnFacilitiesOnly(t *testing.T) {
	f := formOf(t, "confirm-admission", "en")
	if got := f.facilities(); len(got) != 1 || got[0].Value != "GK1234XA" || f.answers.Get("facility") != "GK1234XA" {
		t.Errorf("offered %v, filled in %q", got, f.answers.Get("facility"))
	}
	f = formOf(t, "request-shelter", "en")
	if got := f.facilities(); len(got) != 2 || !strings.HasSuffix(got[0].Text, "2 places free") || !strings.HasSuffix(got[1].Text, "2 persons over capacity") {
		t.Errorf("offered %v", got)
	}
	f.by = domain.Actor{Role: domain.LegalAid}
	f.spec = mustSpec("deliver-service")
	for _, c := range f.choices(f.spec.Fields()[0]) {
		if !strings.HasPrefix(c.Code, "legal_") {
			t.Errorf("legal aid is offered %s", c.Code)
		}
	}
}

func TestFormKnowsTheAllowance(t *testing.T) {
	want, _ := domain.ParameterOn("allowance", domain.DayOf(today))
	for _, command := range []string{"grant-allowance", "pay-allowance"} {
		f := formOf(t, command, "az")
		f.state = &domain.Case{Outcome: "positive", Decided: domain.At(today)}
		f.fill()
		if amount, ok := parseMoney(f.answers.Get("amount")); !ok || int(amount) != want.Value {
			t.Errorf("%s: filled in %q, the law says %d", command, f.answers.Get("amount"), want.Value)
		}
	}
	f := formOf(t, "grant-reflection", "az")
	var sent struct{ Until domain.Day }
	data, _, ok := f.read(f.answers)
	if err := json.Unmarshal(data, &sent); !ok || err != nil || sent.Until.Since(domain.DayOf(today)) != 30 {
		t.Errorf("until %s: %v", sent.Until, err)
	}
}

func TestLag(t *testing.T) {
	at := time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		happened domain.When
		known    time.Time
		want     int
	}{
		{domain.At(at), at.Add(23 * time.Hour), 0},
		{domain.At(at), at.Add(49 * time.Hour), 2},
		{domain.At(at), at.Add(-time.Hour), 0},
		{domain.OnThe(domain.DayOf(at)), at.Add(30 * time.Hour), 0},
		{domain.OnThe(domain.DayOf(at)), at.Add(40 * time.Hour), 1},
		{domain.When{At: at, Precision: domain.Unknown}, at.Add(900 * time.Hour), 0},
	} {
		if got := lag(projections.Entry{Happened: tt.happened, Known: tt.known}); got != tt.want {
			t.Errorf("%s known %s: %d, want %d", tt.happened, tt.known, got, tt.want)
		}
	}
}

// TestChosenOfManyStaysInSight: of a list that scrolls by itself.
func TestChosenOfManyStaysInSight(t *testing.T) {
	f := formOf(t, "schedule-return", "en")
	f.answers["via"] = []string{"TR", "UA"}
	for _, field := range f.spec.Fields() {
		if field.Name != "via" {
			continue
		}
		if q := f.question(field); len(q.Options) <= ui.ManyOptions || q.Options[0].Value != "TR" || q.Options[1].Value != "UA" || q.Options[2].Value != "AF" {
			t.Errorf("%d options, first %v", len(q.Options), q.Options[:3])
		}
	}
}

func TestFaultIsSaidInOneLine(t *testing.T) {
	if got := said("When?", "It is over"); got != "When? It is over" {
		t.Error(got)
	}
	if got := said("Grade", "Enter a number"); got != "Grade: enter a number" {
		t.Error(got)
	}
}
