package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nrm/domain"
)

// aReferral is what a referrer types.
func aReferral() url.Values {
	v := url.Values{
		"source": {"police"}, "circumstances": {"sought_help", "raid"}, "status": {"presumed"}, "age": {"child"}, "sex": {"female"},
		"citizenship": {"az"}, "district": {"AZ-GA"}, "immediate_danger": {"true"}, "basis": {"vital_interest"},
	}
	return on(v, 19, "21:40")
}

// on sets when something happened: a day of March 2024.
func on(v url.Values, day int, at string) url.Values {
	v.Set("happened-day", strconv.Itoa(day))
	v.Set("happened-month", "3")
	v.Set("happened-year", "2024")
	v.Set("happened-time", at)
	return v
}

// registered registers a referral by its form and gives the case's path.
func registered(v *visitor) string {
	v.t.Helper()
	v.get("/cases/new").code(http.StatusOK)
	v.fill("/cases/new", aReferral()).code(http.StatusOK)
	if !reference.MatchString(v.path) {
		v.t.Fatalf("registered, and sent to %s: %s", v.path, v.main())
	}
	return v.path
}

// facility registers a shelter and gives its reference.
func (s *site) facility(organisation, district string) domain.Ref {
	s.t.Helper()
	v := s.as(s.t, "coordinator", "en")
	v.get("/facilities/new").code(http.StatusOK)
	v.fill("/facilities/new", on(url.Values{"kind": {"shelter"}, "operator": {"state"}, "organisation": {organisation}, "district": {district}, "capacity": {"1"}}, 1, "")).
		code(http.StatusOK).sees("Recorded: Facility opened", "1 place free")
	return domain.Ref(strings.TrimPrefix(v.path, "/facilities/"))
}

func TestJourneyByForms(t *testing.T) {
	s := newSite(t)
	own := s.facility("shelter-baki", "AZ-BA")
	other := s.facility("shelter-gence", "AZ-GA")

	referrer := s.as(t, "referrer", "en")
	path := registered(referrer)
	referrer.sees("Recorded: Person found", strings.TrimPrefix(path, "/cases/"), "only how far the case has come", "Referred").lacks("Timeline")

	duty := s.as(t, "duty_officer", "en")
	duty.sees("Waiting for handover", strings.TrimPrefix(path, "/cases/"), "Child", "Immediate danger", "hours left")
	duty.get(path).sees("What comes next", "Record the handover", "Person found", "Found in a police operation")
	duty.get(path+"/accept-handover").fill(path+"/accept-handover", on(url.Values{"district": {"AZ-BA"}, "condition": {"distressed"}, "interpreter": {"false"}}, 20, "01:30")).
		code(http.StatusOK).sees("Recorded: Handover accepted", "In time")
	duty.get(path).lacks("Recorded: Handover") // said once

	officer := s.as(t, "case_officer", "en")
	officer.get(path).sees("Record the indicator screening")
	officer.get(path+"/assess-risk").fill(path+"/assess-risk", on(url.Values{"level": {"high"}}, 20, "03:00")).code(http.StatusOK).sees("Risk: High")
	officer.get(path+"/request-shelter").sees(string(own), string(other), "1 place free")
	officer.fill(path+"/request-shelter", on(url.Values{"facility": {string(own)}, "security": {"high"}}, 20, "04:00")).code(http.StatusOK).sees("Recorded: Place requested")

	shelter := s.as(t, "shelter", "en")
	shelter.sees("Incoming", "0 of 1").get(path).sees("Confirm admission")
	shelter.get(path + "/confirm-admission").lacks(string(other))
	if got := defaults(shelter.form(path + "/confirm-admission")).Get("facility"); got != string(own) {
		t.Errorf("the facility asked is filled in as %q, want %s", got, own)
	}
	shelter.fill(path+"/confirm-admission", on(url.Values{"basis": {"consent"}}, 20, "05:00")).code(http.StatusOK).
		sees("Recorded: Admission confirmed", "Child admitted without the guardian's decision")
	shelter.get("/").sees("Residents", "1 of 1")
	s.as(t, "shelter.gence", "en").get(path).code(http.StatusNotFound)

	coordinator := s.as(t, "coordinator", "en")
	coordinator.get(path).code(http.StatusOK).sees("The details are not open to you").lacks(string(own), "State shelter, Bakı")
	for _, who := range []string{"consulate", "fund", "legal_aid", "migration", "referrer.border"} {
		s.as(t, who, "en").get(path).code(http.StatusNotFound).lacks(strings.TrimPrefix(path, "/cases/"))
	}
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t).unwatched()
	v := s.as(t, "duty_officer", "en")
	before := s.last()
	answers := aReferral()
	answers.Del("sex")
	answers.Set("happened-day", "31")
	answers.Set("happened-month", "2")
	answers.Set("country", "TR")
	v.get("/cases/new").fill("/cases/new", answers).code(http.StatusUnprocessableEntity)
	v.sees("There is a problem", "Sex: answer this question", "When was the person found? Enter a day and time that exist")
	typed := defaults(v.form("/cases/new"))
	for name, want := range map[string]string{"happened-day": "31", "happened-month": "2", "source": "police", "district": "AZ-GA", "country": "TR", "immediate_danger": "true"} {
		if typed.Get(name) != want {
			t.Errorf("%s is now %q, was %q", name, typed.Get(name), want)
		}
	}
	if !slices.Equal(typed["circumstances"], []string{"sought_help", "raid"}) && len(typed["circumstances"]) != 2 {
		t.Errorf("circumstances: %v", typed["circumstances"])
	}
	if title := shownIn(v.first("title", "", "")); !strings.HasPrefix(title, "Error:") {
		t.Errorf("title %q", title)
	}
	v.fill("/cases/new", on(url.Values{"sex": {"female"}}, 19, "21:40")).code(http.StatusUnprocessableEntity).sees("give either the district or the country")
	if s.last() != before {
		t.Error("something was recorded")
	}
	v.fill("/cases/new", url.Values{"country": {""}}).code(http.StatusOK)
	if s.last() != before+1 {
		t.Errorf("%d decisions recorded", s.last()-before)
	}
}

func TestFormSentTwiceRecordsOnce(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "duty_officer", "en")
	v.get("/cases/new")
	form := defaults(v.form("/cases/new"))
	for name, value := range aReferral() {
		form[name] = value
	}
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusOK)
	first, position := v.path, s.last()
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusOK)
	if v.path != first || s.last() != position {
		t.Errorf("sent twice: %s then %s, position %d then %d", first, v.path, position, s.last())
	}
	form.Set("age", "adult")
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusUnprocessableEntity).sees("has recorded something else already")
	if v.fill("/cases/new", nil).code(http.StatusOK); v.path == first {
		t.Error("what is new was taken for what was there")
	}
}

func TestCasesThatAreNotThereAndNotYoursLookTheSame(t *testing.T) {
	s := newSite(t)
	path := registered(s.as(t, "referrer", "en"))
	v := s.as(t, "legal_aid", "en")
	for _, suffix := range []string{"", "/explain-redress-rights", "/file-claim"} {
		yours := v.get(path + suffix).code(http.StatusNotFound).main()
		for _, none := range []string{string(domain.NewRef("nobody's")), "ZZ0000ZZ", "x", "%3Cscript%3E"} {
			if got := v.get("/cases/" + none + suffix).code(http.StatusNotFound).main(); got != yours {
				t.Errorf("%s%s:\n%s\nbut one of others:\n%s", none, suffix, got, yours)
			}
		}
	}
	one := v.get(path + "/decide-identification").main()
	if other := v.get("/cases/" + string(domain.NewRef("nobody's")) + "/decide-identification").main(); one != other {
		t.Errorf("a command of another role:\n%s\nbut\n%s", one, other)
	}
}

// pagesOf are the pages that there are, and who may open them.
func TestEveryPageForEveryRole(t *testing.T) {
	s := newSite(t)
	ref := string(s.facility("shelter-baki", "AZ-BA"))
	path := registered(s.as(t, "referrer", "en"))
	roles := map[string]domain.Role{}
	for _, r := range domain.Roles() {
		roles[string(r)] = r
	}
	plan := func(r domain.Role) bool { return r.SeesPlan() }
	room := func(r domain.Role) bool { return r.SeesOccupancy() }
	cases := func(r domain.Role) bool { return r != domain.DataProtection }
	course := func(r domain.Role) bool { return cases(r) && r.Sees(domain.Flow) }
	everybody := func(domain.Role) bool { return true }
	for i, who := range slices.Sorted(keysOf(roles)) {
		lang := languages[i%len(languages)].Code
		v := s.as(t, who, lang)
		for target, may := range map[string]func(domain.Role) bool{
			"/": everybody, "/policy": everybody, "/codes": everybody, "/codes/control_method": everybody, "/codes/nowhere": nil, "/glossary": everybody, "/cases": cases, "/cases?queue=nothing": nil, "/overdue": course,
			"/cases/new":  func(r domain.Role) bool { return mustSpec("register-referral").MayGive(r) },
			"/notices":    func(r domain.Role) bool { return cases(r) && !r.SeesEveryCase() },
			"/duplicates": func(r domain.Role) bool { return duplicateView.may(domain.Actor{Role: r}) },
			"/calls":      func(r domain.Role) bool { return r.SeesCalls() },
			"/calls/new":  func(r domain.Role) bool { return r == domain.HotlineOperator },
			"/facilities": room, "/facilities/" + ref: room, "/facilities/new": func(r domain.Role) bool { return r == domain.Coordinator },
			"/facilities/" + ref + "/change-capacity": func(r domain.Role) bool { return r == domain.Coordinator || r == domain.Shelter },
			"/plan": plan, "/plan?year=2022&known=2023-05-01": plan, "/plan/4.1.9": plan, "/plan/4.4.1?year=2021": plan, "/plan/4.1.1": plan,
			"/attestations": everybody, "/plan/4.1.9/attest-period": everybody, "/plan/4.1.9/hold-meeting": func(r domain.Role) bool { return r == domain.Coordinator }, "/years/2023": plan, "/years/2023?known=2023-06-30": plan,
			path:      func(r domain.Role) bool { return r.SeesEveryCase() || r == domain.Referrer },
			"/search": func(r domain.Role) bool { return r.Sees(domain.Identity) }, "/events/99999/proof": nil,
			"/erasures": func(r domain.Role) bool { return mustSpec("request-erasure").MayGive(r) },
		} {
			v.get(target)
			switch want := may != nil && may(roles[who]); {
			case want && v.status != http.StatusOK, !want && v.status != http.StatusForbidden && v.status != http.StatusNotFound:
				t.Errorf("%s at %s: %d, may %v", who, target, v.status, want)
			}
		}
		v.get("/nothing/here").code(http.StatusNotFound)
		v.send(http.MethodPost, "/cases", nil).code(http.StatusMethodNotAllowed)
	}
}

func TestHostileTextIsShownAsText(t *testing.T) {
	const hostile = `"><script>alert('x')</script><b onclick=alert(1)>`
	s := newSite(t)
	v := s.as(t, "duty_officer", "en")
	v.get("/cases/new")
	form := defaults(v.form("/cases/new"))
	for name := range aReferral() {
		form.Set(name, hostile)
	}
	form.Set(onceField, hostile)
	v.send(http.MethodPost, "/cases/new", form).code(http.StatusUnprocessableEntity)
	for _, target := range []string{"/cases?q=", "/?queue=", "/cases?stage=", "/lang/en?next=", "/sign-in?next=", "/cases/", "/plan/"} {
		v.get(target + url.QueryEscape(hostile))
	}
	c := s.as(t, "coordinator", "en")
	c.get("/plan?year=" + url.QueryEscape(hostile)).code(http.StatusOK)
	c.get("/plan?known=" + url.QueryEscape(hostile)).code(http.StatusUnprocessableEntity)
	c.get("/plan?known-day=" + url.QueryEscape(hostile) + "&known-month=2&known-year=2022").code(http.StatusUnprocessableEntity)
	out := s.visitor(t, "en")
	out.get("/sign-in?next=//evil.example/")
	out.fill("/sign-in", url.Values{"user": {hostile}, "password": {hostile}}).code(http.StatusUnauthorized).sees("wrong")
	if got := defaults(out.form("/sign-in")); got.Get("next") != "/" || got.Get("user") != hostile || got.Get("password") != "" {
		t.Errorf("sign-in form holds %v", got)
	}
}

func TestSignInLeadsBack(t *testing.T) {
	s := newSite(t)
	v := s.visitor(t, "ru")
	v.get("/cases?queue=open")
	if v.path != "/sign-in?next=%2Fcases%3Fqueue%3Dopen" || v.header.Get("Content-Language") != "ru" {
		t.Fatalf("at %s in %s", v.path, v.header.Get("Content-Language"))
	}
	v.fill("/sign-in", url.Values{"user": {"head"}, "password": {staff().passwords["head"]}}).code(http.StatusOK)
	if v.path != "/cases?queue=open" {
		t.Errorf("led to %s", v.path)
	}
	v.lang = "az"
	v.get("/lang/az?next=" + url.QueryEscape("/cases?queue=open")).code(http.StatusOK).sees("İşlər")
	v.get("/lang/xx").code(http.StatusNotFound)
	v.get("/").fill("/sign-out", nil)
	if v.path != "/sign-in" {
		t.Errorf("signed out, at %s", v.path)
	}
	v.send(http.MethodPost, "/cases/new", aReferral()).code(http.StatusUnauthorized)
}

func TestPlanPages(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "coordinator", "en")
	v.get("/plan").code(http.StatusOK)
	for _, a := range domain.CurrentPlan().Actions {
		if v.links()[a.Number] == "" {
			t.Errorf("no link to action %s", a.Number)
		}
	}
	v.sees("2020–2021", "No data")
	v.get("/plan/4.1.9").sees("Action 4.1.9", "What has to be done", "0 of 3 done", "Record a revised legal status")
	v.get("/plan/4.1.9/revise-legal-status").fill("/plan/4.1.9/revise-legal-status", on(url.Values{
		"body": {"nrm_commission"}, "act": {"other"}, "effective-day": {"1"}, "effective-month": {"3"}, "effective-year": {"2022"},
	}, 1, "")).code(http.StatusOK).sees("Recorded: Legal status revised", "1 of 3 done", "1 March 2022")
	v.get("/plan/4.1.9?known=2024-02-01").sees("0 of 3 done", "Nothing is recorded yet")
	if !strings.Contains(v.banner(), "as known on 1 February 2024") {
		t.Errorf("banner %q", v.banner())
	}
	v.get("/plan/4.4.1/set-target").sees("New shelters").lacks("Regions in which the problem")
	v.fill("/plan/4.4.1/set-target", on(url.Values{"indicator": {"4.4.1a"}, "value": {"3"}, "reason": {"working_group"}}, 20, "11:00")).
		code(http.StatusOK).sees("Recorded: Target set", "Office of the National Coordinator, 20 March 2024")
	v.get("/plan?known-day=1&known-month=2&known-year=2024&year=2021").code(http.StatusOK)
	if !strings.Contains(v.banner(), "as known on 1 February 2024") {
		t.Errorf("banner %q", v.banner())
	}
	v.get("/plan?known=2031-01-01").code(http.StatusUnprocessableEntity).sees("cannot be in the future")
	v.get("/years/2024").code(http.StatusOK).sees("counted from events alone, up to log position", "Presumed victims")
	v.get("/years/1999").code(http.StatusNotFound)
	v.get("/plan/9.9.9").code(http.StatusNotFound)
	v.get("/plan/4.1.9/accept-handover").code(http.StatusNotFound)
}

func TestFaultsShowNothing(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "head", "en")
	s.must(s.views.Close())
	defer func() { s.stop = func() {} }()
	v.get("/cases").code(http.StatusInternalServerError).sees("Something went wrong", "Reference of the fault").lacks("sql", "database", "projections")
}
