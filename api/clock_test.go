package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nrm/projections"
)

// TestClockSetBack: somebody sets the clock back by weeks while the register
// serves, and later right again. Nothing that is recorded is refused, lost,
// recorded twice or hidden, sessions go on, and the views are what the log says.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var shift atomic.Int64
	set := func(to time.Time) { shift.Store(int64(to.Sub(today))) }
	clock := func() time.Time { return today.Add(time.Duration(shift.Load())) }
	s.server.Now = clock

	first := s.send("referrer", "POST", root+"/cases", referral, keyHeader, "once")
	if first.Code != http.StatusCreated && first.Code != http.StatusOK {
		t.Fatalf("%d %s", first.Code, first.Body)
	}
	var told given
	s.must(json.Unmarshal(first.Body.Bytes(), &told))
	path := "/cases/" + told.Case
	cookie := s.signedIn("duty_officer")
	if w := s.browse(cookie, "GET", path, nil); w.Code != http.StatusOK {
		t.Fatalf("page: %d", w.Code)
	}

	set(today.AddDate(0, -2, 0)) // before the referral happened
	if again := s.send("referrer", "POST", root+"/cases", referral, keyHeader, "once"); again.Code != first.Code || again.Body.String() != first.Body.String() {
		t.Errorf("asked again: %d %s, first %d %s", again.Code, again.Body, first.Code, first.Body)
	}
	before := s.last()
	if w := s.send("duty_officer", "POST", root+path+"/accept-handover", `{"data":{"district":"AZ-BA","condition":"good"}}`); w.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(w.Body.String(), `"before_case"`) || s.last() != before {
		t.Errorf("before the case began: %d %s", w.Code, w.Body) // what the clock says is false, and is not recorded
	}
	set(today.AddDate(0, 0, -10))
	handover := s.asked("duty_officer", path+"/accept-handover", `{"data":{"district":"AZ-BA","condition":"good"}}`)
	if handover.Position <= told.Position {
		t.Errorf("recorded at %d, after %d", handover.Position, told.Position)
	}
	second := s.asked("referrer", "/cases", strings.Replace(referral, `"happened":"2024-03-01T21:40:00+04:00",`, "", 1))
	for _, page := range []string{"/", path, "/cases", "/overdue", root + path, root + "/cases", "/cases/" + second.Case} {
		if w := s.browse(cookie, "GET", page, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d %.200s", page, w.Code, w.Body)
		}
	}
	for _, w := range []string{told.Case, second.Case} {
		if list := s.send("duty_officer", "GET", root+"/cases", ""); !strings.Contains(list.Body.String(), w) {
			t.Errorf("case %s is not on the list", w)
		}
	}

	set(today.Add(time.Hour))
	if w := s.browse(cookie, "GET", path, nil); w.Code != http.StatusOK {
		t.Errorf("page: %d", w.Code)
	}
	s.asked("duty_officer", path+"/assess-risk", `{"data":{"level":"high"}}`)

	made, err := projections.Open(t.Context(), t.TempDir(), s.log, s.vault, nil)
	s.must(err)
	defer made.Close()
	live, err := s.views.Digest(t.Context())
	s.must(err)
	anew, err := made.Digest(t.Context())
	s.must(err)
	if !maps.Equal(live, anew) {
		t.Errorf("live    %v\nrebuilt %v", live, anew)
	}
	s.restart()
	s.server.Now = clock
	if w := s.send("duty_officer", "GET", root+path, ""); w.Code != http.StatusOK {
		t.Errorf("after a restart: %d", w.Code)
	}
}
