package projections

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"nrm/domain"
)

// A condition is a piece of SQL over a case, whose row is called c, with its
// arguments.
type condition struct {
	sql  string
	args []any
}

func (c condition) and(o condition) condition {
	return condition{c.sql + ` AND ` + o.sql, append(append([]any{}, c.args...), o.args...)}
}

// sightOf is [domain.MaySee] as a condition.
func sightOf(by domain.Actor, now time.Time) condition {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MaySee(by, rows, now) })
}

// courseOf is [domain.MayRead] of the course of a case as a condition.
func courseOf(by domain.Actor, now time.Time) condition {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MayRead(by, rows, domain.Flow, now) })
}

// opening is the condition that the rows of case_access open a case to the
// actor. What opens it is asked of the domain: no row at all, or one that
// covers the actor, by its relation.
func opening(by domain.Actor, now time.Time, opens func([]domain.Access) bool) condition {
	if opens(nil) {
		return condition{sql: `1`}
	}
	relations := []domain.Relation{domain.ReferredIt, domain.AskedFor, domain.Hosts, domain.Hosted, domain.Provides}
	args := []any{by.Organisation, now.UnixMilli()}
	for _, r := range relations {
		if opens([]domain.Access{{Organisation: by.Organisation, Relation: r}}) {
			args = append(args, string(r))
		}
	}
	of := len(args) - 2
	if of == 0 {
		return condition{sql: `0`}
	}
	covers := `SELECT a.ref FROM case_access a WHERE a.organisation = ? AND (a.until = 0 OR a.until > ?)` // see [domain.Access.Covers]
	if of == len(relations) {
		return condition{`c.ref IN (` + covers + `)`, args[:2]}
	}
	return condition{`c.ref IN (` + covers + ` AND a.relation IN (?` + strings.Repeat(`,?`, of-1) + `))`, args}
}

// accessOf reads who has to do with the cases of a list.
func accessOf(ctx context.Context, tx *sql.Tx, rows []CaseRow) (map[domain.Ref][]domain.Access, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	refs := make([]any, len(rows))
	for i, r := range rows {
		refs[i] = string(r.Ref)
	}
	access := map[domain.Ref][]domain.Access{}
	_, err := collect(ctx, tx, func(row *sql.Rows) (struct{}, error) {
		var (
			ref, relation string
			until         int64
			a             domain.Access
		)
		err := row.Scan(&ref, &a.Organisation, &relation, &until)
		if a.Relation = domain.Relation(relation); until != 0 {
			a.Until = time.UnixMilli(until).UTC()
		}
		access[domain.Ref(ref)] = append(access[domain.Ref(ref)], a)
		return struct{}{}, err
	}, `SELECT ref, organisation, relation, until FROM case_access WHERE ref IN (?`+strings.Repeat(",?", len(refs)-1)+`)`, refs...)
	return access, err
}
