package vault

import (
	"context"
	"crypto/cipher"
	"encoding/json"
	"fmt"
)

// once lets one caller at a time read or make an owner's keys; others who want
// the same wait for the result. It belongs to none of them, so that one who
// gives up does not end it for the rest.
func (v *Vault) once(ctx context.Context, what, owner string, f func(context.Context) (*keys, error)) (*keys, error) {
	epoch := v.cache.now()
	// Whoever comes after an erasure does not join those who came before it.
	result := v.loads.DoChan(fmt.Sprintf("%s %d", what, epoch), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*v.timeout)
		defer cancel()
		k, err := f(ctx)
		if err == nil && (k.erased || len(k.aeads) > 0) {
			v.cache.put(owner, k, epoch)
		}
		return k, err
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*keys), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// read gives an owner's row and its position, 0 if there is none; the position
// also of one that makes no sense.
func (v *Vault) read(ctx context.Context, owner string) (row, uint64, error) {
	m, err := v.last(ctx, owner)
	if err != nil || m == nil {
		return row{Owner: owner}, 0, err
	}
	r, err := parseRow(owner, m.Data)
	return r, m.Sequence, err
}

// load reads an owner's keys. There may be none.
func (v *Vault) load(ctx context.Context, owner string) (*keys, error) {
	r, _, err := v.read(ctx, owner)
	if err != nil {
		return nil, err
	}
	if r.Erased {
		return &keys{erased: true}, nil
	}
	plain, err := v.unwrap(r)
	if err != nil {
		return nil, err
	}
	defer wipe(plain)
	return keysOf(plain)
}

// unwrap opens an owner's keys with the KEK that the row names.
func (v *Vault) unwrap(r row) (map[string][]byte, error) {
	if len(r.Keys) == 0 {
		return map[string][]byte{}, nil
	}
	key, ok := v.ring.OldKEK(r.KEK)
	if !ok { // another process may have changed it
		if err := v.ring.Reload(); err != nil {
			return nil, fmt.Errorf("%w: %q is needed: %w", ErrNoKEK, r.KEK, err)
		}
		if key, ok = v.ring.OldKEK(r.KEK); !ok {
			return nil, fmt.Errorf("%w: %q is needed, which %s, of generation %d, does not hold; put back the copy of the key file that does",
				ErrNoKEK, r.KEK, v.ring.Path(), v.ring.Generation())
		}
	}
	defer clear(key)
	with, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return r.unwrap(with)
}

// kek gives the KEK to wrap with.
func (v *Vault) kek() (id string, with cipher.AEAD, err error) {
	id, key := v.ring.KEK()
	defer clear(key)
	with, err = newAEAD(key)
	return id, with, err
}

// ensure reads an owner's keys and, if the one of this compartment is missing,
// makes it. What it returns is on disk, and so is the KEK that wraps it.
func (v *Vault) ensure(ctx context.Context, owner, compartment string) (*keys, error) {
	for attempt := 1; ; attempt++ {
		r, seq, err := v.read(ctx, owner)
		if err != nil {
			return nil, err
		}
		if r.Erased {
			return &keys{erased: true}, nil
		}
		plain, err := v.unwrap(r)
		if err != nil {
			return nil, err
		}
		done := plain[compartment] != nil
		switch {
		case done:
		case v.opts.LookOnly:
			err = ErrLookOnly
		default:
			done, err = v.add(ctx, owner, compartment, plain, seq)
		}
		if done && err == nil {
			defer wipe(plain)
			return keysOf(plain)
		}
		wipe(plain)
		switch {
		case err != nil:
		case seq == 0 && attempt > damagedAfter: // no key is made in the place of one that may come back
			err = fmt.Errorf("%w: the server has a row of the owner and cannot read it", ErrDamaged)
		default:
			err = pause(ctx, attempt)
		}
		if err != nil {
			return nil, err
		}
	}
}

// add puts what is missing into plain and stores it as the owner's new row, in
// place of that of seq. Unless done, somebody else was first and the row must be
// read again.
func (v *Vault) add(ctx context.Context, owner, compartment string, plain map[string][]byte, seq uint64) (done bool, err error) {
	v.gate.RLock()
	defer v.gate.RUnlock()
	// Nothing new is wrapped by a KEK that is not in the file any more, or if
	// the file is gone: only this process would know it.
	if err := v.confirm(ctx); err != nil {
		return false, fmt.Errorf("no key can be made: %w", err)
	}
	if seq == 0 {
		// A row that has become unreadable looks like none to everybody but
		// this. It may come back, from a backup: it is not to be replaced.
		if n, err := v.count(ctx, owner); err != nil || n > 0 {
			return false, err
		}
	}
	for _, c := range append([]string{compartment}, v.opts.Compartments...) {
		if plain[c] == nil {
			plain[c] = newKey()
		}
	}
	for {
		id, with, err := v.kek()
		if err != nil {
			return false, err
		}
		body, err := json.Marshal(row{Owner: owner}.wrap(id, with, plain))
		if err != nil {
			return false, err
		}
		stored, ok, err := v.publish(ctx, owner, body, &seq)
		if err != nil || !ok {
			return false, err
		}
		if err := v.step("added"); err != nil {
			return false, err
		}
		// Another process may have changed the KEK since, and even destroyed
		// the one that this row is wrapped by. Nothing was sealed yet, and the
		// keys are still at hand to be wrapped again.
		if err := v.confirm(ctx); err != nil {
			return false, fmt.Errorf("the new key may not outlast a restart: %w", err)
		}
		if now, _ := v.ring.KEK(); now == id {
			return true, nil
		}
		seq = stored
	}
}

// confirm makes sure that the key file is there, up to date, and the one that
// everybody uses.
func (v *Vault) confirm(ctx context.Context) error {
	if err := v.ring.Reload(); err != nil {
		return err
	}
	return v.opts.Confirm(ctx)
}
