package projections

import (
	"testing"
	"time"

	"nrm/domain"
)

func TestCalls(t *testing.T) {
	w, v, caughtUp := seeing(t, 64)
	hotline := domain.Actor{User: "q1", Role: domain.HotlineOperator, Organisation: "hotline-152"}
	other := domain.Actor{User: "q2", Role: domain.HotlineOperator, Organisation: "hotline-of-others"}
	mine := w.referred(hotline)
	log := func(by domain.Actor, name string, c domain.LogHotlineCall) {
		t.Helper()
		w.later(time.Hour).must(by, domain.CallStream(domain.NewRef(name)), c)
	}
	log(hotline, "legal", domain.LogHotlineCall{Channel: "line_152", Language: "az", Topic: "legal_information", Caller: "unknown"})
	log(hotline, "missed", domain.LogHotlineCall{Channel: "line_152", Topic: "unanswered", Caller: "unknown"})
	log(hotline, "led", domain.LogHotlineCall{Channel: "line_152", Language: "ru", Topic: "trafficking", Caller: "family", District: "AZ-XIZ", Related: true, Case: mine})
	log(hotline, "second", domain.LogHotlineCall{Channel: "centre_line", Language: "az", Topic: "trafficking", Caller: "person", Related: true})
	caughtUp()
	for _, c := range []struct {
		name  string
		by    domain.Actor
		f     CallFilter
		calls []string
		all   CallCounts
		tells bool // which case it was
	}{
		{"the unit", head, CallFilter{}, []string{"second", "led", "missed", "legal"}, CallCounts{4, 1, 2, 1}, true},
		{"a line sees its own", hotline, CallFilter{}, []string{"second", "led", "missed", "legal"}, CallCounts{4, 1, 2, 1}, true},
		{"another line", other, CallFilter{}, nil, CallCounts{}, false},
		{"about trafficking", duty, CallFilter{Related: true}, []string{"second", "led"}, CallCounts{4, 1, 2, 1}, true},
		{"with a case", officer, CallFilter{Led: true}, []string{"led"}, CallCounts{4, 1, 2, 1}, true},
		{"of a topic", officer, CallFilter{Topic: "unanswered", Channel: "line_152"}, []string{"missed"}, CallCounts{4, 1, 2, 1}, false},
		{"the second page", officer, CallFilter{Limit: 1, Offset: 1}, []string{"led"}, CallCounts{4, 1, 2, 1}, true},
		{"who counts", coordinator, CallFilter{Related: true}, []string{"second", "led"}, CallCounts{4, 1, 2, 1}, true},
		{"another year", officer, CallFilter{Year: 2023}, nil, CallCounts{}, false},
	} {
		if c.f.Year == 0 {
			c.f.Year = 2024
		}
		rows, _, counts, err := v.Calls(t.Context(), c.by, w.now, c.f)
		if err != nil || counts != c.all || len(rows) != len(c.calls) {
			t.Errorf("%s: %d calls, %+v, %v", c.name, len(rows), counts, err)
			continue
		}
		tells := false
		for i, r := range rows {
			if r.Ref != domain.NewRef(c.calls[i]) {
				t.Errorf("%s: %d. is %+v", c.name, i+1, r)
			}
			tells = tells || r.Call.Case == mine
			if counts := c.by == coordinator; counts && (r.Call.District != "" || r.Call.Language != "") || !counts && r.Call.Case == mine && r.Call.District != "AZ-XIZ" {
				t.Errorf("%s: is told %+v", c.name, r.Call)
			}
			if led := r.Call.Topic == "trafficking" && r.Call.Caller == "family"; led != (r.Region == "abseron-xizi") {
				t.Errorf("%s: from the region %q", c.name, r.Region)
			}
		}
		if tells != c.tells {
			t.Errorf("%s: tells the case: %t", c.name, tells)
		}
	}
	for _, by := range []domain.Actor{shelter, lawyer, protector} {
		if _, _, _, err := v.Calls(t.Context(), by, w.now, CallFilter{Year: 2024}); err == nil {
			t.Errorf("%s sees calls", by.Role)
		}
	}
}
