package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A visitor is a browser without JavaScript: it keeps cookies, fills in forms
// as they are on the page and follows redirects.
type visitor struct {
	t       testing.TB
	site    *site
	lang    string
	cookies map[string]string
	path    string // of the page that is open
	status  int
	header  http.Header
	body    string
	doc     *html.Node
}

func (s *site) visitor(t testing.TB, lang string) *visitor {
	return &visitor{t: t, site: s, lang: lang, cookies: map[string]string{languageCookie: lang}}
}

// as signs in.
func (s *site) as(t testing.TB, who, lang string) *visitor {
	t.Helper()
	v := s.visitor(t, lang)
	v.get("/sign-in")
	v.fill("/sign-in", url.Values{"user": {who}, "password": {staff().passwords[who]}})
	if v.path != "/" || v.status != http.StatusOK {
		t.Fatalf("%s cannot sign in: %s %d", who, v.path, v.status)
	}
	return v
}

// send sends one request and reads the answer; it follows redirects.
func (v *visitor) send(method, target string, form url.Values) *visitor {
	v.t.Helper()
	for range 5 {
		r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for name, value := range v.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		v.site.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
				delete(v.cookies, c.Name)
			}
		}
		v.path, v.status, v.header, v.body = target, w.Code, w.Header(), w.Body.String()
		if w.Code < 300 || w.Code > 399 {
			break
		}
		method, target, form = http.MethodGet, w.Header().Get("Location"), nil
		if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") {
			v.t.Fatalf("sent to %q", target)
		}
	}
	doc, err := html.Parse(strings.NewReader(v.body))
	if err != nil {
		v.t.Fatal(err)
	}
	v.doc = doc
	v.wellMade()
	return v
}

func (v *visitor) get(target string) *visitor {
	v.t.Helper()
	return v.send(http.MethodGet, target, nil)
}

// fill sends the form on the page that posts to action, with what stands in it
// and these answers.
func (v *visitor) fill(action string, answers url.Values) *visitor {
	v.t.Helper()
	form := v.form(action)
	if form == nil {
		v.t.Fatalf("%s has no form that posts to %s", v.path, action)
	}
	values := defaults(form)
	maps.Copy(values, answers)
	return v.send(http.MethodPost, action, values)
}

func (v *visitor) form(action string) *html.Node {
	for n := range v.doc.Descendants() {
		if n.Data == "form" && attr(n, "action") == action && attr(n, "method") == "post" {
			return n
		}
	}
	return nil
}

// defaults are what a browser sends of a form that nobody has touched.
func defaults(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		switch {
		case n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox"):
			if has(n, "checked") {
				values.Add(name, attr(n, "value"))
			}
		case n.Data == "input":
			values.Add(name, attr(n, "value"))
		case n.Data == "textarea":
			if n.FirstChild != nil {
				values.Add(name, n.FirstChild.Data)
			}
		case n.Data == "option" && has(n, "selected"):
			values.Add(attr(n.Parent, "name"), attr(n, "value"))
		}
	}
	return values
}

// columns counts the heads of a table's columns.
func columns(table *html.Node) (heads int) {
	for n := range table.Descendants() {
		if n.Data == "th" && attr(n, "scope") == "col" {
			heads++
		}
	}
	return heads
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// shownIn is what a reader sees of an element.
func shownIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// first finds an element by its tag and one attribute.
func (v *visitor) first(tag, key, value string) *html.Node {
	for n := range v.doc.Descendants() {
		if n.Data == tag && (key == "" || attr(n, key) == value) {
			return n
		}
	}
	return nil
}

func (v *visitor) main() string {
	v.t.Helper()
	n := v.first("main", "", "")
	if n == nil {
		v.t.Fatalf("%s has no main part: %s", v.path, v.body)
	}
	return shownIn(n)
}

// banner is the line above the content.
func (v *visitor) banner() string {
	if n := v.first("p", "class", "nrm-banner"); n != nil {
		return shownIn(n)
	}
	return ""
}

// sees and lacks look for texts in the main part of the page.
func (v *visitor) sees(texts ...string) *visitor {
	v.t.Helper()
	for _, text := range texts {
		if !strings.Contains(v.main(), text) {
			v.t.Errorf("%s (%d) lacks %q in:\n%s", v.path, v.status, text, v.main())
		}
	}
	return v
}

func (v *visitor) lacks(texts ...string) *visitor {
	v.t.Helper()
	for _, text := range texts {
		if strings.Contains(v.main(), text) {
			v.t.Errorf("%s shows %q in:\n%s", v.path, text, v.main())
		}
	}
	return v
}

func (v *visitor) code(status int) *visitor {
	v.t.Helper()
	if v.status != status {
		v.t.Errorf("%s: status %d, want %d:\n%s", v.path, v.status, status, v.main())
	}
	return v
}

// links maps the texts of a part's links to their addresses.
func (v *visitor) links() map[string]string {
	links := map[string]string{}
	for n := range v.doc.Descendants() {
		if n.Data == "a" {
			links[shownIn(n)] = attr(n, "href")
		}
	}
	return links
}

var (
	bareKey   = regexp.MustCompile(`\b(nav|field|event|command|compartment|erasures|proof|search|queue|role|status|flag|case|plan|year|facility|policy|refusal|error|home|cases|deadlines|timeline|notice|form|value|tag|clock|place|unit|ui)\.[a-z_]{3,}`)
	bareCode  = regexp.MustCompile(`\b[a-z]+_[a-z_]+\b`)
	gap       = regexp.MustCompile(`<no value>|\{\{|%!`)
	reference = regexp.MustCompile(`^/cases/[A-Z]{2}\d{4}[A-Z]{2}$`)
)

// wellMade holds every page against what all pages owe their readers.
func (v *visitor) wellMade() {
	v.t.Helper()
	fault := func(format string, args ...any) {
		v.t.Helper()
		v.t.Errorf("%s (%s): "+format, append([]any{v.path, v.lang}, args...)...)
	}
	if v.status == http.StatusOK && v.header.Get("Cache-Control") != "no-store" {
		fault("may be kept: %q", v.header.Get("Cache-Control"))
	}
	ids, labels, levels := map[string]bool{}, map[string]bool{}, []string{}
	for n := range v.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				fault("id %q twice", id)
			}
			ids[id] = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
				fault("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if order := attr(n, "tabindex"); order != "" && order != "0" && order != "-1" {
			fault("tabindex %s breaks the order of the keyboard", order)
		}
		switch n.Data {
		case "label":
			labels[attr(n, "for")] = true
		case "h1", "h2", "h3":
			levels = append(levels, n.Data)
		case "style":
			fault("a style sheet in the page")
		case "script":
			if attr(n, "src") == "" {
				fault("a script in the page")
			}
		case "table":
			if n.FirstChild == nil || n.FirstChild.Data != "caption" || shownIn(n.FirstChild) == "" {
				fault("a table without a caption")
			}
			if columns(n) > 3 && !strings.Contains(attr(n, "class"), "nrm-table--stacks") {
				fault("a table that is out of sight on a phone: %s", shownIn(n.FirstChild))
			}
		case "th":
			if s := attr(n, "scope"); s != "col" && s != "row" {
				fault("a head of a table without scope")
			}
			if shownIn(n) == "" {
				fault("an empty head of a table")
			}
		case "a", "button":
			if shownIn(n) == "" {
				fault("an empty <%s>", n.Data)
			}
		case "html":
			if attr(n, "lang") != v.lang {
				fault("lang %q", attr(n, "lang"))
			}
		}
	}
	for n := range v.doc.Descendants() {
		if field := n.Data == "input" && attr(n, "type") != "hidden" || n.Data == "select" || n.Data == "textarea"; field && !labels[attr(n, "id")] {
			fault("no label for %s", attr(n, "name"))
		}
		for _, key := range []string{"aria-describedby", "aria-labelledby"} {
			for _, id := range strings.Fields(attr(n, key)) {
				if !ids[id] {
					fault("%s names %q, which is not there", key, id)
				}
			}
		}
		if href := attr(n, "href"); strings.HasPrefix(href, "#") && len(href) > 1 && !ids[href[1:]] {
			fault("a link to %s, which is not there", href)
		}
	}
	if n := len(slices.DeleteFunc(slices.Clone(levels), func(l string) bool { return l != "h1" })); n != 1 {
		fault("%d main headings", n)
	}
	if skip := v.first("a", "", ""); skip == nil || attr(skip, "href") != "#main-content" {
		fault("the first link does not lead past the menu")
	}
	text := shownIn(v.doc)
	aboutCodes := strings.HasPrefix(v.path, "/codes") // the page is there to show them
	for _, bad := range []*regexp.Regexp{bareKey, gap} {
		if m := bad.FindString(text); m != "" && (bad == gap || !aboutCodes) {
			fault("shows %q", m)
		}
	}
	if m := bareCode.FindAllString(strings.Join(strings.Fields(text), " "), -1); !aboutCodes && len(m) > 0 && !slices.ContainsFunc(m, func(s string) bool { return staff().passwords[s] != "" }) {
		fault("shows codes: %v", m)
	}
}
