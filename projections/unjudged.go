package projections

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"nrm/domain"
)

// comparedCases is how many cases are held against all others at once, those of
// which was recorded last who the person is.
const comparedCases = 100

// An Unjudged is a case whose person may be that of another, of which nobody has
// said whether it is.
type Unjudged struct {
	Ref   domain.Ref
	Stage string // code list "stage"
	Other Candidate
}

// Unjudged lists the possible duplicates that nobody has judged, the likeliest
// first, and how many there are. It holds the open cases of which was recorded last
// who the person is against all cases, as far as the asker may compare them: see
// [Views.Candidates]. Earlier tells that there are more open cases, which it has not
// compared. To who may compare none it answers a refusal "role_not_allowed".
func (v *Views) Unjudged(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) (list []Unjudged, total int, earlier bool, err error) {
	if err := domain.MayCompare(by, nil, now); err != nil {
		return nil, 0, false, err
	}
	var c comparison
	var latest []domain.Ref
	err = v.within(ctx, func(tx *sql.Tx) (err error) {
		if c, err = v.comparing(ctx, tx, by, now); err != nil {
			return err
		}
		latest, err = c.latest(ctx, tx, comparedCases+1)
		return err
	})
	if err != nil {
		return nil, 0, false, wrap(err, "unjudged")
	}
	if earlier = len(latest) > comparedCases; earlier {
		latest = latest[:comparedCases]
	}
	profiles, found, err := c.candidates(ctx, latest)
	if err != nil {
		return nil, 0, false, wrap(err, "unjudged")
	}
	told := map[[2]domain.Ref]bool{}
	for _, ref := range latest {
		for _, other := range found[ref] {
			if other.Verdict == "" && !told[[2]domain.Ref{other.Ref, ref}] { // each two once
				told[[2]domain.Ref{ref, other.Ref}] = true
				list = append(list, Unjudged{ref, profiles[ref].stage, other})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Unjudged) int { return cmp.Compare(b.Other.Weight, a.Other.Weight) })
	total = len(list)
	limit, offset = page(limit, offset)
	offset = min(offset, total)
	return list[offset:min(offset+limit, total)], total, earlier, nil
}

// latest gives open cases that the asker may compare, at most so many: first that of
// which was recorded last who the person is.
func (c comparison) latest(ctx context.Context, tx *sql.Tx, most int) (refs []domain.Ref, err error) {
	all, err := collect(ctx, tx, scanRef, `SELECT ref FROM (SELECT c.ref, (SELECT max(facts.seq) FROM facts
		WHERE facts.stream = c.ref AND `+searched+` AND data <> '' AND `+unvoided+`) AS last FROM cases c WHERE c.closed = 0 AND c.stage <> 'merged')
		WHERE last IS NOT NULL ORDER BY last DESC`)
	for some := range slices.Chunk(all, block) {
		if err != nil || len(refs) >= most {
			break
		}
		var open []domain.Ref
		open, err = c.comparable(ctx, tx, some)
		for _, ref := range open {
			if c.person(ref) == ref {
				refs = append(refs, ref)
			}
		}
	}
	return refs[:min(len(refs), most)], err
}
