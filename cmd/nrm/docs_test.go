package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nrm/domain"
)

// TestDecisionsAreListed keeps the index of docs/adr and the form of each
// record.
func TestDecisionsAreListed(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "adr")
	index := read(t, filepath.Join(dir, "README.md"))
	files, _ := filepath.Glob(filepath.Join(dir, "0*.md"))
	if len(files) == 0 {
		t.Fatal("no decisions")
	}
	status := regexp.MustCompile(`(?m)^Status: (proposed|accepted|rejected|replaced by \d{4}) \(20\d\d-\d\d\)$`)
	for i, file := range files {
		text, name := read(t, file), filepath.Base(file)
		title, _, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(name, fmt.Sprintf("%04d-", i+1)) || !strings.HasPrefix(title, fmt.Sprintf("# %d. ", i+1)) {
			t.Errorf("%s: number %d was expected in name and title", name, i+1)
		}
		if !status.MatchString(text) {
			t.Errorf("%s has no status that we know", name)
		}
		if !strings.Contains(index, fmt.Sprintf("| %04d | [%s](%s) |", i+1, strings.TrimPrefix(title, fmt.Sprintf("# %d. ", i+1)), name)) {
			t.Errorf("the index lacks %s", name)
		}
	}
}

// TestReferencesInDocuments: a reference that a reader may type must be one.
func TestReferencesInDocuments(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	found := 0
	for _, file := range files {
		for _, ref := range regexp.MustCompile(`\b[A-Z]{2}[0-9]{4}[A-Z]{2}\b`).FindAllString(read(t, file), -1) {
			found++
			if _, err := domain.ParseRef(ref); err != nil {
				t.Errorf("%s: %s is no reference", file, ref)
			}
		}
	}
	if found == 0 {
		t.Error("no references found")
	}
}

// TestReadme keeps the two commands in its first lines, and its links true.
func TestReadme(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, name := range []string{"README.md", "docs/ARCHITECTURE.md", "docs/import.md", "docs/accounts.md"} {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(read(t, filepath.Join(root, name)), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), link[1])); err != nil && !strings.HasPrefix(link[1], "http") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	head, _, _ := strings.Cut(read(t, filepath.Join(root, "README.md")), "Both need")
	makefile := read(t, filepath.Join(root, "Makefile"))
	for _, target := range []string{"demo", "test"} {
		if !strings.Contains(head, "make "+target) || !strings.Contains(makefile, "\n"+target+":") {
			t.Errorf("make %s does not stand in the first lines of the README, or does not exist", target)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
