package projections

import (
	"context"
	"database/sql"

	"nrm/domain"
)

// joinPersons says of the facts of cases which case stands for the person, as was
// known at a time: a person counts once, whatever the number of their cases.
func joinPersons(ctx context.Context, q queryer, at int64, facts []*observation) error {
	type joint struct{ typ, merged, surviving string }
	all, err := collect(ctx, q, func(row *sql.Rows) (j joint, err error) { return j, row.Scan(&j.typ, &j.merged, &j.surviving) },
		`SELECT type, data ->> 'merged', data ->> 'surviving' FROM facts
		WHERE type IN ('DuplicateMerged', 'MergeUndone') AND known <= ? ORDER BY seq, n`, at)
	if err != nil || len(all) == 0 {
		return err
	}
	into := map[string]string{}
	for _, j := range all {
		if j.typ == (domain.MergeUndone{}).EventType() {
			delete(into, j.merged)
			continue
		}
		into[j.merged] = j.surviving
	}
	for _, o := range facts {
		if o.kind != domain.CaseKind {
			continue
		}
		for range into { // of an undone merge that was claimed late, the way may lead back
			next, merged := into[o.person]
			if !merged {
				break
			}
			o.person = next
		}
	}
	return nil
}
