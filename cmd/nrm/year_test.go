package main

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"nrm/cmd/nrm/internal/country"
	"nrm/domain"
	"nrm/projections"
)

// published are the figures of the National Coordinator for 2024: numbers, and
// amounts in qəpik where the line has money.
var published = map[string][2]int64{
	"allowances": {80, 80 * 70_000}, "sheltered": {56, 0}, "courses": {18, 0}, "jobs": {9, 0}, "foreign_repatriated": {1, 0},
	"identity_documents": {9, 0}, "social_assistance": {11, 0}, "school": {2, 0}, "family_reunited": {44, 0},
	"referred_to_centre": {63, 0}, "centre_psychological": {36, 0}, "centre_legal": {13, 0}, "presumed": {17, 0},
	"fund_assisted": {88, 505_000}, "ngo_funded": {10, 14_050_000},
}

// TestYearCountsBack makes the country-year, counts it back from its events
// alone, and then takes one event of each kind away: its line changes, and no
// line that the event has nothing to do with.
func TestYearCountsBack(t *testing.T) {
	now := time.Now()
	var file bytes.Buffer
	if _, err := country.Write(&file, country.Options{Seed: 2024, Now: now}); err != nil {
		t.Fatal(err)
	}
	log := decided(t, &file, now)
	if got := year2024(t, log); !maps.Equal(got, published) {
		t.Fatalf("counted back: %v\npublished:    %v", got, published)
	}
	service := func(kinds ...string) func(domain.AnyEvent) bool {
		return func(e domain.AnyEvent) bool {
			d, ok := e.(domain.ServiceDelivered)
			return ok && slices.Contains(kinds, d.Service)
		}
	}
	for line, kind := range map[string]struct {
		is    func(domain.AnyEvent) bool
		moves []string // the lines that may change with it
	}{
		"allowances":          {is[domain.AllowancePaid], nil},
		"sheltered":           {func(e domain.AnyEvent) bool { a, ok := e.(domain.AdmissionConfirmed); return ok && a.Kind == "shelter" }, nil},
		"courses":             {service("vocational_training"), nil},
		"jobs":                {service("employment"), nil},
		"foreign_repatriated": {func(e domain.AnyEvent) bool { r, ok := e.(domain.ReturnDeparted); return ok && r.Foreign }, nil},
		"identity_documents":  {service("identity_document"), nil},
		"social_assistance":   {service("social_assistance"), nil},
		"school": {func(e domain.AnyEvent) bool {
			d, ok := e.(domain.ServiceDelivered)
			return ok && d.Service == "education" && d.Child
		}, nil},
		"family_reunited": {is[domain.FamilyReunited], nil},
		"referred_to_centre": {func(e domain.AnyEvent) bool {
			r, ok := e.(domain.ServiceReferralSent)
			return ok && r.Kind == "assistance_centre"
		}, []string{"centre_psychological", "centre_legal"}},
		"centre_psychological": {service("psychological"), nil},
		"centre_legal":         {service("legal_info", "legal_representation"), nil},
		"presumed":             {is[domain.DetectionRecorded], nil},
		"fund_assisted":        {is[domain.FundAssistancePaid], nil},
		"ngo_funded":           {func(e domain.AnyEvent) bool { f, ok := e.(domain.FundingAllocated); return ok && f.Kind == "ngo" }, nil},
	} {
		t.Run(line, func(t *testing.T) {
			for i, less := range log.withoutOneOf(2024, kind.is) {
				got := year2024(t, less)
				changed := got[line] != published[line]
				if i > 60 {
					t.Fatal("taking away any of sixty such events changes nothing")
				}
				if !changed {
					continue // somebody else with two of them, or of another year's cohort
				}
				if got[line][0] > published[line][0] || got[line][0] < published[line][0]-1 || got[line][1] > published[line][1] {
					t.Errorf("%v became %v", published[line], got[line])
				}
				for other, figures := range got {
					if other != line && figures != published[other] && !slices.Contains(kind.moves, other) {
						t.Errorf("%s changed too: %v became %v", other, published[other], figures)
					}
				}
				return
			}
			t.Fatal("no such event")
		})
	}
}

func is[E domain.AnyEvent](e domain.AnyEvent) bool { _, ok := e.(E); return ok }

// year2024 projects the log into fresh views and counts.
func year2024(t *testing.T, log *heap) map[string][2]int64 {
	t.Helper()
	views, err := projections.Open(t.Context(), t.TempDir(), log, log.keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer views.Close()
	lines, err := views.Year(t.Context(), 2024, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]int64{}
	for _, l := range lines {
		got[l.ID] = [2]int64{l.Count, int64(l.Amount)}
	}
	return got
}

// withoutOneOf gives, for each event of the year that is so, the log without it.
func (h *heap) withoutOneOf(year int, so func(domain.AnyEvent) bool) func(func(int, *heap) bool) {
	return func(yield func(int, *heap) bool) {
		n := 0
		for i, d := range h.all {
			at := slices.IndexFunc(d.Events, so)
			if at < 0 || d.Happened.Day().Year() != year {
				continue
			}
			less := &heap{all: slices.Clone(h.all), keys: h.keys}
			if less.all[i].Events = slices.Delete(slices.Clone(d.Events), at, at+1); len(less.all[i].Events) == 0 {
				less.all = slices.Delete(less.all, i, i+1)
			}
			if !yield(n, less) {
				return
			}
			n++
		}
	}
}
