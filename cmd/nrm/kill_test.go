package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"nrm/api/accounts"
	"nrm/domain"
)

const (
	killRounds  = 20
	killClients = 32
)

// TestKilledAtAnyPoint kills the server for real while 32 clients write to it,
// twenty times. After each time everything that was answered is in the log, and
// in the end, when every client has asked again for what it got no answer to,
// everything is there exactly once.
func TestKilledAtAnyPoint(t *testing.T) {
	rounds := killRounds
	if testing.Short() {
		rounds = 3
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	dir := t.TempDir()
	if err := create(ctx, dir, quiet()); err != nil {
		t.Fatal(err)
	}
	people, err := accounts.Open(accountsFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := people.Create("duty", domain.DutyOfficer, "spu")
	if err != nil {
		t.Fatal(err)
	}
	crowd := &crowd{token: token, asked: map[string]answer{}}
	for round := range rounds {
		s := serveProcess(t, ctx, dir)
		running, stop := context.WithCancel(ctx)
		var clients sync.WaitGroup
		for range killClients {
			clients.Go(func() { crowd.client(running, s.url) })
		}
		time.Sleep(time.Duration(50+rand.IntN(400)) * time.Millisecond)
		if err := s.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = s.cmd.Wait()
		stop()
		clients.Wait()
		crowd.compare(t, ctx, dir, round)
	}
	s := serveProcess(t, ctx, dir)
	crowd.askAgain(t, ctx, s.url)
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	cases := crowd.compare(t, ctx, dir, rounds)
	if cases != len(crowd.asked) {
		t.Errorf("%d referrals were asked for, the log has %d cases", len(crowd.asked), cases)
	}
	t.Logf("%d rounds: %d referrals asked for, %d answered at once, %d cases in the log", rounds, len(crowd.asked), crowd.atOnce, cases)
	if crowd.atOnce < rounds*10 {
		t.Errorf("only %d commands were answered in %d rounds: the test shows little", crowd.atOnce, rounds)
	}
}

// crowd is what all clients together asked for and were told.
type crowd struct {
	token string

	mu     sync.Mutex
	asked  map[string]answer // idempotency key -> answer; empty when none came
	atOnce int
}

type answer struct {
	Case     string `json:"case"`
	Position uint64 `json:"position"`
}

// client registers referrals until the server is gone.
func (c *crowd) client(ctx context.Context, url string) {
	for ctx.Err() == nil {
		key := uuid.NewString()
		c.mu.Lock()
		c.asked[key] = answer{}
		c.mu.Unlock()
		a, err := c.register(ctx, url, key)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.asked[key] = a
		c.atOnce++
		c.mu.Unlock()
	}
}

func (c *crowd) register(ctx context.Context, url, key string) (answer, error) {
	body := `{"data": {"source": "police", "circumstances": ["raid"], "status": "presumed", "age": "adult", "sex": "female",
		"citizenship": "az", "district": "AZ-BA", "immediate_danger": false, "basis": "consent"}}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/cases", bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
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
				a, err := c.register(ctx, url, key)
				if err != nil {
					t.Errorf("asked again: %v", err)
					continue
				}
				c.mu.Lock()
				if first := c.asked[key]; first.Case != "" && first.Case != a.Case {
					t.Errorf("first told case %s, then %s", first.Case, a.Case)
				}
				c.asked[key] = a
				c.mu.Unlock()
			}
		})
	}
	for _, key := range c.keys() {
		keys <- key
	}
	close(keys)
	clients.Wait()
}

func (c *crowd) keys() (keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.asked {
		keys = append(keys, key)
	}
	return keys
}

// compare runs the operators' check of the log and looks for everything that
// was answered. It returns the number of cases.
func (c *crowd) compare(t *testing.T, ctx context.Context, dir string, round int) int {
	t.Helper()
	n, err := openNode(ctx, dir, quiet())
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	defer func() {
		if err := n.close(); err != nil {
			t.Errorf("round %d: close: %v", round, err)
		}
	}()
	if _, err := verifyLog(ctx, n, &screen{io.Discard, io.Discard}); err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	last, err := n.log.Last(ctx)
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]uint64{}
	if err := n.log.Replay(ctx, 0, last, func(ds []domain.Decision) error {
		for _, d := range ds {
			if d.Events[0].EventType() == "DetectionRecorded" {
				opened[d.Stream.ID] = d.Seq
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, a := range c.asked {
		if a.Case == "" {
			continue
		}
		if cases[a.Case] {
			t.Errorf("round %d: two referrals were told the same case %s", round, a.Case)
		}
		cases[a.Case] = true
		if opened[a.Case] == 0 || opened[a.Case] > a.Position {
			t.Errorf("round %d: case %s was answered at position %d and stands at %d", round, a.Case, a.Position, opened[a.Case])
		}
	}
	return len(opened)
}

// process is a server in a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
}

func serveProcess(t *testing.T, ctx context.Context, dir string, args ...string) process {
	t.Helper()
	cmd := program(ctx, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, args...)...)
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

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
