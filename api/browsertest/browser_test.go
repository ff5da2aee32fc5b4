package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"nrm/api/browsertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// TestPages opens every kind of page in every language: it is accessible,
// nothing is stopped by the policy, and it fits a small screen.
func TestPages(t *testing.T) {
	site := serve(t)
	p := browsertest.Open(t)
	for _, s := range samples {
		for _, path := range []string{"form", "case", "queue", "sign-in", "done", "empty"} {
			t.Run(s.lang+"-"+path, func(t *testing.T) {
				p := p.In(t)
				p.Goto(site + "/" + s.lang + "/" + path)
				p.Screenshot(s.lang + "-" + path + ".png")
				p.Axe()
				p.Reflows()
				p.NoConsoleErrors()
			})
		}
	}
}

// TestRefusedForm is the way of a person who uses the keyboard alone through a
// form that is refused at first.
func TestRefusedForm(t *testing.T) {
	site := serve(t)
	for _, s := range samples {
		t.Run(s.lang, func(t *testing.T) {
			p := browsertest.Open(t)
			p.Goto(site + "/" + s.lang + "/form")
			p.ChooseIn(s.question, s.yes)
			p.Select(s.region, "Şəki")
			p.Fill(s.note, "Çay, Ёлка, <b>")
			p.Press(s.submit)
			p.MustSee(s.wrong)
			p.Axe()
			p.Screenshot(s.lang + "-refused.png")

			p.Key(kb.Tab) // the summary has the focus; its first link comes next
			p.Key(kb.Enter)
			if got := p.Focused(); got != "arrived-day" {
				t.Errorf("the error's link leads to %q, want the day of the date", got)
			}
			p.FillDate(s.day, "2026-03-27T10:05")
			p.Press(s.submit)
			p.MustSee("2026-03-27T10:05|yes|[]|Şəki|Çay, Ёлка, <b>")
			p.NoConsoleErrors()
		})
	}
}

func TestFormWithoutScript(t *testing.T) {
	site := serve(t)
	p := browsertest.Open(t)
	p.WithoutScript()
	s := samples[0]
	p.Goto(site + "/" + s.lang + "/form")
	p.Press(s.submit)
	p.MustSee(s.wrong)
	p.ChooseIn(s.column, s.no)
	p.ChooseIn(s.question, s.no)
	p.FillDate(s.day, "2026-03-27")
	p.Press(s.submit)
	p.MustSee("2026-03-27|no|[2]||")
}

// recorder stands in for a test that is expected to fail.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Helper()               {}

// TestChecksCanFail spoils a page in the way each check is there to notice.
func TestChecksCanFail(t *testing.T) {
	site := serve(t)
	for name, c := range map[string]struct {
		spoil string
		check func(*browsertest.Person)
	}{
		"an image without a text":   {`document.body.append(document.createElement("img"))`, (*browsertest.Person).Axe},
		"pale text":                 {`document.querySelector(".govuk-footer p").style.color = "#ccc"`, (*browsertest.Person).Axe},
		"a field without its label": {`document.querySelector("label").remove()`, (*browsertest.Person).Axe},
		"a wide page":               {`document.querySelector("h1").style.width = "500px"`, (*browsertest.Person).Reflows},
		"an inline style":           {`document.body.setAttribute("style", "color: red")`, (*browsertest.Person).NoConsoleErrors},
		"a script that fails":       {`setTimeout(() => { throw new Error("broken") })`, (*browsertest.Person).NoConsoleErrors},
		"a file that is not there":  {`document.body.append(Object.assign(document.createElement("img"), {src: "/none.png", alt: ""}))`, (*browsertest.Person).NoConsoleErrors},
	} {
		t.Run(name, func(t *testing.T) {
			fails := &recorder{TB: t}
			p := browsertest.Open(fails)
			p.Goto(site + "/en/form")
			c.check(p)
			if fails.failed {
				t.Fatal("the page was bad before")
			}
			p.Script(c.spoil)
			c.check(p)
			if !fails.failed {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestPersonsShareNothing(t *testing.T) {
	site := serve(t)
	one, other := browsertest.Open(t), browsertest.Open(t)
	one.Goto(site + "/en/empty")
	one.Script(`document.cookie = "who=one"`)
	other.Goto(site + "/en/empty")
	if got := other.Script(`document.cookie`); got != "" {
		t.Errorf("the other person has the cookie %q", got)
	}
}
