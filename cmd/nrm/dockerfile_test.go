package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// readStages reads the Dockerfile.
func readStages(t *testing.T) map[string]*imageStage {
	t.Helper()
	stages := map[string]*imageStage{}
	var now *imageStage
	list := func(line, s string) (words []string) {
		if err := json.Unmarshal([]byte(s), &words); err != nil {
			t.Fatalf("Dockerfile: %s: only the form with brackets, which needs no shell", line)
		}
		return words
	}
	for line := range strings.Lines(read(t, inRepository("Dockerfile"))) {
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" || verb[0] == '#' {
			continue
		}
		if verb == "FROM" {
			words := strings.Fields(rest)
			if len(words) != 3 || words[1] != "AS" {
				t.Fatalf("Dockerfile: %s: every stage has a name", line)
			}
			now = &imageStage{from: words[0]}
			stages[words[2]] = now
			continue
		}
		now.lines = append(now.lines, line)
		switch verb {
		case "WORKDIR":
			now.workdir = rest
		case "USER":
			now.user = rest
		case "ENTRYPOINT":
			now.entrypoint = list(line, rest)
		case "CMD":
			now.cmd = list(line, rest)
		case "COPY":
			words := strings.Fields(rest)
			c := copied{}
			for strings.HasPrefix(words[0], "--") {
				if from, ok := strings.CutPrefix(words[0], "--from="); ok {
					c.from = from
				}
				words = words[1:]
			}
			c.paths, c.to = words[:len(words)-1], words[len(words)-1]
			now.copies = append(now.copies, c)
		}
	}
	return stages
}
