package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nrm/domain"
)

// BenchmarkSealedDecision records a referral that says who the person is beside
// one that does not, and a note beside a coded fact on a case whose keys are
// there. x-open is the sealed one against the other in the same run: what
// sealing costs. The first sealed fact of a person also makes their keys
// durable.
func BenchmarkSealedDecision(b *testing.B) {
	n := newBenchNode(b)
	b.Run("referral", func(b *testing.B) {
		compare(b, func(context.Context, int) error {
			_, err := n.register(b.Context())
			return err
		}, func(context.Context, int) error {
			_, err := n.registerNamed(b.Context(), 0)
			return err
		})
	})
	b.Run("later", func(b *testing.B) {
		out, err := n.registerNamed(b.Context(), 0)
		if err != nil {
			b.Fatal(err)
		}
		give := func(i int, cmd domain.Asked) error {
			// Each on a case of its own would load it; on one case histories would grow.
			if i%50 == 0 {
				if out, err = n.registerNamed(b.Context(), i); err != nil {
					return err
				}
			}
			// The same fact at the same minute would be recorded once.
			at := time.Now()
			req := domain.Request{By: anOfficer, Now: at, Happened: domain.At(at.Add(-time.Duration(i%40_000) * time.Minute))}
			_, err := domain.Execute(b.Context(), n.log, req, out.Stream, cmd)
			return err
		}
		compare(b, func(_ context.Context, i int) error {
			return give(i+1, domain.AssessRisk{Level: []string{"low", "medium", "high"}[i%3]})
		}, func(_ context.Context, i int) error {
			return give(i+1, domain.AddNote{Text: domain.Prose(fmt.Sprint("a note of some length, number ", i))})
		})
	})
}

// compare does two things by turns and reports both.
func compare(b *testing.B, open, sealed func(context.Context, int) error) {
	b.Helper()
	var took [2]time.Duration
	for i := range b.N {
		for which, do := range []func(context.Context, int) error{open, sealed} {
			start := time.Now()
			if err := do(b.Context(), i); err != nil {
				b.Fatal(err)
			}
			took[which] += time.Since(start)
		}
	}
	b.ReportMetric(float64(b.N)/took[0].Seconds(), "open/s")
	b.ReportMetric(float64(b.N)/took[1].Seconds(), "sealed/s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "x-open")
}

// BenchmarkSealedReplay reads a log of sealed referrals with its boxes closed
// and opening every one, with the people's keys in memory and not. x-closed is
// the speed against closed boxes.
func BenchmarkSealedReplay(b *testing.B) {
	n := newBenchNode(b)
	last := n.fill(b, 2000)
	replay := func(open bool) (events int, took time.Duration) {
		start := time.Now()
		err := n.log.Replay(b.Context(), 0, last, func(ds []domain.Decision) error {
			for _, d := range ds {
				events += len(d.Events)
				for _, e := range d.Events {
					if !open {
						continue
					}
					if _, err := domain.Opened(e); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		return events, time.Since(start)
	}
	for _, c := range []struct {
		name string
		warm bool
	}{{"cold", false}, {"warm", true}} {
		b.Run("keys="+c.name, func(b *testing.B) {
			var closed, opened time.Duration
			events := 0
			for range b.N {
				_, took := replay(false)
				closed += took
				if c.warm {
					replay(true)
				} else {
					n.forget(b)
				}
				count, took := replay(true)
				events, opened = events+count, opened+took
			}
			b.ReportMetric(float64(events)/closed.Seconds(), "closed-events/s")
			b.ReportMetric(float64(events)/opened.Seconds(), "opened-events/s")
			b.ReportMetric(closed.Seconds()/opened.Seconds(), "x-closed")
		})
	}
}

// BenchmarkVerify runs what nrm verify does with the log (not the comparison of
// the views): chains, tree, decoding, opening, invariants. x-raw is the speed
// against an ordered consumer that only receives.
func BenchmarkVerify(b *testing.B) {
	n := newBenchNode(b)
	last := n.fill(b, 2000)
	var took, raw time.Duration
	events := 0
	for range b.N {
		start := time.Now()
		found, err := verifyLog(b.Context(), n.node, nil, unseen())
		if err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		events += found.audit.Events
		start = time.Now()
		if err := rawReplay(b.Context(), n.server, last); err != nil {
			b.Fatal(err)
		}
		raw += time.Since(start)
	}
	b.ReportMetric(float64(events)/took.Seconds(), "events/s")
	b.ReportMetric(float64(events)/raw.Seconds(), "raw-events/s")
	b.ReportMetric(raw.Seconds()/took.Seconds(), "x-raw")
}

func (n *benchNode) registerNamed(ctx context.Context, i int) (domain.Outcome, error) {
	req := domain.Request{By: domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}, Now: time.Now()}
	req.Happened = domain.OnThe(domain.DayOf(req.Now).Add(-60))
	return domain.Open(ctx, n.log, req, domain.RegisterReferral{
		Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
		Citizenship: "az", District: "AZ-BA", Basis: "consent",
		IdentityFields: domain.IdentityFields{FamilyName: "Sınaqova", GivenName: "Nümunə", Patronymic: "Örnək qızı"},
		DocumentFields: domain.DocumentFields{DocumentKind: "passport", DocumentNumber: domain.Words(fmt.Sprintf("X%07d", i))},
		ContactFields:  domain.ContactFields{ContactKind: "phone", Contact: "+994000000000", ContactSafety: "safe"},
		Notes:          "a note of the length that a duty officer writes at night",
	})
}

// fill registers n people and gives the log's last position.
func (n *benchNode) fill(b *testing.B, people int) uint64 {
	b.Helper()
	spread(b, 64, people, func(i int) error {
		_, err := n.registerNamed(b.Context(), i)
		return err
	})
	last, err := n.log.Last(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return last
}

// forget drops everybody's keys from memory.
func (n *benchNode) forget(b *testing.B) {
	b.Helper()
	last, err := n.log.Last(b.Context())
	if err == nil {
		err = n.log.Replay(b.Context(), 0, last, func(ds []domain.Decision) error {
			for _, d := range ds {
				n.vault.Forget(d.Stream.ID)
			}
			return nil
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}
