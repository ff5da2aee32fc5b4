package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"nrm/domain"
)

// erases reports whether the event orders that the person be forgotten.
func erases(e domain.AnyEvent) bool {
	_, is := e.(domain.IdentityErased)
	return is
}

// erasureColumns are the row of a case in erasures, but for the reference. The
// zero value is none.
type erasureColumns struct {
	reason, askedBy, hold         string
	asked, approved, completed    sql.NullInt64
	askedP, approvedP, completedP string
}

const insertErasure = `INSERT OR REPLACE INTO erasures (ref, reason, asked, asked_precision, asked_by, hold,
	approved, approved_precision, completed, completed_precision) VALUES (?,?,?,?,?,?,?,?,?,?)`

func (c *folded) erasure() erasureColumns {
	e := c.state.Erasure
	if e.Asked.IsZero() && e.Approved.IsZero() {
		return erasureColumns{}
	}
	return erasureColumns{
		reason: e.Reason, askedBy: c.asked.by, hold: c.state.Hold,
		asked: seconds(c.asked.at), askedP: string(c.asked.at.Precision),
		approved: seconds(e.Approved), approvedP: string(e.Approved.Precision),
		completed: seconds(e.Completed), completedP: string(e.Completed.Precision),
	}
}

func (w *writer) writeErasure(ctx context.Context, ref domain.Ref, e erasureColumns) error {
	if e == (erasureColumns{}) {
		return w.exec(ctx, w.unasked, string(ref))
	}
	return w.exec(ctx, w.erasure, string(ref), e.reason, e.asked, e.askedP, e.askedBy, e.hold,
		e.approved, e.approvedP, e.completed, e.completedP)
}

// An ErasureRow is a request that the person of a case be forgotten. It names
// nobody.
type ErasureRow struct {
	Ref       domain.Ref
	Reason    string      // code list "erasure_reason"
	Asked     domain.When // and by whom
	AskedBy   string      // the user
	Hold      string      // code list "hold_reason": why nothing may be erased, if so
	Approved  domain.When // zero while it waits
	Completed domain.When // zero until the keys are destroyed everywhere
}

// completedShown is how many completed erasures are listed.
const completedShown = 200

// Erasures lists the requests that wait, the oldest first, then what is approved
// and not yet completed, then what is completed, the newest first and at most
// 200. It answers a refusal "role_not_allowed" to all but the data protection
// officer, the head and the case officers.
func (v *Views) Erasures(ctx context.Context, by domain.Actor) ([]ErasureRow, error) {
	if !slices.Contains([]domain.Role{domain.DataProtection, domain.Head, domain.CaseOfficer}, by.Role) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	var all []ErasureRow
	err := v.within(ctx, func(tx *sql.Tx) error {
		for _, part := range []string{
			`approved IS NULL ORDER BY asked, ref`,
			`approved IS NOT NULL AND completed IS NULL ORDER BY approved, ref`,
			fmt.Sprintf(`completed IS NOT NULL ORDER BY completed DESC, ref LIMIT %d`, completedShown),
		} {
			rows, err := collect(ctx, tx, scanErasure, `SELECT ref, reason, asked, asked_precision, asked_by, hold,
				approved, approved_precision, completed, completed_precision FROM erasures WHERE `+part)
			if err != nil {
				return err
			}
			all = append(all, rows...)
		}
		return nil
	})
	return all, wrap(err, "erasures")
}

func scanErasure(row *sql.Rows) (ErasureRow, error) {
	var (
		ref string
		r   ErasureRow
		c   erasureColumns
	)
	err := row.Scan(&ref, &r.Reason, &c.asked, &c.askedP, &r.AskedBy, &r.Hold, &c.approved, &c.approvedP, &c.completed, &c.completedP)
	r.Ref, r.Asked = domain.Ref(ref), whenOf(c.asked, c.askedP)
	r.Approved, r.Completed = whenOf(c.approved, c.approvedP), whenOf(c.completed, c.completedP)
	return r, err
}

// Unfinished lists the cases whose erasure is approved and not completed, the
// oldest first, for the register itself. The views have forgotten them already.
func (v *Views) Unfinished(ctx context.Context) ([]domain.Ref, error) {
	refs, err := collect(ctx, v.readers, scanRef, `SELECT ref FROM erasures WHERE approved IS NOT NULL AND completed IS NULL ORDER BY approved, ref`)
	return refs, wrap(err, "unfinished erasures")
}

func scanRef(row *sql.Rows) (ref domain.Ref, err error) {
	return ref, row.Scan((*string)(&ref))
}

// Scrub writes the files of the views anew, so that nothing of what was removed
// is left in them. It waits for readers, for some ten seconds at most, and fails
// if one of them still needs the old state; then it may be called again. The
// views do not follow the log meanwhile. It needs room for a second copy, of
// which a part is in the folder for temporary files.
func (v *Views) Scrub(ctx context.Context) error {
	return wrap(v.scrub(ctx), "scrub")
}

func (v *Views) scrub(ctx context.Context) error {
	conn, err := v.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // goes back to the pool
	if _, err := conn.ExecContext(ctx, `VACUUM`); err != nil {
		return err
	}
	v.mover.busy.Lock()
	defer v.mover.busy.Unlock()
	var busy, pages, moved int
	if err := conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("a reader needs what was removed until just now")
	}
	return nil
}
