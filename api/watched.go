package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// watched are views of which it is recorded who was shown what. All pages and all
// answers to programs read through them, so that none can forget it.
type watched struct {
	Views
	looks *looks
}

func (v watched) Case(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) (projections.CasePage, error) {
	p, err := v.Views.Case(ctx, by, now, ref)
	if r, ok := domain.AsRefusal(err); ok {
		v.looks.denied(ctx, by, "case", ref, r.Code)
	}
	if err == nil {
		err = v.looks.viewed(ctx, by, "case", []domain.Ref{ref}, shownOf(p), p.Relations)
	}
	if err != nil {
		return projections.CasePage{}, err
	}
	return p, nil
}

func (v watched) Cases(ctx context.Context, by domain.Actor, now time.Time, f projections.Filter) ([]projections.CaseRow, int, error) {
	rows, n, err := v.Views.Cases(ctx, by, now, f)
	if err == nil {
		err = v.looks.named(ctx, by, "cases", each(rows, func(r projections.CaseRow) naming { return naming{r.Ref, r.Name} }))
	}
	if err != nil {
		return nil, 0, err
	}
	return rows, n, nil
}

func (v watched) Overdue(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]projections.Due, int, error) {
	rows, n, err := v.Views.Overdue(ctx, by, now, limit, offset)
	if err == nil {
		err = v.looks.named(ctx, by, "duties", each(rows, func(d projections.Due) naming { return naming{d.Ref, d.Name} }))
	}
	if err != nil {
		return nil, 0, err
	}
	return rows, n, nil
}

// Notices name nobody, and tell of cases that may not be open to the reader any more:
// so it is recorded that they were told.
func (v watched) Notices(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]projections.Notice, int, error) {
	list, n, err := v.Views.Notices(ctx, by, now, limit, offset)
	refs := each(list, func(n projections.Notice) domain.Ref { return n.Ref })
	if len(refs) > 0 {
		slices.Sort(refs)
		err = v.looks.viewed(ctx, by, "notices", slices.Compact(refs), []domain.Compartment{domain.Flow}, nil)
	}
	if err != nil {
		return nil, 0, err
	}
	return list, n, nil
}

func (v watched) Search(ctx context.Context, by domain.Actor, now time.Time, q projections.Query) ([]projections.Match, error) {
	found, err := v.Views.Search(ctx, by, now, q)
	if r, ok := domain.AsRefusal(err); ok && r.Kind == domain.Forbidden {
		v.looks.denied(ctx, by, "cases", "", r.Code)
	}
	if err == nil {
		err = v.looks.searched(ctx, by, q, found)
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Candidates compares what is sealed of others, so it counts as having looked at
// all that come out of it.
func (v watched) Candidates(ctx context.Context, by domain.Actor, now time.Time, ref domain.Ref) ([]projections.Candidate, error) {
	all, err := v.Views.Candidates(ctx, by, now, ref)
	if r, ok := domain.AsRefusal(err); ok {
		v.looks.denied(ctx, by, "duplicates", ref, r.Code)
	}
	if err == nil {
		err = v.looks.atCandidates(ctx, by, ref, all)
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// atCandidates records that somebody was told who may be the person of a case.
func (l *looks) atCandidates(ctx context.Context, by domain.Actor, ref domain.Ref, all []projections.Candidate) error {
	refs := append([]domain.Ref{ref}, each(all, func(c projections.Candidate) domain.Ref { return c.Ref })...)
	return l.viewed(ctx, by, "duplicates", refs, []domain.Compartment{domain.Identity, domain.Documents}, nil)
}

// Unjudged compares many at once, and counts as having looked at those who are told.
func (v watched) Unjudged(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) ([]projections.Unjudged, int, bool, error) {
	list, total, earlier, err := v.Views.Unjudged(ctx, by, now, limit, offset)
	if r, ok := domain.AsRefusal(err); ok {
		v.looks.denied(ctx, by, "duplicates", "", r.Code)
	}
	var refs []domain.Ref
	for _, u := range list {
		refs = append(refs, u.Ref, u.Other.Ref)
	}
	if len(refs) > 0 {
		slices.Sort(refs)
		err = v.looks.viewed(ctx, by, "duplicates", slices.Compact(refs), []domain.Compartment{domain.Identity, domain.Documents}, nil)
	}
	if err != nil {
		return nil, 0, false, err
	}
	return list, total, earlier, nil
}

// Accesses given to a program leave the register in one piece.
func (v watched) Accesses(ctx context.Context, by domain.Actor, f projections.AccessFilter) ([]projections.AccessRow, int, error) {
	rows, n, err := v.Views.Accesses(ctx, by, f)
	if err == nil && clientIn(ctx) == "program" {
		err = v.looks.exported(ctx, by, f, len(rows))
	}
	if err != nil {
		return nil, 0, err
	}
	return rows, n, nil
}

// shownOf lists the compartments of which something stands on a page.
func shownOf(p projections.CasePage) (all []domain.Compartment) {
	seen := map[domain.Compartment]bool{
		domain.Flow:        len(p.Timeline) > 0,
		domain.Identity:    p.Person.Identity != nil || p.Row.Name != "",
		domain.Documents:   len(p.Person.Documents) > 0,
		domain.Contacts:    len(p.Person.Contacts) > 0,
		domain.Whereabouts: len(p.Person.Whereabouts) > 0,
	}
	for _, e := range p.Timeline {
		if spec, ok := domain.EventSpecOf(e.Type); ok && e.Event != nil {
			seen[spec.Compartment] = true
		}
	}
	for _, c := range domain.Compartments() {
		if seen[c] {
			all = append(all, c)
		}
	}
	return all
}

// clientIn is with what somebody asks: never which device, or from where.
func clientIn(ctx context.Context) string {
	if program, _ := ctx.Value(programKey{}).(bool); program {
		return "program"
	}
	return "browser"
}

// A naming is a case in a list, and how its person is called there.
type naming struct {
	ref  domain.Ref
	name string
}

// named records that a list has shown names. A list without any shows nobody.
func (l *looks) named(ctx context.Context, by domain.Actor, record string, rows []naming) error {
	var refs []domain.Ref
	for _, r := range rows {
		if r.name != "" {
			refs = append(refs, r.ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	slices.Sort(refs)
	return l.viewed(ctx, by, record, slices.Compact(refs), []domain.Compartment{domain.Identity}, nil)
}

func (l *looks) viewed(ctx context.Context, by domain.Actor, record string, refs []domain.Ref, parts []domain.Compartment, relations []string) error {
	e := domain.RecordViewed{
		At: l.time(), User: by.User, Role: string(by.Role), Organisation: by.Organisation, Client: clientIn(ctx),
		Record: record, Cases: refs, Compartments: each(parts, func(c domain.Compartment) string { return string(c) }),
		Purpose: domain.PurposeOf(by, relations), Relations: relations,
	}
	key := fmt.Sprint(e.EventType(), by, e.Client, e.Record, e.Cases, e.Compartments, e.Relations)
	return l.add(ctx, key, e, len(refs), slices.ContainsFunc(parts, domain.Compartment.Sealed))
}

// searched records every search: somebody who looks for the same person twice has
// looked twice.
func (l *looks) searched(ctx context.Context, by domain.Actor, q projections.Query, found []projections.Match) error {
	e := domain.SearchRun{
		At: l.time(), User: by.User, Role: string(by.Role), Organisation: by.Organisation, Client: clientIn(ctx),
		Hits: len(found), Cases: each(found, func(m projections.Match) domain.Ref { return m.Ref }), Purpose: domain.PurposeOf(by, nil),
	}
	if q.Name != "" {
		e.By = append(e.By, nameField)
	}
	if q.Document != "" {
		e.By = append(e.By, documentField)
	}
	return l.add(ctx, domain.NewID(), e, len(found), true)
}

func (l *looks) exported(ctx context.Context, by domain.Actor, f projections.AccessFilter, rows int) error {
	e := domain.ExportMade{
		At: l.time(), User: by.User, Role: string(by.Role), Organisation: by.Organisation, Client: clientIn(ctx),
		Export: "accesses", Rows: rows, Purpose: domain.PurposeOf(by, nil),
	}
	if f.Case != "" {
		e.Export, e.Cases = "case_accesses", []domain.Ref{f.Case}
	}
	return l.add(ctx, domain.NewID(), e, len(e.Cases), false)
}

// denied records that somebody asked for what they may not see. In a drill nothing
// is recorded.
func (l *looks) denied(ctx context.Context, by domain.Actor, record string, ref domain.Ref, code string) {
	if l == nil {
		return
	}
	e := domain.AccessDenied{
		At: l.time(), User: by.User, Role: string(by.Role), Organisation: by.Organisation, Client: clientIn(ctx),
		Record: record, Reason: code,
	}
	if ref != "" {
		e.Cases = []domain.Ref{ref}
	}
	_ = l.add(ctx, fmt.Sprint(e.EventType(), by, e.Client, e.Record, ref, code), e, 1, false) // it is refused in any case
}

// time is to the millisecond, as all times of recording are.
func (l *looks) time() time.Time { return l.now().UTC().Truncate(time.Millisecond) }
