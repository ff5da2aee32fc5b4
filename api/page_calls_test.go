package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCallsAreLoggedByForm(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "hotline_operator", "en")
	v.get("/").sees("Log a hotline call")
	v.get("/calls/new").code(http.StatusOK).sees("Who called is neither asked nor written down")
	call := url.Values{"channel": {"line_152"}, "language": {"az"}, "topic": {"legal_information"}, "caller": {"unknown"}, "thb_related": {"false"}}
	v.fill("/calls/new", on(call, 19, "21:40")).code(http.StatusOK).sees("Recorded: Hotline call")

	ref := strings.TrimPrefix(registered(v), "/cases/")
	call.Set("topic", "trafficking")
	call.Set("caller", "family")
	call.Set("case", ref)
	v.get("/calls/new").fill("/calls/new", on(call, 19, "21:40")).code(http.StatusUnprocessableEntity).sees("Only a call about trafficking leads to a case")
	call.Set("thb_related", "true")
	v.get("/calls/new").fill("/calls/new", on(call, 19, "21:40")).code(http.StatusOK).sees("Recorded: Hotline call")

	v.get("/calls").code(http.StatusOK).sees("Most calls are not about trafficking").sees(ref, "Unknown", "Log a hotline call")
	v.get("/calls?about=trafficking").sees(ref).lacks("Unknown")
	v.get("/calls?topic=silent").sees("There is no such call.")
	v.get("/calls?year=1&channel=nothing&topic=nothing&about=nothing&page=0").code(http.StatusOK).sees(ref)
	d := s.as(t, "duty_officer", "en")
	d.get("/").lacks("Log a hotline call")
	d.get("/calls").code(http.StatusOK).sees(ref).lacks("Log a hotline call")
	s.as(t, "coordinator", "en").get("/calls").code(http.StatusOK).sees(ref, "Family").lacks("Azerbaijani", "Log a hotline call")
	s.as(t, "shelter", "en").get("/calls").code(http.StatusForbidden)
}
