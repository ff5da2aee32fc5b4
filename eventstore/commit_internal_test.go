package eventstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
)

func TestJudge(t *testing.T) {
	refusal := func(code, errCode int) string {
		return fmt.Sprintf(`{"error":{"code":%d,"err_code":%d,"description":"d"},"stream":"NRM","seq":0}`, code, errCode)
	}
	for _, c := range []struct {
		answer string
		want   outcome
		seq    uint64
	}{
		{`{"stream":"NRM","seq":7}`, stored, 7},
		{`{"stream":"NRM","domain":"d","seq":7}`, stored, 7},
		{`{"stream":"NRM","seq":0}`, unknown, 0},
		{`{"stream":"NRM","seq":-1}`, unknown, 0},
		{`{"stream":"NRM","seq":7`, unknown, 0},
		{`{"stream":"NRM","seq":9,"batch":"b","count":3}`, stored, 9},
		{`{"stream":"NRM","seq":7,"duplicate":true}`, conflict, 0},
		{refusal(400, 10071), conflict, 0},
		{refusal(400, 10164), conflict, 0},
		{refusal(400, 10201), conflict, 0},
		{refusal(400, 10158), unknown, 0},
		{refusal(400, 10176), unknown, 0},
		{refusal(503, 10077), unknown, 0},
		{refusal(500, 10999), unknown, 0},
		{refusal(400, 10054), refused, 0},
		{refusal(400, 10060), refused, 0},
		{`{"stream":"OTHER","seq":7}`, unknown, 0},
		{`{"stream":"NRM"}`, unknown, 0},
		{``, unknown, 0},
	} {
		got, seq, err := judge(&nats.Msg{Data: []byte(c.answer)})
		if got != c.want || seq != c.seq || (err == nil) != (got == stored || got == conflict) {
			t.Errorf("%s: outcome %d at %d, %v; want %d at %d", c.answer, got, seq, err, c.want, c.seq)
		}
	}
	if got, _, err := judge(&nats.Msg{Header: nats.Header{"Status": {"503"}}}); got != unknown || err == nil {
		t.Errorf("no responders: %d, %v", got, err)
	}
}

func testLink(t *testing.T) *link {
	t.Helper()
	srv, err := Start(t.Context(), t.TempDir(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	if err := Init(t.Context(), srv.Conn()); err != nil {
		t.Fatal(err)
	}
	l, err := dial(t.Context(), srv.Conn(), 5*time.Second, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

func testUnit(t *testing.T, last uint64, streams ...string) *unit {
	u := newUnit()
	id := uuid.NewString()
	for _, s := range streams {
		b, _, err := writeBody(Message{ID: id, Events: []Entry{{Type: "Noted", Data: []byte(`"` + s + `"`)}}}, "")
		if err != nil {
			t.Fatal(err)
		}
		u.writes = append(u.writes, write{guard: guard{s, last}, id: id, body: b})
	}
	return u
}

// idle is a committer that has not begun, and sends nothing by itself.
func idle(l *link) *committer {
	c := newCommitter(l, nil)
	c.reserve = true
	return c
}

func batched(t *testing.T, l *link, stream string) bool {
	t.Helper()
	s, err := l.js.Stream(t.Context(), streamName)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), prefix+stream)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get("Nats-Batch-Id") != ""
}

func TestGroupCommit(t *testing.T) {
	l := testLink(t)
	c := idle(l)
	var units []*unit
	for i := range 2 * groupFrom {
		u := testUnit(t, 0, fmt.Sprintf("good.%d", i))
		if i == 5 {
			u = testUnit(t, 0, fmt.Sprintf("good.%d", i), "good.second") // over two streams
		}
		units = append(units, u)
		if _, err := c.submit(t.Context(), u, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	gone := testUnit(t, 0, "withdrawn")
	_, _ = c.submit(t.Context(), gone, time.Second)
	if !gone.withdraw() {
		t.Fatal("not withdrawn")
	}
	go c.run()
	for i, u := range units {
		<-u.done
		want := uint64(i + 1)
		if i >= 5 {
			want++
		}
		if u.outcome != stored || u.seq != want {
			t.Fatalf("unit %d: outcome %d at %d, %v", i, u.outcome, u.seq, u.err)
		}
	}
	if !batched(t, l, "good.0") {
		t.Error("the group was not stored as a batch")
	}

	// A lone one goes by itself.
	u := testUnit(t, 0, "lone")
	_, _ = c.submit(t.Context(), u, time.Second)
	<-u.done
	if u.outcome != stored || batched(t, l, "lone") {
		t.Errorf("lone: %d, %v", u.outcome, u.err)
	}
	c.refuse()
	c.stop()
	if m, err := l.lastOf(t.Context(), "withdrawn"); err != nil || m.Seq != 0 {
		t.Fatalf("withdrawn and stored: %v, %v", m, err)
	}
}

// One member of a group that cannot be stored does not harm the others.
func TestPoisonedGroup(t *testing.T) {
	l := testLink(t)
	c := idle(l)
	var units []*unit
	for i := range groupFrom + 4 {
		u := testUnit(t, 0, fmt.Sprintf("s.%d", i))
		switch i {
		case 3:
			u = testUnit(t, 99, "poisoned") // was decided on a message that is not there
		case 7:
			u = testUnit(t, 0, "pair.1", "pair.2")
			u.writes[1].last = 99
		case 9:
			u = testUnit(t, 0, "pair.3", "pair.4")
		}
		units = append(units, u)
		_, _ = c.submit(t.Context(), u, time.Second)
	}
	go c.run()
	for i, u := range units {
		<-u.done
		if want := map[int]outcome{3: conflict, 7: conflict}[i]; want == 0 && u.outcome != stored || want != 0 && u.outcome != want {
			t.Errorf("unit %d: outcome %d, %v", i, u.outcome, u.err)
		}
	}
	if last, err := l.last(t.Context()); err != nil || last != uint64(len(units)-2+1) {
		t.Errorf("the log ends at %d, %v", last, err)
	}
	if m, err := l.lastOf(t.Context(), "pair.1"); err != nil || m.Seq != 0 {
		t.Errorf("half of a pair is stored: %v, %v", m, err)
	}
	c.refuse()
	c.stop()
}

func TestQueueFull(t *testing.T) {
	l := testLink(t)
	c := idle(l)
	for i := range queueLength {
		if _, err := c.submit(t.Context(), testUnit(t, 0, fmt.Sprintf("s.%d", i)), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.submit(t.Context(), testUnit(t, 0, "late"), 50*time.Millisecond); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.submit(ctx, testUnit(t, 0, "late"), time.Minute); !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	go c.run() // and the queue empties
	u := testUnit(t, 0, "late")
	if _, err := c.submit(t.Context(), u, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	<-u.done
	if u.outcome != stored {
		t.Errorf("outcome %d, %v", u.outcome, u.err)
	}
	c.refuse()
	if _, err := c.submit(t.Context(), testUnit(t, 0, "later"), time.Second); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	c.stop()
}

// Batches stay within their limits, whatever waits.
func TestRounds(t *testing.T) {
	c := idle(nil)
	big := strings.Repeat("x", groupBytes/4)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			u := testUnit(t, 0, fmt.Sprintf("s.%d", i))
			switch {
			case i < 10:
				u.writes[0].body = []byte(big)
			case i == 50:
				u.guards = []guard{{"g", 1}}
			}
			c.queue <- u
		}
	}
	fill(0, 500)
	var sizes []int
	for len(c.queue) > 0 || c.held != nil {
		if len(sizes) == 4 {
			fill(500, 51+queueLength)
		}
		round := c.gather(nil, hurry, nil)
		bytes := 0
		for _, u := range round {
			bytes += len(u.writes[0].body)
			if len(u.guards) > 0 && len(round) > 1 {
				t.Error("a unit with guards is not alone")
			}
		}
		if len(round) > groupLimit || bytes > groupBytes {
			t.Errorf("round of %d units, %d bytes", len(round), bytes)
		}
		sizes = append(sizes, len(round))
	}
	if got, want := fmt.Sprint(sizes), "[4 4 42 1 1000 24]"; got != want {
		t.Errorf("rounds of %s, want %s", got, want)
	}
}

// A batch waits for those who come back, but not for those who do not, and a
// unit that comes while it grows is part of it.
func TestWelcome(t *testing.T) {
	c := idle(nil)
	first := testUnit(t, 0, "first")
	c.queue <- first
	go func() {
		time.Sleep(5 * time.Millisecond)
		c.queue <- testUnit(t, 0, "second")
	}()
	var seen []string
	began := time.Now()
	w := welcome{want: 3, pause: 100 * time.Millisecond, limit: 10 * time.Second}
	round := c.gather(nil, w, func(u *unit) { seen = append(seen, u.writes[0].stream) })
	if took := time.Since(began); len(round) != 2 || fmt.Sprint(seen) != "[first second]" || took < w.pause || took > w.limit/2 {
		t.Errorf("%d units, %v, after %v", len(round), seen, took)
	}
	c.queue <- first // was sent: it is not taken twice
	if round := c.gather(nil, hurry, nil); len(round) != 0 {
		t.Error("a unit is sent twice")
	}
}

// However many come, a decision that waits is overtaken only by those that were
// sent singly before it was its turn.
func TestFairness(t *testing.T) {
	l := testLink(t)
	c := newCommitter(l, nil)
	go c.run()
	const n = 3000
	units := make([]*unit, n)
	for i := range units {
		units[i] = testUnit(t, 0, fmt.Sprintf("s.%d", i))
		switch {
		case i%100 == 7:
			units[i] = testUnit(t, 0, fmt.Sprintf("s.%d", i), fmt.Sprintf("pair.%d", i))
		case i%500 == 9:
			units[i].guards = []guard{{"never.written", 0}}
		case i%700 == 11:
			units[i].writes[0].last = 1 // a conflict
		}
		if _, err := c.submit(t.Context(), units[i], time.Minute); err != nil { // in this order, one after the other
			t.Fatal(err)
		}
	}
	most, highest := 0, []uint64{}
	for i, u := range slices.Backward(units) {
		<-u.done
		if u.outcome == conflict && i%700 == 11 {
			continue
		}
		if u.outcome != stored {
			t.Fatalf("unit %d: outcome %d, %v", i, u.outcome, u.err)
		}
		at, _ := slices.BinarySearch(highest, u.seq) // of those that came later, so many were stored earlier
		most = max(most, at)
		highest = slices.Insert(highest, at, u.seq)
	}
	if most > groupFrom {
		t.Errorf("a decision was overtaken by %d later ones, at most %d may", most, groupFrom)
	}
	c.refuse()
	c.stop()
}
