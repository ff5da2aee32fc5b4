package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestScripts plays testdata/*.txt, each against a server of its own. A script
// is a list of requests, each followed by what must be true of the answer:
//
//	POST /api/v1/cases as referrer
//	send Idempotency-Key: k-1
//	json {"data": {...}}
//	code 201
//	body contains some text
//	body lacks some text
//	header Location: some text     (is contained)
//	save ref case                  ($ref is now the field case of the answer)
//	log +1                         (the log has grown by one decision since "log")
//
// "restart" stops the whole server and starts it again on its folder; "raw"
// sends a body as it is. $128k is a text of 131,072 characters, $10k of 10,240.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			p := &player{site: newSite(t).unwatched(), file: file, vars: map[string]string{
				"$128k": strings.Repeat("a", 128<<10), "$10k": strings.Repeat("A", 10<<10),
			}}
			p.play(t)
		})
	}
}

type player struct {
	*site
	file string
	vars map[string]string
	seen uint64 // the log's last position at the last "log"

	method, path, who, body string
	headers                 []string
	answer                  *httptest.ResponseRecorder
}

func (p *player) play(t *testing.T) {
	f, err := os.Open(p.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		verb, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		for name, value := range p.vars {
			rest = strings.ReplaceAll(rest, name, value)
		}
		if err := p.step(verb, rest); err != nil {
			t.Errorf("%s:%d: %v", p.file, n, err)
		}
	}
	if log := p.logged.String(); strings.Contains(log, "views behind") {
		t.Errorf("the views were slow:\n%s", log)
	}
}

func (p *player) step(verb, rest string) error {
	switch verb {
	case "", "#":
	case "GET", "POST", "PUT", "DELETE":
		path, who, _ := strings.Cut(rest, " as ")
		p.method, p.path, p.who, p.body, p.headers, p.answer = verb, path, who, "", nil, nil
	case "send":
		name, value, _ := strings.Cut(rest, ": ")
		p.headers = append(p.headers, strings.TrimSuffix(name, ":"), value)
	case "json", "raw":
		p.body = rest
	case "code":
		if p.send(); strconv.Itoa(p.answer.Code) != rest {
			return fmt.Errorf("code %d, want %s\n%.2000s", p.answer.Code, rest, p.answer.Body)
		}
	case "body":
		how, text, _ := strings.Cut(rest, " ")
		if p.send(); strings.Contains(p.answer.Body.String(), text) != (how == "contains") {
			return fmt.Errorf("body must be one that %s %q:\n%.2000s", how, text, p.answer.Body)
		}
	case "header":
		name, text, _ := strings.Cut(rest, ": ")
		if p.send(); !strings.Contains(p.answer.Header().Get(name), text) {
			return fmt.Errorf("header %s is %q, want %q", name, p.answer.Header().Get(name), text)
		}
	case "save":
		name, field, _ := strings.Cut(rest, " ")
		p.send()
		var body map[string]any
		if err := json.Unmarshal(p.answer.Body.Bytes(), &body); err != nil || body[field] == nil {
			return fmt.Errorf("no %s in %s", field, p.answer.Body)
		}
		p.vars["$"+name] = fmt.Sprint(body[field])
	case "log":
		if p.answer == nil && p.path != "" {
			p.send()
		}
		grown := p.last() - p.seen
		p.seen += grown
		if rest != "" && fmt.Sprintf("+%d", grown) != rest {
			return fmt.Errorf("the log has grown by %d, want %s", grown, rest)
		}
	case "restart":
		p.restart()
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
	return nil
}

func (p *player) send() {
	if p.answer == nil {
		p.answer = p.site.send(p.who, p.method, p.path, p.body, p.headers...)
	}
}
