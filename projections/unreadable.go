package projections

import (
	"context"

	"nrm/domain"
)

// Unreadable counts the cases whose person cannot be found, or not by all that
// was recorded, because the keys were damaged or lost when the views came to it
// and nobody has erased the person: see [domain.ErrUnreadable]. Only names and
// documents are read for the search, so it does not count what else is
// unreadable, nor what became so later. Once the keys are restored pages show
// everything again; the search and this number do so when the views are made anew.
func (v *Views) Unreadable(ctx context.Context) (int, error) {
	n, err := number(ctx, v.readers, `SELECT count(DISTINCT ref) FROM unreadable`)
	return int(n), wrap(err, "unreadable")
}

// noteUnreadable notes the positions of what nobody can read of a case.
func (w *writer) noteUnreadable(ctx context.Context, ref domain.Ref, closed []uint64) error {
	for _, seq := range closed {
		if err := w.exec(ctx, w.unreadable, string(ref), int64(seq)); err != nil {
			return err
		}
	}
	return nil
}

func isIdentity(e domain.AnyEvent) bool {
	return e.EventType() == domain.IdentityRecorded{}.EventType()
}
