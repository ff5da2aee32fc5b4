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
	wide  string             // "", "closed" or "open"
	quiet bool               // not worth naming while it is empty
	needs domain.Compartment // that a reader must see; empty: none
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
	if c.MergedInto != "" {
		return waits{}
	}
	working := !c.IsClosed()
	return waits{
		handover:  working && expected("accept-handover", c),
		screening: working && expected("screen-indicators", c),
		decision:  working && expected("decide-identification", c),
		waiting:   working && expected("confirm-admission", c),
		allowance: expected("pay-allowance", c), // is due after the closure too
	}
}

// expected reports whether a command usually comes now.
func expected(command string, c *domain.Case) bool {
	spec, err := domain.CommandNamed(command)
	return err == nil && spec.Expected(c)
}

// queuesOf lists the queues that a role has, the most pressing first: a child whom
// nobody can find comes before everything.
func queuesOf(role domain.Role) []queue {
	return slices.DeleteFunc(everyQueueOf(role), func(q queue) bool { return q.needs != "" && !role.Sees(q.needs) })
}

func everyQueueOf(role domain.Role) []queue {
	open, closed, all := queue{id: "open", wide: "open"}, queue{id: "closed", wide: "closed"}, queue{id: "all"}
	child, answer := waiting("missing_child", domain.Flow), waiting("answer", domain.Flow)
	switch role {
	case domain.DutyOfficer:
		return []queue{
			child, flag("missing", `missing`), flag("handover", `handover`), flag("screening", `screening`), flag("decision", `decision`),
			flag("shelter", `waiting`), overdue(), open, closed,
		}
	case domain.CaseOfficer, domain.Head:
		return []queue{
			child, flag("missing", `missing`), flag("handover", `handover`), flag("screening", `screening`), flag("decision", `decision`),
			flag("shelter", `waiting`), waiting("review", domain.Flow), waiting("return_risk", domain.Flow), waiting("risk", domain.Screening),
			waiting("reflection", domain.Flow), waiting("consent", domain.Flow), waiting("stay", domain.Location), waiting("follow_up", domain.Flow),
			waiting("granted", domain.Money), waiting("guardian", domain.Child), waiting("duplicate", domain.Screening), overdue(), open, closed,
		}
	case domain.Shelter, domain.AssistanceCentre:
		return []queue{
			child, placed("incoming", "requested"), placed("residents", "admitted"), answer, waiting("stay", domain.Location),
			waiting("reflection", domain.Flow), waiting("consent", domain.Flow), waiting("follow_up", domain.Flow), left(), all,
		}
	case domain.FundOfficer:
		return []queue{waiting("granted", domain.Money), flag("allowance", `allowance`), answer, all}
	case domain.Coordinator:
		return []queue{
			child, flag("missing", `missing`), waiting("review", domain.Flow), waiting("return_risk", domain.Flow), overdue(), open, closed,
		}
	case domain.ChildProtection:
		return []queue{child, waiting("guardian", domain.Child), answer, waiting("return_risk", domain.Flow), open, closed}
	case domain.Migration, domain.Consulate, domain.ReturnPartner:
		return []queue{waiting("return_risk", domain.Flow), waiting("follow_up", domain.Flow), answer, open, closed}
	case domain.LegalAid:
		return []queue{answer, waiting("review", domain.Flow), waiting("return_risk", domain.Flow), waiting("consent", domain.Flow), open, closed}
	case domain.Prosecution:
		return []queue{waiting("review", domain.Flow), answer, open, closed}
	case domain.HealthCare, domain.Education, domain.Employment:
		return []queue{answer, open, closed}
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
// shelter, overdue, open, closed; incoming, residents, left, all; allowance; and those
// of agendaOf.
func (v *Views) Queues(ctx context.Context, by domain.Actor, now time.Time) ([]Queue, error) {
	var queues []Queue
	err := v.within(ctx, func(tx *sql.Tx) error {
		for _, q := range queuesOf(by.Role) {
			n, err := q.count(ctx, tx, by, now, "")
			if err != nil {
				return err
			}
			queues = append(queues, Queue{ID: q.id, Count: n, Quiet: q.quiet})
		}
		return nil
	})
	return queues, wrap(err, "queues")
}
