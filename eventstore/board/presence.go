package board

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const presence = "node-" // begins the key

// A Present is a process that works on the register and has said so.
type Present struct {
	Node  string    `json:"node"`  // for people
	Since time.Time `json:"since"` // by its own clock
}

// Attend says on the board that a node is there, until leave is called. When it
// returns, every Presence anywhere includes it. A process that ends without a word
// is forgotten after the term, which is rounded up to seconds; one that cannot
// reach the servers for so long is forgotten too, until it can again. So what
// others find out is who is there as a rule, and no lock.
func (b *Board) Attend(ctx context.Context, node string, term time.Duration) (leave func(), err error) {
	data, err := json.Marshal(Present{node, time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return nil, fmt.Errorf("board: attend: %w", err)
	}
	a := &attendance{board: b, key: presence + rand.Text(), data: data, term: term}
	if err := a.renew(ctx); err != nil {
		return nil, fmt.Errorf("board: attend: %w", err)
	}
	staying, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { a.stay(staying) })
	return sync.OnceFunc(func() {
		stop()
		work.Wait()
		a.end()
	}), nil
}

// An attendance is what stands on the board for one process. One goroutine at a
// time uses it.
type attendance struct {
	board    *Board
	key      string
	data     []byte
	term     time.Duration
	revision uint64
}

// stay renews what stands there until ctx ends.
func (a *attendance) stay(ctx context.Context) {
	ticker := time.NewTicker(max(a.term/4, 100*time.Millisecond))
	defer ticker.Stop()
	silent := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := a.renew(ctx)
		if err != nil && !silent && ctx.Err() == nil {
			a.board.opts.Logger.Warn("the other nodes cannot be told that this one is there", "error", err)
		}
		silent = err != nil
	}
}

func (a *attendance) renew(ctx context.Context) error {
	revision, err := a.board.Put(ctx, a.key, a.data, a.revision, a.term)
	if errors.Is(err, ErrConflict) { // it has expired, or an answer was lost
		var v Value
		if v, err = a.board.Get(ctx, a.key); err == nil {
			revision, err = a.board.Put(ctx, a.key, a.data, v.Revision, a.term)
		}
	}
	if err == nil {
		a.revision = revision
	}
	return err
}

// end takes it away. If it cannot, it is forgotten after the term.
func (a *attendance) end() {
	ctx, cancel := context.WithTimeout(context.Background(), min(a.term, a.board.opts.Timeout))
	defer cancel()
	v, err := a.board.Get(ctx, a.key)
	if err == nil && v.Revision > 0 {
		err = a.board.Delete(ctx, a.key, v.Revision)
	}
	if err != nil {
		a.board.opts.Logger.Warn("the other nodes could not be told that this one has gone", "error", err)
	}
}

// Presence lists who is there, by name.
func (b *Board) Presence(ctx context.Context) (all []Present, err error) {
	asking, cancel := context.WithTimeout(ctx, b.opts.Timeout)
	defer cancel()
	// There is no asking for a part of a name, so it lists the sessions as well.
	stream, err := b.js.Stream(asking, streamName) // one of its own: Info changes it
	var info *jetstream.StreamInfo
	if err == nil {
		info, err = stream.Info(asking, jetstream.WithSubjectFilter(prefix+"*"))
	}
	if err != nil {
		return nil, fmt.Errorf("board: presence: %w: %w", ErrUnavailable, err)
	}
	for subject := range info.State.Subjects {
		key := strings.TrimPrefix(subject, prefix)
		if !strings.HasPrefix(key, presence) {
			continue
		}
		v, err := b.Get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("board: presence: %w", err)
		}
		if v.Revision == 0 { // it has left
			continue
		}
		var p Present
		if json.Unmarshal(v.Data, &p) != nil || p.Node == "" {
			p.Node = key // of a version that says it otherwise: somebody is there
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y Present) int { return cmp.Or(cmp.Compare(x.Node, y.Node), x.Since.Compare(y.Since)) })
	return all, nil
}
