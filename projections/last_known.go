package projections

import (
	"context"
	"database/sql"
	"time"

	"nrm/domain"
)

// tellLast has the row name the latest fact of which the reader may know more than
// that something was: what a last fact is called can tell that a person testified,
// was ill or was found somewhere else. It looks at the facts as they stood at a time,
// today if it is zero, and only where the latest of all is not for the reader.
func (r *CaseRow) tellLast(ctx context.Context, tx *sql.Tx, who reader, at time.Time) error {
	if r.LastType == "" || who.knowsAll(r.LastType) {
		return nil
	}
	known := instant(at)
	facts, err := collect(ctx, tx, scanLatest, latestFacts, known, known, string(domain.CaseKind), string(r.Ref), known)
	if err != nil {
		return err
	}
	r.LastType, r.LastHappened = "", domain.When{}
	for _, f := range facts {
		may, err := who.mayName(f)
		if err != nil {
			return err
		}
		if may {
			r.LastType, r.LastHappened = f.typ, whenOf(f.happened, f.precision)
			return nil
		}
	}
	return nil
}

// latestFacts are the facts of a case as they stand at a time, the latest first.
const latestFacts = `SELECT f.type, coalesce(r.happened, f.happened) AS at, coalesce(r.precision, f.precision), f.known,
		CASE WHEN r.data <> '' THEN r.data ELSE f.data END
	FROM facts f LEFT JOIN revisions r ON r.seq = f.seq AND r.n = f.n AND r.since <= ? AND r.until > ?
	WHERE f.kind = ? AND f.stream = ? AND f.known <= ? AND f.type <> 'DeviationNoted' AND NOT coalesce(r.voided, 0)
	ORDER BY at DESC, f.seq DESC, f.n DESC`

func scanLatest(rows *sql.Rows) (f row, err error) {
	return f, rows.Scan(&f.typ, &f.happened, &f.precision, &f.known, &f.data)
}

// knowsAll reports whether the reader may know of whatever event of a type.
func (r reader) knowsAll(typ string) bool {
	spec, _ := domain.EventSpecOf(typ)
	if spec.Compartment == domain.Location && domain.Houses(r.by.Organisation) {
		return false
	}
	return r.named(spec.Compartment) && domain.ReadsUntil(r.by, r.access, spec.Compartment, r.now).IsZero()
}

// named reports whether what happened in a compartment is called by its name to the
// reader. Where a person lives is told to who sees every case as a region.
func (r reader) named(c domain.Compartment) bool {
	return r.sees(c) || c == domain.Location && r.by.Role.SeesEveryCase()
}

// mayName reports whether the reader may know of one fact. A house knows of its own
// part where it is about houses.
func (r reader) mayName(f row) (bool, error) {
	spec, _ := domain.EventSpecOf(f.typ)
	end := domain.ReadsUntil(r.by, r.access, spec.Compartment, r.now)
	if !r.named(spec.Compartment) || !end.IsZero() && f.known > end.UnixMilli() {
		return false, nil
	}
	if spec.Compartment != domain.Location || !domain.Houses(r.by.Organisation) {
		return true, nil
	}
	e, err := domain.StoredEvent{Type: f.typ, Data: []byte(f.data)}.Event()
	return err == nil && domain.SiteOf(e).Organisation == r.by.Organisation, err
}
