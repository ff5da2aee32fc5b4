package projections

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// A queue is a list of cases that wait for something, as its owners see it. One
// without a condition holds all cases, those that are closed, or those that are
// open.
type queue struct {
	id    string
	where func(by domain.Actor, now time.Time) condition
	wide  string // "", "closed" or "open"
}

// cases is the condition that a case is in the queue and that the actor may see
// it.
func (q queue) cases(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time) (condition, error) {
	s := sightOf(by, now)
	if q.where != nil {
		return q.where(by, now).and(s.each(`c`)), nil
	}
	seen, err := s.most(ctx, tx)
	switch q.wide {
	case "closed":
		return seen.and(condition{sql: `c.closed = 1`}), err
	case "open":
		return seen.and(condition{sql: `c.closed = 0`}), err
	}
	return seen, err
}

// count counts the cases in the queue that the actor may see, those of one
// stage if it is not empty.
func (q queue) count(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time, stage string) (int, error) {
	of := condition{sql: `1`}
	switch q.wide {
	case "closed":
		of = condition{sql: `stage IN ('closed', 'merged')`}
	case "open":
		of = condition{sql: `stage NOT IN ('closed', 'merged')`}
	}
	if stage != "" {
		of = of.and(condition{`stage = ?`, []any{stage}})
	}
	switch s := sightOf(by, now); {
	case q.where == nil && s.every:
		return number(ctx, tx, `SELECT coalesce(sum(n), 0) FROM totals WHERE `+of.sql, of.args...)
	case q.where == nil && s.once:
		of = s.few().and(of)
		return number(ctx, tx, `SELECT count(*) FROM (`+of.sql+`)`, of.args...)
	}
	where, err := q.cases(ctx, tx, by, now)
	if err != nil {
		return 0, err
	}
	where = where.and(of)
	return number(ctx, tx, `SELECT count(*) FROM cases c WHERE `+where.sql, where.args...)
}

// waitsFor says what a case waits for, as the domain sees its next steps: each
// is a column of cases.
type waits struct{ handover, screening, decision, waiting, allowance bool }

func waitsFor(c *domain.Case) waits {
	expected := func(command string) bool {
		spec, err := domain.CommandNamed(command)
		return err == nil && spec.Expected(c)
	}
	if c.MergedInto != "" {
		return waits{}
	}
	working := !c.IsClosed()
	return waits{
		handover:  working && expected("accept-handover"),
		screening: working && expected("screen-indicators"),
		decision:  working && expected("decide-identification"),
		waiting:   working && expected("confirm-admission"),
		allowance: expected("pay-allowance"), // is due after the closure too
	}
}

// queuesOf lists the queues that a role has, the most pressing first.
func queuesOf(role domain.Role) []queue {
	open, closed, all := queue{id: "open", wide: "open"}, queue{id: "closed", wide: "closed"}, queue{id: "all"}
	switch role {
	case domain.DutyOfficer, domain.CaseOfficer, domain.Head:
		return []queue{
			flag("missing", `missing`), flag("handover", `handover`), flag("screening", `screening`), flag("decision", `decision`),
			flag("shelter", `waiting`), overdue(), open, closed,
		}
	case domain.Shelter, domain.AssistanceCentre:
		return []queue{placed("incoming", "requested"), placed("residents", "admitted"), left(), all}
	case domain.FundOfficer:
		return []queue{flag("allowance", `allowance`), all}
	case domain.Coordinator:
		return []queue{flag("missing", `missing`), overdue(), open, closed}
	case domain.DataProtection, domain.Clock:
		return nil // sees no case
	}
	return []queue{open, closed}
}

// flag holds the cases that wait for what a column says: see waitsFor.
func flag(id, column string) queue {
	return queue{id: id, where: func(domain.Actor, time.Time) condition { return condition{sql: `c.` + column + ` = 1`} }}
}

func overdue() queue {
	return queue{id: "overdue", where: func(_ domain.Actor, now time.Time) condition {
		return condition{`c.next_due <= ?`, []any{now.Unix()}}
	}}
}

const placesOf = `(SELECT p.ref FROM places p WHERE p.organisation = ? AND p.state = ?)`

// placed holds the cases with a place in the actor's facilities that is in the
// state.
func placed(id, state string) queue {
	return queue{id: id, where: func(by domain.Actor, _ time.Time) condition {
		return condition{`c.stage <> 'merged' AND c.ref IN ` + placesOf, []any{by.Organisation, state}}
	}}
}

// left holds those who have left the actor's facilities, for as long as the
// policy lets these look after them.
func left() queue {
	return queue{id: "left", where: func(by domain.Actor, now time.Time) condition {
		return condition{
			`c.ref IN (SELECT a.ref FROM case_access a WHERE a.organisation = ? AND a.relation = ? AND a.until > ?) AND c.ref NOT IN ` + placesOf,
			[]any{by.Organisation, string(domain.Hosted), now.UnixMilli(), by.Organisation, "admitted"},
		}
	}}
}

func queueOf(by domain.Actor, id string) (queue, error) {
	all := queuesOf(by.Role)
	if i := slices.IndexFunc(all, func(q queue) bool { return q.id == id }); i >= 0 {
		return all[i], nil
	}
	return queue{}, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_queue"}
}

// Queues lists the queues that the actor's role has, with the number of cases
// in each that the actor may see. Their ids are: missing, handover, screening, decision,
// shelter, overdue, open, closed; incoming, residents, left, all; allowance.
func (v *Views) Queues(ctx context.Context, by domain.Actor, now time.Time) ([]Queue, error) {
	var queues []Queue
	err := v.within(ctx, func(tx *sql.Tx) error {
		for _, q := range queuesOf(by.Role) {
			n, err := q.count(ctx, tx, by, now, "")
			if err != nil {
				return err
			}
			queues = append(queues, Queue{q.id, n})
		}
		return nil
	})
	return queues, wrap(err, "queues")
}
