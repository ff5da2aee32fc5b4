package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"nrm/domain"
)

// aPerson is what a referrer types who knows whom they refer.
func aPerson() url.Values {
	v := aReferral()
	for name, value := range map[string]string{
		"age": "adult", "family_name": "Əliyeva", "given_name": "Günay", "patronymic": "Rəşid qızı", "other_names": "Алиева Гюнай",
		"birth_date-day": "5", "birth_date-month": "4", "birth_date-year": "1999", "nationality": "AZ",
		"document_kind": "passport", "document_number": "AZE 771-905", "document_country": "AZ",
		"contact_kind": "phone", "contact": "+994 50 771 39 05", "contact_safety": "unsafe", "notes": "  Bir sətir\r\nvə ikinci <b>sətir</b>  ",
	} {
		v.Set(name, value)
	}
	return v
}

// TestReferralOfAPerson: the form asks who the person is, keeps what was typed
// when it is refused, and shows it afterwards to whom it concerns.
func TestReferralOfAPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	duty := s.as(t, "duty_officer", "en")
	duty.get("/cases/new").code(http.StatusOK).sees("Who the person is (if known)", "Family name (optional)", "At most 8,000 characters.")
	form := duty.form("/cases/new")
	if attr(form, "autocomplete") != "off" {
		t.Error("the browser may keep the form")
	}
	order := shownIn(form)
	if happened, person, notes := strings.Index(order, "When was the person found?"), strings.Index(order, "Who the person is"), strings.Index(order, "Notes"); happened < 0 || person < happened || notes < person {
		t.Errorf("the form asks in another order: %s", order)
	}
	asked := 0
	for n := range form.Descendants() {
		name := attr(n, "name")
		if text := n.Data == "textarea" || n.Data == "input" && attr(n, "type") == "text"; text && personal(name) {
			if asked++; attr(n, "autocomplete") != "off" {
				t.Errorf("the browser may keep %s", name)
			}
			if strings.HasPrefix(name, "birth_date-") {
				continue
			}
			if attr(n, "spellcheck") != "false" || attr(n, "writingsuggestions") != "false" {
				t.Errorf("the browser may send %s to be checked", name)
			}
		}
	}
	if asked != 11 {
		t.Errorf("%d fields for texts", asked)
	}

	answers := aPerson()
	answers.Set("birth_date-year", "2019")
	answers.Set("contact_kind", "")
	before := s.last()
	duty.fill("/cases/new", answers).code(http.StatusUnprocessableEntity).sees("does not fit the age given")
	kept := defaults(duty.form("/cases/new"))
	for name := range answers {
		if name == "circumstances" {
			continue // two of them, in the order of the list
		}
		want := strings.ReplaceAll(answers.Get(name), "\r\n", "\n")
		if got := kept.Get(name); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s is now %q, was %q", name, got, want)
		}
	}
	if strings.Contains(duty.path, "liyeva") || len(seen(duty.path)) > 0 {
		t.Errorf("the address is %s", duty.path)
	}
	duty.fill("/cases/new", url.Values{"birth_date-year": {"1999"}}).code(http.StatusUnprocessableEntity).sees("How the person can be reached: answer this question")
	if s.last() != before {
		t.Error("something was recorded")
	}
	duty.fill("/cases/new", url.Values{"contact_kind": {"phone"}}).code(http.StatusOK).sees("Identity recorded", "The details are not open to you.").
		lacks("Əliyeva", "771", "ikinci", "Passport")
	path := duty.path
	if !reference.MatchString(path) {
		t.Fatalf("sent to %s", path)
	}
	duty.get("/").lacks("Əliyeva")
	duty.get(path+"/record-identity").code(http.StatusOK).sees("takes the place of the earlier one").lacks("Əliyeva", "Günay")
	if got := defaults(duty.form(path + "/record-identity")); got.Get("family_name") != "" {
		t.Errorf("the form tells the duty officer %v", got)
	}

	officer := s.as(t, "case_officer", "en")
	officer.sees("Əliyeva Günay Rəşid qızı")
	officer.get(path).sees("The person", "Əliyeva", "Алиева Гюнай", "5 April 1999", "AZE 771-905", "Passport", "Not safe to use", "Text: Bir sətir və ikinci <b>sətir</b>")
	if title := shownIn(officer.first("title", "", "")); strings.Contains(title, "liyeva") || !strings.Contains(title, path[len("/cases/"):]) {
		t.Errorf("the title is %q", title)
	}
	// What is recorded anew takes the place of everything, so the form begins
	// with what stands there.
	officer.get(path + "/record-identity")
	now := defaults(officer.form(path + "/record-identity"))
	if now.Get("family_name") != "Əliyeva" || now.Get("birth_date-year") != "1999" || now.Get("nationality") != "AZ" {
		t.Errorf("the form begins with %v", now)
	}
	officer.fill(path+"/record-identity", on(url.Values{"given_name": {"Gülay"}}, 20, "10:00")).code(http.StatusOK).
		sees("Recorded: Identity recorded", "Gülay", "Rəşid qızı")
	officer.get("/cases?queue=open").sees("Əliyeva Gülay Rəşid qızı")
	empty := url.Values{"family_name": {""}, "given_name": {""}, "patronymic": {""}, "other_names": {""}, "birth_date-day": {""}, "birth_date-month": {""}, "birth_date-year": {""}, "nationality": {""}}
	officer.get(path+"/record-identity").fill(path+"/record-identity", empty).code(http.StatusUnprocessableEntity).sees("Nothing is entered")
	officer.get(path+"/record-narrative").fill(path+"/record-narrative", url.Values{"text": {strings.Repeat("ə", 8001)}}).code(http.StatusUnprocessableEntity).sees("The text is too long")
	if got := defaults(officer.form(path + "/record-narrative")).Get("text"); len([]rune(got)) != 8001 {
		t.Errorf("%d characters are left of what was typed", len([]rune(got)))
	}
	officer.fill(path+"/record-narrative", url.Values{"text": {strings.Repeat("\U0001f642", 8000)}}).code(http.StatusOK)
	for _, who := range []string{"coordinator", "head"} {
		v := s.as(t, who, "ru")
		v.get(path)
		if strings.Contains(v.body, "liyeva") != (who == "head") {
			t.Errorf("%s: %s", who, v.main())
		}
	}
	if text := s.logged.String(); strings.Contains(text, "liyeva") || strings.Contains(text, "AZE") || strings.Contains(text, "713905") {
		t.Error("the log has it")
	}
}

// personal reports whether a field of a form is about who the person is.
func personal(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "-day"), "-month"), "-year")
	for _, f := range mustSpec("register-referral").Fields() {
		if f.Name == name {
			return ofPerson(f)
		}
	}
	return false
}

// TestReferralSentTwice: also with a person in it, sent again it is recorded
// once, and something else under the same key is told from it.
func TestReferralSentTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(t, "duty_officer", "en")
	v.get("/cases/new")
	form := defaults(v.form("/cases/new"))
	for name, value := range aPerson() {
		form[name] = value
	}
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusOK)
	first, position := v.path, s.last()
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusOK)
	if v.path != first || s.last() != position {
		t.Errorf("sent twice: %s then %s, position %d then %d", first, v.path, position, s.last())
	}
	form.Set("given_name", "Başqası")
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusUnprocessableEntity).sees("has recorded something else already")
	if got := defaults(v.form("/cases/new")); got.Get("given_name") != "Başqası" || got.Get(onceField) == form.Get(onceField) {
		t.Errorf("the form holds %v", got)
	}
}

// TestSearchPage: who is looked for is asked by POST, kept in the form when it
// is refused, and found in three scripts.
func TestSearchPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	referrer := s.as(t, "duty_officer", "en")
	referrer.get("/cases/new").fill("/cases/new", aPerson()).code(http.StatusOK)
	ref := strings.TrimPrefix(referrer.path, "/cases/")
	if referrer.links()["Search by name"] != "" {
		t.Error("the menu leads the duty officer to names")
	}
	referrer.get("/search").code(http.StatusForbidden)

	v := s.as(t, "case_officer", "en")
	if v.links()["Search by name"] != "/search" || v.links()["Erasure"] != "/erasures" {
		t.Errorf("the menu leads to %v", v.links())
	}
	v.get("/search").code(http.StatusOK)
	if form := v.form("/search"); form == nil || attr(form, "autocomplete") != "off" {
		t.Fatal("no form that the browser forgets")
	}
	for _, typed := range []string{"Əliyeva", "aliyeva gunay", "АЛИЕВА", "Aliyeva Gunay"} {
		v.fill("/search", url.Values{"name": {typed}}).code(http.StatusOK).sees("1 case", ref, "Əliyeva Günay Rəşid qızı")
		if v.path != "/search" || defaults(v.form("/search")).Get("name") != typed {
			t.Errorf("at %s with %v", v.path, defaults(v.form("/search")))
		}
		if title := shownIn(v.first("title", "", "")); strings.Contains(title, typed) {
			t.Errorf("the title is %q", title)
		}
		for text, href := range v.links() {
			if strings.Contains(href, "liyev") || strings.Contains(href, url.QueryEscape(typed)) {
				t.Errorf("%s leads to %s", text, href)
			}
		}
	}
	v.fill("/search", url.Values{"name": {""}, "document": {"aze771905"}}).code(http.StatusOK).sees(ref, "By document")
	v.fill("/search", url.Values{"name": {"Petrosyan"}, "document": {""}}).code(http.StatusOK).sees("No such person was found").lacks(ref)
	for name, fault := range map[string]string{"": "too little", "a": "too little", "  ?!  ": "too little", strings.Repeat("ə", 201): "too long", "Əli\ayeva": "cannot be written"} {
		v.fill("/search", url.Values{"name": {name}, "document": {""}}).code(http.StatusUnprocessableEntity).sees("There is a problem", fault).lacks("Found")
		if v.first("p", "id", "name-error") == nil {
			t.Errorf("%.20q: the fault is not beside the field", name)
		}
	}
	v.fill("/search", url.Values{"name": {"Əliyeva"}, "document": {"1"}}).code(http.StatusUnprocessableEntity)
	if v.first("p", "id", "document-error") == nil || defaults(v.form("/search")).Get("name") != "Əliyeva" {
		t.Error("the fault is not beside the document, or the name is gone")
	}
	if v.get("/search?name=Aliyeva").code(http.StatusOK); strings.Contains(v.main(), ref) || defaults(v.form("/search")).Get("name") != "" {
		t.Error("an address has an answer")
	}

	shelter := s.as(t, "shelter", "az")
	if shelter.get("/search").form("/search"); shelter.first("input", "name", "document") != nil {
		t.Error("a shelter is asked for documents, which it does not see")
	}
	shelter.fill("/search", url.Values{"name": {"Əliyeva"}}).code(http.StatusOK).lacks(ref)
	shelter.send(http.MethodPost, "/search", url.Values{"document": {"AZE771905"}}).code(http.StatusForbidden)

	r := httpRequest("/search", url.Values{"name": {"Əliyeva"}})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if w := s.served(r); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), ref) {
		t.Errorf("from another site: %d", w.Code)
	}
}

// TestReferenceIsNoName: what cannot be a reference is told so and not shown
// again, since it may be a name.
func TestReferenceIsNoName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	v := s.as(t, "case_officer", "en")
	for _, typed := range []string{"aliyeva", "Əliyeva", "KW52a", "ZZZ"} {
		v.get("/cases?q="+url.QueryEscape(typed)).code(http.StatusUnprocessableEntity).sees("There is no such reference", "Never type a name here")
		if attr(v.first("input", "name", "q"), "value") != "" {
			t.Errorf("%q is shown again", typed)
		}
	}
	for n := range len(ref) {
		v.get("/cases?q=" + strings.ToLower(ref[:n])).code(http.StatusOK).sees(ref)
	}
	if v.get("/cases?q=" + ref); v.path != "/cases/"+ref {
		t.Errorf("at %s", v.path)
	}
}

// complete is what the register does by itself after an erasure was approved.
func (s *site) complete(ref string) {
	s.t.Helper()
	s.vault.erase(ref)
	req := domain.Request{By: domain.ClockActor(), Now: today}
	spec := mustSpec("complete-erasure")
	cmd, err := spec.Parse([]byte(`{"keys":5}`))
	s.must(err)
	out, err := domain.Execute(context.Background(), s.log, req, domain.CaseStream(domain.Ref(ref)), cmd)
	s.must(err)
	s.must(s.views.WaitFor(context.Background(), out.Position))
}
