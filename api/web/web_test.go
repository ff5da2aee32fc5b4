package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, url string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	return w
}

func TestNothingHiddenIsServed(t *testing.T) {
	for _, path := range []string{"", ".keep", "images", "images/", "../embed.go", "none.css"} {
		if w := get(t, Prefix+path); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", path, w.Code)
		}
	}
	if got := URL("none.css"); got != "/assets/none.css" {
		t.Error(got)
	}
}

// needBuilt skips, loudly, what cannot be asked of a binary without assets.
func needBuilt(t *testing.T) {
	t.Helper()
	if !Built() {
		t.Skip("NOT CHECKED: the assets are not built. Run `make assets`.")
	}
}

func TestFilesAreKeptOnlyUnderTheirVersion(t *testing.T) {
	needBuilt(t)
	for name, kind := range map[string]string{
		"app.css": "text/css", "app.js": "text/javascript", "htmx.min.js": "text/javascript",
		"govuk-frontend.min.js": "text/javascript", "sortable-table.js": "text/javascript", "icon.svg": "image/svg+xml", "licences.txt": "text/plain",
	} {
		w := get(t, URL(name))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		for _, stale := range []string{Prefix + name, Prefix + name + "?v=000000000000"} {
			if w := get(t, stale); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("%s: %d %v", stale, w.Code, w.Header())
			}
		}
	}
}

// TestBuiltFilesAgree checks that the addresses the build wrote into files are
// the ones this package gives, and that none leads off the site.
func TestBuiltFilesAgree(t *testing.T) {
	needBuilt(t)
	address := regexp.MustCompile(`url\(/assets/([^)?]+)\?v=(\w+)\)|from ?'\./([^'?]+)\?v=(\w+)'`)
	found := 0
	for _, name := range []string{"app.css", "app.js", "sortable-table.js"} {
		data, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range address.FindAllStringSubmatch(string(data), -1) {
			found++
			if got := Prefix + m[1] + m[3] + "?v=" + m[2] + m[4]; got != URL(m[1]+m[3]) {
				t.Errorf("%s names %s, the file is %s", name, got, URL(m[1]+m[3]))
			}
		}
	}
	if found < 4 {
		t.Errorf("only %d addresses found: the pattern here no longer fits the build", found)
	}
}

// TestNoForeignMarks keeps another government's typeface, arms and name off the
// pages.
func TestNoForeignMarks(t *testing.T) {
	needBuilt(t)
	css, err := fs.ReadFile(FS(), "app.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?i)GDS Transport|gov\.uk|crest|crown|@font-face|@import`).Find(css); m != nil {
		t.Errorf("app.css contains %q", m)
	}
	err = fs.WalkDir(FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if regexp.MustCompile(`(?i)crest|crown|logotype|opengraph|\.woff`).MatchString(name) {
			t.Errorf("%s is shipped", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
