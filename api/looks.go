package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"nrm/domain"
)

const (
	sameLook     = 5 * time.Minute        // the same look repeated within it is one
	mostLooks    = 20_000                 // that are remembered as recent, some 500 bytes each
	mostWaiting  = 10_000                 // that wait to be recorded
	batchOfLooks = 100                    // that are recorded together
	batchCases   = 2000                   // that are named in them, at most one list more
	volumeSize   = 1000                   // decisions in a volume
	namesWait    = 3 * time.Second        // how long an answer with names waits to be recorded
	othersWait   = 200 * time.Millisecond // and one without
)

// looks records who was shown what. Looks that come while one batch is being
// recorded are the next batch: so one answer waits for one write to the disk, and
// a hundred at the same time for two.
//
// An answer with names is given only once the look is on disk. Any other waits a
// moment and is given anyway: the look waits here and is recorded as soon as the
// log takes it. If too many wait nothing at all is shown. A process that is killed
// loses those that wait, none of which was shown a name.
type looks struct {
	log    domain.Log
	now    func() time.Time
	logger *slog.Logger

	mu      sync.Mutex
	recent  map[string]*look
	waiting []*look
	busy    bool // the waiting ones are being recorded
	idle    chan struct{}
	ended   bool // nobody waits for them any more

	// Of whoever made it busy, hence of one goroutine at a time; not under mu.
	volume  domain.Stream
	written int // decisions in the volume
}

// A look is one event on its way into the log.
type look struct {
	event domain.AnyEvent
	began time.Time
	cases int
	done  chan struct{} // closed once it is on disk
}

// add records a look, unless it is the same as one of a moment ago. It fails only
// if it must be on disk before the answer, and is not.
func (l *looks) add(ctx context.Context, key string, e domain.AnyEvent, cases int, names bool) error {
	one, ok := l.enter(key, e, cases)
	if !ok {
		return notRecorded()
	}
	patience := othersWait
	if names {
		patience = namesWait
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-one.done:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	if names {
		return notRecorded()
	}
	return nil
}

// notRecorded says that nothing is shown because it could not be recorded that it
// was.
func notRecorded() error {
	return tryAgain(http.StatusServiceUnavailable, "access_not_recorded", comeBack)
}

// enter finds the same look of a moment ago, or puts this one among those that
// wait. It reports false if there is no room.
func (l *looks) enter(key string, e domain.AnyEvent, cases int) (*look, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if old := l.recent[key]; old != nil && now.Sub(old.began) < sameLook {
		return old, true
	}
	if len(l.waiting) >= mostWaiting {
		return nil, false
	}
	if len(l.recent) >= mostLooks {
		l.forget(now)
	}
	if l.recent == nil {
		l.recent = map[string]*look{}
	}
	one := &look{e, now, cases, make(chan struct{})}
	l.recent[key] = one
	l.waiting = append(l.waiting, one)
	if !l.busy {
		l.busy, l.idle = true, make(chan struct{})
		go l.record()
	}
	return one, true
}

// forget makes room among the recent looks: those that are over go, and if that is
// not enough all go. Then a look is recorded twice, which is no harm.
func (l *looks) forget(now time.Time) {
	for key, old := range l.recent {
		if now.Sub(old.began) >= sameLook {
			delete(l.recent, key)
		}
	}
	if len(l.recent) >= mostLooks {
		clear(l.recent)
	}
}

// record writes what waits, until nothing does.
func (l *looks) record() {
	for {
		l.mu.Lock()
		n, cases := 0, 0
		for n < min(len(l.waiting), batchOfLooks) && cases < batchCases {
			cases += l.waiting[n].cases
			n++
		}
		batch := l.waiting[:n:n]
		l.waiting = l.waiting[n:]
		if n == 0 {
			l.waiting, l.busy = nil, false
			close(l.idle)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if !l.write(batch) {
			return
		}
		for _, one := range batch {
			close(one.done)
		}
	}
}

// write records one batch, however long that takes, and reports false only if it
// was told to give up. It is a decision with one id on one volume, so a try whose
// outcome is not known does no harm.
func (l *looks) write(batch []*look) bool {
	if l.volume.ID == "" || l.written >= volumeSize {
		l.volume, l.written = domain.NewVolume(), 0
	}
	var events []domain.AnyEvent
	for _, one := range batch {
		events = append(events, one.event)
	}
	id, pause := domain.NewID(), 50*time.Millisecond
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(context.Background(), maxDuration)
		_, err := domain.KeepAccesses(ctx, l.log, id, l.volume, l.now(), events)
		cancel()
		if err == nil {
			l.written++
			return true
		}
		l.mu.Lock()
		ended := l.ended
		l.mu.Unlock()
		if ended {
			return false
		}
		if try%20 == 0 {
			l.logger.LogAttrs(context.Background(), slog.LevelError, "accesses are not recorded", slog.Int("waiting", len(batch)), slog.Any("error", err))
		}
		time.Sleep(pause)
		pause = min(2*pause, 5*time.Second)
	}
}

// settle waits until everything is on disk, or ctx ends; then what waits is given
// up.
func (l *looks) settle(ctx context.Context) {
	for {
		l.mu.Lock()
		busy, idle := l.busy, l.idle
		l.mu.Unlock()
		if !busy {
			return
		}
		select {
		case <-idle:
		case <-ctx.Done():
			l.mu.Lock()
			l.ended = true
			l.mu.Unlock()
			return
		}
	}
}

// Settle waits until everything that people have looked at is recorded, or ctx
// ends. No request may come any more.
func (s *Server) Settle(ctx context.Context) {
	if s.looks != nil {
		s.looks.settle(ctx)
	}
}
