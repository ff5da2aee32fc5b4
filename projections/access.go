package projections

import (
	"context"
	"database/sql"
	"slices"
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

func (c condition) and(others ...condition) condition {
	all := condition{c.sql, slices.Clone(c.args)}
	for _, o := range others {
		all.sql += ` AND ` + o.sql
		all.args = append(all.args, o.args...)
	}
	return all
}

// A sight is which cases are open to an actor: every one, or those with a row
// of case_access, called a, that the condition lets through.
type sight struct {
	every bool
	rows  condition
	once  bool // a case has one such row at most
}

// sightOf is [domain.MaySee].
func sightOf(by domain.Actor, now time.Time) sight {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MaySee(by, rows, now) })
}

// courseOf is [domain.MayRead] of the course of a case.
func courseOf(by domain.Actor, now time.Time) sight {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MayRead(by, rows, domain.Flow, now) })
}

// opening asks the domain what opens a case to the actor: no row at all, or one
// of the actor's organisation that has not ended, by its relation.
func opening(by domain.Actor, now time.Time, opens func([]domain.Access) bool) sight {
	if opens(nil) {
		return sight{every: true}
	}
	rows := condition{`a.organisation = ? AND a.until > ?`, []any{by.Organisation, now.UnixMilli()}} // see [domain.Access.Covers]
	all := []domain.Relation{domain.ReferredIt, domain.AskedFor, domain.Hosts, domain.Hosted, domain.Provides}
	opening := slices.DeleteFunc(slices.Clone(all), func(r domain.Relation) bool {
		return !opens([]domain.Access{{Organisation: by.Organisation, Relation: r}})
	})
	switch len(opening) {
	case 0:
		return sight{rows: condition{sql: `0`}, once: true}
	case len(all):
		return sight{rows: condition{sql: `a.longest = 1`}.and(rows), once: true}
	}
	of := condition{sql: `a.relation IN (?` + strings.Repeat(`,?`, len(opening)-1) + `)`}
	for _, r := range opening {
		of.args = append(of.args, string(r))
	}
	return sight{rows: rows.and(of)}
}

// each looks every case up: right where few are looked at.
func (s sight) each() condition {
	if s.every {
		return condition{sql: `1`}
	}
	return condition{`EXISTS (SELECT 1 FROM case_access a WHERE a.ref = c.ref AND ` + s.rows.sql + `)`, s.rows.args}
}

// most looks every case up too, unless the actor sees few: then only those are
// looked at.
func (s sight) most(ctx context.Context, q queryer) (condition, error) {
	if s.every {
		return s.each(), nil
	}
	const few = 2000
	rows := `SELECT a.ref FROM case_access a WHERE ` + s.rows.sql
	n, err := number(ctx, q, `SELECT count(*) FROM (`+rows+` LIMIT ?)`, append(slices.Clone(s.rows.args), few)...)
	if err != nil || n == few {
		return s.each(), err
	}
	return condition{`c.ref IN (` + rows + `)`, s.rows.args}, nil
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
		a.Relation, a.Until = domain.Relation(relation), endOf(until)
		access[domain.Ref(ref)] = append(access[domain.Ref(ref)], a)
		return struct{}{}, err
	}, `SELECT ref, organisation, relation, until FROM case_access WHERE ref IN (?`+strings.Repeat(",?", len(refs)-1)+`)`, refs...)
	return access, err
}
