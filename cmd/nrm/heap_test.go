package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"nrm/cmd/nrm/internal/importfile"
	"nrm/domain"
)

// decided lets the domain decide every line of an import file in memory.
func decided(t testing.TB, file io.Reader, now time.Time) *heap {
	t.Helper()
	log := &heap{streams: map[string][]domain.Decision{}, keys: newHeapKeys()}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var l importfile.Line
		fail := func(err error) {
			if err != nil {
				t.Fatalf("%s: %v", lines.Bytes(), err)
			}
		}
		fail(json.Unmarshal(lines.Bytes(), &l))
		stream, err := domain.ParsePath(l.Stream)
		fail(err)
		spec, err := domain.CommandNamed(l.Command)
		fail(err)
		cmd, err := spec.Parse(l.Data)
		fail(err)
		happened, err := domain.ParseWhen(l.Happened)
		fail(err)
		recorded, err := domain.ParseWhen(l.Recorded)
		fail(err)
		by, err := domain.ParseActor("import", l.By.Role, l.By.Organisation)
		fail(err)
		_, err = domain.Execute(t.Context(), log, domain.Request{ID: l.ID, By: by, Happened: happened, Now: now, Claimed: recorded.At}, stream, cmd)
		fail(err)
	}
	return log
}

// heap is a log in memory, for what is not about the log.
type heap struct {
	mu      sync.Mutex
	all     []domain.Decision
	streams map[string][]domain.Decision
	keys    heapKeys
}

func (h *heap) Update(_ context.Context, streams []string, decide func([][]domain.Decision) ([]domain.Decision, error)) (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	histories := make([][]domain.Decision, len(streams))
	for i, s := range streams {
		histories[i] = slices.Clip(h.streams[s])
	}
	decisions, err := decide(histories)
	if err != nil {
		return 0, err
	}
	for i, d := range decisions {
		if len(d.Events) > 0 {
			d.Seq = uint64(len(h.all) + 1)
			d.Events = h.keys.seal(d.Events)
			h.all = append(h.all, d)
			h.streams[streams[i]] = append(h.streams[streams[i]], d)
		}
	}
	return uint64(len(h.all)), nil
}

func (h *heap) Last(context.Context) (uint64, error) { return uint64(len(h.all)), nil }

func (h *heap) Replay(_ context.Context, after, through uint64, f func([]domain.Decision) error) error {
	for run := range slices.Chunk(h.all[after:through], 500) {
		if err := f(run); err != nil {
			return err
		}
	}
	return nil
}

func (h *heap) Follow(context.Context, uint64, func([]domain.Decision) error) error {
	return errors.New("a log in memory is only replayed")
}
