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
// of case_access that is of the actor's organisation and that the condition
// lets through. In it, @ stands before the columns of case_access.
type sight struct {
	every        bool
	organisation string
	rows         condition
	once         bool // a case has one such row at most
}

// sightOf is [domain.MaySee].
func sightOf(by domain.Actor, now time.Time) sight {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MaySee(by, rows, now) })
}

// courseOf is [domain.MayRead] of the course of a case.
func courseOf(by domain.Actor, now time.Time) sight {
	return opening(by, now, func(rows []domain.Access) bool { return domain.MayRead(by, rows, domain.Flow, now) })
}

// partOf holds the cases on which the actor's part is not over: see
// [domain.ReadsUntil].
func partOf(by domain.Actor, now time.Time) sight {
	s := sightOf(by, now)
	if !s.every {
		s.rows = condition{`@until > ? AND (@ended IS NULL OR @ended > ?)`, []any{now.UnixMilli(), now.UnixMilli()}}
		if !by.Role.GoesOn() {
			s.rows = s.rows.and(condition{`@relation <> ?`, []any{string(domain.ReferredIt)}})
		}
	}
	return s
}

// nowReading holds the cases of which the actor may read a compartment and has a
// part in: what the queues tell is how things stand now.
func nowReading(by domain.Actor, now time.Time, of domain.Compartment) sight {
	s := opening(by, now, func(rows []domain.Access) bool { return domain.MayRead(by, rows, of, now) })
	s.rows, s.once = s.rows.and(condition{sql: `@ended IS NULL`}), false
	return s
}

// opening asks the domain what opens a case to the actor: no row at all, or one
// of the actor's organisation that has not ended, by its relation.
func opening(by domain.Actor, now time.Time, opens func([]domain.Access) bool) sight {
	if opens(nil) {
		return sight{every: true}
	}
	s := sight{organisation: by.Organisation, rows: condition{`@until > ?`, []any{now.UnixMilli()}}} // see [domain.Access.Covers]
	all := domain.Relations()
	opening := slices.DeleteFunc(slices.Clone(all), func(r domain.Relation) bool {
		return !opens([]domain.Access{{Organisation: by.Organisation, Relation: r}})
	})
	switch len(opening) {
	case 0:
		s.rows = s.rows.and(condition{sql: `0`})
	case len(all):
		s.rows, s.once = s.rows.and(condition{sql: `@longest = 1`}), true
	default:
		of := condition{sql: `@relation IN (?` + strings.Repeat(`,?`, len(opening)-1) + `)`}
		for _, r := range opening {
			of.args = append(of.args, string(r))
		}
		s.rows = s.rows.and(of)
	}
	return s
}

// each looks up every case that a row of a table is about: right where few are
// looked at. Without the plus signs SQLite might go through all cases of the
// organisation for each.
func (s sight) each(table string) condition {
	if s.every {
		return condition{sql: `1`}
	}
	return condition{
		`EXISTS (SELECT 1 FROM case_access a WHERE a.ref = ` + table + `.ref AND a.organisation = ? AND ` + strings.ReplaceAll(s.rows.sql, `@`, `+a.`) + `)`,
		append([]any{s.organisation}, s.rows.args...),
	}
}

// few gives a query of the cases themselves, for an actor that does not see
// every one.
func (s sight) few() condition {
	return condition{
		`SELECT a.ref FROM case_access a WHERE a.organisation = ? AND ` + strings.ReplaceAll(s.rows.sql, `@`, `a.`),
		append([]any{s.organisation}, s.rows.args...),
	}
}

// most looks every case up too, unless the actor sees few: then only those are
// looked at.
func (s sight) most(ctx context.Context, q queryer) (condition, error) {
	if s.every {
		return s.each(`c`), nil
	}
	const limit = 2000
	few := s.few()
	n, err := number(ctx, q, `SELECT count(*) FROM (`+few.sql+` LIMIT ?)`, append(slices.Clone(few.args), limit)...)
	if err != nil || n == limit {
		return s.each(`c`), err
	}
	return condition{`c.ref IN (` + few.sql + `)`, few.args}, nil
}

// accessOf reads who has to do with each of the cases of a list.
func accessOf(ctx context.Context, tx *sql.Tx, of []domain.Ref) (map[domain.Ref][]domain.Access, error) {
	if len(of) == 0 {
		return nil, nil
	}
	refs := make([]any, len(of))
	for i, ref := range of {
		refs[i] = string(ref)
	}
	access := map[domain.Ref][]domain.Access{}
	for _, ref := range of {
		access[ref] = nil
	}
	_, err := collect(ctx, tx, func(row *sql.Rows) (struct{}, error) {
		var (
			ref, relation string
			ended         sql.NullInt64
			until         int64
			a             domain.Access
		)
		err := row.Scan(&ref, &a.Organisation, &relation, &ended, &until)
		a.Relation, a.Until = domain.Relation(relation), endOf(until)
		if ended.Valid {
			a.Ended = time.UnixMilli(ended.Int64).UTC()
		}
		access[domain.Ref(ref)] = append(access[domain.Ref(ref)], a)
		return struct{}{}, err
	}, `SELECT ref, organisation, relation, ended, until FROM case_access WHERE ref IN (?`+strings.Repeat(",?", len(refs)-1)+`)`, refs...)
	return access, err
}
