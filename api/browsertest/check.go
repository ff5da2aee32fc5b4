package browsertest

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// lag is how far complaints may come behind the page.
const lag = 100 * time.Millisecond

// violation is what axe-core reports for one rule.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe checks the page as it stands against WCAG 2.2 at levels A and AA, as far
// as a program can, and fails the test with everything it finds.
func (p *Person) Axe() {
	p.t.Helper()
	source, err := os.ReadFile(axeFile())
	if err != nil {
		p.t.Fatalf("browser test: axe-core is missing: run `make assets`: %v", err)
	}
	if !ask[bool](p, "!!window.axe") {
		ask[bool](p, string(source)+"\n;true")
	}
	found := ask[[]violation](p, `axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
		resultTypes: ["violations"],
	}).then(r => r.violations)`)
	if len(found) == 0 {
		return
	}
	var b strings.Builder
	for _, v := range found {
		fmt.Fprintf(&b, "\n%s (%s): %s", v.ID, v.Impact, v.Help)
		for _, n := range v.Nodes {
			fmt.Fprintf(&b, "\n  %s\n    %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    "))
		}
	}
	p.t.Errorf("browser test: %s breaks %d accessibility rules:%s", p.URL(), len(found), b.String())
}

// NoConsoleErrors fails the test with all that pages have complained about
// since Open: scripts that failed, files that did not come, and anything the
// content security policy stopped.
func (p *Person) NoConsoleErrors() {
	p.t.Helper()
	time.Sleep(lag)
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for _, m := range p.problems {
		// A page that answers 4xx is an answer; the test looks at its text.
		if m.Source == "network" && p.documents[m.URL] {
			continue
		}
		lines = append(lines, strings.TrimSpace(m.String()+" "+m.URL))
	}
	if len(lines) > 0 {
		p.t.Errorf("browser test: %d complaints in the console:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}

// Reflows checks that the page needs no sideways scrolling on a screen 320
// pixels wide (WCAG 1.4.10), and restores the window.
func (p *Person) Reflows() {
	p.t.Helper()
	p.Window(320, 800)
	wide := ask[[]string](p, `(() => {
		const over = [...document.querySelectorAll("body *")].filter(e => {
			if (e.closest(".nrm-table-scroll") && !e.matches(".nrm-table-scroll")) return false
			const r = e.getBoundingClientRect()
			return r.width > 1 && r.right > document.documentElement.clientWidth + 1
		})
		return document.documentElement.scrollWidth > document.documentElement.clientWidth ? over.slice(0, 5).map(e => e.outerHTML.slice(0, 120)) : []
	})()`)
	if len(wide) > 0 {
		p.t.Errorf("browser test: %s is wider than 320 pixels:\n%s", p.URL(), strings.Join(wide, "\n"))
	}
	p.Window(1200, 900)
}
