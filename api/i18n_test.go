package api

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nrm/api/ui"
	"nrm/domain"
)

// texts reads a language's files as they are: key to the forms of the text.
func texts(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	own, err := fs.Sub(localeFiles, "locales")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []fs.FS{ui.Locales(), own} {
		data, err := fs.ReadFile(from, lang+".json")
		if err != nil {
			t.Fatal(err)
		}
		raw := map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &raw); err != nil {
			t.Fatal(err)
		}
		for key, value := range raw {
			if all[key] != nil {
				t.Errorf("%s: %s stands there twice", lang, key)
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
	for _, c := range compartments {
		add("compartment.", string(c))
	}
	add("role.", string(domain.Clock))
	add("precision.", string(domain.Minute), string(domain.Hour), string(domain.OnDay), string(domain.Unknown))
	add("clock.", "running", "overdue", "met", "late", "waived", "lapsed", "ended", "unclear")
	add("place.", "requested", "admitted", "refused", "not_arrived", "departed", "superseded")
	add("relation.", "referred", "asked", "hosts", "hosted", "provides")
	add("status.", "met", "on_track", "late", "no_data")
	add("flag.", domain.FlagNoEvidence, domain.FlagAtRisk, domain.FlagNoTarget, domain.FlagBelowLastYear, domain.FlagAttested, domain.FlagFrozen)
	add("queue.", "handover", "screening", "decision", "shelter", "overdue", "open", "closed", "incoming", "residents", "left", "all", "allowance")
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
	for _, f := range append(sources(t, "../domain"), sources(t, ".")...) {
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
	w := in("en")
	for _, s := range domain.EventSpecs() {
		e, err := domain.DecodeEvent(s.Type, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Type != "DeadlineMissed" && s.Type != "DeviationNoted" {
			if _, err := domain.CommandNamed(recordedBy[s.Type]); err != nil {
				t.Errorf("%s: no command records it", s.Type)
			}
		}
		typ := reflect.TypeOf(e)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "key" {
				continue
			}
			if w.fieldLabel(recordedBy[s.Type], name) == "" {
				t.Errorf("%s.%s: no label", s.Type, name)
			}
			kind := typ.Field(i).Type
			if kind != reflect.TypeFor[string]() && kind != reflect.TypeFor[[]string]() {
				continue
			}
			list := codeListOf(s.Type, name, fieldBehind(s.Type, name))
			if list == "" && wordsOwn[name] == "" && wordsOwn[s.Type+"."+name] == "" {
				t.Errorf("%s.%s: no code list", s.Type, name)
			}
			if list != "" {
				domain.Codes(list) // panics when there is no such list
			}
		}
	}
	for typ := range recordedBy {
		if _, ok := domain.EventSpecOf(typ); !ok {
			t.Errorf("%s is no event", typ)
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
		typ := strings.TrimSuffix(filepath.Base(name), ".json")
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

func TestTimesAndNumbers(t *testing.T) {
	at := time.Date(2026, 11, 22, 17, 40, 0, 0, time.UTC)
	whens := []domain.When{domain.At(at), domain.OnThe(domain.DayOf(at)), {At: at, Precision: domain.Hour}, {At: at, Precision: domain.Unknown}, {}}
	want := map[string][]string{
		"az": {"22 noyabr 2026, 21:40", "22 noyabr 2026", "təxminən 22 noyabr 2026, 21:40", "vaxtı məlum deyil", ""},
		"en": {"22 November 2026, 21:40", "22 November 2026", "about 22 November 2026, 21:40", "time not known", ""},
		"ru": {"22 ноября 2026, 21:40", "22 ноября 2026", "около 22 ноября 2026, 21:40", "время неизвестно", ""},
	}
	for lang, texts := range want {
		for i, w := range whens {
			if got := in(lang).when(w); got != texts[i] {
				t.Errorf("%s: %q, want %q", lang, got, texts[i])
			}
		}
	}
	for _, tt := range []struct{ lang, got, want string }{
		{"az", in("az").money(123456750), "1.234.567,50 AZN"},
		{"en", in("en").money(123456700), "1,234,567 AZN"},
		{"ru", in("ru").money(7005), "70,05 AZN"},
		{"en", in("en").measure(66.6666, "percent"), "66.7 %"},
		{"ru", in("ru").measure(1500, "count"), "1\u00a0500"},
		{"en", in("en").remaining(at.Add(3*time.Hour+5*time.Minute), at), "3 hours left"},
		{"en", in("en").remaining(at.Add(time.Second), at), "1 minute left"},
		{"en", in("en").remaining(at.Add(-49*time.Hour), at), "overdue by 2 days"},
		{"ru", in("ru").remaining(at.Add(5*24*time.Hour), at), "осталось 5 дней"},
		{"ru", in("ru").remaining(at.Add(-21*24*time.Hour), at), "просрочено на 21 день"},
		{"az", in("az").remaining(at.Add(72*time.Hour), at), "3 gün qalıb"},
		{"en", in("en").limit(24, "h"), "24 hours"},
		{"en", in("xx").limit(3, "d"), "3 təqvim günü"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.lang, tt.got, tt.want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for typed, want := range map[string]domain.Qepik{
		"700": 70000, "700.5": 70050, "700,50": 70050, "1 234,50": 123450, "1 234 567": 123456700, "1\u00a0234": 123400, "1\u202f234.5": 123450,
		"1234,5": 123450, "0.07": 7, " 12 ": 1200, "0": 0,
		"0.001": -1, "12.345": -1, "12,345": -1, "1.234": -1, "1.234,50": -1, "1,234.50": -1, "1.234.567": -1, "1,234,567": -1, "1.23.4": -1, "12.3456": -1, "1,2,3": -1,
		"12 34": -1, "1234 567": -1, "1  234": -1, "1 234 5": -1, "1 .5": -1, "1. 5": -1, "12 345.": -1,
		"": -1, " ": -1, "-5": -1, "+5": -1, "abc": -1, "12,": -1, ".5": -1, "12 AZN": -1, "9999999999999999999": -1, "1e5": -1, "0x10": -1, "1_0": -1, "5.-1": -1, "5.+1": -1,
	} {
		got, ok := parseMoney(typed)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", typed, got, ok, want)
		}
	}
}

// TestReferenceInExamples: the references that texts show could be given.
func TestReferenceInExamples(t *testing.T) {
	reference := regexp.MustCompile(`\b[A-Z]{2}[0-9]{4}[A-Z]{2}\b`)
	for _, l := range languages {
		shown := 0
		for key, forms := range texts(t, l.Code) {
			for _, text := range forms {
				for _, ref := range reference.FindAllString(text, -1) {
					shown++
					if _, err := domain.ParseRef(ref); err != nil {
						t.Errorf("%s: %s shows %s: %v", l.Code, key, ref, err)
					}
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s shows no reference", l.Code)
		}
	}
}

// TestAmountFilledInIsRead: what a form shows as an amount it also takes.
func TestAmountFilledInIsRead(t *testing.T) {
	for _, l := range languages {
		for _, q := range []domain.Qepik{0, 7, 70050, 123450, 123456700} {
			if got, ok := parseMoney(in(l.Code).amount(q)); !ok || got != q {
				t.Errorf("%s: %q is read as %d, %v", l.Code, in(l.Code).amount(q), got, ok)
			}
		}
	}
}
