package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"nrm/domain"
	"nrm/projections"
)

// BenchmarkSearchPeople looks for people in a register of 400,000 (as many as
// NRM_BENCH_PERSONS says), from the question to the answer that a page shows:
// index, who may see whom, opening the candidates' names, ranking. Keys are in
// memory. x-row is the median against reading one case's page in the same run.
func BenchmarkSearchPeople(b *testing.B) {
	people := 400_000
	if n, err := strconv.Atoi(os.Getenv("NRM_BENCH_PERSONS")); err == nil {
		people = n
	}
	if testing.Short() {
		people = 5000
	}
	log := &heap{streams: map[string][]domain.Decision{}, keys: newHeapKeys()}
	names := newNameSource(7)
	var some []domain.RecordIdentity
	for i := range people {
		identity := names.person()
		cmd := domain.RegisterReferral{
			Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
			Citizenship: "az", District: "AZ-BA", Basis: "consent", IdentityFields: identity,
		}
		req := domain.Request{By: domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}, Now: time.Now()}
		if _, err := domain.Open(b.Context(), log, req, cmd); err != nil {
			b.Fatal(err)
		}
		if i%997 == 0 {
			some = append(some, domain.RecordIdentity{IdentityFields: identity})
		}
	}
	start := time.Now()
	views, err := projections.Open(b.Context(), b.TempDir(), log, log.keys, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = views.Close() })
	b.Logf("%d people, views built in %v", people, time.Since(start).Round(time.Second))
	refs := make([]domain.Ref, 0, 1000)
	for _, d := range log.all[:min(len(log.all), 1000)] {
		refs = append(refs, d.Stream.Ref())
	}
	for _, kind := range []struct {
		name  string
		words func(domain.RecordIdentity) string
	}{
		{"full", func(c domain.RecordIdentity) string {
			return string(c.FamilyName + " " + c.GivenName + " " + c.Patronymic)
		}},
		{"two-words", func(c domain.RecordIdentity) string { return string(c.GivenName + " " + c.FamilyName) }},
		{"surname", func(c domain.RecordIdentity) string { return string(c.FamilyName) }},
		{"beginning", func(c domain.RecordIdentity) string { return string([]rune(string(c.FamilyName))[:4]) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			var took, row []time.Duration
			for i := range max(b.N, 60) { // a percentile of fewer says nothing
				start := time.Now()
				found, err := views.Search(b.Context(), anOfficer, time.Now(), projections.Query{Name: kind.words(some[i%len(some)])})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
				if len(found) == 0 {
					b.Fatal("nobody is found")
				}
				start = time.Now()
				if _, err := views.Case(b.Context(), anOfficer, time.Now(), refs[i%len(refs)]); err != nil {
					b.Fatal(err)
				}
				row = append(row, time.Since(start))
			}
			slices.Sort(took)
			slices.Sort(row)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*95/100].Seconds()*1000, "p95-ms")
			b.ReportMetric(took[len(took)/2].Seconds()/row[len(row)/2].Seconds(), "x-row")
		})
	}
}

// A nameSource makes up names of syllables, some of them much more often than
// others, as in life.
type nameSource struct {
	dice  *rand.Rand
	stems []string
}

func newNameSource(seed uint64) *nameSource {
	s := &nameSource{dice: rand.New(rand.NewPCG(seed, seed))}
	first, middle := []string{"Ba", "De", "Fə", "Gü", "Ha", "İl", "Ka", "Lə", "Mu", "Na", "Or", "Qə", "Ra", "Sə", "Şi", "Tu", "Və", "Xa", "Yu", "Ze"},
		[]string{"bir", "cəf", "dar", "far", "gin", "kim", "lik", "man", "nur", "qar", "ram", "sat", "şad", "tel", "vid", "xan", "yar", "zad"}
	for _, f := range first {
		for _, m := range middle {
			for _, e := range []string{"", "a", "i", "ba", "me"} {
				s.stems = append(s.stems, f+m+e)
			}
		}
	}
	s.dice.Shuffle(len(s.stems), func(i, j int) { s.stems[i], s.stems[j] = s.stems[j], s.stems[i] })
	return s
}

// stem prefers the first ones: the square of a uniform number.
func (s *nameSource) stem() string {
	f := s.dice.Float64()
	return s.stems[int(f*f*float64(len(s.stems)))]
}

func (s *nameSource) person() domain.IdentityFields {
	return domain.IdentityFields{
		FamilyName: domain.Words(s.stem() + []string{"ova", "yeva", "li", "zadə"}[s.dice.IntN(4)]),
		GivenName:  domain.Words(s.stem()),
		Patronymic: domain.Words(fmt.Sprintf("%s qızı", s.stem())),
	}
}
