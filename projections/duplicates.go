package projections

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// A Candidate is a case whose person may be the same as that of another. It says
// in what the two agree and differ, never what was compared.
type Candidate struct {
	Ref     domain.Ref
	Stage   string   // code list "stage"
	Weight  float64  // of the evidence, in bits: see weigh
	Agrees  []string // code list "duplicate_trait"
	Differs []string
	Verdict string // code list "duplicate_verdict": what was said of the two last
}

// Candidates are few, so that a person reads all of them.
const (
	mostCandidates = 10
	leastWeight    = 4.0
)

// Candidates finds the cases whose person may be the one of a case, the likeliest
// first, among those that the asker may compare: it answers the refusals of
// [domain.MayCompare], and "no_such_case". A case that was merged into another is
// told by that one, and what was recorded on either is compared; of one that was
// merged itself nobody is told.
//
// Those that are compared are found by the keyed index, by the trigrams of names
// and by documents; names, births and documents are unsealed in memory alone, and
// none of them is in the answer. Nothing follows from it but what a person says:
// see [domain.JudgeDuplicate].
func (v *Views) Candidates(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) ([]Candidate, error) {
	if err := domain.MayCompare(by, nil, now); err != nil { // whatever the case
		return nil, err
	}
	var there int
	var access map[domain.Ref][]domain.Access
	var c comparison
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		if there, err = number(ctx, tx, `SELECT count(*) FROM cases WHERE ref = ?`, string(ref)); err != nil {
			return err
		}
		if access, err = accessOf(ctx, tx, []domain.Ref{ref}); err != nil {
			return err
		}
		c, err = v.comparing(ctx, tx, by, now)
		return err
	})
	switch {
	case err != nil:
		return nil, wrap(err, "candidates")
	case there == 0:
		return nil, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_case"}
	}
	if err := domain.MayCompare(by, access[ref], now); err != nil {
		return nil, err
	}
	_, found, err := c.candidates(ctx, []domain.Ref{ref})
	return found[ref], wrap(err, "candidates")
}

// A comparison holds persons against each other for one asker. A person is named
// by the case that goes on where cases were merged.
type comparison struct {
	v      *Views
	by     domain.Actor
	now    time.Time
	into   map[domain.Ref]domain.Ref   // a merged case, and the one it was merged into
	merged map[domain.Ref][]domain.Ref // a person, and the cases that were merged
}

func (v *Views) comparing(ctx context.Context, tx *sql.Tx, by domain.Actor, now time.Time) (comparison, error) {
	c := comparison{v, by, now, map[domain.Ref]domain.Ref{}, map[domain.Ref][]domain.Ref{}}
	_, err := collect(ctx, tx, func(row *sql.Rows) (struct{}, error) {
		var typ, merged, surviving string
		err := row.Scan(&typ, &merged, &surviving)
		if c.into[domain.Ref(merged)] = domain.Ref(surviving); typ == (domain.MergeUndone{}).EventType() {
			delete(c.into, domain.Ref(merged))
		}
		return struct{}{}, err
	}, `SELECT type, data ->> 'merged', data ->> 'surviving' FROM facts WHERE type IN ('DuplicateMerged', 'MergeUndone') ORDER BY seq, n`)
	for ref := range c.into {
		c.merged[c.person(ref)] = append(c.merged[c.person(ref)], ref)
	}
	return c, err
}

// person is the case that goes on, which is most often the case itself.
func (c comparison) person(ref domain.Ref) domain.Ref {
	for next, merged := c.into[ref]; merged; next, merged = c.into[ref] {
		ref = next
	}
	return ref
}

// cases are all cases of a person, the one that goes on first.
func (c comparison) cases(person domain.Ref) []domain.Ref {
	return append([]domain.Ref{person}, c.merged[person]...)
}

// candidates compares some persons with all others, and gives also what it knows
// of them. The answer is of those whom the asker may compare, and of nobody else.
func (c comparison) candidates(ctx context.Context, some []domain.Ref) (map[domain.Ref]*profile, map[domain.Ref][]Candidate, error) {
	ones, err := c.profiles(ctx, some)
	if err != nil {
		return nil, nil, err
	}
	like := map[domain.Ref][]domain.Ref{}
	var others []domain.Ref
	var verdicts map[domain.Ref]map[domain.Ref]string
	err = c.v.within(ctx, func(tx *sql.Tx) (err error) {
		for ref, one := range ones {
			if like[ref], err = c.alike(ctx, tx, ref, one); err != nil {
				return err
			}
			others = append(others, like[ref]...)
		}
		verdicts, err = c.verdicts(ctx, tx, some)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(others)
	known, err := c.profiles(ctx, slices.Compact(others))
	if err != nil {
		return nil, nil, err
	}
	found := map[domain.Ref][]Candidate{}
	for ref, one := range ones {
		for _, r := range like[ref] {
			if known[r] == nil {
				continue
			}
			one := weigh(one, known[r])
			one.Ref, one.Stage, one.Verdict = r, known[r].stage, c.said(verdicts, ref, r)
			if one.Weight >= leastWeight {
				found[ref] = append(found[ref], one)
			}
		}
		slices.SortFunc(found[ref], func(a, b Candidate) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Ref, b.Ref)) })
		found[ref] = found[ref][:min(len(found[ref]), mostCandidates)]
	}
	return ones, found, nil
}

// verdicts are what was said of the cases of some persons, and of which others. It
// stands on both cases, what was said last holds, and neither can be voided: see
// [domain.DuplicateJudged] and [domain.CaseSplit].
func (c comparison) verdicts(ctx context.Context, tx *sql.Tx, persons []domain.Ref) (map[domain.Ref]map[domain.Ref]string, error) {
	all := map[domain.Ref]map[domain.Ref]string{}
	_, err := collect(ctx, tx, func(row *sql.Rows) (struct{}, error) {
		var on, other domain.Ref
		var verdict string
		err := row.Scan(&on, &other, &verdict)
		if all[on] == nil {
			all[on] = map[domain.Ref]string{}
		}
		all[on][other] = verdict
		return struct{}{}, err
	}, `SELECT stream, coalesce(data ->> 'other', data ->> 'split_into', data ->> 'split_from'), coalesce(data ->> 'verdict', 'different') FROM facts
		WHERE kind = 'case' AND type IN ('DuplicateJudged', 'CaseSplit') AND stream IN (SELECT value FROM json_each(?)) ORDER BY seq, n`, c.listed(persons))
	return all, err
}

// said is what was said of two persons, of the cases that go on before any that
// were merged.
func (c comparison) said(verdicts map[domain.Ref]map[domain.Ref]string, one, other domain.Ref) string {
	for _, a := range c.cases(one) {
		for _, b := range c.cases(other) {
			if verdict := verdicts[a][b]; verdict != "" {
				return verdict
			}
		}
	}
	return ""
}
