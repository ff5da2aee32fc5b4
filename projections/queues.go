package projections

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// A queue is a list of cases that wait for something, as its owners see it.
type queue struct {
	id    string
	where func(by domain.Actor, now time.Time) condition
}

func (q queue) condition(by domain.Actor, now time.Time) condition { return q.where(by, now) }

// waitsFor says what a case waits for, as the domain sees its next steps: each
// is a column of cases.
func waitsFor(c *domain.Case) map[string]bool {
	expected := func(command string) bool {
		spec, err := domain.CommandNamed(command)
		return err == nil && spec.Expected(c)
	}
	working := !c.IsClosed()
	return map[string]bool{
		"handover":  working && expected("accept-handover"),
		"screening": working && expected("screen-indicators"),
		"decision":  working && expected("decide-identification"),
		"waiting":   working && expected("confirm-admission"),
		"allowance": expected("pay-allowance"), // is due after the closure too
	}
}

// queuesOf lists the queues that a role has, the most pressing first.
func queuesOf(role domain.Role) []queue {
	open, closed := flag("open", `NOT c.closed`), flag("closed", `c.closed`)
	all := flag("all", `1`)
	overdue := queue{"overdue", func(_ domain.Actor, now time.Time) condition {
		return condition{`c.next_due <= ?`, []any{now.Unix()}}
	}}
	switch role {
	case domain.DutyOfficer, domain.CaseOfficer, domain.Head:
		return []queue{
			flag("handover", `c.handover`), flag("screening", `c.screening`), flag("decision", `c.decision`),
			flag("shelter", `c.waiting`), overdue, open, closed,
		}
	case domain.Shelter, domain.AssistanceCentre:
		return []queue{placed("incoming", "requested"), placed("residents", "admitted"), left(), all}
	case domain.FundOfficer:
		return []queue{flag("allowance", `c.allowance`), all}
	case domain.Coordinator:
		return []queue{overdue, open, closed}
	case domain.DataProtection, domain.Clock:
		return nil // sees no case
	}
	return []queue{open, closed}
}

func flag(id, sql string) queue {
	return queue{id, func(domain.Actor, time.Time) condition { return condition{sql: sql} }}
}

const placesOf = `(SELECT p.ref FROM places p WHERE p.organisation = ? AND p.state = ?)`

// placed holds the cases with a place in the actor's facilities that is in the
// state.
func placed(id, state string) queue {
	return queue{id, func(by domain.Actor, _ time.Time) condition {
		return condition{`c.ref IN ` + placesOf, []any{by.Organisation, state}}
	}}
}

// left holds those who lived in the actor's facilities and do not any more.
func left() queue {
	return queue{"left", func(by domain.Actor, _ time.Time) condition {
		return condition{
			`c.ref IN ` + placesOf + ` AND c.ref NOT IN ` + placesOf,
			[]any{by.Organisation, "departed", by.Organisation, "admitted"},
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
// in each that the actor may see. Their ids are: handover, screening, decision,
// shelter, overdue, open, closed; incoming, residents, left, all; allowance.
func (v *Views) Queues(ctx context.Context, by domain.Actor, now time.Time) ([]Queue, error) {
	var queues []Queue
	err := v.within(ctx, func(tx *sql.Tx) error {
		for _, q := range queuesOf(by.Role) {
			where := q.condition(by, now).and(sightOf(by, now))
			n, err := number(ctx, tx, `SELECT count(*) FROM cases c WHERE `+where.sql, where.args...)
			if err != nil {
				return err
			}
			queues = append(queues, Queue{q.id, n})
		}
		return nil
	})
	return queues, wrap(err, "queues")
}
