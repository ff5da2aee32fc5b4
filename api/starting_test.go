package api

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nrm/api/web"
)

// TestStarting: from the first moment everybody is told what is going on, in
// the form and the language they understand, and nobody is let in.
func TestStarting(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	part, percent := "log", -1
	h := Starting{Logger: slog.New(slog.NewJSONHandler(&logged, nil)), Part: func() (string, int) { return part, percent }}.Handler()
	ask := func(method, path, language string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Language", language)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s %s: Retry-After %q", method, path, w.Header().Get("Retry-After"))
		}
		return w
	}
	if w := ask("GET", "/healthz", "en"); w.Code != 200 || !strings.Contains(w.Body.String(), "alive") {
		t.Errorf("healthz: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/readyz", "en"); w.Code != 503 || strings.TrimSpace(w.Body.String()) != `{"status":"starting","parts":["log"]}` {
		t.Errorf("readyz: %d %s", w.Code, w.Body)
	}
	part, percent = "views", 0
	if w := ask("GET", "/readyz", "en"); w.Code != 503 || strings.TrimSpace(w.Body.String()) != `{"status":"starting","parts":["views"],"percent":0}` {
		t.Errorf("readyz: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/", "/sign-in", "/cases/AA0000AA", "/nowhere", "//", "/lang/en"} {
		for language, words := range map[string]string{"az": "Reyestr işə salınır", "en": "The register is starting", "ru": "Реестр запускается"} {
			w := ask("GET", path, language)
			if w.Code != 503 || !strings.Contains(w.Body.String(), words) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") ||
				w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%s in %s: %d %.400s", path, language, w.Code, w.Body)
			}
		}
	}
	for _, c := range [][2]string{{"POST", "/api/v1/cases"}, {"GET", "/api/v1/cases"}, {"GET", "/openapi.json"}, {"DELETE", "/api/"}} {
		w := ask(c[0], c[1], "en")
		var p problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 503 || p.Code != "starting" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: %d %s", c, w.Code, w.Body)
		}
	}
	if w := ask("POST", "/sign-in", "en"); w.Code != 503 {
		t.Errorf("sign-in: %d", w.Code)
	}
	if w := ask("HEAD", "/healthz", "en"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	if w := ask("GET", web.Prefix+"nothing.css", "en"); w.Code != 404 {
		t.Errorf("assets are not served: %d", w.Code)
	}
	if strings.Contains(logged.String(), "AA0000AA") {
		t.Errorf("a path is in the log:\n%s", logged.String())
	}
}
