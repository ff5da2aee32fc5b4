package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Report says what Rotate found when all was done.
type Report struct {
	Owners    int // with keys
	Keys      int // of all owners
	Rewrapped int // owners whose keys this call has wrapped anew; fewer if it carried on another's work
	Erased    int // owners
	KEK       string
	Took      time.Duration
}

// Rotate wraps all data keys that are not wrapped by the ring's current KEK by
// that, and removes from the stream what the earlier ones have wrapped. When it
// returns without an error, the earlier ones can be destroyed: the order is
// ring.BeginKEK, ring.Mark, Rotate, ring.EndKEK, ring.Mark. Everybody may go on
// working meanwhile. After a crash or an error, at any point, calling it again
// does what is left.
//
// If some owner's keys cannot be unwrapped, nothing is written. The error names
// such owners, and is ErrForged, ErrNoKEK or ErrDamaged, or several of them: with
// the earlier KEK or a backup their keys may still be saved; if not, they are to
// be erased.
//
// Progress, if given, is told now and then how many owners are done, of how
// many there are about.
func (v *Vault) Rotate(ctx context.Context, progress func(done, total int)) (Report, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	v.rotates.Lock()
	defer v.rotates.Unlock()
	started := time.Now()
	report, err := v.rotate(ctx, progress)
	report.Took = time.Since(started)
	if err != nil {
		return report, fmt.Errorf("vault: wrap the keys anew: %w", err)
	}
	return report, nil
}

func (v *Vault) rotate(ctx context.Context, progress func(done, total int)) (Report, error) {
	if v.cache.isClosed() {
		return Report{}, ErrClosed
	}
	if v.opts.LookOnly {
		return Report{}, ErrLookOnly
	}
	if err := v.ring.Reload(); err != nil {
		return Report{}, err
	}
	v.gate.Lock() // see there
	kek, _ := v.ring.KEK()
	v.gate.Unlock()

	report := Report{KEK: kek}
	var boundary uint64
	for round := 1; ; round++ {
		s, err := v.survey(ctx, round == 1)
		if err != nil {
			return report, err
		}
		report.Owners, report.Keys, report.Erased = s.totals()
		if round == 1 {
			boundary, err = v.prepare(ctx, s, kek)
		} else {
			err = s.damage()
		}
		if err != nil {
			return report, err
		}
		if s.outdated(kek, boundary) == 0 {
			if err := v.purge(ctx, s.first); err != nil {
				return report, err
			}
			if err := v.step("purged"); err != nil {
				return report, err
			}
			return report, v.sweep(ctx, kek)
		}
		if round == 10 {
			return report, errors.New("somebody else keeps using another key-encryption key: stop other processes that have an older key file")
		}
		p := pass{kek: kek, boundary: boundary, rowByRow: round > 3}
		err = v.pass(ctx, &p, s, progress)
		report.Rewrapped += p.rewrapped
		if err == nil {
			err = v.step("rewrapped")
		}
		if err != nil {
			return report, err
		}
	}
}

// prepare tells up to where all rows are to be stored anew: what is stored after
// boundary lies in other files of the server than whatever an earlier KEK has
// wrapped. It is 0 if no row must be. Blanks of a Rotate that was cut short serve
// again. Nothing is written if s has keys that cannot be unwrapped.
func (v *Vault) prepare(ctx context.Context, s *survey, kek string) (boundary uint64, err error) {
	filled, boundary := s.filled(kek, v.blankBytes)
	all := boundary == 0 && (s.outdated(kek, 0) > 0 || len(s.blanks) > 0)
	if all {
		boundary = math.MaxUint64
	}
	if err := s.blocked(kek, boundary); err != nil {
		return 0, err
	}
	if !all {
		return boundary, nil
	}
	if boundary, err = v.blank(ctx, v.blankBytes-filled); err != nil {
		return 0, err
	}
	return boundary, v.step("blank")
}

// A pass stores every row anew that is outdated.
type pass struct {
	kek      string
	boundary uint64
	rowByRow bool // rather than leave anything to the next pass

	rewrapped int // rows with keys stored by this pass
}

// pass goes through what s has found. Rows that have changed since are looked
// at one by one.
func (v *Vault) pass(ctx context.Context, p *pass, s *survey, progress func(done, total int)) error {
	var batch []write
	done := 0
	defer func() { progress(done, len(s.owners)) }()
	if err := v.scan(ctx, s.first, s.through, func(owner string, seq uint64, body []byte) error {
		l, ok := s.owners[owner]
		if !ok || l.seq != seq {
			return nil
		}
		if done++; !l.outdated(p.kek, p.boundary) {
			return nil
		}
		r, err := parseRow(owner, body)
		if err == nil {
			body, err = v.rewrap(r, p.kek)
		}
		if err != nil { // it may not be the last row any more
			return v.single(ctx, owner, p)
		}
		if batch = append(batch, write{owner, seq, body}); len(batch) < v.maxBatch {
			return nil
		}
		err = v.flush(ctx, batch, s, p)
		batch = batch[:0]
		progress(done, len(s.owners))
		return err
	}); err != nil {
		return err
	}
	return v.flush(ctx, batch, s, p)
}

// rewrap gives an owner's row as it is to be under kek.
func (v *Vault) rewrap(r row, kek string) ([]byte, error) {
	if r.Erased {
		r.KEK = kek
		return json.Marshal(r)
	}
	plain, err := v.unwrap(r)
	if err != nil {
		return nil, err
	}
	defer wipe(plain)
	id, with, err := v.kek()
	if err != nil {
		return nil, err
	}
	if id != kek {
		return nil, fmt.Errorf("the key-encryption key was changed from %s to %s meanwhile", kek, id)
	}
	return json.Marshal(r.wrap(id, with, plain))
}

// flush stores a batch. If somebody was first with one of its rows it is left
// to the next pass, or, if that has happened too often, goes row by row, as it
// does after any other failure.
func (v *Vault) flush(ctx context.Context, batch []write, s *survey, p *pass) error {
	if len(batch) > 1 {
		_, err := v.publishAll(ctx, batch)
		switch {
		case err == nil:
			for _, w := range batch {
				if s.owners[w.owner].state == live {
					p.rewrapped++
				}
			}
			return v.step("batch")
		case isConflict(err) && !p.rowByRow:
			return nil
		}
		v.log.Debug("a batch of wrapped keys goes row by row", "error", err)
	}
	for _, w := range batch {
		if err := v.single(ctx, w.owner, p); err != nil {
			return err
		}
	}
	return nil
}

// single stores an owner's row anew if it still has to be.
func (v *Vault) single(ctx context.Context, owner string, p *pass) error {
	err := v.rewrapNow(ctx, owner, p)
	if errors.Is(err, ErrForged) || errors.Is(err, ErrNoKEK) { // since the survey
		return unusable([]trouble{{err, []string{owner}}})
	}
	return err
}

func (v *Vault) rewrapNow(ctx context.Context, owner string, p *pass) error {
	for attempt := 1; ; attempt++ {
		r, seq, err := v.read(ctx, owner)
		if err != nil || seq == 0 {
			return err
		}
		if r.KEK == p.kek && seq > p.boundary {
			return nil
		}
		body, err := v.rewrap(r, p.kek)
		if err != nil {
			return err
		}
		_, ok, err := v.publish(ctx, owner, body, &seq)
		if err != nil {
			return err
		}
		if ok {
			if !r.Erased {
				p.rewrapped++
			}
			return v.step("row")
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// purge removes everything before the first row that counts.
func (v *Vault) purge(ctx context.Context, first uint64) error {
	state, err := v.info(ctx)
	if err != nil || first <= state.FirstSeq {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 6*v.timeout) // one file after the other
	defer cancel()
	return v.stream.Purge(ctx, jetstream.WithPurgeSequence(first))
}

// sweep deletes what purge had to leave: rows under another KEK, and blanks,
// that lie between rows that count. A process with an outdated ring may have
// stored such a row, or a Rotate that was cut short.
func (v *Vault) sweep(ctx context.Context, kek string) error {
	state, err := v.info(ctx)
	if err != nil {
		return err
	}
	blanks, err := v.count(ctx, blankSubject[len(prefix):])
	if err != nil || blanks == 0 && state.Msgs == state.NumSubjects { // one row each
		return err
	}
	var old []write
	if err := v.scan(ctx, state.FirstSeq, state.LastSeq, func(owner string, seq uint64, body []byte) error {
		if r, err := parseRow(owner, body); owner == "" || err != nil || r.KEK != kek {
			old = append(old, write{owner: owner, seq: seq})
		}
		return nil
	}); err != nil {
		return err
	}
	for _, w := range old {
		if w.owner != "" {
			switch m, err := v.last(ctx, w.owner); {
			case err != nil:
				return err
			case m != nil && m.Sequence <= w.seq:
				return fmt.Errorf("%q: its keys were stored under another key-encryption key meanwhile; wrap the keys anew once more", w.owner)
			}
		}
		if err := v.delete(ctx, w.seq); err != nil {
			return err
		}
	}
	return nil
}
