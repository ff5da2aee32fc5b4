package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// told is everything personal of the case of these tests, by the compartment
// that it is sealed in. None of it stands anywhere else, so whoever is shown
// one of these texts was shown what is in that compartment.
var told = map[domain.Compartment][]string{
	domain.Identity:    {"Zərqələmova", "Ülkərnaz"},
	patronymic:         {"Mirzəbala"},
	otherNames:         {"Güllü-Dəstə"},
	domain.Documents:   {"AZE77319055"},
	domain.Contacts:    {"+994507713905"},
	domain.Narrative:   {"Qırmızı darvazanın arxasında", "Sərnişin qatarında deyilən", "İş otağında yazılan"},
	domain.Medical:     {"Astma dərmanı nəfəsliyi"},
	domain.Testimony:   {"Mavi furqonun sürücüsü"},
	domain.Whereabouts: {"Köhnə dəyirman küçəsi 40"},
}

// Of the identity, not every role that sees it is told all.
const (
	patronymic domain.Compartment = "patronymic"
	otherNames domain.Compartment = "other names"
)

// readers says which role is shown what of the case, written out: it does not
// follow from the policy that the program applies. Every organisation has to do
// with the case but that of shelter.gence, which was only asked to take the
// person in, and the hotline.
var readers = map[string][]domain.Compartment{
	"":                  nil,
	"referrer":          nil,
	"referrer.border":   nil,
	"duty_officer":      nil,
	"case_officer":      {domain.Identity, patronymic, otherNames, domain.Documents, domain.Contacts, domain.Narrative, domain.Testimony, domain.Whereabouts},
	"head":              {domain.Identity, patronymic, otherNames, domain.Documents, domain.Contacts, domain.Narrative, domain.Testimony, domain.Whereabouts},
	"shelter":           {domain.Identity, domain.Medical},
	"shelter.gence":     nil,
	"assistance_centre": {domain.Identity, domain.Medical},
	"child_protection":  {domain.Identity, patronymic, otherNames},
	"migration":         {domain.Identity, patronymic, domain.Documents},
	"consulate":         {domain.Identity, patronymic, domain.Documents},
	"fund":              {domain.Identity, patronymic, domain.Documents},
	"legal_aid":         {domain.Identity, patronymic, otherNames, domain.Documents, domain.Contacts},
	"prosecution":       {domain.Testimony},
	"coordinator":       nil,
	"data_protection":   nil,
	"hotline_operator":  nil,
	"return_partner":    nil, // the person has consented to nothing
	"health_care":       nil,
	"education":         nil,
	"employment":        nil,
}

// personalReferral is a referral that says everything it can of the person.
const personalReferral = `{"happened":"2024-03-01T21:40:00+04:00","data":{"source":"police","circumstances":["sought_help"],` +
	`"status":"presumed","age":"adult","sex":"female","citizenship":"az","district":"AZ-GA","basis":"consent",` +
	`"family_name":"Zərqələmova","given_name":"Ülkərnaz","patronymic":"Mirzəbala","other_names":"Güllü-Dəstə","birth_date":"1999-04-05","nationality":"AZ",` +
	`"document_kind":"passport","document_number":"AZE77319055","document_country":"AZ",` +
	`"contact_kind":"phone","contact":"+994507713905","contact_safety":"unsafe","notes":"Qırmızı darvazanın arxasında"}}`

// personalCase is a case with all of it, that concerns everybody.
func (s *site) personalCase() (ref, facility string) {
	s.t.Helper()
	ref = s.asked("referrer", "/cases", personalReferral).Case
	place := func(organisation, district string) string {
		return s.asked("coordinator", "/facilities", `{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"`+organisation+`","district":"`+district+`","capacity":9}}`).Facility
	}
	facility = place("shelter-baki", "AZ-BA")
	asked := place("shelter-gence", "AZ-GA")
	give := func(who, command, data string) {
		s.t.Helper()
		s.asked(who, "/cases/"+ref+"/"+command, `{"happened":"2024-03-05","data":`+data+`}`)
	}
	give("case_officer", "request-shelter", `{"facility":"`+facility+`","security":"low"}`)
	s.asked("shelter", "/cases/"+ref+"/confirm-admission", `{"happened":"2024-03-06","data":{"facility":"`+facility+`","basis":"consent"}}`)
	for _, organisation := range []string{"centre-baki", "scfwca", "sms", "consulate-istanbul", "fund", "legal-aid-a", "prosecutor-general", "iom", "health-agency", "education-ministry", "employment-agency"} {
		give("case_officer", "send-service-referral", `{"organisation":"`+organisation+`","services":["psychological"]}`)
	}
	give("case_officer", "record-narrative", `{"text":"Sərnişin qatarında deyilən"}`)
	give("head", "add-note", `{"text":"İş otağında yazılan"}`)
	give("shelter", "record-health", `{"urgent":true,"text":"Astma dərmanı nəfəsliyi"}`)
	give("prosecution", "record-testimony", `{"text":"Mavi furqonun sürücüsü"}`)
	give("case_officer", "record-whereabouts", `{"district":"AZ-GA","address":"Köhnə dəyirman küçəsi 40"}`)
	s.asked("shelter", "/cases/"+ref+"/record-departure", `{"happened":"2024-03-07","data":{"facility":"`+facility+`","destination":"own_home","planned":true}}`)
	give("case_officer", "request-shelter", `{"facility":"`+asked+`","security":"low"}`)
	return ref, facility
}

// seen counts what texts of the case a body shows, also where it escapes them.
func seen(body string) map[domain.Compartment]bool {
	var plain any
	if json.Unmarshal([]byte(body), &plain) == nil {
		body += fmt.Sprint(plain)
	}
	in := map[domain.Compartment]bool{}
	for c, texts := range told {
		for _, text := range texts {
			for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text), strings.ToLower(text), strings.ToUpper(text), strings.TrimPrefix(text, "+")} {
				if strings.Contains(body, form) {
					in[c] = true
				}
			}
		}
	}
	return in
}

// everything asks every route that there is, as one reader, and gives what they
// were shown by pages and by JSON. Of the commands' forms it asks those about
// the person, and those that the reader may fill in.
func (s *site) everything(who, ref, facility string) (pages, programs map[domain.Compartment]bool) {
	s.t.Helper()
	pages, programs = map[domain.Compartment]bool{}, map[domain.Compartment]bool{}
	ask := func(method, path, body string, headers ...string) {
		s.t.Helper()
		w := s.send(who, method, path, body, headers...)
		if w.Code >= http.StatusInternalServerError {
			s.t.Errorf("%s %s as %q: %d", method, path, who, w.Code)
		}
		into := pages
		if strings.HasPrefix(path, "/api/") {
			into = programs
		}
		for c := range seen(w.Body.String()) {
			into[c] = true
		}
		if in := seen(fmt.Sprint(w.Header())); len(in) > 0 {
			s.t.Errorf("%s %s as %q: the headers have %v", method, path, who, in)
		}
		if title, _, ok := strings.Cut(w.Body.String(), "</title>"); ok && len(seen(title)) > 0 {
			s.t.Errorf("%s %s as %q: the title has %v", method, path, who, seen(title))
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(path, "/assets/") {
			s.t.Errorf("%s %s as %q may be kept: %q", method, path, who, got)
		}
	}
	const form = "application/x-www-form-urlencoded"
	for _, r := range s.Handler.(headAsGet).Routes() {
		if r.Path == "/sign-out" || r.Path == "/sign-in" {
			continue
		}
		base := strings.NewReplacer(":case", ref, ":facility", facility, ":number", "4.1.9", ":list", "stage", ":year", "2024", ":lang", "en", "*", "app.css")
		paths := []string{base.Replace(r.Path)}
		switch {
		case strings.Contains(r.Path, ":command"):
			paths = nil
			for _, spec := range domain.CommandSpecs() {
				if by, ok := s.people.Actor(who); spec.Track != "person" && (!ok || !spec.MayGive(by.Role)) {
					continue
				}
				paths = append(paths, strings.NewReplacer(":command", spec.Name, ":ref", ref).Replace(base.Replace(r.Path)))
			}
		case strings.Contains(r.Path, ":ref"):
			paths = []string{strings.ReplaceAll(paths[0], ":ref", ref), strings.ReplaceAll(paths[0], ":ref", facility)}
		case strings.Contains(r.Path, ":id"):
			paths = nil
			for n := range min(s.last(), 5) + 2 {
				paths = append(paths, strings.ReplaceAll(base.Replace(r.Path), ":id", fmt.Sprint(n)))
			}
		}
		for _, path := range paths {
			if r.Method == http.MethodGet {
				ask(http.MethodGet, path, "")
				continue
			}
			// A command that says nothing, and one that cannot be: what comes
			// back shows nothing of what is there.
			if strings.HasPrefix(path, "/api/") {
				ask(r.Method, path, `{"data":{"nonsense":1}}`)
			} else {
				ask(r.Method, path, "happened-day=40", "Content-Type", form)
			}
		}
	}
	for _, queue := range []string{"shelter", "open", "incoming", "left", "all"} {
		ask(http.MethodGet, "/cases?queue="+queue, "")
		ask(http.MethodGet, "/?queue="+queue, "")
		ask(http.MethodGet, "/api/v1/cases?queue="+queue, "")
	}
	ask(http.MethodGet, "/cases?q="+ref[:3], "")
	// Who may look for names is found by a part that shows the rest.
	ask(http.MethodPost, "/search", "name=Zarqalamov", "Content-Type", form)
	ask(http.MethodPost, "/api/v1/search", `{"name":"Zarqalamov"}`)
	ask(http.MethodPost, "/api/v1/search", `{"document":"aze 7731 9055 "}`)
	return pages, programs
}

// TestWhoIsShownWhat walks every route as everybody and holds what they were
// shown against the table.
func TestWhoIsShownWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref, facility := s.personalCase()
	for who, may := range readers {
		pages, programs := s.everything(who, ref, facility)
		for c := range told {
			if want := slices.Contains(may, c); pages[c] != want || programs[c] != want {
				t.Errorf("%q and %s: pages showed it %v, JSON %v, want %v", who, c, pages[c], programs[c], want)
			}
		}
	}
	if in := seen(s.logged.String()); len(in) > 0 {
		t.Errorf("the program's log has %v", in)
	}
	if strings.Contains(s.logged.String(), ref) {
		t.Error("the program's log has the reference")
	}

	s.asked("case_officer", "/cases/"+ref+"/request-erasure", `{"data":{"reason":"person_asked"}}`)
	s.asked("data_protection", "/cases/"+ref+"/approve-erasure", `{"data":{}}`)
	s.vault.erase(ref)
	forgotten := func(who string) {
		if pages, programs := s.everything(who, ref, facility); len(pages)+len(programs) > 0 {
			t.Errorf("erased, and %q is shown %v and %v", who, pages, programs)
		}
	}
	forgotten("case_officer")
	forgotten("shelter")
	s.restart()
	for who, may := range readers {
		if len(may) > 0 {
			forgotten(who)
		}
	}
}

// leaky are views and a log that fail after they were told something.
type leaky struct {
	Views
	how error // nil: they panic
}

func (l leaky) fail() error {
	if l.how == nil {
		panic("leaky")
	}
	return l.how
}

func (l leaky) Search(context.Context, domain.Actor, time.Time, projections.Query) ([]projections.Match, error) {
	return nil, l.fail()
}

type leakyLog struct{ leaky }

func (l leakyLog) Update(context.Context, []string, func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	return 0, l.fail()
}

// TestFaultsRepeatNothing: whatever fails while something personal is under
// way, neither the answer nor the log has any of it.
func TestFaultsRepeatNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	views, log := s.server.Views, s.server.Log
	form := url.Values{"name": {"Zərqələmova"}, "document": {"AZE77319055"}}
	const typ = "application/x-www-form-urlencoded"
	var referral struct{ Data map[string]any }
	s.must(json.Unmarshal([]byte(personalReferral), &referral))
	typed := aReferral()
	for name, value := range referral.Data {
		if text, ok := value.(string); ok && !strings.HasPrefix(name, "birth") {
			typed.Set(name, text)
		}
	}
	typed.Set("age", "adult")
	for _, broken := range []leaky{{views, errors.New("broken")}, {views, context.DeadlineExceeded}, {views, nil}} {
		s.server.Views, s.server.Log = broken, leakyLog{broken}
		for path, body := range map[string]string{
			"/search": form.Encode(), root + "/search": `{"name":"Zərqələmova","document":"AZE77319055"}`,
			"/cases/new": typed.Encode(), root + "/cases": personalReferral,
			root + "/cases/" + ref + "/record-testimony":   `{"data":{"text":"Mavi furqonun sürücüsü"}}`,
			root + "/cases/" + ref + "/record-whereabouts": `{"data":{"address":"Köhnə dəyirman küçəsi 40"}}`,
		} {
			headers := []string{"Content-Type", typ}
			if strings.HasPrefix(path, "/api/") {
				headers = nil
			}
			w := s.send("case_officer", "POST", path, body, headers...)
			if in := seen(w.Body.String() + fmt.Sprint(w.Header())); w.Code < 500 || len(in) > 0 {
				t.Errorf("%s with %v: %d shows %v", path, broken.how, w.Code, in)
			}
		}
	}
	s.server.Views, s.server.Log = views, log
	s.vault.goAway(errors.New("the vault is away"))
	for path, body := range map[string]string{root + "/cases": personalReferral, "/cases/new": typed.Encode()} {
		headers := []string{"Content-Type", typ}
		if strings.HasPrefix(path, "/api/") {
			headers = nil
		}
		w := s.send("case_officer", "POST", path, body, headers...)
		if in := seen(w.Body.String()); w.Code < 500 || len(in) > 0 {
			t.Errorf("%s without keys: %d shows %v", path, w.Code, in)
		}
	}
	if in := seen(s.logged.String()); len(in) > 0 {
		t.Errorf("the log has %v:\n%s", in, s.logged)
	}
}

// TestProblemsRepeatNothing: what is refused is not quoted, wherever it stood.
func TestProblemsRepeatNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	const name = "Zərqələmova"
	long := strings.Repeat(name, 1000)
	for _, body := range []string{
		`{"` + name + `":1}`, `{"name":{"` + name + `":1}}`, `{"name":"` + name + `","name":"` + name + `"}`, `{"name":"` + long + `"}`,
		`{"name":"` + name + `\u0007"}`, `{"document":["` + name + `"]}`, name, `["` + name + `"]`, `{"name":"` + name, `{"name":null,"document":"` + name + `"}`, ``,
	} {
		w := s.send("case_officer", "POST", root+"/search", body, "Content-Type", "application/json")
		if in := seen(w.Body.String()); w.Code != http.StatusUnprocessableEntity || len(in) > 0 {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	for command, data := range map[string]string{
		"record-identity":    `{"family_name":"` + long + `"}`,
		"record-document":    `{"document_kind":"` + name + `","document_number":"1"}`,
		"record-contact":     `{"contact":"` + name + `"}`,
		"record-narrative":   `{"text":"` + name + `\u0000"}`,
		"record-whereabouts": `{"address":["` + name + `"]}`,
		"add-note":           `{"` + name + `":"x"}`,
	} {
		w := s.send("case_officer", "POST", root+"/cases/"+ref+"/"+command, `{"data":`+data+`}`)
		if in := seen(w.Body.String()); w.Code != http.StatusUnprocessableEntity || len(in) > 0 {
			t.Errorf("%s: %d %s", command, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/search?name=", "/" + root + "/search?name=", root + "/cases?name=", "/cases/", "/events/", "/nowhere/", "/erasures?case=", "/cases?q="} {
		w := s.send("case_officer", "GET", path+url.PathEscape(name), "", "Sec-Fetch-Site", "same-origin")
		body, _, _ := bytes.Cut(w.Body.Bytes(), []byte("</html>"))
		shown := strings.ReplaceAll(string(body), url.QueryEscape(path+url.PathEscape(name)), "") // the way back in another language
		if in := seen(shown); len(in) > 0 {
			t.Errorf("%s: %d shows %v", path, w.Code, in)
		}
	}
	if in := seen(s.logged.String()); len(in) > 0 {
		t.Errorf("the log has %v:\n%s", in, s.logged)
	}
}

// unopened is a box that nobody may open.
type unopened struct{ t *testing.T }

func (b unopened) Open() ([]byte, error) {
	b.t.Error("a box was opened")
	return []byte(`{"text":"Mavi furqonun sürücüsü"}`), nil
}
func (unopened) Stored() []byte { return nil }

// TestNothingIsOpenedHere: what the views hand on sealed stays so.
func TestNothingIsOpenedHere(t *testing.T) {
	e := projections.Entry{Type: "TestimonyRecorded", Event: domain.Sealed{Type: "TestimonyRecorded", Box: unopened{t}}}
	if out := entryJSON(e); out.Data != nil {
		t.Errorf("JSON has %v", out.Data)
	}
	r := reader{words: in("en"), by: domain.Actor{Role: domain.CaseOfficer}, now: today}
	if lines := r.timelineItem(e, nil).Lines; len(lines) != 0 {
		t.Errorf("the page has %q", lines)
	}
}
