package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// together sends a request many times at once and counts the answers by status.
func together(s *site, n int, send func(i int) int) map[int]int {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		codes = map[int]int{}
		gate  = make(chan struct{})
	)
	for i := range n {
		wg.Go(func() {
			<-gate
			code := send(i)
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	close(gate)
	wg.Wait()
	return codes
}

func TestSameCommandAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ref := s.opened()
	before := s.last()
	codes := together(s, 32, func(int) int {
		return s.send("duty_officer", "POST", root+"/cases/"+ref+"/accept-handover",
			`{"happened":"2024-03-02T10:00:00+04:00","data":{"district":"AZ-BA","condition":"good"}}`).Code
	})
	if codes[http.StatusOK] != 32 || s.last() != before+1 {
		t.Errorf("%v, and %d decisions", codes, s.last()-before)
	}
}

func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var mu sync.Mutex
	seen := map[given]bool{}
	codes := together(s, 32, func(int) int {
		w := s.send("referrer", "POST", root+"/cases", referral, keyHeader, "once")
		var g given
		if err := json.Unmarshal(w.Body.Bytes(), &g); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		seen[g] = true
		return w.Code
	})
	if codes[http.StatusCreated] != 32 || s.last() != 1 || len(seen) != 1 || strings.Contains(s.logged.String(), "behind") {
		t.Errorf("%v, %d decisions, answers %v\n%s", codes, s.last(), seen, s.logged)
	}
}

// TestTwoDecisionsRace: of two decisions that exclude each other one is taken
// and the other is told why not.
func TestTwoDecisionsRace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	outcomes := []string{
		`{"happened":"2024-03-05","data":{"outcome":"positive","forms":["forced_labour"],"means":["deception"],"grounds":["statement"],"geography":"internal","informed":true}}`,
		`{"happened":"2024-03-05","data":{"outcome":"negative","grounds":["no_indicators"],"informed":true}}`,
	}
	for range 8 {
		ref := s.opened()
		s.asked("duty_officer", "/cases/"+ref+"/accept-handover", `{"happened":"2024-03-02","data":{"district":"AZ-BA","condition":"good"}}`)
		before := s.last()
		codes := together(s, 2, func(i int) int {
			return s.send("head", "POST", root+"/cases/"+ref+"/decide-identification", outcomes[i]).Code
		})
		if codes[http.StatusOK] != 1 || codes[http.StatusConflict] != 1 || s.last() != before+1 {
			t.Errorf("%v, and %d decisions", codes, s.last()-before)
		}
	}
}

// TestLastBed: two persons, one bed. One of them gets it. Whoever takes the other
// in all the same says so, and both histories agree.
func TestLastBed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":1}}`).Facility
	refs := []string{s.opened(), s.opened()}
	for _, ref := range refs {
		s.asked("case_officer", "/cases/"+ref+"/request-shelter", `{"happened":"2024-03-05","data":{"facility":"`+place+`","security":"low"}}`)
	}
	before := s.last()
	admit := func(i int, data string) int {
		return s.send("shelter", "POST", root+"/cases/"+refs[i]+"/confirm-admission",
			`{"happened":"2024-03-06","data":{"facility":"`+place+`","basis":"consent"`+data+`}}`).Code
	}
	codes := together(s, 2, func(i int) int { return admit(i, "") })
	if codes[http.StatusOK] != 1 || codes[http.StatusConflict] != 1 || s.last() != before+2 {
		t.Errorf("%v, and %d messages", codes, s.last()-before)
	}
	if codes := together(s, 2, func(i int) int { return admit(i, `,"over_capacity":true`) }); codes[http.StatusConflict] != 1 || s.last() != before+2 {
		t.Errorf("beyond capacity, allowed by nobody else: %v, and %d messages", codes, s.last()-before)
	}
	s.asked("head", "/facilities/"+place+"/authorise-over-capacity", `{"happened":"2024-03-06","data":{"persons":1,"until":"2024-03-31","reason":"danger"}}`)
	before++
	if codes := together(s, 2, func(i int) int { return admit(i, `,"over_capacity":true`) }); codes[http.StatusOK] != 2 || s.last() != before+4 {
		t.Errorf("beyond capacity: %v, and %d messages", codes, s.last()-before)
	}
	var page facilityPageJSON
	s.must(json.Unmarshal(s.send("shelter", "GET", root+"/facilities/"+place, "").Body.Bytes(), &page))
	if page.Taken != 2 || !page.Over {
		t.Errorf("%d beds taken, over %v", page.Taken, page.Over)
	}
}

// TestLastBedOfEveryKind: whatever takes a bed, a promise, an admission, a transfer
// from another house or one beyond what there is: of those that race for the last
// one, one gets it.
func TestLastBedOfEveryKind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	open := func(organisation, district, capacity string) string {
		return s.asked("coordinator", "/facilities", `{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"`+
			organisation+`","district":"`+district+`","capacity":`+capacity+`}}`).Facility
	}
	from := open("shelter-gence", "AZ-GA", "9")
	type racer struct{ by, command, data string }
	admit := racer{"shelter", "confirm-admission", `,"basis":"consent"`}
	offer := racer{"shelter", "offer-place", `,"until":"2024-03-10"`}
	move := racer{"shelter", "complete-transfer", `,"basis":"consent"`}
	for _, race := range [][2]racer{{offer, offer}, {offer, admit}, {admit, move}, {move, move}, {offer, move}} {
		place := open("shelter-baki", "AZ-BA", "1")
		refs := []string{s.opened(), s.opened()}
		for i, ref := range refs {
			to := place
			if race[i].command == "complete-transfer" {
				to = from
			}
			s.asked("case_officer", "/cases/"+ref+"/request-shelter", `{"happened":"2024-03-05","data":{"facility":"`+to+`","security":"low"}}`)
			if to == from {
				s.asked("shelter.gence", "/cases/"+ref+"/confirm-admission", `{"happened":"2024-03-05","data":{"facility":"`+from+`","basis":"consent"}}`)
				s.asked("case_officer", "/cases/"+ref+"/request-transfer", `{"happened":"2024-03-05","data":{"facility":"`+place+`","reason":"security","security":"low"}}`)
			}
		}
		send := func(data string) map[int]int {
			return together(s, 2, func(i int) int {
				return s.send(race[i].by, "POST", root+"/cases/"+refs[i]+"/"+race[i].command, `{"happened":"2024-03-06","data":{"facility":"`+place+`"`+race[i].data+data+`}}`).Code
			})
		}
		if codes := send(""); codes[http.StatusOK] != 1 || codes[http.StatusConflict] != 1 {
			t.Errorf("%s and %s: %v", race[0].command, race[1].command, codes)
		}
	}
}

// TestLastPersonBeyondCapacity: what was allowed for one person is used up by one,
// also when two come at once.
func TestLastPersonBeyondCapacity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	place := s.asked("coordinator", "/facilities",
		`{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":1}}`).Facility
	refs := []string{s.opened(), s.opened(), s.opened()}
	for _, ref := range refs {
		s.asked("case_officer", "/cases/"+ref+"/request-shelter", `{"happened":"2024-03-05","data":{"facility":"`+place+`","security":"low"}}`)
	}
	s.asked("shelter", "/cases/"+refs[2]+"/confirm-admission", `{"happened":"2024-03-05","data":{"facility":"`+place+`","basis":"consent"}}`)
	s.asked("head", "/facilities/"+place+"/authorise-over-capacity", `{"happened":"2024-03-06","data":{"persons":1,"until":"2024-03-31","reason":"danger"}}`)
	codes := together(s, 2, func(i int) int {
		return s.send("shelter", "POST", root+"/cases/"+refs[i]+"/confirm-admission",
			`{"happened":"2024-03-06","data":{"facility":"`+place+`","basis":"consent","over_capacity":true}}`).Code
	})
	if codes[http.StatusOK] != 1 || codes[http.StatusConflict] != 1 {
		t.Errorf("%v", codes)
	}
}
