package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"nrm/domain"
)

// described is the API's description as programs get it.
type described struct {
	all   map[string]any
	check *jsonschema.Compiler
}

func (s *site) described() described {
	s.t.Helper()
	w := s.send("", "GET", "/openapi.json", "")
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	s.must(err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	s.must(c.AddResource("openapi.json", doc))
	return described{doc.(map[string]any), c}
}

// body compiles the schema of a command's body.
func (d described) body(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	schema, err := d.check.Compile("openapi.json#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/post/requestBody/content/application~1json/schema")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestDescriptionAndServerAgree gives every command that a person may give,
// with data that the description allows and with data that it does not.
func TestDescriptionAndServerAgree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.described()
	about := map[domain.StreamKind]string{domain.CaseKind: s.opened(), domain.ActionKind: "4.1.9"}
	about[domain.FacilityKind] = s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":9}}`).Facility
	tried, refused := 0, 0
	for _, spec := range domain.CommandSpecs() {
		path := commandOf(spec).Path
		givers := slices.DeleteFunc(spec.Givers(), func(r domain.Role) bool { return r == domain.Clock })
		if len(givers) == 0 {
			if paths := d.all["paths"].(map[string]any); paths[path] != nil {
				t.Errorf("%s is described and nobody may give it", path)
			}
			continue
		}
		schema := d.body(t, path)
		target := strings.NewReplacer("{case}", about[spec.Kind], "{facility}", about[spec.Kind], "{number}", about[spec.Kind]).Replace(path)
		send := func(data map[string]any) (allowed bool, p problem) {
			body, err := json.Marshal(map[string]any{"happened": "2024-03-10", "data": data})
			s.must(err)
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
			s.must(err)
			allowed = schema.Validate(value) == nil
			w := s.send(string(givers[0]), http.MethodPost, target, string(body))
			if w.Code >= 500 {
				t.Fatalf("%s %s: %d %s\n%s", target, body, w.Code, w.Body, s.logged)
			}
			_ = json.Unmarshal(w.Body.Bytes(), &p)
			return allowed, p
		}
		whole, least := sample(spec, about[domain.FacilityKind], true), sample(spec, about[domain.FacilityKind], false)
		for _, data := range []map[string]any{whole, least} {
			tried++
			if allowed, p := send(data); !allowed || slices.Contains(unread, p.Code) && !asksMore(spec, p) {
				t.Errorf("%s %v: described %v, answered %s %s", spec.Name, data, allowed, p.Code, p.Field)
			}
		}
		for name, data := range spoiled(spec, whole) {
			refused++
			before := s.last()
			allowed, p := send(data)
			field := name[strings.LastIndex(name, " ")+1:]
			if field == "nonsense" { // theirs, and not repeated
				field = ""
			}
			if allowed || !slices.Contains(unread, p.Code) || p.Field != field {
				t.Errorf("%s, %s: described %v, answered %d %s %s", spec.Name, name, allowed, p.Status, p.Code, p.Field)
			}
			for _, l := range languages {
				if in(l.Code).first("refusal."+p.Code) == "" {
					t.Errorf("%s: %s has no words in %s", spec.Name, p.Code, l.Code)
				}
			}
			if s.last() != before {
				t.Errorf("%s, %s: refused and written", spec.Name, name)
			}
		}
	}
	t.Logf("%d bodies allowed, %d refused", tried, refused)
	if tried < 80 || refused < 150 {
		t.Error("too few to show anything")
	}
}

// unread are the codes that say that a command was not even judged.
var unread = []string{"not_text", "too_long", "unreadable", "unknown_field", "required", "unknown_code", "repeated_code", "out_of_range", "no_such_facility", "no_such_reference", "not_a_reference"}

// asksMore reports whether a rule of the domain, and not the description, asks for
// the field: forms of exploitation where the decision is positive.
func asksMore(spec domain.CommandSpec, p problem) bool {
	i := slices.IndexFunc(spec.Fields(), func(f domain.Field) bool { return f.Name == p.Field })
	return p.Code == "required" && i >= 0 && !requires(spec.Fields()[i])
}

// sample is a command's data, whole or with what is required only.
func sample(spec domain.CommandSpec, facility string, whole bool) map[string]any {
	data := map[string]any{}
	for _, f := range spec.Fields() {
		if !whole && !requires(f) || f.Name == "country" && !requires(f) { // a district and a country exclude each other
			continue
		}
		switch f.Kind {
		case domain.OneCode:
			data[f.Name] = f.Choices()[0].Code
		case domain.ManyCodes:
			data[f.Name] = []string{f.Choices()[0].Code}
		case domain.YesNo:
			data[f.Name] = true
		case domain.Number:
			data[f.Name] = max(f.Min, 1)
			if f.Max >= 2024 && f.Min >= 2000 {
				data[f.Name] = 2024
			}
		case domain.Amount:
			data[f.Name] = max(f.Min, 1)
		case domain.ADay:
			data[f.Name] = "2024-05-01"
		case domain.ATime:
			data[f.Name] = "2024-03-11T10:00:00+04:00"
		case domain.AFacility:
			data[f.Name] = facility
		case domain.ACase:
			data[f.Name] = string(domain.NewRef("another"))
		case domain.ManyCases:
			data[f.Name] = []string{string(domain.NewRef("one more")), string(domain.NewRef("and another"))}
		case domain.AnEvent:
			data[f.Name] = "0190b2b6-0000-7000-8000-000000000001/0"
		case domain.AReference:
			data[f.Name] = "CR-2024/153"
		case domain.ItemBank:
			data[f.Name] = []any{map[string]any{"code": f.Choices()[0].Code, "answer": "present"}}
		case domain.NumbersOf:
			data[f.Name] = []any{map[string]any{"code": f.Choices()[0].Code, "number": max(f.Min, 1)}}
		case domain.ShortText:
			data[f.Name] = "Əliyeva"
		case domain.LongText:
			data[f.Name] = "Bir\niki\t\U0001f642"
		}
	}
	return data
}

// spoiled are data that no command may have, each with one thing wrong.
func spoiled(spec domain.CommandSpec, good map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	with := func(name, field string, value any) {
		data := maps.Clone(good)
		data[field] = value
		all[name+" "+field] = data
	}
	with("unknown field", "nonsense", 1)
	for _, f := range spec.Fields() {
		if _, ok := good[f.Name]; !ok {
			continue
		}
		with("null", f.Name, nil)
		with("object", f.Name, map[string]any{})
		if requires(f) {
			data := maps.Clone(good)
			delete(data, f.Name)
			all["missing "+f.Name] = data
		}
		switch f.Kind {
		case domain.OneCode:
			with("unknown code", f.Name, "nonsense")
			with("number", f.Name, 1)
		case domain.ManyCodes:
			with("unknown code", f.Name, []string{"nonsense"})
			with("twice", f.Name, []string{f.Choices()[0].Code, f.Choices()[0].Code})
			with("no list", f.Name, f.Choices()[0].Code)
			if requires(f) {
				with("empty", f.Name, []string{})
			}
		case domain.YesNo:
			with("text", f.Name, "true")
		case domain.Number:
			with("too many", f.Name, f.Max+1)
			with("too few", f.Name, f.Min-1)
			with("fraction", f.Name, 1.5)
			with("text", f.Name, "1")
		case domain.Amount:
			with("nothing", f.Name, -1)
			with("too much", f.Name, f.Max+1)
		case domain.ADay, domain.ATime:
			with("no day", f.Name, "2024-02-30")
			with("words", f.Name, "soon")
		case domain.AFacility, domain.ACase, domain.AnEvent:
			with("no reference", f.Name, "nonsense")
		case domain.ManyCases:
			one := string(domain.NewRef("one more"))
			with("no reference", f.Name, []string{one, "nonsense"})
			with("no list", f.Name, one)
			with("twice", f.Name, []string{one, one})
			var many []string
			for i := range f.Max + 1 {
				many = append(many, string(domain.NewRef(fmt.Sprint("one of many ", i))))
			}
			with("too many", f.Name, many)
		case domain.AReference:
			with("a name", f.Name, "Aliyeva")
			with("too long", f.Name, strings.Repeat("1", f.Max+1))
		case domain.ItemBank, domain.NumbersOf:
			one := good[f.Name].([]any)[0].(map[string]any)
			with("twice", f.Name, []any{one, one})
			with("code alone", f.Name, []any{map[string]any{"code": one["code"]}})
			with("unknown code", f.Name, []any{map[string]any{"code": "nonsense", "answer": "present"}})
			with("more", f.Name, []any{map[string]any{"code": one["code"], "answer": "present", "number": 1}})
			if requires(f) {
				with("empty", f.Name, []any{})
			}
		case domain.ShortText, domain.LongText:
			with("too long", f.Name, strings.Repeat("ə", f.Max+1))
			with("a bell", f.Name, "a\ab")
			with("no character", f.Name, "a\ufffd")
			with("number", f.Name, 1)
			if f.Kind == domain.ShortText {
				with("two lines", f.Name, "a\nb")
			}
			if requires(f) {
				with("empty", f.Name, "")
			}
		}
	}
	return all
}

// TestAnswersAreAsDescribed reads everything there is to read and holds the
// answers against their description.
func TestAnswersAreAsDescribed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.described()
	ref := s.opened()
	s.asked("duty_officer", "/cases/"+ref+"/accept-handover", `{"happened":"2024-03-02","data":{"district":"AZ-BA","condition":"good"}}`)
	s.asked("case_officer", "/cases/"+ref+"/grant-reflection", `{"happened":"2024-03-02","data":{"until":"2024-05-01"}}`)
	facility := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":9}}`).Facility
	s.asked("coordinator", "/actions/4.1.9/hold-meeting", `{"data":{"body":"nrm_commission","present":9,"members":9}}`)
	paths := d.all["paths"].(map[string]any)
	read := 0
	for path, item := range paths {
		if item.(map[string]any)["get"] == nil {
			continue
		}
		target := strings.NewReplacer("{case}", ref, "{facility}", facility, "{number}", "4.1.9", "{list}", "organisation", "{year}", "2024", "{id}", "1").Replace(path)
		if strings.HasSuffix(path, "/consistency") {
			target += "?older=1&newer=2"
		}
		if strings.HasSuffix(path, "/latest") { // a text, and tested as one
			continue
		}
		schema, err := d.check.Compile("openapi.json#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/get/responses/200/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
		who := "head"
		if strings.HasSuffix(path, "/accesses") { // which is kept from those who are in it
			who = "data_protection"
		}
		if strings.HasSuffix(path, "/notices") { // for those who see a case only by what the person lets them
			who = "legal_aid"
		}
		w := s.send(who, "GET", target, "")
		value, err := jsonschema.UnmarshalJSON(w.Body)
		if err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v", target, w.Code, err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if strings.Contains(fmt.Sprint(value), "<nil>") {
			t.Errorf("%s has a null: %v", target, value)
		}
		read++
	}
	if read < 14 {
		t.Errorf("only %d questions", read)
	}
}
