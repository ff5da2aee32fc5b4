package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"nrm/domain"
)

// TestBadForms posts every form with one thing wrong at a time: the same form comes
// back, says beside the field what is wrong, and nothing is recorded.
func TestBadForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	about := map[domain.StreamKind]string{domain.ActionKind: "4.1.9"}
	about[domain.CaseKind], about[domain.FacilityKind] = s.busy()
	people, tried := map[domain.Role]*visitor{}, 0
	for _, spec := range domain.CommandSpecs() {
		role := formGiver(spec)
		if role == "" {
			continue
		}
		if people[role] == nil {
			people[role] = s.as(t, string(role), "az")
		}
		v, action := people[role], formOn(spec, about)
		if v.get(action).status == http.StatusNotFound { // no page asks for it
			continue
		}
		form := v.form(action)
		if form == nil {
			t.Errorf("%s: %d, no form at %s", spec.Name, v.status, action)
			continue
		}
		good := defaults(form)
		f := formOf(t, spec.Name, "az")
		for _, field := range spec.Fields() {
			if reply(f, field, good); field.Kind == domain.AFacility {
				good.Set(field.Name, about[domain.FacilityKind])
			}
		}
		for name, bad := range spoiledForms(spec, good) {
			tried++
			before := s.last()
			field := name[strings.LastIndex(name, " ")+1:]
			v.send(http.MethodPost, action, bad)
			if v.status != http.StatusUnprocessableEntity || !strings.Contains(v.body, `id="`+field+`-error"`) {
				t.Errorf("%s, %s: %d, beside the field nothing is said", spec.Name, name, v.status)
			}
			if s.last() != before {
				t.Errorf("%s, %s: written", spec.Name, name)
			}
		}
	}
	t.Logf("%d bad forms", tried)
	if tried < 500 {
		t.Error("too few to show anything")
	}
}

// busy is a case in which a body of each kind takes part, and the facility that was
// asked for a place.
func (s *site) busy() (ref, house string) {
	ref = s.opened()
	for _, f := range mustSpec("send-service-referral").Fields() {
		if f.Name != "organisation" {
			continue
		}
		for _, o := range f.Choices() {
			s.asked("case_officer", "/cases/"+ref+"/send-service-referral", `{"happened":"2024-03-10","data":{"organisation":"`+o.Code+`","services":["legal_info"]}}`)
		}
	}
	house = s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":9}}`).Facility
	s.asked("duty_officer", "/cases/"+ref+"/request-shelter", `{"happened":"2024-03-10","data":{"facility":"`+house+`","security":"high"}}`)
	return ref, house
}

// formGiver is a role that gives the command by a form.
func formGiver(spec domain.CommandSpec) domain.Role {
	givers := slices.DeleteFunc(spec.Givers(), func(r domain.Role) bool { return r == domain.Clock })
	if len(givers) == 0 {
		return ""
	}
	slices.SortStableFunc(givers, func(a, b domain.Role) int { // those who see every case
		return map[bool]int{true: 0, false: 1}[a.SeesEveryCase()] - map[bool]int{true: 0, false: 1}[b.SeesEveryCase()]
	})
	return givers[0]
}

// formOn is the page of a command.
func formOn(spec domain.CommandSpec, about map[domain.StreamKind]string) string {
	place := strings.TrimPrefix(places[spec.Kind], root)
	if spec.Opens() {
		return place + "/new"
	}
	return place + "/" + about[spec.Kind] + "/" + spec.Name
}

// spoiledForms are what is posted with one thing wrong, by what it is and the field.
func spoiledForms(spec domain.CommandSpec, good url.Values) map[string]url.Values {
	all := map[string]url.Values{}
	with := func(name string, pairs ...string) {
		bad := maps.Clone(good)
		for i := 0; i+1 < len(pairs); i += 2 {
			bad[pairs[i]] = []string{pairs[i+1]}
		}
		all[name] = bad
	}
	day := func(field, d, m, y, at string) []string {
		return []string{field + "-day", d, field + "-month", m, field + "-year", y, field + "-time", at}
	}
	with("31 February happened", day("happened", "31", "2", "2024", "")...)
	with("year 99999 happened", day("happened", "1", "1", "99999", "")...)
	with("the future happened", day("happened", "1", "1", "2099", "")...)
	with("hour 25 happened", day("happened", "1", "3", "2024", "25:00")...)
	with("no day happened", day("happened", "", "", "", "")...)
	with("words happened", day("happened", "bir", "mart", "2024", "")...)
	for _, f := range spec.Fields() {
		switch f.Kind {
		case domain.OneCode, domain.ManyCodes:
			with("an unknown code "+f.Name, f.Name, "nonsense")
		case domain.Number:
			with("words "+f.Name, f.Name, "bir")
			with("too much "+f.Name, f.Name, itoa(f.Max+1))
		case domain.Amount:
			with("less than nothing "+f.Name, f.Name, "-5")
			with("thirds "+f.Name, f.Name, "1,333")
			with("too much "+f.Name, f.Name, "999999999999999999999")
		case domain.ADay, domain.ATime:
			with("31 February "+f.Name, day(f.Name, "31", "2", "2024", "")...)
			with("half a day "+f.Name, day(f.Name, "", "2", "2024", "")...)
			with("year 9999 "+f.Name, day(f.Name, "1", "1", "9999", "")...)
		case domain.AnEvent:
			with("no event "+f.Name, f.Name, "first")
		case domain.ACase:
			with("no reference "+f.Name, f.Name, "KW5219EX")
		case domain.ManyCases:
			with("no reference "+f.Name, f.Name, "AR2194HK\r\nKW5219EX")
			with("twice "+f.Name, f.Name, "AR2194HK\r\nar2194hk")
			with("words "+f.Name, f.Name, "iki başqa iş")
		case domain.AReference:
			with("a name "+f.Name, f.Name, "Aliyeva Aysel")
		case domain.ShortText, domain.LongText:
			with("a bell "+f.Name, f.Name, "a\ab")
			with("too long "+f.Name, f.Name, strings.Repeat("ə", f.Max+1))
		}
		if !f.Optional && f.Kind != domain.YesNo && f.Kind != domain.ItemBank && f.Kind != domain.NumbersOf && f.Kind != domain.ADay && f.Kind != domain.ATime {
			bad := maps.Clone(good)
			delete(bad, f.Name)
			all["nothing "+f.Name] = bad
		}
	}
	return all
}
