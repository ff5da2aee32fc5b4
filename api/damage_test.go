package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nrm/domain"
	"nrm/projections"
)

// TestDamagedKeys: the keys of one person are damaged. Every page goes on and
// says what cannot be read, and the person can be erased or the keys restored.
func TestDamagedKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	other := s.asked("referrer", "/cases", strings.Replace(personalReferral, "Zərqələmova", "Nümunəzadə", 1)).Case
	s.vault.damage(ref, true)
	path := "/cases/" + ref
	for _, lang := range []string{"az", "en", "ru"} {
		w := in(lang)
		v := s.as(t, "case_officer", lang)
		v.get("/").code(http.StatusOK).sees(ref, other, "Nümunəzadə").lacks("Zərqələmova")
		v.get("/cases").code(http.StatusOK).sees(ref, "Nümunəzadə").lacks("Zərqələmova")
		v.get(path).code(http.StatusOK).sees(w.T("case.person.unreadable"), w.T("timeline.unreadable")).
			lacks("Zərqələmova", w.T("case.person.nobody"), w.T("timeline.was_erased"))
		v.wellMade()
		v.get("/cases/"+other).code(http.StatusOK).sees("Nümunəzadə").lacks(w.T("case.person.unreadable"), w.T("timeline.unreadable"))
		v.get(path + "/record-identity").code(http.StatusOK)
		v.get("/search").fill("/search", url.Values{"name": {"Ülkərnaz"}}).code(http.StatusOK).sees(other)
		s.as(t, "duty_officer", lang).get(path).code(http.StatusOK).lacks(w.T("case.person.unreadable"), w.T("timeline.unreadable"))
	}
	told := s.timeline("case_officer", ref)
	for _, e := range told.Entries {
		spec, _ := domain.EventSpecOf(e.Event)
		if e.Unreadable != spec.Personal || spec.Personal && (e.Data != nil || e.Erased) {
			t.Errorf("%+v", e)
		}
	}
	if w := s.send("case_officer", "GET", root+path, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"whereabouts":[],"unreadable":true`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.send("case_officer", "GET", root+"/cases", ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Zərqələmova") {
		t.Errorf("%d %s", w.Code, w.Body)
	}

	// The views can be made anew, and are as many people short as they say.
	dir := t.TempDir()
	views, err := projections.Open(t.Context(), filepath.Join(dir, "views"), s.log, s.vault, nil)
	s.must(err)
	if n, err := views.Unreadable(t.Context()); err != nil || n != 1 {
		t.Errorf("%d unreadable, %v", n, err)
	}
	s.must(views.Close())

	s.vault.damage(ref, false)
	s.as(t, "case_officer", "en").get(path).sees("Zərqələmova").lacks("damaged")
	s.vault.damage(ref, true)
	s.asked("case_officer", path+"/request-erasure", `{"data":{"reason":"person_asked"}}`)
	s.asked("head", path+"/approve-erasure", `{"data":{}}`)
	s.complete(ref)
	s.as(t, "case_officer", "en").get(path).code(http.StatusOK).sees("were erased on").lacks("damaged")
	if told := s.timeline("case_officer", ref); slices.ContainsFunc(told.Entries, func(e timelineEntry) bool { return e.Unreadable }) {
		t.Errorf("%+v", told)
	}
}

func (s *site) timeline(who, ref string) (told timelineJSON) {
	s.t.Helper()
	w := s.send(who, "GET", root+"/cases/"+ref+"/timeline", "")
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || w.Code != http.StatusOK || len(told.Entries) == 0 {
		s.t.Fatalf("%d %s, %v", w.Code, w.Body, err)
	}
	return told
}

// TestKeyWhenDamaged: a repeated request whose facts nobody can read any more is
// taken for the same request, and nothing is recorded again.
func TestKeyWhenDamaged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k")
	var g given
	s.must(json.Unmarshal(first.Body.Bytes(), &g))
	s.vault.damage(g.Case, true)
	before := s.last()
	if again := s.send("referrer", "POST", root+"/cases", personalReferral, keyHeader, "k"); again.Code != http.StatusCreated || again.Body.String() != first.Body.String() || s.last() != before {
		t.Errorf("repeated: %d %s, first %s", again.Code, again.Body, first.Body)
	}
}

// TestNobodyGuessesByAKey: under a key only what its asker recorded is compared.
// Who may write an identity and not read it learns nothing of another's by a
// guess, right or wrong: neither under the other's key nor where a decision of
// another has got the id that belongs to theirs.
func TestNobodyGuessesByAKey(t *testing.T) {
	t.Parallel()
	told := func(guess string) (answers []string) {
		s := newSite(t)
		ref := s.opened()
		path, stream := root+"/cases/"+ref+"/record-identity", domain.CaseStream(domain.Ref(ref))
		identity := func(name string) string {
			return `{"happened":"2024-03-05T10:00:00+04:00","data":{"family_name":"` + name + `"}}`
		}
		officer, err := s.people.Token(t.Context(), staff().token(t, "case_officer"))
		s.must(err)
		duty, err := s.people.Token(t.Context(), staff().token(t, "duty_officer"))
		s.must(err)
		s.send("case_officer", "POST", path, identity("Zərqələmova"), keyHeader, "theirs")
		id, err := keyedID(duty, stream, mustSpec("record-identity"), "mine")
		s.must(err)
		cmd, err := mustSpec("record-identity").Parse([]byte(`{"family_name":"Zərqələmova"}`))
		s.must(err)
		out, err := domain.Execute(t.Context(), s.log, domain.Request{ID: id, By: officer, Now: today}, stream, cmd)
		s.must(err)
		if !out.Recorded {
			t.Fatal("there is no decision of another under the id")
		}
		for _, key := range []string{"theirs", "mine"} {
			body := identity(guess)
			if key == "mine" {
				body = `{"data":{"family_name":"` + guess + `"}}`
			}
			answers = append(answers, s.send("duty_officer", "POST", path, body, keyHeader, key).Body.String())
		}
		return answers
	}
	right, wrong := told("Zərqələmova"), told("Başqası")
	for i := range right { // but for references, which are random
		if blank(right[i]) != blank(wrong[i]) {
			t.Errorf("guessed right: %s\nguessed wrong: %s", right[i], wrong[i])
		}
	}
	if !strings.Contains(right[1], "key_reused") {
		t.Errorf("a decision of another answers %s", right[1])
	}
}

var aReference = regexp.MustCompile(`"case":"[A-Z0-9]+"`)

func blank(body string) string { return aReference.ReplaceAllString(body, "") }

// TestDamagedCheckpoint: one that cannot be read does not hide the others.
func TestDamagedCheckpoint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 3 {
		s.opened()
	}
	last := int64(s.last())
	ask := func(query string, damaged ...int64) (int, checkpointsJSON) {
		t.Helper()
		s.server.Witness = notary{s.log, damaged}
		w := s.send("fund", "GET", root+"/checkpoints"+query, "")
		var told checkpointsJSON
		s.must(json.Unmarshal(w.Body.Bytes(), &told))
		return w.Code, told
	}
	all := []int64{last, last - 1, last - 2}
	for _, c := range []struct {
		query   string
		damaged []int64
		want    []int64
	}{
		{"", nil, all},
		{"", all[1:2], []int64{last, last - 2}},
		{"?limit=1", all[:1], all[1:2]},
		{"?limit=1", all[:2], all[2:]},
		{fmt.Sprint("?limit=1&before=", last), all[1:2], all[2:]},
	} {
		code, told := ask(c.query, c.damaged...)
		var got []int64
		for _, p := range told.Checkpoints[:min(len(told.Checkpoints), 3)] {
			got = append(got, p.Size)
		}
		if code != http.StatusOK || told.Incomplete != (c.damaged != nil) || len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) || strings.Contains(c.query, "limit=1") && len(got) != 1 {
			t.Errorf("%s with %v damaged: %d, %v, incomplete %t", c.query, c.damaged, code, got, told.Incomplete)
		}
	}
	if !strings.Contains(s.logged.String(), fmt.Sprintf("checkpoint %d is damaged", last)) {
		t.Error("nobody is told")
	}
	s.server.Witness = notary{s.log, all[:1]}
	if w := s.send("fund", "GET", root+"/checkpoints/latest", ""); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), fmt.Sprintf("nrm/test\n%d\n", last-1)) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var every []int64
	for n := range last {
		every = append(every, n+1)
	}
	if code, _ := ask("", every...); code != http.StatusInternalServerError {
		t.Errorf("nothing can be read, and the answer is %d", code)
	}
}
