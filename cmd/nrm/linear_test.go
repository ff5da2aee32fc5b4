package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore/eventstoretest/history"
)

// sharedCases is how many cases a quarter of the clients write to together.
const sharedCases = 6

// Each risk assessment that the clients record is to be reviewed on a day of its
// own, which stands for its id.
var days atomic.Int64

// firstDay leaves almost fifty years of days: the register takes none that are
// farther ahead.
var firstDay = domain.DayOf(time.Now()).Add(30)

func nextDay() string { return firstDay.Add(int(days.Add(1))).String() }

// share writes to the shared cases and looks at them until the server is gone.
// What was not answered is asked for again in the next round.
func (c *crowd) share(ctx context.Context, url string, number int) {
	for ctx.Err() == nil {
		ref := c.shared[rand.IntN(len(c.shared))]
		if rand.IntN(3) == 0 {
			call := c.told.Look(number, string(ref))
			all, err := c.look(ctx, url, ref)
			if err != nil {
				return
			}
			call.Saw(all)
			continue
		}
		id := nextDay()
		call := c.told.Add(number, string(ref), id)
		a, ok := c.ask(ctx, url, question{token: c.officer, path: "/api/v1/cases/" + string(ref) + "/assess-risk", writes: 1,
			body: fmt.Sprintf(`{"data": {"level": "high", "review_on": "%s"}}`, id)})
		if !ok {
			return
		}
		call.Added(a.Position)
	}
}

// look reads a case's history as its readers see it.
func (c *crowd) look(ctx context.Context, url string, ref domain.Ref) ([]history.Entry, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/cases/"+string(ref)+"/timeline", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.officer)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %w", res.Status, err)
	}
	var page struct {
		Entries []struct {
			Position uint64
			Event    string
			Data     struct {
				ReviewOn string `json:"review_on"`
			}
		}
	}
	if err := json.Unmarshal(b, &page); err != nil {
		return nil, err
	}
	var all []history.Entry
	for _, e := range page.Entries {
		if e.Event == "RiskAssessed" {
			all = append(all, history.Entry{ID: e.Data.ReviewOn, Position: e.Position})
		}
	}
	slices.SortFunc(all, func(a, b history.Entry) int { return int(a.Position) - int(b.Position) })
	return all, nil
}

// final is what the log holds of the shared cases.
func (c *crowd) final(t *testing.T, ctx context.Context, at places) map[string][]history.Entry {
	t.Helper()
	n, err := openNode(ctx, at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	all := map[string][]history.Entry{}
	for _, ref := range c.shared {
		decisions, _, err := n.log.Load(ctx, domain.CaseStream(ref).String())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range decisions {
			if e, ok := d.Events[0].(domain.RiskAssessed); ok {
				all[string(ref)] = append(all[string(ref)], history.Entry{ID: e.ReviewOn.String(), Position: d.Seq})
			}
		}
	}
	return all
}
