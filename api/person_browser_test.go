package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"nrm/api/browsertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// TestPersonInABrowser uses the pages about a person as people do, and holds
// each against WCAG. Back leads from what was found to a form without it.
func TestPersonInABrowser(t *testing.T) {
	p := browsertest.Open(t) // first: it skips where there is no browser
	s := newSite(t)
	ref := s.asked("referrer", "/cases", personalReferral).Case
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	look := func(p *browsertest.Person, texts ...string) {
		t.Helper()
		for _, text := range texts {
			p.MustSee(text)
		}
		p.Axe()
		p.Reflows()
	}
	enter := func(p *browsertest.Person, who, lang string) {
		t.Helper()
		p.Goto(server.URL + "/lang/" + lang)
		p.Fill("user", who)
		p.Fill("password", staff().passwords[who])
		p.Press(in(lang).T("sign_in.submit"))
	}

	enter(p, "case_officer", "en")
	look(p, "Zərqələmova Ülkərnaz Mirzəbala")
	p.Goto("/cases/new")
	look(p, "Who the person is (if known)")
	p.Goto("/search")
	look(p, "Search by name")
	p.Fill("name", "Зергелемова")
	p.Press("Search")
	look(p, "Found", ref, "Zərqələmova")
	if strings.Contains(p.URL()+p.Title(), "%D0") || !strings.HasSuffix(p.URL(), "/search") || strings.Contains(p.Title(), "Зер") {
		t.Errorf("at %s, %s", p.URL(), p.Title())
	}
	p.Follow(ref)
	look(p, "The person", "AZE77319055", "Not safe to use", "Proof")
	p.Goto("/search")
	p.Fill("name", "Zərqələmova")
	p.Press("Search")
	p.MustSee(ref)
	if err := chromedp.Do(p.Context(), chromedp.NavigateBack()); err != nil {
		t.Fatal(err)
	}
	p.MustNotSee(ref)
	p.MustSee("Search by name")
	if typed := p.Script(`document.getElementsByName("name")[0].value`); typed != "" {
		t.Errorf("the form holds %s", typed)
	}
	p.Fill("name", "a")
	p.Press("Search")
	look(p, "There is a problem", "too little to search for")

	p.Goto("/cases/" + ref + "/request-erasure")
	p.Choose("The person asked for it")
	p.Press("Record")
	look(p, "Erasure asked for")
	p.Goto("/events/1/proof")
	look(p, "Proof of entry 1", "nrm/test")

	dpo := browsertest.Open(t)
	enter(dpo, "data_protection", "ru")
	look(dpo, ref, "Одобрить")
	dpo.Follow("Одобрить")
	look(dpo, "Отменить это нельзя")
	dpo.Press("Записать")
	look(dpo, "Записано", ref)
	s.complete(ref)
	p.Goto("/cases/" + ref)
	look(p, "The person’s data were erased on 20 March 2024 by Data protection officer")
	p.MustNotSee("Zərqələmova")
	p.NoConsoleErrors()
	dpo.NoConsoleErrors()
}
