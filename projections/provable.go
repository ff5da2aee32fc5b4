package projections

import (
	"context"
	"database/sql"
	"math"
	"time"

	"nrm/domain"
)

// Provable answers nil if the actor may be shown the proof that the decision at
// a position stands in the log: of a case whose course they may read, as long as
// it became known while they had a part in it, and of a facility or an action if
// they see the plan or belong to the police. For any other position, and where
// the views are not that far, it answers a refusal "no_such_event".
func (v *Views) Provable(ctx context.Context, by domain.Actor, now time.Time, seq uint64) error {
	none := &domain.Refusal{Kind: domain.NotFound, Code: "no_such_event"}
	if seq > math.MaxInt64 {
		return none
	}
	may := false
	err := v.within(ctx, func(tx *sql.Tx) error {
		rows, err := collect(ctx, tx, scanRow, selectRows+` WHERE seq = ? AND n = 0`, int64(seq))
		if err != nil || len(rows) == 0 {
			return err
		}
		at := rows[0].of()
		if at.Kind != domain.CaseKind {
			may = by.Role.SeesPlan() || inUnit(by.Role)
			return nil
		}
		access, err := accessOf(ctx, tx, []domain.Ref{at.Ref()})
		if err != nil {
			return err
		}
		end := domain.ReadsUntil(by, access[at.Ref()], domain.Flow, now)
		may = domain.MayRead(by, access[at.Ref()], domain.Flow, now) && (end.IsZero() || !time.UnixMilli(rows[0].known).After(end))
		return nil
	})
	if err == nil && !may {
		err = none
	}
	if _, refused := domain.AsRefusal(err); refused {
		return err
	}
	return wrap(err, "provable")
}
