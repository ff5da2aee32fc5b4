package projections

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

// everybody is people and one actor for each role and organisation that fit.
func everybody() []domain.Actor {
	all := people()
	for _, o := range domain.Codes("organisation") {
		for _, r := range domain.Roles() {
			if a, err := domain.ParseActor("u", string(r), o.Code); err == nil {
				all = append(all, a)
			}
		}
	}
	return append(all, domain.ClockActor())
}

// TestListsAgreeWithThePolicy holds every list, count and page against the
// domain's own answer, for everybody, on random cases, at several times.
func TestListsAgreeWithThePolicy(t *testing.T) {
	w, v, caughtUp := seeing(t, 31)
	w.crowd(25, 700)
	own := domain.CaseStream(w.referred(gence)) // two reasons to see one case
	w.must(officer, own, domain.RequestShelter{Facility: w.houses[gence.Organisation], Security: "low"})
	w.must(gence, own, domain.ConfirmAdmission{Facility: w.houses[gence.Organisation], Basis: first("admission_basis")})
	caughtUp()
	states := map[domain.Ref]*domain.Case{}
	ended, times := 0, []time.Time{w.now, w.now.Add(15 * 24 * time.Hour), w.now.Add(60 * 24 * time.Hour)}
	for _, ref := range w.cases {
		states[ref] = w.state(ref)
		for _, a := range states[ref].Access {
			if !a.Until.IsZero() {
				if ended++; ended == 1 {
					times = append(times, a.Until.Add(-time.Millisecond), a.Until) // to the instant
				}
			}
		}
	}
	if ended == 0 {
		t.Fatal("no relation has ended: shows nothing")
	}
	seen, unseen, past := 0, 0, 0
	all := everybody()
	for _, now := range times {
		for i, by := range all {
			if i >= len(people()) && w.rnd.IntN(5) > 0 {
				continue // organisations like others
			}
			var want []domain.Ref
			for ref, c := range states {
				if domain.MaySee(by, c.Access, now) {
					want = append(want, ref)
				}
			}
			slices.Sort(want)
			seen, unseen = seen+len(want), unseen+len(states)-len(want)
			name := fmt.Sprintf("%s of %s at %s", by.Role, by.Organisation, now.Format(time.DateOnly))
			rows, n, err := v.Cases(t.Context(), by, now, Filter{Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			var got []domain.Ref
			for _, r := range rows {
				got = append(got, r.Ref)
				c := states[r.Ref]
				if end := domain.ReadsUntil(by, c.Access, domain.Flow, now); !end.IsZero() {
					past++
					checkRow(t, name, by, now, r, c, w.stateAt(r.Ref, end))
					continue
				}
				checkRow(t, name, by, now, r, c, c)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || n != len(want) {
				t.Errorf("%s: sees %v (%d), should see %v", name, got, n, want)
			}
			for ref := range states {
				if w.rnd.IntN(5) > 0 {
					continue
				}
				_, err := v.Case(t.Context(), by, now, ref)
				r, refused := domain.AsRefusal(err)
				if slices.Contains(want, ref) == (err != nil) || err != nil && (!refused || r.Code != "no_such_case" || r.Kind != domain.NotFound) {
					t.Errorf("%s: case %s: %v", name, ref, err)
				}
			}
			for _, stage := range domain.Codes("stage") {
				if w.rnd.IntN(3) > 0 {
					continue
				}
				want := slices.DeleteFunc(slices.Clone(want), func(r domain.Ref) bool { return states[r].Stage() != stage.Code })
				rows, n, err := v.Cases(t.Context(), by, now, Filter{Stage: stage.Code, Limit: 200})
				if err != nil || n != len(want) || len(rows) != n {
					t.Errorf("%s: stage %s lists %d of %d, should be %d, %v", name, stage.Code, len(rows), n, len(want), err)
				}
			}
			checkQueues(t, name, v, by, now, states)
			checkOverdue(t, name, v, by, now, states)
		}
	}
	if seen == 0 || unseen == 0 || past == 0 {
		t.Errorf("%d seen, %d unseen, %d seen as they were: shows nothing", seen, unseen, past)
	}
}

// stateAt is the case as it was known at a time.
func (w *world) stateAt(ref domain.Ref, at time.Time) *domain.Case {
	history := slices.Clone(w.log.(*memory).by[domain.CaseStream(ref).String()])
	c, err := domain.Fold[domain.Case](slices.DeleteFunc(history, func(d domain.Decision) bool { return d.Known().After(at) }))
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// checkRow looks for what a row must not tell of a case: what the reader sees of
// it is the state told, which may be a past one.
func checkRow(t *testing.T, name string, by domain.Actor, now time.Time, r CaseRow, c, told *domain.Case) {
	t.Helper()
	if !domain.MayRead(by, c.Access, domain.Flow, now) && (r.LastType != "" || !r.LastHappened.IsZero() || r.Next != nil || r.Deviations != 0) {
		t.Errorf("%s: row tells of the course: %+v", name, r)
	}
	if may := domain.MayRead(by, c.Access, domain.Screening, now); may && r.Risk != told.Risk || !may && r.Risk != "" {
		t.Errorf("%s: row says risk %q, it is %q", name, r.Risk, told.Risk)
	}
	if r.Next != nil && told != c {
		t.Errorf("%s: row tells what is due now: %+v", name, r.Next)
	}
	if r.Next != nil && r.Next.Clock.Key != "" && (!domain.MayRead(by, c.Access, domain.Location, now) || domain.Houses(by.Organisation)) {
		t.Errorf("%s: row tells of a facility", name)
	}
	if r.Stage != told.Stage() || r.Status != told.Status || r.Detected != c.Detected {
		t.Errorf("%s: row %+v of case %+v", name, r, told)
	}
}

// steps says again, in other words, which cases wait for which next step.
var steps = map[string]func(domain.Actor, *domain.Case, time.Time) bool{
	"missing":  func(_ domain.Actor, c *domain.Case, _ time.Time) bool { return !c.Missing.IsZero() },
	"handover": func(_ domain.Actor, c *domain.Case, _ time.Time) bool { return !over(c) && c.HandedOver.IsZero() },
	"screening": func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !over(c) && !c.HandedOver.IsZero() && c.Screened.IsZero() && c.Outcome == ""
	},
	"decision": func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !over(c) && !c.HandedOver.IsZero() && c.Outcome != "positive" && c.Outcome != "negative"
	},
	"shelter": func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !over(c) && place(c, "", "requested")
	},
	"overdue": func(_ domain.Actor, c *domain.Case, now time.Time) bool {
		return c.MergedInto == "" && slices.ContainsFunc(c.Clocks, func(k domain.DeadlineClock) bool { return k.State(now) == domain.Overdue })
	},
	"open":   func(_ domain.Actor, c *domain.Case, _ time.Time) bool { return !over(c) },
	"closed": func(_ domain.Actor, c *domain.Case, _ time.Time) bool { return over(c) },
	"all":    func(domain.Actor, *domain.Case, time.Time) bool { return true },
	"incoming": func(by domain.Actor, c *domain.Case, _ time.Time) bool {
		return c.MergedInto == "" && place(c, by.Organisation, "requested")
	},
	"residents": func(by domain.Actor, c *domain.Case, _ time.Time) bool { return place(c, by.Organisation, "admitted") },
	"left": func(by domain.Actor, c *domain.Case, now time.Time) bool {
		return !place(c, by.Organisation, "admitted") && slices.ContainsFunc(c.Access, func(a domain.Access) bool {
			return a.Relation == domain.Hosted && a.Covers(by, now)
		})
	},
	"allowance": func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return c.MergedInto == "" && c.AllowanceDue()
	},
}

// over reports whether nothing is to be done on the case: it was closed, or merged
// into the one that goes on.
func over(c *domain.Case) bool { return c.IsClosed() || c.MergedInto != "" }

// listed says again, in other words, for whom and for what which cases wait beside
// their next steps.
var listed = map[string]struct {
	tells domain.Compartment
	waits func(domain.Actor, *domain.Case, time.Time) bool
}{
	"missing_child": {domain.Flow, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !c.Missing.IsZero() && c.AgeNow() != "adult"
	}},
	"review": {domain.Flow, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !c.IsClosed() && c.Review.Decided.IsZero() && !c.Review.Requested.IsZero()
	}},
	"return_risk": {domain.Flow, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !c.IsClosed() && (!c.Return.Wish.IsZero() || !c.ReturnProposed.IsZero()) && !ReturnUnassessed(c).IsZero()
	}},
	"risk": {domain.Screening, func(_ domain.Actor, c *domain.Case, now time.Time) bool {
		n := len(c.Risks)
		return !c.IsClosed() && n > 0 && !c.Risks[n-1].ReviewOn.IsZero() && !domain.DayOf(now).Before(c.Risks[n-1].ReviewOn)
	}},
	"reflection": {domain.Flow, func(_ domain.Actor, c *domain.Case, now time.Time) bool {
		return !c.IsClosed() && c.ReflectionState == "granted" && c.Reflection.Until.Since(domain.DayOf(now)) < 7
	}},
	"consent": {domain.Flow, func(_ domain.Actor, c *domain.Case, now time.Time) bool {
		for _, k := range c.Consents {
			if !c.IsClosed() && k.State == "given" && !k.Until.IsZero() && k.Until.Since(domain.DayOf(now)) < 14 {
				return true
			}
		}
		return false
	}},
	"stay": {domain.Location, func(by domain.Actor, c *domain.Case, now time.Time) bool {
		return c.Host() != nil && (by.Role.SeesEveryCase() || c.Host().Organisation == by.Organisation) &&
			slices.ContainsFunc(c.Clocks, func(k domain.DeadlineClock) bool {
				return k.Rule == "stay_review" && k.Runs() && k.Due.Sub(now) <= 7*24*time.Hour
			})
	}},
	"follow_up": {domain.Flow, func(_ domain.Actor, c *domain.Case, now time.Time) bool {
		return slices.ContainsFunc(c.Clocks, func(k domain.DeadlineClock) bool {
			return strings.HasPrefix(k.Rule, "follow_up") && k.Runs() && k.Due.Sub(now) <= 14*24*time.Hour
		})
	}},
	"granted": {domain.Money, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return c.AllowanceDue() && slices.ContainsFunc(c.Redress.Grants, func(g domain.Allowance) bool { return g.For.Equal(c.Decided) })
	}},
	"guardian": {domain.Child, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		served := slices.ContainsFunc(c.Guardians, func(g domain.Guardianship) bool { return g.Ended.IsZero() })
		return !c.IsClosed() && !c.GuardianAsked.IsZero() && c.TreatedAsChild() && !served
	}},
	"duplicate": {domain.Screening, func(_ domain.Actor, c *domain.Case, _ time.Time) bool {
		return !c.IsClosed() && slices.Contains(slices.Collect(maps.Values(c.Verdicts)), "not_sure")
	}},
	"answer": {domain.Flow, func(by domain.Actor, c *domain.Case, _ time.Time) bool {
		return !c.IsClosed() && slices.ContainsFunc(c.Referrals, func(r domain.ServiceReferral) bool {
			return r.State == "sent" && r.Organisation == by.Organisation
		})
	}},
}

// inQueue reports whether a case belongs in a reader's queue.
func inQueue(id string, by domain.Actor, c *domain.Case, now time.Time) bool {
	item, ok := listed[id]
	if !ok {
		return domain.MaySee(by, c.Access, now) && steps[id](by, c, now)
	}
	part := by.Role.SeesEveryCase() && by.Role.Sees(item.tells) || slices.ContainsFunc(c.Access, func(a domain.Access) bool {
		return a.Ended.IsZero() && domain.MayRead(by, []domain.Access{a}, item.tells, now)
	})
	return part && c.MergedInto == "" && item.waits(by, c, now)
}

func place(c *domain.Case, organisation, state string) bool {
	return slices.ContainsFunc(c.Places, func(p domain.Place) bool {
		return p.State == state && (organisation == "" || p.Organisation == organisation)
	})
}

func checkQueues(t *testing.T, name string, v *Views, by domain.Actor, now time.Time, states map[domain.Ref]*domain.Case) {
	t.Helper()
	queues, err := v.Queues(t.Context(), by, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		var want []domain.Ref
		for ref, c := range states {
			if inQueue(q.ID, by, c, now) {
				want = append(want, ref)
			}
		}
		rows, n, err := v.Cases(t.Context(), by, now, Filter{Queue: q.ID, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		if q.Count != len(want) || n != len(want) || len(rows) != len(want) {
			t.Errorf("%s: queue %s counts %d, lists %d of %d, should be %d", name, q.ID, q.Count, len(rows), n, len(want))
		}
		last := time.Time{}
		for _, r := range rows {
			if !slices.Contains(want, r.Ref) {
				t.Errorf("%s: queue %s lists %s", name, q.ID, r.Ref)
			}
			if r.Next != nil && r.Next.Clock.Due.Before(last) {
				t.Errorf("%s: queue %s: %s is more urgent than what comes before", name, q.ID, r.Ref)
			} else if r.Next != nil {
				last = r.Next.Clock.Due
			}
		}
	}
}

func checkOverdue(t *testing.T, name string, v *Views, by domain.Actor, now time.Time, states map[domain.Ref]*domain.Case) {
	t.Helper()
	want := 0
	for _, c := range states {
		if domain.MayRead(by, c.Access, domain.Flow, now) && domain.ReadsUntil(by, c.Access, domain.Flow, now).IsZero() {
			for _, k := range c.Clocks {
				if c.MergedInto == "" && k.State(now) == domain.Overdue {
					want++
				}
			}
		}
	}
	list, n, err := v.Overdue(t.Context(), by, now, 200, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n != want || len(list) != min(want, 200) {
		t.Errorf("%s: overdue lists %d of %d, should be %d", name, len(list), n, want)
	}
	for i, d := range list {
		c := states[d.Ref]
		if d.State != domain.Overdue || d.Stage != c.Stage() || i > 0 && d.Clock.Due.Before(list[i-1].Clock.Due) {
			t.Errorf("%s: overdue %+v after %+v", name, d, list[max(i-1, 0)])
		}
		if d.Clock.Key != "" && (!domain.MayRead(by, c.Access, domain.Location, now) || domain.Houses(by.Organisation)) {
			t.Errorf("%s: overdue tells of a facility", name)
		}
	}
}

func TestQueuesOfRoles(t *testing.T) {
	w, v, caughtUp := seeing(t, 32)
	caughtUp()
	duty := strings.Fields("missing_child missing handover screening decision shelter overdue open closed")
	unit := strings.Fields("missing_child missing handover screening decision shelter review return_risk risk reflection consent stay follow_up granted guardian duplicate overdue open closed")
	house := strings.Fields("missing_child incoming residents answer stay reflection consent follow_up left all")
	travel := strings.Fields("return_risk follow_up answer open closed")
	help, others := strings.Fields("answer open closed"), strings.Fields("open closed")
	want := map[domain.Role][]string{
		domain.Referrer: others, domain.HotlineOperator: others, domain.DataProtection: nil,
		domain.DutyOfficer: duty, domain.CaseOfficer: unit, domain.Head: unit, domain.Shelter: house, domain.AssistanceCentre: house,
		domain.Migration: travel, domain.Consulate: travel, domain.ReturnPartner: travel,
		domain.HealthCare: help, domain.Education: help, domain.Employment: help,
		domain.ChildProtection: strings.Fields("missing_child guardian answer return_risk open closed"),
		domain.FundOfficer:     strings.Fields("granted allowance answer all"),
		domain.LegalAid:        strings.Fields("answer review return_risk consent open closed"),
		domain.Prosecution:     strings.Fields("review answer open closed"),
		domain.Coordinator:     strings.Fields("missing_child missing review return_risk overdue open closed"),
	}
	for _, role := range domain.Roles() {
		by := domain.Actor{Role: role}
		queues, err := v.Queues(t.Context(), by, w.now)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, q := range queues {
			got = append(got, q.ID)
		}
		if ids, listed := want[role]; !listed || !slices.Equal(got, ids) {
			t.Errorf("%s has %v, want %v", role, got, ids)
		}
	}
	_, _, err := v.Cases(t.Context(), referrer, w.now, Filter{Queue: "residents"})
	if r, ok := domain.AsRefusal(err); !ok || r.Code != "no_such_queue" {
		t.Errorf("a queue of another role: %v", err)
	}
}

func TestFilter(t *testing.T) {
	w, v, caughtUp := seeing(t, 33)
	for range 7 {
		w.referred(referrer)
		w.later(time.Hour)
	}
	w.must(duty, domain.CaseStream(w.cases[2]), domain.AcceptHandover{District: "AZ-BA", Condition: domain.Codes("condition")[0].Code})
	caughtUp()
	list := func(f Filter) (refs []domain.Ref, n int) {
		t.Helper()
		rows, n, err := v.Cases(t.Context(), officer, w.now, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			refs = append(refs, r.Ref)
		}
		return refs, n
	}
	all, n := list(Filter{})
	if n != 7 || all[0] != w.cases[2] || all[1] != w.cases[6] || all[6] != w.cases[0] {
		t.Errorf("%d: %v, recorded %v", n, all, w.cases)
	}
	if page, n := list(Filter{Limit: 3, Offset: 5}); n != 7 || !slices.Equal(page, all[5:]) {
		t.Errorf("page of %d: %v", n, page)
	}
	if page, n := list(Filter{Limit: -1, Offset: -1}); n != 7 || len(page) != 7 {
		t.Errorf("page of %d: %v", n, page)
	}
	if got, _ := list(Filter{Stage: "handed_over"}); !slices.Equal(got, w.cases[2:3]) {
		t.Errorf("stage: %v", got)
	}
	ref := string(w.cases[4])
	for _, s := range []string{ref, " " + ref[:5] + " ", string(ref[0]+'a'-'A') + ref[1:6]} {
		if got, _ := list(Filter{Search: s}); !slices.Contains(got, w.cases[4]) {
			t.Errorf("search %q: %v", s, got)
		}
	}
	for _, s := range []string{"%", "_", ref + "A", "' OR 1 --", ref[1:]} {
		if got, _ := list(Filter{Search: s}); slices.Contains(got, w.cases[4]) {
			t.Errorf("search %q: %v", s, got)
		}
	}
}
