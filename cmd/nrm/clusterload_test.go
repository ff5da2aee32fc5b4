package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/domain"
)

// traffic is what many clients ask of the nodes of a register, and what they are
// told. A client that is not answered asks again with the same key, at whichever
// node.
type traffic struct {
	t                       *testing.T
	referrer, duty, shelter string // tokens
	house                   domain.Ref
	begun                   int // decisions that were there before

	mu       sync.Mutex
	nodes    []*member
	asked    map[string]*ask // by Idempotency-Key
	answered []time.Time
	refused  map[string]int // answers that ask to come back, by status
	last     string         // of them
}

// ask is a command and the answer to it, once there is one.
type ask struct {
	token, path, body string
	writes            int
	answer            answer
	told              int // times that it was answered
}

func newTraffic(c *testCluster, nodes ...*member) *traffic {
	c.t.Helper()
	tr := &traffic{t: c.t, nodes: nodes, asked: map[string]*ask{}, refused: map[string]int{}, house: domain.NewRef("house")}
	tr.referrer = c.account("police", domain.Referrer, "police-baki")
	tr.duty = c.account("duty", domain.DutyOfficer, "spu")
	tr.shelter = c.account("shelter", domain.Shelter, "shelter-baki")
	time.Sleep(600 * time.Millisecond) // so long a node may believe what it was told of accounts
	n, err := openNode(c.t.Context(), c.at("opener"), quiet())
	if err != nil {
		c.t.Fatal(err)
	}
	by := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	_, err = domain.Execute(c.t.Context(), n.log, domain.Request{By: by, Happened: domain.OnThe(domain.NewDay(2020, 1, 1)), Now: time.Now()}, domain.FacilityStream(tr.house),
		domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 1000})
	for tr.begun = 1; tr.begun <= 100 && err == nil; tr.begun++ { // more come than there are beds
		_, err = domain.Execute(c.t.Context(), n.log, domain.Request{By: by, Happened: domain.OnThe(domain.NewDay(2020, 1, 1).Add(tr.begun)), Now: time.Now()}, domain.FacilityStream(tr.house),
			domain.AuthoriseOverCapacity{Persons: 100, Until: domain.DayOf(time.Now()).Add(30), Reason: domain.Codes("over_capacity_reason")[0].Code})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if err := n.close(); err != nil {
		c.t.Error(err)
	}
	return tr
}

// run has clients ask until stop is called, which waits until each of them has
// its last answer.
func (tr *traffic) run(clients int) (stop func()) {
	done := make(chan struct{})
	var all sync.WaitGroup
	for number := range clients {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					tr.story(number)
				}
			}
		})
	}
	return func() { close(done); all.Wait() }
}

// story is a referral, and with every fourth client what follows until there is
// a place in the shelter.
func (tr *traffic) story(number int) {
	a, ok := tr.give(&ask{token: tr.referrer, path: "/api/v1/cases", body: referral, writes: 1})
	if !ok || number%4 != 0 {
		return
	}
	at := "/api/v1/cases/" + a.Case
	for _, q := range []*ask{
		{token: tr.duty, path: at + "/accept-handover", writes: 1, body: `{"data": {"district": "AZ-BA", "condition": "good", "interpreter": false}}`},
		{token: tr.duty, path: at + "/request-shelter", writes: 1, body: fmt.Sprintf(`{"data": {"facility": "%s", "security": "low"}}`, tr.house)},
		{token: tr.shelter, path: at + "/confirm-admission", writes: 2, body: fmt.Sprintf(`{"data": {"facility": "%s", "basis": "consent", "over_capacity": true}}`, tr.house)},
	} {
		if _, ok := tr.give(q); !ok {
			return
		}
	}
}

// give asks until there is an answer, a minute at the most. Now and then it asks
// once more, elsewhere.
func (tr *traffic) give(q *ask) (answer, bool) {
	key := uuid.NewString()
	tr.mu.Lock()
	tr.asked[key] = q
	tr.mu.Unlock()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if tr.once(tr.anyNode(), key, q) {
			if rand.IntN(8) == 0 {
				tr.once(tr.anyNode(), key, q)
			}
			return q.answer, true
		}
		time.Sleep(100 * time.Millisecond)
	}
	tr.t.Errorf("%s: no answer within a minute; the last was %s", q.path, tr.last)
	return answer{}, false
}

func (tr *traffic) anyNode() *member {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.nodes[rand.IntN(len(tr.nodes))]
}

// once asks a node. Who has been answered must be answered alike for ever.
func (tr *traffic) once(m *member, key string, q *ask) bool {
	status, header, body := m.do(http.MethodPost, q.path, q.token, key, q.body)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	switch {
	case status == 0: // nobody there
		tr.refused["nobody"]++
		tr.last = body
		return false
	case status == http.StatusServiceUnavailable:
		tr.refused["503"]++
		tr.last = body
		if header.Get("Retry-After") == "" {
			tr.t.Errorf("503 without Retry-After: %s", body)
		}
		return false
	case status/100 != 2:
		tr.t.Errorf("%s: %d %s", q.path, status, body)
		return false
	}
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		tr.t.Errorf("%s: %v", body, err)
	}
	if q.told++; q.told > 1 && a.Case != q.answer.Case {
		tr.t.Errorf("first told case %s, then %s", q.answer.Case, a.Case)
	}
	if q.told == 1 {
		q.answer = a
		tr.answered = append(tr.answered, time.Now())
	}
	return true
}

// longestSilence is the longest time without any answer since begin.
func (tr *traffic) longestSilence(begin time.Time) (longest time.Duration, answers int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	last := begin
	for _, at := range tr.answered {
		if at.Before(begin) {
			continue
		}
		answers++
		longest = max(longest, at.Sub(last))
		last = at
	}
	return longest, answers
}

// askAgain asks every node for everything once more.
func (tr *traffic) askAgain() {
	tr.t.Helper()
	keys := make(chan string)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for key := range keys {
				for _, m := range tr.nodes {
					if !tr.once(m, key, tr.asked[key]) {
						tr.t.Errorf("%s: not answered again", tr.asked[key].path)
					}
				}
			}
		})
	}
	for key := range tr.asked {
		keys <- key
	}
	close(keys)
	clients.Wait()
}

// check runs the operators' check of the log and looks for everything that was
// answered: it is there, and once.
func (tr *traffic) check(c *testCluster, when string) {
	tr.t.Helper()
	n, err := openNode(tr.t.Context(), c.at("checker"), quiet())
	if err != nil {
		tr.t.Fatalf("%s: %v", when, err)
	}
	defer func() { _ = n.close() }()
	found, err := verifyLog(tr.t.Context(), n, nil, unseen())
	if err != nil {
		tr.t.Fatalf("%s: %v", when, err)
	}
	last, err := n.log.Last(tr.t.Context())
	if err != nil {
		tr.t.Fatal(err)
	}
	opened := map[string]uint64{}
	if err := n.log.Replay(tr.t.Context(), 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if d.Events[0].EventType() == "DetectionRecorded" {
				opened[d.Stream.ID] = d.Seq
			}
		}
		return nil
	}); err != nil {
		tr.t.Fatal(err)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	writes, told := tr.begun, map[string]bool{}
	for _, q := range tr.asked {
		writes += q.writes
		if q.told == 0 {
			tr.t.Errorf("%s: %s was never answered", when, q.path)
		}
		if q.path != "/api/v1/cases" {
			continue
		}
		if told[q.answer.Case] {
			tr.t.Errorf("%s: two referrals were told the same case %s", when, q.answer.Case)
		}
		told[q.answer.Case] = true
		if at := opened[q.answer.Case]; at == 0 || at > q.answer.Position {
			tr.t.Errorf("%s: case %s was answered at position %d and stands at %d", when, q.answer.Case, q.answer.Position, at)
		}
	}
	marked := 0 // what the clock has added by itself
	if err := n.log.Replay(tr.t.Context(), 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if d.By.Role == domain.Clock {
				marked++
			}
		}
		return nil
	}); err != nil {
		tr.t.Fatal(err)
	}
	if found.audit.Decisions != writes+marked {
		tr.t.Errorf("%s: what was asked for makes %d decisions, the log has %d and %d of the clock", when, writes, found.audit.Decisions-marked, marked)
	}
}

// restart starts a node that has ended, on its folder.
func (tr *traffic) restart(i int) {
	tr.t.Helper()
	fresh := *tr.nodes[i]
	fresh.start()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	*tr.nodes[i] = fresh
}

func (tr *traffic) takeRefused() map[string]int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	had := tr.refused
	tr.refused = map[string]int{}
	return had
}

// same holds the views of nodes that have ended against the log, and so against
// each other.
func (tr *traffic) same(c *testCluster, nodes ...*member) {
	tr.t.Helper()
	var first string
	for _, m := range nodes {
		out := c.nrm("verify", "--data", m.at.data, "--checkpoints", m.at.checkpoints)
		if !strings.Contains(out, "The views agree with it.") || strings.Contains(out, "NOTHING VOUCHES") {
			tr.t.Errorf("%s: %s", m.at.elsewhere.Node, out)
		}
		whole, _, _ := strings.Cut(out[strings.Index(out, "The log is whole"):], "\n")
		if first == "" {
			first = whole
		}
		if whole != first {
			tr.t.Errorf("%s says %q, another %q", m.at.elsewhere.Node, whole, first)
		}
	}
}

// turns are the times during which nodes had a duty, as they said themselves.
type turn struct {
	node       string
	begin, end time.Time
}

// A span is when a node could not say anything: from when it was killed on, or
// while it was paused.
type span struct {
	from, to time.Time
	killed   bool
}

// oneAtATime holds what the nodes' logs say of their duties against each other. A
// node that was killed had its duties until then; so had one that was paused, and
// said only when it went on that it had lost them.
func oneAtATime(t *testing.T, nodes []*member, away map[string][]span) {
	t.Helper()
	const soon = time.Second // after it goes on
	duties := map[string][]turn{}
	for _, m := range nodes {
		open := map[string]time.Time{}
		name := m.at.elsewhere.Node
		end := func(duty string, at time.Time) {
			for _, s := range away[name] {
				if !s.killed && at.After(s.from) && at.Before(s.to.Add(soon)) && open[duty].Before(s.from) {
					at = s.from
				}
			}
			duties[duty] = append(duties[duty], turn{name, open[duty], at})
			delete(open, duty)
		}
		spans := slices.Clone(away[name])
		for _, l := range m.log() {
			for len(spans) > 0 && !l.Time.IsZero() && l.Time.After(spans[0].from) {
				for d := range open {
					if spans[0].killed {
						end(d, spans[0].from)
					}
				}
				spans = spans[1:]
			}
			switch l.Msg {
			case "this node has a duty now":
				open[l.Duty] = l.Time
			case "this node has a duty no more":
				end(l.Duty, l.Time)
			}
		}
		for d := range open {
			end(d, time.Now())
		}
	}
	for _, duty := range []string{"clock", "signer"} {
		turns := duties[duty]
		if len(turns) == 0 {
			t.Errorf("nobody ever was the %s", duty)
		}
		slices.SortFunc(turns, func(a, b turn) int { return cmp.Compare(a.begin.UnixNano(), b.begin.UnixNano()) })
		var told []string
		for i, now := range turns {
			told = append(told, fmt.Sprintf("%s %s-%s", now.node, now.begin.Format("04:05.000"), now.end.Format("04:05.000")))
			if i > 0 && now.begin.Before(turns[i-1].end) {
				t.Errorf("%s: %s began while %s was still at it", duty, now.node, turns[i-1].node)
			}
		}
		t.Logf("%s: %s", duty, strings.Join(told, ", "))
	}
}
