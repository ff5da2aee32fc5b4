package vault

import (
	"context"
	"fmt"
)

// A Status counts what the key stream holds.
type Status struct {
	Owners int            // with keys
	Keys   int            // of all owners
	Erased int            // owners
	Rows   map[string]int // owners with keys, by the id of the KEK that wraps them
	// Pending counts the erased owners whose keys the key file could still
	// open if a copy of the key stream turned up, or its deleted bytes. After
	// ring.BeginKEK, Rotate and ring.EndKEK it is zero.
	Pending int
	// Unreadable counts owners whose row makes no sense.
	Unreadable int
}

// Status reads the whole stream. It fails with ErrDamaged, and what it could
// count, if the server has owners that it cannot read.
func (v *Vault) Status(ctx context.Context) (Status, error) {
	s, err := v.status(ctx)
	if err != nil {
		return s, fmt.Errorf("vault: status: %w", err)
	}
	return s, nil
}

func (v *Vault) status(ctx context.Context) (Status, error) {
	s := Status{Rows: map[string]int{}}
	if v.cache.isClosed() {
		return s, ErrClosed
	}
	if err := v.ring.Reload(); err != nil {
		return s, err
	}
	all, err := v.survey(ctx, false)
	if err != nil {
		return s, err
	}
	for _, l := range all.owners {
		switch l.state {
		case unreadable:
			s.Unreadable++
		case erased:
			s.Erased++
			if _, ok := v.ring.OldKEK(l.under); ok {
				s.Pending++
			}
		default:
			s.Owners++
			s.Keys += l.keys
			s.Rows[l.kek]++
		}
	}
	return s, all.damage()
}
