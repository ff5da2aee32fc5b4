package api

import (
	"slices"
	"sync"
	"time"
)

const (
	freeAttempts = 5
	firstWait    = 2 * time.Second
	longestWait  = 5 * time.Minute  // of an address
	accountWait  = 30 * time.Second // the longest of an account: nobody else can keep its owner out for good
	brakeMemory  = 30 * time.Minute // without attempts, and all is forgotten
	maxBraked    = 50_000           // accounts and addresses remembered
	maxFailures  = 20               // remembered of each; the wait does not grow beyond
)

// brake slows down whoever guesses passwords: after five failures of an account
// or from an address the next attempt has to wait, and each failure doubles the
// wait. An attempt counts as failed until it has succeeded, so that many at
// once gain nothing; one that has succeeded leaves no trace.
type brake struct {
	now  func() time.Time
	mu   sync.Mutex
	held map[string]*attempts
}

type attempts struct {
	longest time.Duration
	failed  []time.Time // the oldest first
}

// An attempt is one try under way.
type attempt struct {
	brake            *brake
	account, address string
	began            time.Time
}

// attempt begins a try, or says how long to wait for the next one.
func (b *brake) attempt(account, address string) (attempt, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if until := latest(b.held[account].until(), b.held[address].until()); now.Before(until) {
		return attempt{}, until.Sub(now)
	}
	if len(b.held) > maxBraked {
		b.forget(now)
	}
	b.fail(account, accountWait, now)
	b.fail(address, longestWait, now)
	return attempt{b, account, address, now}, 0
}

// succeeded clears the account. The address keeps its other failures: who has
// one account could otherwise go on guessing at the rest.
func (t attempt) succeeded() {
	t.brake.mu.Lock()
	defer t.brake.mu.Unlock()
	delete(t.brake.held, t.account)
	t.brake.undo(t.address, t.began)
}

// forgive takes the try back.
func (t attempt) forgive() {
	t.brake.mu.Lock()
	defer t.brake.mu.Unlock()
	t.brake.undo(t.account, t.began)
	t.brake.undo(t.address, t.began)
}

func (b *brake) fail(key string, longest time.Duration, now time.Time) {
	if b.held == nil {
		b.held = map[string]*attempts{}
	}
	a := b.held[key]
	if a == nil || now.Sub(a.last()) > brakeMemory {
		a = &attempts{longest: longest}
		b.held[key] = a
	}
	a.failed = append(a.failed, now)
	a.failed = a.failed[max(0, len(a.failed)-maxFailures):]
}

// undo takes back the try that began then.
func (b *brake) undo(key string, began time.Time) {
	a := b.held[key]
	if a == nil {
		return
	}
	if i := slices.IndexFunc(a.failed, began.Equal); i >= 0 {
		a.failed = slices.Delete(a.failed, i, i+1)
	}
	if len(a.failed) == 0 {
		delete(b.held, key)
	}
}

// last is the last failure; zero if there is none.
func (a *attempts) last() time.Time {
	if a == nil || len(a.failed) == 0 {
		return time.Time{}
	}
	return a.failed[len(a.failed)-1]
}

// until is when the next attempt may be made; zero if it may be at any time.
func (a *attempts) until() time.Time {
	if a == nil || len(a.failed) < freeAttempts {
		return time.Time{}
	}
	return a.last().Add(min(a.longest, firstWait<<(len(a.failed)-freeAttempts)))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// forget drops what is old and, if that is not enough, everything that is not
// waiting.
func (b *brake) forget(now time.Time) {
	for key, a := range b.held {
		if now.Sub(a.last()) > brakeMemory {
			delete(b.held, key)
		}
	}
	if len(b.held) <= maxBraked {
		return
	}
	for key, a := range b.held {
		if now.After(a.until()) {
			delete(b.held, key)
		}
	}
}
