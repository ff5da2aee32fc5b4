package domain

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestGlossary prints the terms for people who read no Go, in docs/glossary.md
// and in the package's own documentation.
func TestGlossary(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Glossary\n\nThe terms of the mechanism in Azerbaijani, English and Russian. Made from `domain/glossary.json`; do not edit this page.\n\n")
	b.WriteString("¹ not reviewed: these Azerbaijani words, or some of them, do not occur in the National Action Plan 2020-2024 and need a native reviewer.\n\n")
	b.WriteString("| Azərbaycanca | English | Русский |\n|---|---|---|\n")
	seen, unreviewed := map[string]bool{}, 0
	for _, term := range Glossary() {
		mark := ""
		if !term.Reviewed {
			mark, unreviewed = "¹", unreviewed+1
		}
		if term.AZ == "" || term.EN == "" || term.RU == "" || strings.ContainsAny(term.AZ+term.EN+term.RU, "|*\n") {
			t.Errorf("%q: not three plain terms", term.AZ)
		}
		if seen[term.AZ] || seen[term.EN] {
			t.Errorf("%s stands twice", term.AZ)
		}
		seen[term.AZ], seen[term.EN] = true, true
		fmt.Fprintf(&b, "| %s%s | %s | %s |\n", term.AZ, mark, term.EN, term.RU)
	}
	if len(Glossary()) < 100 || unreviewed == 0 || unreviewed == len(Glossary()) {
		t.Errorf("%d terms, %d not reviewed", len(Glossary()), unreviewed)
	}
	golden(t, "../docs/glossary.md", b.String())
}

// TestDocNamesTheTerms keeps the words of the package's documentation those of
// the glossary.
func TestDocNamesTheTerms(t *testing.T) {
	const begin, end = "// # Terms\n", "package domain\n"
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(doc), begin)
	if !ok || !strings.HasSuffix(rest, end) {
		t.Fatal("doc.go has no part about terms before the package clause")
	}
	var b strings.Builder
	b.WriteString(before + begin + "//\n// Made from glossary.json; ¹ marks Azerbaijani words that no native reviewer has seen.\n//\n")
	for _, term := range Glossary() {
		mark := ""
		if !term.Reviewed {
			mark = "¹"
		}
		fmt.Fprintf(&b, "//   - %s: %s%s\n", term.EN, term.AZ, mark)
	}
	golden(t, "doc.go", b.String()+end)
}

// TestThreePersonsAreKeptApart: a presumed victim is never called a potential
// one, in no list and in no language.
func TestThreePersonsAreKeptApart(t *testing.T) {
	for code, want := range map[string][3]string{
		"presumed":   {"ehtimal olunan", "resumed", "редполагаемая"},
		"at_risk":    {"otensial", "risk", "отенциальная"},
		"identified": {"zərər çəkmiş", "dentified", "острадавш"},
	} {
		c, ok := CodeOf("victim_status", code)
		if !ok {
			t.Fatalf("no status %s", code)
		}
		for i, text := range []string{c.AZ, c.EN, c.RU} {
			if !strings.Contains(text, want[i]) {
				t.Errorf("%s is called %q, not %q", code, text, want[i])
			}
		}
		if presumed := code == "presumed"; presumed && strings.Contains(strings.ToLower(c.EN), "potential") {
			t.Errorf("a presumed victim is called %q", c.EN)
		}
	}
}
