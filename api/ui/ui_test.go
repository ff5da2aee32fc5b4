package ui

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// hostile is put wherever a text may come from a person.
const hostile = `"><script>alert('x')</script><b onclick=alert(1) style="color:red">&amp;`

// words is T for the tests: the texts of one language as they are shipped.
func words(t *testing.T, lang string) T {
	t.Helper()
	texts := catalogue(t, lang)
	return func(key string, _ ...any) string {
		if s, ok := texts[key]; ok {
			return s
		}
		t.Errorf("%s has no text for %q", lang, key)
		return key
	}
}

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := fs.ReadFile(Locales(), lang+".json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	return texts
}

// render parses what a component writes, and fails on whatever the content
// security policy forbids.
func render(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "script" && attr(n, "src") == "" {
			t.Errorf("inline <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q is given twice", id)
			}
			ids[id] = true
		}
	}
	// What refers to an element must find one.
	for n := range root.Descendants() {
		for _, key := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "for"} {
			for id := range strings.FieldsSeq(attr(n, key)) {
				if !ids[id] {
					t.Errorf("<%s %s=%q>: no element has this id", n.Data, key, id)
				}
			}
		}
	}
	return root
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// find lists the elements of a tag that have all the given attributes.
func find(root *html.Node, tag string, attrs ...string) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != tag {
			continue
		}
		ok := true
		for i := 0; i < len(attrs); i += 2 {
			if attrs[i] == "class" {
				ok = ok && slices.Contains(strings.Fields(attr(n, "class")), attrs[i+1])
			} else {
				ok = ok && attr(n, attrs[i]) == attrs[i+1]
			}
		}
		if ok {
			out = append(out, n)
		}
	}
	return out
}

// one is find where exactly one is expected.
func one(t *testing.T, root *html.Node, tag string, attrs ...string) *html.Node {
	t.Helper()
	found := find(root, tag, attrs...)
	if len(found) != 1 {
		t.Fatalf("<%s %v>: found %d, want 1", tag, attrs, len(found))
	}
	return found[0]
}

// text is what a reader gets, with white space folded.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func wantText(t *testing.T, n *html.Node, want string) {
	t.Helper()
	if got := text(n); !strings.Contains(got, want) {
		t.Errorf("<%s> reads %q, want %q in it", n.Data, got, want)
	}
}

func TestLocalesHaveTheSameKeys(t *testing.T) {
	az := catalogue(t, "az")
	for _, lang := range []string{"en", "ru"} {
		other := catalogue(t, lang)
		for key := range az {
			if other[key] == "" {
				t.Errorf("%s has no text for %q", lang, key)
			}
		}
		for key := range other {
			if az[key] == "" {
				t.Errorf("az has no text for %q", key)
			}
		}
	}
	for _, lang := range []string{"az", "en", "ru"} {
		for _, placeholder := range []string{"%heading%", "%direction%"} {
			if !strings.Contains(catalogue(t, lang)["ui.sorted"], placeholder) {
				t.Errorf("%s: ui.sorted lacks %s", lang, placeholder)
			}
		}
	}
}

func TestLayout(t *testing.T) {
	p := Page{
		Lang: "az", Title: "Müraciətlər " + hostile, T: words(t, "az"),
		User:      &UserBar{Name: hostile, Role: "Polis", Organisation: "DİN", SignOut: "/sign-out"},
		Nav:       []NavItem{{Text: "İşlər", Href: "/cases", Current: true, Count: "3"}, {Text: hostile, Href: "javascript:alert(1)"}},
		Languages: []LangLink{{Lang: "az", Text: "Azərbaycanca", Current: true}, {Lang: "en", Text: "English", Href: "/lang/en"}},
		Back:      &Link{Text: "Geri", Href: "/"},
		Notice:    &Notice{Success: true, Title: "Hazırdır", Text: hostile},
		Banner:    hostile, Failed: true, Exit: "https://example.org/",
	}
	root := render(t, Document(p, Paragraph(hostile)))
	if lang := attr(one(t, root, "html"), "lang"); lang != "az" {
		t.Errorf("lang = %q", lang)
	}
	wantText(t, one(t, root, "title"), "Səhv: Müraciətlər")
	main := one(t, root, "main", "id", "main-content")
	wantText(t, main, hostile)
	one(t, root, "a", "href", "#main-content")
	one(t, root, "a", "aria-current", "page")
	one(t, root, "a", "hreflang", "en")
	one(t, root, "form", "action", "/sign-out")
	wantText(t, one(t, root, "span", "class", "nrm-user__role"), "Polis, DİN")
	if n := len(find(root, "script")); n != 2 {
		t.Errorf("%d scripts, want htmx and our own", n)
	}
}

func TestLayoutWithoutAssets(t *testing.T) {
	root := render(t, Document(Page{Lang: "en", T: words(t, "en"), AssetsMissing: true}))
	wantText(t, one(t, root, "body"), "make assets")
	if n := len(find(root, "script")) + len(find(root, "link", "rel", "stylesheet")); n != 0 {
		t.Errorf("%d links to files that are not there", n)
	}
}

// everyKind has each kind of field, refused and hostile.
func everyKind() []Field {
	options := []Option{
		{Value: "a", Text: "Bəli", Hint: hostile},
		{Value: `b"<`, Text: hostile, Checked: true},
	}
	var fields []Field
	for _, k := range []Kind{Choice, Radios, Select, Checkboxes, Switch, Text, TextArea, Number, Money, Date, DateTime, Password, Code} {
		fields = append(fields, Field{
			Name: string(k), Kind: k, Label: "Sual " + string(k) + hostile, Hint: hostile, Error: "Düzəldin: " + string(k),
			Options: options, Value: hostile, Parts: Parts{Day: hostile, Month: "13", Year: "2026", Time: "99:99"},
			Optional: true, Suffix: "AZN", Lang: "ru",
		})
	}
	return append(fields, Field{Name: "secret", Kind: Hidden, Value: hostile})
}

func TestForm(t *testing.T) {
	fields := everyKind()
	root := render(t, Form(FormView{
		T: words(t, "az"), Title: hostile, Caption: hostile, Lead: hostile, Warning: hostile,
		Action: "/cases/1/refer", Fields: fields, Submit: "Göndər", Cancel: &Link{Text: "İmtina", Href: "/"},
		Hidden: []HiddenValue{{Name: "key", Value: hostile}},
	}))
	form := one(t, root, "form", "method", "post", "action", "/cases/1/refer")
	summary := one(t, root, "div", "class", "govuk-error-summary")
	for _, f := range fields {
		if f.Kind == Hidden {
			if attr(one(t, form, "input", "name", f.Name), "value") != hostile {
				t.Error("hidden value changed")
			}
			continue
		}
		link := one(t, summary, "a", "href", "#"+f.focus())
		wantText(t, link, f.Error)
		message := one(t, form, "p", "id", f.errorID())
		wantText(t, message, "Səhv: "+f.Error)

		// Whatever carries the question also names hint and error.
		tied := 0
		for n := range form.Descendants() {
			if attr(n, "aria-describedby") == f.hintID()+" "+f.errorID() {
				tied++
			}
		}
		if tied != 1 {
			t.Errorf("%s: hint and error are tied to %d elements, want 1", f.Kind, tied)
		}
		// The link's target takes input.
		target := 0
		for _, tag := range []string{"input", "select", "textarea"} {
			target += len(find(form, tag, "id", f.focus()))
		}
		if target != 1 {
			t.Errorf("%s: error links to %d inputs", f.Kind, target)
		}
	}
	for _, name := range []string{"date-day", "date-month", "date-year", "datetime-day", "datetime-month", "datetime-year", "datetime-time"} {
		one(t, form, "input", "name", name)
	}
	if got := attr(one(t, form, "input", "name", "date-day"), "value"); got != hostile {
		t.Errorf("what was typed came back as %q", got)
	}
	if got := attr(one(t, form, "input", "name", "password"), "value"); got != "" {
		t.Errorf("a password came back: %q", got)
	}
	if n := len(find(form, "input", "type", "radio")); n != 4 {
		t.Errorf("%d radios, want 4", n)
	}
}

func TestLongChoiceIsASelect(t *testing.T) {
	f := Field{Name: "region", Kind: Choice, Label: "Bölgə"}
	for _, c := range "abcdefgh" {
		f.Options = append(f.Options, Option{Value: string(c), Text: string(c)})
	}
	root := render(t, FormField(words(t, "az"), f))
	if n := len(find(one(t, root, "select", "name", "region"), "option")); n != 9 {
		t.Errorf("%d options, want eight and the empty one", n)
	}
	f.Options = f.Options[:7]
	if n := len(find(render(t, FormField(words(t, "az"), f)), "input", "type", "radio")); n != 7 {
		t.Errorf("%d radios, want 7", n)
	}
}

func TestErrorsWithoutAField(t *testing.T) {
	root := render(t, Form(FormView{T: words(t, "en"), Submit: "Save", Errors: []FormError{{Text: "The case is closed"}, {Field: "gone", Text: "Unknown"}}}))
	summary := one(t, root, "div", "class", "govuk-error-summary")
	wantText(t, summary, "The case is closed Unknown")
	if len(find(summary, "a")) != 0 {
		t.Error("a link that leads nowhere")
	}
}

func TestParts(t *testing.T) {
	form := map[string]string{"at-day": " 3", "at-month": "5", "at-year": "2026", "at-time": "9:05"}
	get := func(k string) string { return form[k] }
	if got := ReadParts(get, "at").ISO(); got != "2026-05-03T09:05" {
		t.Error(got)
	}
	delete(form, "at-time")
	if got := ReadParts(get, "at").ISO(); got != "2026-05-03" {
		t.Error(got)
	}
	form["at-month"] = "may"
	if got := ReadParts(get, "at").ISO(); got != "2026-may-03" {
		t.Error(got)
	}
	if got := ReadParts(get, "none"); !got.Blank() || got.ISO() != "" {
		t.Errorf("%+v", got)
	}
}

func TestTimeline(t *testing.T) {
	root := render(t, Timeline([]TimelineItem{
		{Title: hostile, When: "3 may 2026, 10:05", Datetime: "2026-05-03T10:05:00+04:00", Recorded: "Qeydə alınıb: 4 may", By: hostile,
			Lines: []string{hostile}, Tags: []Tag{{Text: "Gecikib", Colour: "red"}}, State: Late, Links: []Link{{Text: "Aç", Href: "/e/1", Hidden: hostile}}},
		{Title: "Gözlənilir", State: TimelineState(hostile)},
	}))
	if got := attr(find(root, "time")[0], "datetime"); got != "2026-05-03T10:05:00+04:00" {
		t.Error(got)
	}
	items := find(root, "div", "class", "moj-timeline__item")
	if len(items) != 2 {
		t.Fatalf("%d items", len(items))
	}
	wantText(t, items[0], hostile)
	if attr(items[1], "class") != "moj-timeline__item" {
		t.Error("an unknown state became a class")
	}
}

func TestSummaries(t *testing.T) {
	rows := []SummaryRow{
		{Key: hostile, Value: hostile, Href: "/x", Lines: []string{hostile}, Tags: []Tag{{Text: hostile, Colour: hostile}}, Actions: []Link{{Text: "Dəyiş", Href: "/x", Hidden: "tarixi"}}},
		{Key: "Boş"},
	}
	root := render(t, SummaryCard(Card{Title: hostile, Rows: rows, Actions: []Link{{Text: "Hamısı", Href: "/"}}, Tags: []Tag{{Text: "Açıq"}}}))
	if len(find(root, "dt")) != 2 {
		t.Error("rows are missing")
	}
	wantText(t, render(t, SummaryCard(Card{Title: "Redress", Empty: "Nothing recorded"})), "Nothing recorded")
}

func TestTable(t *testing.T) {
	v := TableView{
		T: words(t, "az"), Caption: hostile, Sortable: true, Small: true,
		Heads: []Head{{Text: "İstinad", Sort: Ascending}, {Text: hostile}, {Text: "Gün", Numeric: true, Sort: CanSort}},
		Rows: []TableRow{
			{State: Overdue, Cells: []Cell{{Text: "KW5219ED", Href: "/cases/1", Hint: hostile}, {Text: hostile, Tags: []Tag{{Text: "Gecikib"}}}, {Text: "1 000", Sort: "1000"}}},
			{Cells: []Cell{{Text: hostile, Datetime: hostile}}},
		},
	}
	root := render(t, Table(v))
	wantText(t, one(t, root, "caption"), hostile)
	one(t, root, "table", "data-module", "moj-sortable-table")
	one(t, root, "td", "data-sort-value", "1000")
	if n := len(find(root, "th", "scope", "row")); n != 2 {
		t.Errorf("%d row heads", n)
	}
	if len(find(root, "th", "aria-sort", "")) != 3 { // two row heads and the column that cannot be sorted
		t.Error("aria-sort on the wrong heads")
	}
	if len(find(root, "td", "data-head", hostile)) != 0 {
		t.Error("a table that does not stack repeats its heads")
	}
	v.Stacks, v.Rows[1].Cells = true, []Cell{{Text: "KW5219ED"}, {}, {Text: "1"}}
	root = render(t, Table(v))
	if n := len(find(root, "td", "data-head", hostile)); n != 1 {
		t.Errorf("%d of the two cells say their head: one is empty", n)
	}
	v.Rows, v.Empty = nil, "Heç nə gözləmir"
	root = render(t, Table(v))
	if len(find(root, "table")) != 0 {
		t.Error("an empty table is drawn")
	}
	wantText(t, root, "Heç nə gözləmir")
}

func TestSmallComponents(t *testing.T) {
	w := words(t, "ru")
	for name, c := range map[string]templ.Component{
		"identity":     IdentityBar(IdentityView{Reference: hostile, Facts: []string{hostile}, Tags: []Tag{{Text: hostile}}, Next: hostile, Late: true}, false),
		"stages":       Stages(hostile, []Stage{{Text: hostile, When: hostile, State: StageNow, Word: hostile}, {Text: hostile, State: StageState(hostile), Word: hostile}}),
		"light":        Light(LightState(hostile), hostile),
		"tiles":        Tiles([]Tile{{Figure: hostile, Text: hostile, Href: "/x", Alarm: true}, {Figure: hostile, Text: hostile}}),
		"sub":          SubNavigation(hostile, []NavItem{{Text: hostile, Href: "/x", Current: true, Count: hostile}}),
		"tabs":         Tabs(hostile, []Tab{{ID: "a", Text: hostile, Content: Paragraph(hostile)}, {ID: "b", Text: "b", Content: Inset(hostile)}}),
		"panel":        Panel(PanelView{Title: hostile, Text: hostile, Reference: hostile}),
		"interruption": Interruption(InterruptionView{Title: hostile, Lines: []string{hostile}, Back: &Link{Text: hostile, Href: "/"}, Action: &Link{Text: hostile, Href: "/x"}}),
		"error":        ErrorPage(ErrorView{Title: hostile, Lines: []string{hostile}, Reference: hostile, Links: []Link{{Text: hostile, Href: "/"}}}),
		"heading":      Heading(2, hostile),
		"button":       Button(Link{Text: hostile, Href: "javascript:alert(1)", Hidden: hostile}, true),
		"details":      Details(hostile),
		"warning":      Warning(hostile, hostile),
		"sign-in": SignInForm(SignInView{T: w, Action: "/sign-in", Title: hostile, Lead: hostile, Submit: hostile, Next: hostile, Error: hostile, Heading: hostile,
			Fields: []Field{{Name: "user", Kind: Text, Label: hostile}}, Others: []Link{{Text: hostile, Href: "/oidc"}}}),
	} {
		t.Run(name, func(t *testing.T) { wantText(t, render(t, c), hostile) })
	}
}

func TestPagination(t *testing.T) {
	v := PaginationView{T: words(t, "ru"), Page: 6, Pages: 12, Href: func(n int) string { return "?page=" + string(rune('0'+n%10)) }}
	if got := v.numbers(); !slices.Equal(got, []int{1, 0, 5, 6, 7, 0, 12}) {
		t.Error(got)
	}
	root := render(t, Pagination(v))
	wantText(t, one(t, root, "a", "aria-current", "page"), "6")
	one(t, root, "a", "rel", "prev")
	one(t, root, "a", "rel", "next")
	v.Page, v.Pages = 1, 1
	if len(find(render(t, Pagination(v)), "nav")) != 0 {
		t.Error("one page needs no pagination")
	}
}

func TestActionsAreSafe(t *testing.T) {
	root := render(t, Form(FormView{T: words(t, "en"), Action: "javascript:alert(1)", Submit: "Go"}))
	if a := attr(one(t, root, "form"), "action"); strings.Contains(a, "javascript") {
		t.Error(a)
	}
}

// TestManyCheckboxesScroll: so that what comes after them is not a hundred screens
// away.
func TestManyCheckboxesScroll(t *testing.T) {
	f := Field{Name: "via", Kind: Checkboxes, Label: "Via"}
	for range ManyOptions {
		f.Options = append(f.Options, Option{Value: "A", Text: "A"})
	}
	scrolls := func() bool {
		var b strings.Builder
		if err := FormField(nil, f).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(b.String(), "nrm-checkboxes--many")
	}
	if scrolls() {
		t.Error("few scroll")
	}
	if f.Options = append(f.Options, Option{Value: "B", Text: "B"}); !scrolls() {
		t.Error("many do not scroll")
	}
}
