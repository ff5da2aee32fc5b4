package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"nrm/domain"
	"nrm/projections/blind"
	"nrm/projections/names"
)

// A profile is what of a person is compared. It is in memory only.
type profile struct {
	stage, sex, citizenship string
	names                   []domain.IdentityRecorded
	documents               []string
}

// listed are the cases of persons as JSON.
func (c comparison) listed(persons []domain.Ref) string {
	var refs []domain.Ref
	for _, p := range persons {
		refs = append(refs, c.cases(p)...)
	}
	list, err := json.Marshal(refs)
	if err != nil {
		panic(err) // of texts
	}
	return string(list)
}

// alike asks the index for the persons who share much of a name or a document.
func (c comparison) alike(ctx context.Context, tx *sql.Tx, ref domain.Ref, p *profile) (persons []domain.Ref, err error) {
	add := func(other string) {
		if r := c.person(domain.Ref(other)); r != ref && !slices.Contains(persons, r) {
			persons = append(persons, r)
		}
	}
	for _, number := range p.documents {
		holders, err := c.v.index.Document(ctx, tx, number, nil)
		if err != nil {
			return nil, err
		}
		for _, h := range holders[:min(len(holders), candidates)] {
			add(h)
		}
	}
	for _, name := range p.spellings() {
		hits, err := c.v.index.Names(ctx, tx, name, candidates, nil)
		if err != nil && !errors.Is(err, blind.ErrTooShort) {
			return nil, err
		}
		for _, h := range hits {
			add(h.Ref)
		}
	}
	return persons, nil
}

// spellings are the names by which others are sought: each alone, for whoever has
// many would otherwise be like nobody who is known by one of them.
func (p *profile) spellings() (all []string) {
	seen := map[string]bool{}
	for _, n := range p.names {
		for _, name := range []string{n.Name(), string(n.OtherNames)} {
			if key := names.Fold(name); key != "" && !seen[key] {
				seen[key], all = true, append(all, name)
			}
		}
	}
	return all
}

// profiles unseals what is compared of persons, from each of their cases that the
// asker may compare. There is none of whom they may not, and nothing in it of who
// was erased.
func (c comparison) profiles(ctx context.Context, persons []domain.Ref) (map[domain.Ref]*profile, error) {
	all := map[domain.Ref]*profile{}
	var sealed []deed
	err := c.v.within(ctx, func(tx *sql.Tx) error {
		open, err := c.comparable(ctx, tx, persons)
		if err != nil || len(open) == 0 {
			return err
		}
		may := map[domain.Ref]bool{}
		for _, ref := range open {
			may[ref] = c.person(ref) == ref
		}
		type row struct {
			ref domain.Ref
			profile
		}
		found, err := collect(ctx, tx, func(rows *sql.Rows) (r row, err error) {
			return r, rows.Scan(&r.ref, &r.stage, &r.sex, &r.citizenship)
		}, `SELECT ref, stage, data ->> 'sex', data ->> 'citizenship' FROM (
			SELECT c.ref, c.stage, coalesce((SELECT r.data FROM revisions r WHERE r.seq = f.seq AND r.n = f.n ORDER BY r.v DESC LIMIT 1), f.data) AS data
			FROM cases c JOIN facts f ON f.kind = 'case' AND f.stream = c.ref AND f.type = 'DetectionRecorded'
			WHERE c.ref IN (SELECT value FROM json_each(?)))`, c.listed(persons))
		if err != nil {
			return err
		}
		for _, r := range found {
			if may[r.ref] {
				all[r.ref] = &r.profile
			}
		}
		sealed, err = onCases(ctx, tx, c.v.keys, open, `1`)
		return err
	})
	if err != nil {
		return nil, err
	}
	var events []domain.AnyEvent
	var of []domain.Ref
	for _, d := range sealed {
		for _, e := range d.Events {
			events, of = append(events, e), append(of, c.person(d.Stream.Ref()))
		}
	}
	if err := openAll(ctx, events); err != nil {
		return nil, err
	}
	for i, e := range events {
		if p := all[of[i]]; p != nil {
			p.learn(e)
		}
	}
	return all, nil
}

// comparable are the cases of persons that the asker may compare.
func (c comparison) comparable(ctx context.Context, tx *sql.Tx, persons []domain.Ref) (open []domain.Ref, err error) {
	for some := range slices.Chunk(persons, block) { // SQLite takes some thousands of arguments
		var refs []domain.Ref
		for _, p := range some {
			refs = append(refs, c.cases(p)...)
		}
		access, err := accessOf(ctx, tx, refs)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			if domain.MayCompare(c.by, access[ref], c.now) == nil {
				open = append(open, ref)
			}
		}
	}
	return open, nil
}

func (p *profile) learn(e domain.AnyEvent) {
	switch e := e.(type) {
	case domain.IdentityRecorded:
		p.names = append(p.names, e)
	case domain.DocumentRecorded:
		if number := names.Document(string(e.Number)); number != "" && !slices.Contains(p.documents, number) {
			p.documents = append(p.documents, number)
		}
	}
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
			if a.Name() != "" && b.Name() != "" {
				near = max(near, likeNames(a, b))
			}
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
	switch { // what is not known is no evidence
	case one.sex == unknownCode || other.sex == unknownCode:
	case one.sex == other.sex:
		agree(sexAgrees, "sex")
	default:
		differ(sexDiffers, "sex")
	}
	switch {
	case one.citizenship == unknownCode || other.citizenship == unknownCode:
	case one.citizenship == other.citizenship:
		agree(citizenAgrees, "citizenship")
	default:
		differ(citizenDiffers, "citizenship")
	}
	return c
}

// unknownCode stands in the code lists "sex" and "citizenship".
const unknownCode = "unknown"

// likeNames tells how close two names are, whichever of the two is the fuller. One
// word alone, which many share, is close to a whole name at most nearly.
func likeNames(a, b domain.IdentityRecorded) float64 {
	near := max(closeness(a.Name(), b), closeness(b.Name(), a))
	if near >= closeAgrees && min(len(names.Words(a.Name())), len(names.Words(b.Name()))) == 1 {
		return closeNear
	}
	return near
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
