package projections

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"nrm/domain"
	"nrm/projections/blind"
	"nrm/projections/names"
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
// first. It looks among all cases, whoever may see them, so it answers nobody but
// the special police unit: "role_not_allowed". Those that are compared are found
// by the keyed index, by the trigrams of names and by documents; names, births and
// documents are unsealed in memory alone, and none of them is in the answer.
// Nothing follows from it but what a person says: see [domain.JudgeDuplicate].
func (v *Views) Candidates(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) ([]Candidate, error) {
	if !inUnit(by.Role) {
		return nil, &domain.Refusal{Kind: domain.Forbidden, Code: "role_not_allowed"}
	}
	page, err := v.Case(ctx, by, now, ref)
	if err != nil {
		return nil, err
	}
	known, err := v.profiles(ctx, []domain.Ref{ref})
	if err != nil {
		return nil, wrap(err, "candidates")
	}
	one := known[ref]
	if one == nil || len(one.names)+len(one.documents) == 0 {
		return nil, nil
	}
	refs, err := v.alike(ctx, one)
	if err != nil {
		return nil, wrap(err, "candidates")
	}
	refs = slices.DeleteFunc(refs, func(r domain.Ref) bool {
		return r == ref || slices.Contains(page.State.Absorbed, r) || r == page.State.MergedInto
	})
	others, err := v.profiles(ctx, refs)
	if err != nil {
		return nil, wrap(err, "candidates")
	}
	var all []Candidate
	for r, other := range others {
		c := weigh(one, other)
		c.Ref, c.Stage, c.Verdict = r, other.stage, page.State.Verdicts[r]
		if c.Weight >= leastWeight && other.stage != "merged" {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Candidate) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Ref, b.Ref)) })
	return all[:min(len(all), mostCandidates)], nil
}

// A profile is what of a person is compared. It is in memory only.
type profile struct {
	stage, sex, citizenship string
	names                   []domain.IdentityRecorded
	documents               []string
}

// alike asks the index for those who share much of a name or a document.
func (v *Views) alike(ctx context.Context, p *profile) (refs []domain.Ref, err error) {
	add := func(ref string) {
		if r := domain.Ref(ref); !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	err = v.within(ctx, func(tx *sql.Tx) error {
		for _, number := range p.documents {
			holders, err := v.index.Document(ctx, tx, number, nil)
			if err != nil {
				return err
			}
			for _, h := range holders[:min(len(holders), candidates)] {
				add(h)
			}
		}
		for _, n := range p.names {
			hits, err := v.index.Names(ctx, tx, strings.Join(n.Names(), " "), candidates, nil)
			if err != nil && !errors.Is(err, blind.ErrTooShort) {
				return err
			}
			for _, h := range hits {
				add(h.Ref)
			}
		}
		return nil
	})
	return refs, err
}

// profiles unseals what is compared of cases, and leaves out who was erased.
func (v *Views) profiles(ctx context.Context, refs []domain.Ref) (map[domain.Ref]*profile, error) {
	all := map[domain.Ref]*profile{}
	var sealed []deed
	list, err := json.Marshal(refs)
	if err != nil {
		return nil, err
	}
	err = v.within(ctx, func(tx *sql.Tx) (err error) {
		type seen struct {
			ref         domain.Ref
			stage, data string
		}
		found, err := collect(ctx, tx, func(row *sql.Rows) (s seen, err error) { return s, row.Scan(&s.ref, &s.stage, &s.data) },
			`SELECT c.ref, c.stage, coalesce((SELECT r.data FROM revisions r WHERE r.seq = f.seq AND r.n = f.n ORDER BY r.v DESC LIMIT 1), f.data)
			FROM cases c JOIN facts f ON f.kind = 'case' AND f.stream = c.ref AND f.type = 'DetectionRecorded'
			WHERE c.ref IN (SELECT value FROM json_each(?))`, string(list))
		if err != nil {
			return err
		}
		for _, s := range found {
			var said domain.DetectionRecorded
			if err := json.Unmarshal([]byte(s.data), &said); err != nil {
				return err
			}
			all[s.ref] = &profile{stage: s.stage, sex: said.Sex, citizenship: said.Citizenship}
		}
		sealed, err = onCases(ctx, tx, v.keys, refs, `1`)
		return err
	})
	if err != nil {
		return nil, err
	}
	var events []domain.AnyEvent
	var of []domain.Ref
	for _, d := range sealed {
		for _, e := range d.Events {
			events, of = append(events, e), append(of, d.Stream.Ref())
		}
	}
	if err := openAll(ctx, events); err != nil {
		return nil, err
	}
	for i, e := range events {
		p := all[of[i]]
		if p == nil {
			continue
		}
		switch e := e.(type) {
		case domain.IdentityRecorded:
			p.names = append(p.names, e)
		case domain.DocumentRecorded:
			if number := names.Document(string(e.Number)); number != "" && !slices.Contains(p.documents, number) {
				p.documents = append(p.documents, number)
			}
		}
	}
	return all, nil
}

// A trait is one comparison of two persons, in the manner of Fellegi and Sunter
// (1969): how often it comes out so for the records of one person, and how often
// for those of two by chance. Their ratio, as a logarithm to the base of 2, is the
// weight of the evidence; weights of traits are added. The rates are assumed, from
// how names, years and documents are spread in such registers: they order
// candidates for a person to look at, and decide nothing.
type trait struct{ same, chance float64 }

func (t trait) weight() float64 { return math.Log2(t.same / t.chance) }

var (
	documentAgrees = trait{0.95, 0.00001}
	nameAgrees     = trait{0.80, 0.0005}
	nameNear       = trait{0.15, 0.004}
	nameDiffers    = trait{0.05, 0.9955}
	birthAgrees    = trait{0.80, 0.00006} // to the day
	yearAgrees     = trait{0.85, 0.03}
	yearNear       = trait{0.12, 0.06} // a year apart, as where only the age was told
	yearDiffers    = trait{0.03, 0.91}
	sexAgrees      = trait{0.99, 0.60}
	sexDiffers     = trait{0.01, 0.40}
	citizenAgrees  = trait{0.97, 0.90}
	citizenDiffers = trait{0.03, 0.10}
)

// How close names are that agree, and that nearly do.
const (
	closeAgrees = 0.95
	closeNear   = 0.82
)

// weigh holds two persons against each other.
func weigh(one, other *profile) (c Candidate) {
	agree := func(t trait, code string) { c.Weight, c.Agrees = c.Weight+t.weight(), append(c.Agrees, code) }
	differ := func(t trait, code string) { c.Weight, c.Differs = c.Weight+t.weight(), append(c.Differs, code) }
	if slices.ContainsFunc(one.documents, func(d string) bool { return slices.Contains(other.documents, d) }) {
		agree(documentAgrees, "document")
	}
	near, born := -1.0, 0
	for _, a := range one.names {
		for _, b := range other.names {
			near = max(near, closeness(a.Name(), b), closeness(b.Name(), a))
			born = max(born, births(a, b))
		}
	}
	switch {
	case near >= closeAgrees:
		agree(nameAgrees, "name")
	case near >= closeNear:
		agree(nameNear, "near_name")
	case near >= 0:
		differ(nameDiffers, "name")
	}
	switch born {
	case bornSame:
		agree(birthAgrees, "birth_date")
	case bornYear:
		agree(yearAgrees, "birth_year")
	case bornNear:
		agree(yearNear, "near_birth_year")
	case bornApart:
		differ(yearDiffers, "birth_year")
	}
	if one.sex == other.sex {
		agree(sexAgrees, "sex")
	} else {
		differ(sexDiffers, "sex")
	}
	switch {
	case one.citizenship == "unknown" || other.citizenship == "unknown":
	case one.citizenship == other.citizenship:
		agree(citizenAgrees, "citizenship")
	default:
		differ(citizenDiffers, "citizenship")
	}
	return c
}

// How two births compare; a greater one is better evidence.
const (
	bornApart = iota + 1
	bornNear
	bornYear
	bornSame
)

// births compares when two people were born, 0 where it is not known of both.
func births(a, b domain.IdentityRecorded) int {
	year := func(e domain.IdentityRecorded) int {
		if !e.BirthDate.IsZero() {
			return e.BirthDate.Year()
		}
		return e.BirthYear
	}
	one, other := year(a), year(b)
	switch {
	case one == 0 || other == 0:
		return 0
	case !a.BirthDate.IsZero() && a.BirthDate == b.BirthDate:
		return bornSame
	case one == other:
		return bornYear
	case one-other == 1 || other-one == 1:
		return bornNear
	}
	return bornApart
}
