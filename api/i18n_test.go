package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nrm/domain"
)

// texts reads a language's files as they are: key to the forms of the text.
func texts(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, file := range textFiles(lang) {
		raw := map[string]json.RawMessage{}
		if err := json.Unmarshal(file.data, &raw); err != nil {
			t.Fatal(err)
		}
		for key, value := range raw {
			if all[key] != nil {
				t.Errorf("%s: %s stands twice, the second time in %s", lang, key, file.name)
			}
			var one string
			if json.Unmarshal(value, &one) == nil {
				all[key] = map[string]string{"": one}
				continue
			}
			forms := map[string]string{}
			if err := json.Unmarshal(value, &forms); err != nil {
				t.Errorf("%s: %s: %v", lang, key, err)
			}
			all[key] = forms
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func placeholdersIn(forms map[string]string) []string {
	var names []string
	for _, text := range forms {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestLanguagesHaveTheSameFiles: the texts of a family stand in a file of its
// name in every language.
func TestLanguagesHaveTheSameFiles(t *testing.T) {
	names := func(lang string) (all []string) {
		for _, f := range textFiles(lang)[1:] {
			all = append(all, filepath.Base(f.name))
		}
		return all
	}
	for _, l := range languages {
		if got := names(l.Code); !slices.Equal(got, names("az")) || len(got) < 15 {
			t.Errorf("%s has %v, az has %v", l.Code, got, names("az"))
		}
	}
}

func TestEveryTextInEveryLanguage(t *testing.T) {
	forms := map[string][]string{"az": {"one", "other"}, "en": {"one", "other"}, "ru": {"few", "many", "one", "other"}}
	az := texts(t, "az")
	if len(az) < 400 {
		t.Errorf("only %d texts: proves little", len(az))
	}
	for _, l := range languages {
		all := texts(t, l.Code)
		for key := range az {
			if all[key] == nil {
				t.Errorf("%s lacks %s", l.Code, key)
			}
		}
		for key, text := range all {
			if az[key] == nil {
				t.Errorf("az lacks %s, which %s has", key, l.Code)
				continue
			}
			if got, want := placeholdersIn(text), placeholdersIn(az[key]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has placeholders %v, az has %v", l.Code, key, got, want)
			}
			for form, s := range text {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s: %s %s is empty", l.Code, key, form)
				}
			}
			if _, plain := text[""]; plain != (az[key][""] != "") {
				t.Errorf("%s: %s has plural forms in one language only", l.Code, key)
			} else if got := slices.Sorted(keysOf(text)); !plain && !slices.Equal(got, forms[l.Code]) {
				t.Errorf("%s: %s has forms %v, the language has %v", l.Code, key, got, forms[l.Code])
			}
		}
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// needed are the keys that the domain's names make necessary.
func needed() (keys []string) {
	add := func(prefix string, names ...string) {
		for _, n := range names {
			keys = append(keys, prefix+n)
		}
	}
	for _, s := range domain.CommandSpecs() {
		add("command.", s.Name)
	}
	for _, s := range domain.EventSpecs() {
		add("event.", s.Type)
	}
	for _, r := range domain.Roles() {
		add("role.", string(r))
	}
	for _, c := range domain.Compartments() {
		add("compartment.", string(c))
	}
	add("role.", string(domain.Clock))
	add("precision.", string(domain.Minute), string(domain.Hour), string(domain.OnDay), string(domain.Unknown))
	for _, state := range domain.ClockStates() {
		add("clock.", string(state))
	}
	add("place.", "requested", "admitted", "refused", "not_arrived", "departed", "superseded", "offered", "declined", "cancelled")
	for _, r := range domain.Relations() {
		add("relation.", string(r))
	}
	add("status.", "met", "on_track", "late", "no_data")
	add("flag.", domain.FlagNoEvidence, domain.FlagAtRisk, domain.FlagNoTarget, domain.FlagBelowLastYear, domain.FlagAttested, domain.FlagFrozen)
	add("queue.", "missing", "handover", "screening", "decision", "shelter", "overdue", "open", "closed", "incoming", "residents", "left", "all", "allowance",
		"missing_child", "review", "return_risk", "risk", "reflection", "consent", "stay", "follow_up", "granted", "guardian", "duplicate", "answer")
	for _, p := range domain.Parameters() {
		add("unit.", p.Unit)
		add("confidence.", p.Confidence)
	}
	for _, a := range domain.CurrentPlan().Actions {
		for _, i := range a.Indicators {
			add("unit.", i.Unit)
		}
	}
	for m := 1; m <= 12; m++ {
		add("month.", strconv.Itoa(m))
	}
	for _, status := range errorPages {
		add("error."+strconv.Itoa(status), ".title", ".text")
	}
	for _, kind := range []string{"police", "facility", "referrer", "provider", "coordinator"} {
		add("home.title.", kind)
	}
	return keys
}

func TestEveryNameHasWords(t *testing.T) {
	az := texts(t, "az")
	for _, key := range needed() {
		if az[key] == nil {
			t.Errorf("no text for %s", key)
		}
	}
	for _, s := range domain.CommandSpecs() {
		for _, f := range append(s.Fields(), domain.Field{Name: happenedField}) {
			if in("az").fieldLabel(s.Name, f.Name) == "" {
				t.Errorf("no text for field.%s, nor for field.%s.%s", f.Name, s.Name, f.Name)
			}
			if f.Name == onceField || f.Name == happenedField && f.Kind != "" {
				t.Errorf("%s has a field called %s, which forms use themselves", s.Name, f.Name)
			}
		}
	}
}

// TestCommandsAreAskedFor: in Azerbaijani a command is named by what the person
// is asked to do, as on every button, and not by the infinitive.
func TestCommandsAreAskedFor(t *testing.T) {
	for key, text := range texts(t, "az") {
		for _, label := range text {
			if strings.HasPrefix(key, "command.") && (strings.HasSuffix(label, "maq") || strings.HasSuffix(label, "mək")) {
				t.Errorf("%s: %q", key, label)
			}
		}
	}
}

// sources parses the package in a folder, without its tests.
func sources(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(names), err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func text(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		s, _ := strconv.Unquote(lit.Value)
		return s
	}
	return ""
}

func TestEveryRefusalHasWords(t *testing.T) {
	codes := map[string]bool{"not_a_number": true, "not_an_amount": true, "not_a_day": true, "not_a_time": true}
	for _, code := range edgeCodes {
		codes[code] = true
	}
	for _, f := range slices.Concat(sources(t, "../domain"), sources(t, "../projections"), sources(t, ".")) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "invalid" || name.Name == "conflict") {
					codes[text(n.Args[0])] = true
				} else if ok && (name.Name == "refuse" || name.Name == "tryAgain") {
					codes[text(n.Args[1])] = true
				}
			case *ast.CompositeLit:
				sel, _ := n.Type.(*ast.SelectorExpr)
				if name, ok := n.Type.(*ast.Ident); ok && name.Name == "Refusal" || sel != nil && sel.Sel.Name == "Refusal" {
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Code" {
							codes[text(kv.Value)] = true
						}
					}
				}
			case *ast.FuncDecl:
				if n.Name.Name == "fault" {
					ast.Inspect(n, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
							codes[text(r.Results[0])] = true
						}
						return true
					})
				}
			}
			return true
		})
	}
	delete(codes, "")
	if len(codes) < 40 {
		t.Errorf("only %d codes found: proves little", len(codes))
	}
	az := texts(t, "az")
	for code := range codes {
		if az["refusal."+code] == nil {
			t.Errorf("no text for refusal.%s", code)
		}
	}
}

// TestEveryKeyAskedForExists finds the keys that the pages ask for by their
// whole name.
func TestEveryKeyAskedForExists(t *testing.T) {
	az := texts(t, "az")
	asked := 0
	for _, f := range sources(t, ".") {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || len(call.Args) == 0 || sel.Sel.Name != "T" && sel.Sel.Name != "N" {
				return true
			}
			if key := text(call.Args[0]); key != "" {
				asked++
				if az[key] == nil {
					t.Errorf("%s is asked for and has no text", key)
				}
			}
			return true
		})
	}
	if asked < 80 {
		t.Errorf("only %d keys found: proves little", asked)
	}
}

// TestEveryEventCanBeShown: the fields of every event have a label and, where
// they are codes, a list.
func TestEveryEventCanBeShown(t *testing.T) {
	coded := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[domain.Answers](), reflect.TypeFor[domain.Counts]()}
	w := in("en")
	for _, s := range domain.EventSpecs() {
		e, err := domain.DecodeEvent(s.Type, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(e)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "key" {
				continue
			}
			if w.fieldLabel(recordedBy(s.Type), name) == "" {
				t.Errorf("%s.%s: no label", s.Type, name)
			}
			kind := typ.Field(i).Type
			if !slices.Contains(coded, kind) {
				continue
			}
			list := typ.Field(i).Tag.Get("code")
			if list == "" && typ.Field(i).Tag.Get("opaque") != "" {
				continue // worded by its own rule
			}
			if list == "" {
				t.Errorf("%s.%s: no code list", s.Type, name)
				continue
			}
			domain.Codes(list) // panics when there is no such list
		}
	}
}

// TestGoldenEventsRead shows every stored example of an event in every
// language: nothing of it stays a bare code.
func TestGoldenEventsRead(t *testing.T) {
	names, err := filepath.Glob("../domain/testdata/events/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d stored examples of events: %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		typ, _, _ := strings.Cut(filepath.Base(name), ".") // X.2.json is a further shape of X
		e, err := domain.DecodeEvent(typ, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, l := range languages {
			for _, line := range in(l.Code).details(e) {
				if strings.HasPrefix(line, ":") || strings.HasSuffix(line, ": ") || strings.Contains(line, "_") {
					t.Errorf("%s in %s: %q", typ, l.Code, line)
				}
			}
		}
	}
}

func TestLanguageOfRequest(t *testing.T) {
	for header, want := range map[string]string{
		"": "az", "ru": "ru", "en-GB,en;q=0.8": "en", "ru-RU,ru;q=0.9,en;q=0.5": "ru", "az-AZ": "az",
		"de, fr;q=0.5": "az", "de, ru;q=0.5": "ru", "*": "az", ";;;": "az", strings.Repeat("x", 5000): "az",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := wordsOf(r).lang; got != want {
			t.Errorf("%.40q: %s, want %s", header, got, want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Language", "ru")
	r.Header.Set("Cookie", languageCookie+"=en")
	if got := wordsOf(r).lang; got != "en" {
		t.Errorf("cookie en: %s", got)
	}
	r.Header.Set("Cookie", languageCookie+"=xx")
	if got := wordsOf(r).lang; got != "ru" {
		t.Errorf("cookie of no language: %s", got)
	}
}

func TestOwnPath(t *testing.T) {
	for path, want := range map[string]string{
		"/cases?queue=open": "/cases?queue=open", "": "/", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/a\nb": "/", "javascript:alert(1)": "/", "/\tx": "/",
	} {
		if got := ownPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
