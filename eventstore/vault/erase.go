package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Erase destroys all keys of an owner and returns how many there were. It
// first stores that the owner is erased, from when on nothing can be unsealed
// or sealed, and then deletes every row with keys. If that is cut short, the
// next Erase of the owner or the next Open finishes it. Erasing again returns
// the same number. An owner without keys can be erased too, and never gets any.
//
// Other processes are to be told (Forget). The package comment says what an
// erasure does not reach before the next Rotate.
func (v *Vault) Erase(ctx context.Context, owner string) (keys int, err error) {
	// Also when the outcome is unknown: the stream is asked again then.
	defer v.Forget(owner)
	keys, err = v.erase(ctx, owner)
	if err != nil {
		return keys, fmt.Errorf("vault: erase %q: %w", owner, err)
	}
	return keys, nil
}

func (v *Vault) erase(ctx context.Context, owner string) (keys int, err error) {
	if !validToken(owner) {
		return 0, errName
	}
	if v.cache.isClosed() {
		return 0, ErrClosed
	}
	if v.opts.LookOnly {
		return 0, ErrLookOnly
	}
	tombstone, seq, err := v.bury(ctx, owner)
	if err != nil {
		return 0, err
	}
	v.Forget(owner)
	if err := v.step("buried"); err != nil {
		return 0, err
	}
	return tombstone.Destroyed, v.deleteBefore(ctx, owner, seq)
}

// damagedAfter is the number of attempts after which a row that is and is not
// there counts as damaged, and not as one that was stored a moment ago.
const damagedAfter = 5

// bury makes sure that an owner's last row is a tombstone.
func (v *Vault) bury(ctx context.Context, owner string) (tombstone row, seq uint64, err error) {
	for attempt := 1; ; attempt++ {
		r, last, err := v.read(ctx, owner)
		if err != nil && !errors.Is(err, ErrForged) { // a row that makes no sense can go as well
			return row{}, 0, err
		}
		if r.Erased {
			return r, last, nil
		}
		kek, _ := v.ring.KEK()
		tombstone := row{Owner: owner, KEK: kek, Erased: true, At: time.Now().UTC().Truncate(time.Second),
			Destroyed: len(r.Keys), Under: r.KEK}
		body, err := json.Marshal(tombstone)
		if err != nil {
			return row{}, 0, err
		}
		expect := &last
		if last == 0 && attempt > damagedAfter {
			// There is a row that the server cannot read. Whatever it is, it
			// comes before the tombstone.
			expect = nil
		}
		stored, ok, err := v.publish(ctx, owner, body, expect)
		if err != nil || ok {
			return tombstone, stored, err
		}
		if err := pause(ctx, attempt); err != nil {
			return row{}, 0, err
		}
	}
}

// deleteBefore deletes an owner's messages that lie before the tombstone,
// securely where the server can.
func (v *Vault) deleteBefore(ctx context.Context, owner string, tombstone uint64) error {
	for from := uint64(1); ; {
		m, err := v.next(ctx, owner, from)
		if err != nil {
			return err
		}
		if m == nil || m.Sequence >= tombstone {
			return nil
		}
		if err := v.delete(ctx, m.Sequence); err != nil {
			return err
		}
		if err := v.step("deleted"); err != nil {
			return err
		}
		from = m.Sequence + 1
	}
}

// delete deletes a message. One that is gone already is no error: a Rotate may
// purge it at any time.
func (l *link) delete(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	err := l.stream.SecureDeleteMsg(ctx, seq)
	if err == nil {
		return nil
	}
	if _, missing := l.stream.GetMsg(ctx, seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
		return nil
	}
	return fmt.Errorf("delete position %d of the key stream: %w", seq, err)
}

// finishErasures deletes what erasures that were cut short have left.
func (v *Vault) finishErasures(ctx context.Context) error {
	switch state, err := v.info(ctx); {
	case err != nil:
		return err
	case state.Msgs == state.NumSubjects: // nobody has an earlier row
		return nil
	}
	s, err := v.survey(ctx, false)
	if err != nil {
		return err
	}
	if err := s.damage(); err != nil {
		v.log.Error("persons' keys are lost", "error", err) // of others: no reason to serve nobody
	}
	for owner, l := range s.owners {
		if l.state != erased {
			continue
		}
		if err := v.deleteBefore(ctx, owner, l.seq); err != nil {
			return fmt.Errorf("finish the erasure of %q: %w", owner, err)
		}
	}
	return nil
}
