package api

import (
	"sync"
	"time"
)

const (
	freeAttempts = 5
	firstWait    = 2 * time.Second
	longestWait  = 5 * time.Minute
	brakeMemory  = 30 * time.Minute // without attempts, and all is forgotten
	maxBraked    = 50_000           // accounts and addresses remembered
)

// brake slows down whoever guesses passwords: after five failures of an account
// or from an address the next attempt has to wait, and each failure doubles the
// wait. An attempt counts as failed until it has succeeded, so that many at
// once gain nothing.
type brake struct {
	now  func() time.Time
	mu   sync.Mutex
	held map[string]*attempts
}

type attempts struct {
	failed int
	last   time.Time
	until  time.Time // no attempt before
}

// An attempt is one try under way.
type attempt struct {
	brake            *brake
	account, address string
}

// attempt begins a try, or says how long to wait for the next one.
func (b *brake) attempt(account, address string) (attempt, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for _, key := range []string{account, address} {
		if a := b.held[key]; a != nil && now.Before(a.until) {
			return attempt{}, a.until.Sub(now)
		}
	}
	if len(b.held) > maxBraked {
		b.forget(now)
	}
	for _, key := range []string{account, address} {
		b.of(key, now).fail(now)
	}
	return attempt{b, account, address}, 0
}

// succeeded clears the account. The address keeps its other failures: who has
// one account could otherwise go on guessing at the rest.
func (t attempt) succeeded() {
	t.brake.mu.Lock()
	defer t.brake.mu.Unlock()
	delete(t.brake.held, t.account)
	t.brake.undo(t.address)
}

// forgive takes the try back.
func (t attempt) forgive() {
	t.brake.mu.Lock()
	defer t.brake.mu.Unlock()
	t.brake.undo(t.account)
	t.brake.undo(t.address)
}

func (b *brake) of(key string, now time.Time) *attempts {
	if b.held == nil {
		b.held = map[string]*attempts{}
	}
	a := b.held[key]
	if a == nil || now.Sub(a.last) > brakeMemory {
		a = &attempts{}
		b.held[key] = a
	}
	return a
}

func (a *attempts) fail(now time.Time) {
	a.failed++
	a.last = now
	if over := a.failed - freeAttempts; over >= 0 {
		a.until = now.Add(min(longestWait, firstWait<<min(over, 20)))
	}
}

func (b *brake) undo(key string) {
	if a := b.held[key]; a != nil && a.failed > 0 {
		a.failed--
		if a.failed < freeAttempts {
			a.until = time.Time{}
		}
	}
}

// forget drops what is old and, if that is not enough, everything that is not
// waiting.
func (b *brake) forget(now time.Time) {
	for key, a := range b.held {
		if now.Sub(a.last) > brakeMemory {
			delete(b.held, key)
		}
	}
	if len(b.held) <= maxBraked {
		return
	}
	for key, a := range b.held {
		if now.After(a.until) {
			delete(b.held, key)
		}
	}
}
