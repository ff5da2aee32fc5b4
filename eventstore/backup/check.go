package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"nrm/eventstore"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

// Findings are what Check has seen of a register that is whole.
type Findings struct {
	People  int            // with keys
	Erased  int            // people whose keys were destroyed
	KEKs    map[string]int // people with keys, by the key-encryption key that they need
	Missing []string       // people something is sealed of who have neither keys nor been erased
}

// Check reads everything that was loaded and holds it against the manifest and
// the checkpoints, those in the backup and others that are given: settings,
// positions, the chain of every stream, the root of the tree, and whether there
// are the keys that the log needs. It opens nothing that is sealed, and needs
// no key file. It fails with ErrDiffers, eventstore.ErrDamaged and
// witness.ErrRewritten.
//
// People who are missing were missing in the register as well: that is no error.
func Check(ctx context.Context, nc *nats.Conn, c Content, others []witness.Checkpoint, progress func(done, total uint64)) (Findings, error) {
	found, err := check(ctx, nc, c, others, progress)
	if err != nil {
		return found, fmt.Errorf("backup: check: %w", err)
	}
	return found, nil
}

func check(ctx context.Context, nc *nats.Conn, c Content, others []witness.Checkpoint, progress func(done, total uint64)) (f Findings, err error) {
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	log, err := eventstore.Open(ctx, nc, plain, eventstore.Options{CacheBytes: 1})
	if err != nil {
		return f, err
	}
	defer log.Close()
	last, err := log.Last(ctx)
	if err != nil {
		return f, err
	}
	if last != c.Position {
		return f, fmt.Errorf("%w: the log ends at position %d, not %d", ErrDiffers, last, c.Position)
	}
	used := users{}
	judge := witness.NewJudge(nil, slices.Concat(c.Checkpoints, others))
	tree := witness.NewJudge(nil, c.end())
	var end eventstore.Leaf
	if err := log.Verify(ctx, last, func(l eventstore.Leaf) error {
		end = l
		if err := tree.Add(l); err != nil {
			return fmt.Errorf("%w: the log has not the root that the register's own tree had: %w", ErrDiffers, err)
		}
		return judge.Add(l)
	}, func(run []eventstore.Message) error {
		for _, m := range run {
			used.add(m)
		}
		progress(run[len(run)-1].Seq, last)
		return nil
	}); err != nil {
		return f, err
	}
	if err := errors.Join(tree.Finish(), judge.Finish()); err != nil {
		return f, err
	}
	if end.Hash != c.Hash || end.Stream != c.Stream {
		return f, fmt.Errorf("%w: position %d is another message", ErrDiffers, last)
	}
	return f, f.keys(ctx, nc, c, used)
}

// plain leaves messages as they are.
var plain = eventstore.Codec[eventstore.Message]{
	Encode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
	Decode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
}

// end is the root in the manifest in the form of a checkpoint.
func (m Manifest) end() []witness.Checkpoint {
	if m.Position == 0 {
		return nil
	}
	return []witness.Checkpoint{{Size: int64(m.Position), Root: m.Root, Time: m.Made}}
}

// keys looks whether everybody's keys are there.
func (f *Findings) keys(ctx context.Context, nc *nats.Conn, c Content, used users) error {
	rows := map[string]vault.Holding{}
	late := ""
	if err := vault.Inspect(ctx, nc, func(owner string, h vault.Holding) error {
		if h.Erased && h.Seq > c.KeysFrom {
			late = owner
		}
		used.has(owner, h)
		h.Compartments = nil // there may be very many
		rows[owner] = h
		return nil
	}); err != nil {
		return err
	}
	if late != "" {
		return fmt.Errorf("%w: the keys of %s were destroyed", errAgain, late)
	}
	f.KEKs = map[string]int{}
	for _, h := range rows {
		if h.Erased {
			f.Erased++
			continue
		}
		f.People++
		f.KEKs[h.KEK]++
	}
	f.Missing = used.missing()
	return nil
}

// users are, by owner, the compartments that something is sealed in and for
// which no key has been seen.
type users map[string][]string

func (u users) add(m eventstore.Message) {
	for _, e := range m.Events {
		owner, compartment, ok := strings.Cut(e.Key, "/")
		if ok && !slices.Contains(u[owner], compartment) {
			u[strings.Clone(owner)] = append(u[owner], strings.Clone(compartment))
		}
	}
}

// has takes note of an owner's row. The last one counts, but a row never has
// fewer keys than the one before, unless the owner was erased.
func (u users) has(owner string, h vault.Holding) {
	if h.Erased {
		delete(u, owner)
		return
	}
	left := slices.DeleteFunc(u[owner], func(c string) bool { return slices.Contains(h.Compartments, c) })
	if len(left) == 0 {
		delete(u, owner)
	} else {
		u[owner] = left
	}
}

func (u users) missing() (owners []string) {
	for owner := range u {
		owners = append(owners, owner)
	}
	slices.Sort(owners)
	return owners
}
