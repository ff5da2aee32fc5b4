package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/api/accounts"
	"nrm/domain"
	"nrm/eventstore/eventstoretest/history"
	"nrm/eventstore/keyfile"
)

const killClients = 64

// killRounds is how often a server is killed.
func killRounds() int {
	switch {
	case os.Getenv("NRM_TORTURE") != "":
		return 200
	case testing.Short():
		return 3
	}
	return 20
}

// TestKilledAtAnyPoint kills the server for real while 64 clients write to it and
// read from it, twenty times: single decisions, decisions over a case and a
// facility at once, and many on few cases. After each time everything that was
// answered is in the log, and in the end, when every client has asked again for
// all it ever asked for, everything is there exactly once, and the histories of
// the cases that many wrote to at once are those of a list.
func TestKilledAtAnyPoint(t *testing.T) {
	rounds := killRounds()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+time.Duration(rounds)*12*time.Second)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	for round := range rounds {
		s := serveProcess(t, ctx, at)
		running, stop := context.WithCancel(ctx)
		var clients sync.WaitGroup
		for i := range killClients {
			clients.Go(func() { crowd.client(running, s.url, i) })
		}
		crowd.work(time.Duration(50+rand.IntN(400))*time.Millisecond, rand.IntN(40))
		if err := s.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = s.cmd.Wait()
		stop()
		clients.Wait()
		crowd.compare(t, ctx, at, round)
	}
	s := serveProcess(t, ctx, at)
	crowd.askAgain(t, ctx, s.url)
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	decisions := crowd.compare(t, ctx, at, rounds)
	if want := crowd.decisions(); decisions != want {
		t.Errorf("what was asked for makes %d decisions, the log has %d", want, decisions)
	}
	t.Logf("%d rounds: %d commands asked for, %d answered at once, %d decisions in the log", rounds, len(crowd.asked), crowd.atOnce, decisions)
	calls, answered := crowd.told.Count()
	t.Logf("%d calls on %d cases that many share, %d answered", calls, len(crowd.shared), answered)
	crowd.told.Check(t, crowd.final(t, ctx, at), 20*time.Second)
	if crowd.atOnce < rounds*10 {
		t.Errorf("only %d commands were answered in %d rounds: the test shows little", crowd.atOnce, rounds)
	}
}

// crowd is what all clients together asked for and were told.
type crowd struct {
	referrer, duty, officer, shelter string // tokens
	house                            domain.Ref
	shared                           []domain.Ref     // cases that many clients write to
	told                             history.Recorder // what they were told of them

	mu     sync.Mutex
	asked  map[string]*question // by idempotency key
	atOnce int
}

// question is a command that a client gives.
type question struct {
	token, path, body string
	writes            int // decisions that it makes
	answer            answer
}

type answer struct {
	Case     string `json:"case"`
	Position uint64 `json:"position"`
}

// newCrowd makes a register with a shelter and two accounts.
func newCrowd(t *testing.T, ctx context.Context, at places) *crowd {
	t.Helper()
	people, err := accounts.Open(accountsFile(at.data))
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{house: domain.NewRef("house"), asked: map[string]*question{}}
	if _, c.referrer, err = people.Create("police", domain.Referrer, "police-baki"); err != nil {
		t.Fatal(err)
	}
	if _, c.duty, err = people.Create("duty", domain.DutyOfficer, "spu"); err != nil {
		t.Fatal(err)
	}
	if _, c.officer, err = people.Create("officer", domain.CaseOfficer, "spu"); err != nil {
		t.Fatal(err)
	}
	if _, c.shelter, err = people.Create("shelter", domain.Shelter, "shelter-baki"); err != nil {
		t.Fatal(err)
	}
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	by := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	_, err = domain.Execute(ctx, n.log, domain.Request{By: by, Happened: domain.OnThe(domain.NewDay(2020, 1, 1)), Now: time.Now()}, domain.FacilityStream(c.house),
		domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 1000})
	for i := 0; i < sharedCases && err == nil; i++ {
		var out domain.Outcome
		out, err = domain.Open(ctx, n.log, domain.Request{By: domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}, Now: time.Now()},
			domain.RegisterReferral{Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female", Citizenship: "az", District: "AZ-BA", Basis: "consent"})
		c.shared = append(c.shared, out.Stream.Ref())
	}
	if err = errors.Join(err, n.close()); err != nil {
		t.Fatal(err)
	}
	return c
}

// client registers referrals, and every fourth client goes on with a place in
// the shelter, until the server is gone.
func (c *crowd) client(ctx context.Context, url string, number int) {
	if number%4 == 1 {
		c.share(ctx, url, number)
		return
	}
	for ctx.Err() == nil {
		a, ok := c.ask(ctx, url, question{token: c.referrer, path: "/api/v1/cases", writes: 1, body: `{"data": {"source": "police", "circumstances": ["raid"],
			"status": "presumed", "age": "adult", "sex": "female", "citizenship": "az", "district": "AZ-BA", "immediate_danger": false, "basis": "consent",
			"family_name": "Sınaqova", "given_name": "Nümunə", "document_kind": "passport", "document_number": "X0000001"}}`})
		if !ok {
			return
		}
		if number%4 != 0 {
			continue
		}
		at := "/api/v1/cases/" + a.Case
		for _, q := range []question{
			{token: c.duty, path: at + "/accept-handover", writes: 1, body: `{"data": {"district": "AZ-BA", "condition": "good", "interpreter": false}}`},
			{token: c.duty, path: at + "/request-shelter", writes: 1, body: fmt.Sprintf(`{"data": {"facility": "%s", "security": "low"}}`, c.house)},
			{token: c.shelter, path: at + "/confirm-admission", writes: 2, body: fmt.Sprintf(`{"data": {"facility": "%s", "basis": "consent", "over_capacity": true}}`, c.house)},
		} {
			if _, ok := c.ask(ctx, url, q); !ok {
				return
			}
		}
	}
}

// work lets the clients go on for a time, and longer on a busy machine: until so
// many of them were answered, but not for ever.
func (c *crowd) work(least time.Duration, answers int) {
	count := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.atOnce
	}
	before, began := count(), time.Now()
	time.Sleep(least)
	for count() < before+answers && time.Since(began) < 5*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
}

// ask gives a command for the first time. It is not ok when no answer came.
func (c *crowd) ask(ctx context.Context, url string, q question) (answer, bool) {
	key := uuid.NewString()
	c.mu.Lock()
	c.asked[key] = &q
	c.mu.Unlock()
	a, err := q.post(ctx, url, key)
	if err != nil {
		return a, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	q.answer = a
	c.atOnce++
	return a, true
}

func (q question) post(ctx context.Context, url, key string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+q.path, bytes.NewReader([]byte(q.body)))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+q.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	if res.StatusCode/100 != 2 {
		return answer{}, fmt.Errorf("%s: %s", res.Status, b)
	}
	var a answer
	return a, json.Unmarshal(b, &a)
}

// askAgain asks for everything once more: what was answered must be answered
// alike, and what was not is now.
func (c *crowd) askAgain(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	keys := make(chan string)
	var clients sync.WaitGroup
	for range killClients {
		clients.Go(func() {
			for key := range keys {
				q := c.asked[key]
				a, err := q.post(ctx, url, key)
				if err != nil {
					t.Errorf("asked again for %s: %v", q.path, err)
					continue
				}
				if q.answer.Case != "" && q.answer.Case != a.Case {
					t.Errorf("first told case %s, then %s", q.answer.Case, a.Case)
				}
				q.answer = a
			}
		})
	}
	for key := range maps.Keys(c.asked) {
		keys <- key
	}
	close(keys)
	clients.Wait()
}

// decisions counts what the log must hold in the end: all that was asked for,
// the opening of the shelter and of the cases that are shared.
func (c *crowd) decisions() int {
	n := 1 + len(c.shared)
	for _, q := range c.asked {
		n += q.writes
	}
	return n
}

// compare runs the operators' check of the log and looks for everything that
// was answered. It returns the number of decisions that were asked for.
func (c *crowd) compare(t *testing.T, ctx context.Context, at places, round int) int {
	t.Helper()
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	defer func() {
		if err := n.close(); err != nil {
			t.Errorf("round %d: close: %v", round, err)
		}
	}()
	found, err := verifyLog(ctx, n, nil, unseen())
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	last, err := n.log.Last(ctx)
	if err != nil {
		t.Fatal(err)
	}
	opened, looks := map[string]uint64{}, 0
	if err := n.log.Replay(ctx, 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if d.Stream.Kind == domain.AccessKind { // nobody asked for it
				looks++
			}
			if d.Events[0].EventType() == "DetectionRecorded" {
				opened[d.Stream.ID] = d.Seq
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, q := range c.asked {
		if q.answer.Position > last {
			t.Errorf("round %d: %s was answered at position %d, the log ends at %d", round, q.path, q.answer.Position, last)
		}
		if q.path != "/api/v1/cases" || q.answer.Case == "" {
			continue
		}
		if told[q.answer.Case] {
			t.Errorf("round %d: two referrals were told the same case %s", round, q.answer.Case)
		}
		told[q.answer.Case] = true
		if opened[q.answer.Case] == 0 || opened[q.answer.Case] > q.answer.Position {
			t.Errorf("round %d: case %s was answered at position %d and stands at %d", round, q.answer.Case, q.answer.Position, opened[q.answer.Case])
		}
	}
	return found.audit.Decisions - looks
}

// process is a server in a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
}

func serveProcess(t *testing.T, ctx context.Context, at places, args ...string) process {
	t.Helper()
	cmd := program(ctx, append([]string{"serve", "--data", at.data, "--listen", "127.0.0.1:0"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		var said struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &said) == nil && said.Msg == "serving" {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return process{cmd, "http://" + said.Address}
		}
		t.Logf("nrm: %s", lines.Text())
	}
	t.Fatal("the server did not start")
	return process{}
}

// newRegister makes an empty register with keys of its own.
func newRegister(t testing.TB) places {
	t.Helper()
	at := beside(filepath.Join(t.TempDir(), "nrm-data"))
	if _, err := keyfile.Create(at.keys); err != nil {
		t.Fatal(err)
	}
	if err := create(t.Context(), at, quiet()); err != nil {
		t.Fatal(err)
	}
	return at
}

func unseen() *screen { return &screen{io.Discard, io.Discard} }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
