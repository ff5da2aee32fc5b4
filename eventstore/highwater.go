package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"nrm/eventstore/lasting"
)

// highWater remembers outside the log how far the log went. A log that comes
// back shorter, from a damaged disk or an old backup, would otherwise hand out
// the same positions again and nobody would know. A nil *highWater remembers
// nothing.
type highWater struct {
	path   string
	logger *slog.Logger
	quit   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	highest reached // known to be stored
	body    []byte  // of the message there, until its hash is needed
	written uint64  // position in the file
	failed  error   // of the last attempt to write the file
}

// reached is the content of the file.
type reached struct {
	Seq    uint64 `json:"seq"`
	Hash   string `json:"hash"` // hex SHA-256 of the message's body
	Stream string `json:"stream"`
}

const highWaterEvery = time.Second

// openHighWater compares the log with the mark and then keeps the mark. An
// empty path keeps none. A missing file is made.
func openHighWater(ctx context.Context, l *link, path string, logger *slog.Logger) (*highWater, error) {
	if path == "" {
		return nil, nil
	}
	mark, err := readHighWater(path)
	if err != nil {
		return nil, err
	}
	last, err := mark.within(ctx, l, path)
	if err != nil {
		return nil, err
	}
	h := &highWater{path: path, logger: logger, quit: make(chan struct{}), ended: make(chan struct{})}
	h.highest, h.written = mark, mark.Seq
	if last > mark.Seq {
		m, err := l.at(ctx, last)
		if err != nil {
			return nil, err
		}
		h.highest = reached{m.Seq, m.Hash, m.Stream}
	}
	if err := h.write(); err != nil { // better now than unnoticed later
		return nil, err
	}
	go h.run()
	return h, nil
}

// within fails with ErrDamaged if a log does not hold what is known to be stored.
// It gives the log's last position.
func (mark reached) within(ctx context.Context, l *link, path string) (last uint64, err error) {
	if last, err = l.lastSince(ctx, mark.Seq); err != nil {
		return 0, err
	}
	const wayOut = "restore the log from a backup, or, if this is known to be right, delete %s and start again"
	if last < mark.Seq {
		return 0, fmt.Errorf("%w: it got shorter: it ends at position %d, but had reached %d; "+wayOut, ErrDamaged, last, mark.Seq, path)
	}
	if mark.Seq == 0 {
		return last, nil
	}
	m, err := l.at(ctx, mark.Seq)
	if err != nil {
		return 0, err
	}
	if m.Seq == 0 {
		return 0, fmt.Errorf("%w: position %d is missing; "+wayOut, ErrDamaged, mark.Seq, path)
	}
	if m.Hash != mark.Hash || m.Stream != mark.Stream {
		return 0, fmt.Errorf("%w: it was replaced: position %d is not the message that was stored there; "+wayOut, ErrDamaged, mark.Seq, path)
	}
	return last, nil
}

// check holds a log against the mark in memory, which may be ahead of the file.
func (h *highWater) check(ctx context.Context, l *link) error {
	if h == nil {
		return nil
	}
	_, err := h.now().within(ctx, l, h.path)
	return err
}

// now is the mark in memory.
func (h *highWater) now() reached {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.highest.Seq > 0 && h.highest.Hash == "" {
		h.highest.Hash, h.body = hashOf(h.body), nil
	}
	return h.highest
}

// note takes note of a stored message.
func (h *highWater) note(seq uint64, stream string, body []byte) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq > h.highest.Seq {
		h.highest, h.body = reached{Seq: seq, Stream: stream}, body
	}
}

func (h *highWater) healthy() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}

func (h *highWater) run() {
	defer close(h.ended)
	t := time.NewTicker(highWaterEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-h.quit:
			return
		}
		_ = h.write() // tried again at the next tick, and healthy tells
	}
}

func (h *highWater) close() {
	if h == nil {
		return
	}
	close(h.quit)
	<-h.ended
	_ = h.write() // has logged
}

// write replaces the file if there is news. After a crash it is the old or the
// new one, whole. It logs when it begins to fail and when it succeeds again.
func (h *highWater) write() error {
	h.mu.Lock()
	if h.highest.Seq == h.written {
		h.mu.Unlock()
		return nil
	}
	h.mu.Unlock()
	mark := h.now()
	err := replaceFile(h.path, mark)

	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.failed
	if err != nil {
		h.failed = fmt.Errorf("eventstore: high-water mark: %w", err)
		if before == nil {
			h.logger.Error("the high-water mark cannot be written", "error", err)
		}
		return h.failed
	}
	if before != nil {
		h.logger.Info("the high-water mark is written again")
	}
	h.failed, h.written = nil, mark.Seq
	return nil
}

func readHighWater(path string) (reached, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return reached{}, nil
	}
	if err != nil {
		return reached{}, fmt.Errorf("high-water mark: %w", err)
	}
	var mark reached
	if err := json.Unmarshal(b, &mark); err != nil || mark.Seq == 0 || mark.Hash == "" {
		return reached{}, fmt.Errorf("%w: the high-water mark %s cannot be read; if the log is known to be whole, delete it and start again", ErrDamaged, path)
	}
	return mark, nil
}

func replaceFile(path string, mark reached) error {
	b, err := json.Marshal(mark)
	if err != nil {
		return err
	}
	return lasting.Replace(path, append(b, '\n'))
}
