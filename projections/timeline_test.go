package projections

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

func first(list string) string { return domain.Codes(list)[0].Code }

// sheltered is a case that many have to do with: handed over late, decided,
// admitted late to the shelter in Gəncə, helped there and gone again.
func sheltered(w *world) domain.Ref {
	w.t.Helper()
	ref := w.referred(referrer)
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	w.later(25*time.Hour).must(domain.ClockActor(), s, domain.MarkOverdue{Rule: "handover"})
	w.later(time.Hour).must(duty, s, domain.AcceptHandover{District: "AZ-BA", Condition: first("condition")})
	w.later(time.Hour).must(officer, s, domain.AssessRisk{Level: "high"})
	w.later(time.Hour).must(officer, s, domain.RequestShelter{Facility: house, Security: "high"})
	w.later(25*time.Hour).must(domain.ClockActor(), s, domain.MarkOverdue{Rule: "admission"})
	w.later(time.Hour).must(gence, s, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	w.later(time.Hour).must(head, s, domain.DecideIdentification{
		Outcome: "positive", Forms: []string{first("form_of_exploitation")}, Means: []string{first("means")},
		Grounds: []string{first("ground")}, Geography: first("geography"), Informed: true,
	})
	for _, body := range []domain.Actor{lawyer, migration, consul, prosecutor, children} {
		w.later(time.Minute).must(officer, s, domain.SendServiceReferral{Organisation: body.Organisation, Services: []string{"legal_info"}})
	}
	w.later(time.Hour).must(gence, s, domain.StartService{Service: first("service")})
	w.later(time.Hour).must(gence, s, domain.DeliverService{Service: first("service")})
	w.later(time.Hour).must(lawyer, s, domain.RequestProtection{Subject: first("protected_subject")})
	w.later(time.Hour).must(fund, s, domain.PayAllowance{Amount: 70000})
	w.later(time.Hour).must(gence, s, domain.RecordDeparture{Facility: house, Destination: first("destination")})
	return ref
}

func pageOf(t *testing.T, v *Views, by domain.Actor, now time.Time, ref domain.Ref) CasePage {
	t.Helper()
	p, err := v.Case(t.Context(), by, now, ref)
	if err != nil {
		t.Fatalf("%s: %v", by.Role, err)
	}
	return p
}

func TestCasePage(t *testing.T) {
	w, v, caughtUp := seeing(t, 41)
	ref := sheltered(w)
	caughtUp()
	p := pageOf(t, v, officer, w.now, ref)

	if want := w.state(ref); !reflect.DeepEqual(p.State, want) {
		t.Errorf("state %+v\nshould be %+v", p.State, want)
	}
	if p.Row.Stage != "decided" || p.Row.Status != "identified" || p.Row.Region != domain.RegionOn("AZ-GA", domain.NewDay(2024, time.March, 1)) || p.Row.Risk != "high" ||
		p.Row.LastType != "Departed" || !p.Row.LastHappened.Equal(domain.At(w.now)) || p.Row.Next != nil || p.Row.Deviations != len(p.State.Deviations) {
		t.Errorf("row %+v", p.Row)
	}
	var got []string
	for _, e := range p.Timeline {
		line := e.Type
		if e.Judged != "" {
			line += fmt.Sprintf(" %s %s", e.Rule, e.Judged)
		}
		if len(e.Deviation) > 0 {
			line += " " + strings.Join(e.Deviation, ",")
		}
		got = append(got, line)
	}
	want := []string{
		"Departed stay_review met unplanned_departure",
		"AllowancePaid allowance_payment met grant_not_recorded,rights_not_explained",
		"ProtectionRequested",
		"ServiceDelivered need_not_recorded",
		"ServiceStarted need_not_recorded",
		"ServiceReferralSent passed_on_without_basis", "ServiceReferralSent passed_on_without_basis", "ServiceReferralSent passed_on_without_basis", "ServiceReferralSent passed_on_without_basis", "ServiceReferralSent passed_on_without_basis",
		"IdentificationDecided identification met screening_missing",
		"AdmissionConfirmed admission late",
		"DeadlineMissed",
		"ShelterRequested",
		"RiskAssessed",
		"HandoverAccepted handover late",
		"DeadlineMissed",
		"SpuNotified notify met", "ReferralSubmitted", "DetectionRecorded",
	}
	if !slices.Equal(got, want) {
		t.Errorf("timeline\n%s\nshould be\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	admission := p.Timeline[11]
	if admission.By != gence || admission.Region != domain.RegionOn("AZ-GA", domain.NewDay(2024, time.March, 1)) || admission.Track != "accommodation" ||
		admission.Stream != domain.CaseStream(ref) || admission.Recorded.IsZero() || !admission.Known.Equal(admission.Recorded) || admission.Imported {
		t.Errorf("%+v", admission)
	}
	states := map[domain.ClockState]int{}
	for i, d := range p.Due {
		states[d.State]++
		if d.Ref != ref || i > 0 && d.Clock.Due.Before(p.Due[i-1].Clock.Due) {
			t.Errorf("due %+v", d)
		}
	}
	if states[domain.Met] != 5 || states[domain.Late] != 2 || states[domain.Waived] != 1 || len(p.Due) != 8 {
		t.Errorf("duties %v", states)
	}
	for _, v := range p.Conformance {
		if want := map[string]domain.Conformity{
			"handover": domain.TooLate, "notify": domain.Fit, "screening_before_decision": domain.Skipped, "risk_before_decision": domain.Fit, "wish_before_return": domain.NotApplicable,
		}[v.Norm]; want != "" && v.Result != want {
			t.Errorf("%s is judged %s, want %s", v.Norm, v.Result, want)
		}
	}
	if len(p.Conformance) < 20 {
		t.Errorf("only %d verdicts", len(p.Conformance))
	}
}

// tell is all that a page holds, as text.
func tell(t *testing.T, p CasePage) string {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// namesHouses makes a case of which consents, plans and the closure name houses in
// which the person may live, and in which many take part.
func namesHouses(w *world) {
	w.t.Helper()
	s := domain.CaseStream(handedOver(w))
	must := func(by domain.Actor, cmd domain.Asked) { w.later(time.Hour).must(by, s, cmd) }
	for _, body := range []domain.Actor{lawyer, migration, consul, prosecutor, children, fund} {
		must(officer, domain.SendServiceReferral{Organisation: body.Organisation, Services: []string{"legal_info"}})
	}
	must(officer, domain.RequestShelter{Facility: w.houses[gence.Organisation], Security: "low"})
	must(gence, domain.OfferPlace{Facility: w.houses[gence.Organisation], Until: domain.DayOf(w.now).Add(9)})
	must(officer, domain.RecordConsent{
		Purpose: "shelter", Recipients: []string{gence.Organisation, lawyer.Organisation}, Data: []string{"identity"}, Operations: []string{"storage"},
		ValidUntil: domain.DayOf(w.now).Add(90), Revocation: []string{"in_writing"}, Deletion: "archived", Form: "written", By: "person", Language: "az", NoHarm: true,
	})
	must(officer, domain.AssessReturnRisk{Level: "low", Decision: "can_return", Sources: []string{"ngo"}})
	must(officer, domain.RecordReturnConsent{By: "person"})
	must(migration, domain.ScheduleReturn{
		Direction: "inbound", On: domain.DayOf(w.now).Add(20), Transport: "air", Escort: "none", Payer: "state_budget", Receiver: centre.Organisation,
	})
	must(lawyer, domain.RecordAward{Amount: 300000, Source: "trafficker"})
	must(officer, domain.CloseCase{Reason: "reintegrated", FollowedUpBy: centre.Organisation})
}

// TestWhatEachRoleSees holds every page of random cases against the policy,
// entry by entry.
func TestWhatEachRoleSees(t *testing.T) {
	w, v, caughtUp := seeing(t, 42)
	w.crowd(25, 900)
	sheltered(w)
	w.referred(referrer)
	stays, house := domain.CaseStream(w.referred(referrer)), w.houses[gence.Organisation]
	w.later(time.Hour).must(officer, stays, domain.RequestShelter{Facility: house, Security: "low"})
	w.later(time.Hour).must(gence, stays, domain.ConfirmAdmission{Facility: house, Basis: first("admission_basis")})
	w.later(time.Hour).must(gence, stays, domain.RecordReturnReception{})
	w.later(time.Hour).must(gence, stays, domain.DeliverService{Service: "psychological"})
	namesHouses(w)
	caughtUp()
	shown, hidden, earlier := 0, 0, 0
	for _, ref := range w.cases {
		c := w.state(ref)
		for _, by := range people() {
			if !domain.MaySee(by, c.Access, w.now) {
				continue
			}
			p := pageOf(t, v, by, w.now, ref)
			if !domain.MayRead(by, c.Access, domain.Flow, w.now) {
				if len(p.Timeline) > 0 || len(p.Due) > 0 || len(p.Access) > 0 || p.State == nil || len(p.State.Places) > 0 || p.State.Risk != "" {
					t.Errorf("%s sees more than the row: %+v", by.Role, p)
				}
				continue
			}
			if !by.Role.Sees(domain.Location) {
				told := tell(t, p)
				for organisation, house := range w.houses {
					if organisation != by.Organisation && (strings.Contains(told, string(house)) || strings.Contains(told, `"`+organisation+`"`)) {
						t.Errorf("%s can find %s of %s in %s", by.Role, house, organisation, told)
					}
				}
			}
			newest := p.Timeline[slices.IndexFunc(p.Timeline, func(e Entry) bool {
				spec, _ := domain.EventSpecOf(e.Type)
				switch end := domain.ReadsUntil(by, c.Access, spec.Compartment, w.now); {
				case e.Voided:
					return false
				case spec.Compartment == domain.Location && domain.Houses(by.Organisation):
					return e.Event != nil
				case spec.Compartment == domain.Location && by.Role.SeesEveryCase():
					return true
				default:
					return domain.MayRead(by, c.Access, spec.Compartment, w.now) && (end.IsZero() || !e.Known.After(end))
				}
			})]
			if newest.At != p.Timeline[0].At {
				earlier++
			}
			if p.Row.LastType != newest.Type || p.Row.LastHappened != newest.Happened {
				t.Errorf("%s: the last fact is %s at %s, says the row, and %s at %s, says the timeline", by.Role, p.Row.LastType, p.Row.LastHappened, newest.Type, newest.Happened)
			}
			for _, e := range p.Timeline {
				spec, _ := domain.EventSpecOf(e.Type)
				may := domain.MayRead(by, c.Access, spec.Compartment, w.now)
				if spec.Compartment == domain.Location && domain.Houses(by.Organisation) {
					// its own part only: what it answered, and what it was asked
					moved := slices.ContainsFunc(p.Timeline, func(o Entry) bool { return o.Seq == e.Seq && o.Type == "TransferCompleted" })
					others := e.Type == "ShelterRequested" || e.Type == "TransferRequested" || e.Type == "Departed" && moved // they concern another facility
					may = e.By.Organisation == by.Organisation && !others || e.Event != nil
					if e.Event != nil && domain.SiteOf(e.Event).Organisation != by.Organisation {
						t.Errorf("%s is told of %+v", by.Organisation, e.Event)
					}
				}
				if end := domain.ReadsUntil(by, c.Access, domain.Flow, w.now); !end.IsZero() && e.Known.After(end) {
					t.Errorf("%s, whose part ended %v, is told of %s at %v", by.Organisation, end, e.Type, e.Known)
				}
				if _, sealed := e.Event.(domain.Sealed); sealed {
					t.Errorf("%s gets a sealed %s", by.Role, e.Type)
				}
				if spec.Personal && c.Erased() != e.Erased {
					t.Errorf("%s: %s is erased: %t, says the page: %t", by.Role, e.Type, c.Erased(), e.Erased)
				}
				if end := domain.ReadsUntil(by, c.Access, spec.Compartment, w.now); !end.IsZero() && e.Known.After(end) {
					may = false // another part of theirs lasts, but not this one
				}
				if told := domain.FlowOf(e.Event); by.Role.SeesEveryCase() && !by.Role.Sees(domain.Location) && spec.Compartment == domain.Location && e.Event != nil {
					may = told == e.Event && domain.SiteOf(e.Event) == (domain.Site{}) // why, and not where
				}
				if may = may && !e.Erased; may != (e.Event != nil) {
					t.Errorf("%s and %s of %s: %v", by.Role, e.Type, spec.Compartment, e.Event)
				}
				if may {
					shown++
				} else {
					hidden++
				}
				if police := by.Organisation == "spu"; police != (e.By.User != "") {
					t.Errorf("%s is told that %q did it", by.Role, e.By.User)
				}
				if e.Type == "DeviationNoted" {
					t.Error("a remark stands alone")
				}
			}
			if !domain.MayRead(by, c.Access, domain.Location, w.now) {
				holdsNo(t, by, p, w.houses)
			}
		}
	}
	if shown == 0 || hidden == 0 || earlier == 0 {
		t.Errorf("%d shown, %d hidden, %d with an earlier last fact: shows nothing", shown, hidden, earlier)
	}
}

// holdsNo fails if a page names a facility.
func holdsNo(t *testing.T, by domain.Actor, p CasePage, houses map[string]domain.Ref) {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, house := range houses {
		if strings.Contains(string(b), string(house)) {
			t.Errorf("%s is told of %s:\n%s", by.Role, house, b)
		}
	}
}

func TestOnlyTheRegionIsTold(t *testing.T) {
	w, v, caughtUp := seeing(t, 43)
	ref := sheltered(w)
	caughtUp()
	for _, by := range []domain.Actor{coordinator, lawyer, migration, consul, prosecutor, children, fund} {
		p := pageOf(t, v, by, w.now, ref)
		holdsNo(t, by, p, w.houses)
		b, _ := json.Marshal(p)
		if strings.Contains(string(b), gence.Organisation) {
			t.Errorf("%s is told which organisation hosts the person:\n%s", by.Role, b)
		}
		regions := 0
		for _, e := range p.Timeline {
			if e.Region != "" {
				regions++
			}
			if e.Region != "" && e.Region != domain.RegionOn("AZ-GA", domain.NewDay(2024, time.March, 1)) {
				t.Errorf("%s is told %s of %s", by.Role, e.Region, e.Type)
			}
		}
		if want := map[bool]int{true: 3}[by == coordinator]; regions != want {
			t.Errorf("%s is told %d regions", by.Role, regions)
		}
	}
	if p := pageOf(t, v, gence, w.now, ref); p.State.Places[0].Facility != w.houses[gence.Organisation] {
		t.Error("the shelter itself must see its own place")
	}
}

// TestTheLastFactThatIsKnown: lists name the latest fact of which the reader may
// know more than that something was, as it stands.
func TestTheLastFactThatIsKnown(t *testing.T) {
	w, v, caughtUp := seeing(t, 51)
	ref := handedOver(w)
	s := domain.CaseStream(ref)
	admitted(w, ref)
	for _, body := range []domain.Actor{lawyer, children, prosecutor} {
		w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: body.Organisation, Services: []string{"legal_info"}})
	}
	look := func(after string, want map[domain.Actor]string) {
		t.Helper()
		caughtUp()
		for by, typ := range want {
			rows, _, err := v.Cases(t.Context(), by, w.now, Filter{})
			if err != nil || len(rows) != 1 || rows[0].LastType != typ {
				t.Errorf("after %s %s is told of %+v, want %s, %v", after, by.Role, rows, typ, err)
			}
		}
	}
	w.later(time.Hour).must(gence, s, domain.RecordHealth{Text: "the health"})
	sent := "ServiceReferralSent"
	look("health", map[domain.Actor]string{
		gence: "HealthRecorded", officer: sent, head: sent, duty: sent, coordinator: sent, lawyer: sent, children: sent, prosecutor: sent,
	})
	w.later(time.Hour).must(officer, s, domain.AssessRisk{Level: "low"})
	look("risk", map[domain.Actor]string{
		gence: "HealthRecorded", officer: "RiskAssessed", head: "RiskAssessed", duty: sent, coordinator: sent, lawyer: sent,
	})
	w.later(time.Hour).must(gence, s, domain.RecordDeparture{Facility: w.houses[gence.Organisation], Destination: first("destination"), Planned: true})
	look("departure", map[domain.Actor]string{gence: "Departed", officer: "Departed", duty: "Departed", coordinator: "Departed", lawyer: sent})
	w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: centre.Organisation, Services: []string{"psychological"}})
	w.later(time.Hour).must(centre, s, domain.StartService{Service: "psychological"})
	look("help", map[domain.Actor]string{gence: "Departed", centre: "ServiceStarted", officer: "ServiceStarted", lawyer: sent})
	w.later(time.Hour).must(centre, s, domain.VoidEvent{Event: w.the(ref, "ServiceStarted"), Reason: "typing"})
	look("a void", map[domain.Actor]string{gence: "Departed", centre: "EventVoided", lawyer: "EventVoided"})
}

// TestWhichServiceIsConsentedTo is told to those who read which help a person needs;
// others learn that there was a consent to some service, and how it stands.
func TestWhichServiceIsConsentedTo(t *testing.T) {
	w, v, caughtUp := seeing(t, 50)
	ref := handedOver(w)
	s := domain.CaseStream(ref)
	admitted(w, ref)
	for _, body := range []domain.Actor{lawyer, prosecutor, children} {
		w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: body.Organisation, Services: []string{"legal_info"}})
	}
	w.later(time.Hour).must(gence, s, domain.RecordConsent{
		Purpose: "service", Services: []string{"psychological", "social_assistance"}, Data: []string{"identity"}, Operations: []string{"storage"},
		ValidUntil: domain.DayOf(w.now).Add(90), Revocation: []string{"in_writing"}, Deletion: "archived", Form: "written", By: "person", Language: "az", NoHarm: true,
	})
	w.later(time.Hour).must(gence, s, domain.RefuseConsent{Purpose: "service", Services: []string{"employment"}, By: "person", Language: "az", NoHarm: true})
	w.later(time.Hour).must(officer, s, domain.WithdrawConsent{Purpose: "service", Services: []string{"social_assistance"}, By: "person", Form: "oral"})
	caughtUp()
	for by, may := range map[domain.Actor]bool{officer: true, gence: true, head: false, lawyer: false, duty: false, coordinator: false, prosecutor: false, children: false} {
		p := pageOf(t, v, by, w.now, ref)
		told := tell(t, p)
		for _, service := range []string{"psychological", "social_assistance", "employment"} {
			if strings.Contains(told, service) != may {
				t.Errorf("%s is told of %s: %t", by.Role, service, !may)
			}
		}
		var states []string
		for key, k := range p.State.Consents {
			purpose, _, _ := strings.Cut(key, "/")
			states = append(states, purpose+" "+k.State)
		}
		slices.Sort(states)
		if want := []string{"service given", "service refused", "service withdrawn"}; !slices.Equal(states, want) {
			t.Errorf("%s is told %v", by.Role, states)
		}
	}
}

// TestHowLongAStayLasts is told to those who know where it is, and to a house of its
// own stay.
func TestHowLongAStayLasts(t *testing.T) {
	w, v, caughtUp := seeing(t, 49)
	ref := handedOver(w)
	s, house := domain.CaseStream(ref), w.houses[gence.Organisation]
	admitted(w, ref)
	until, review := domain.DayOf(w.now).Add(77), domain.DayOf(w.now).Add(66)
	w.later(time.Hour).must(gence, s, domain.ExtendStay{Facility: house, Until: until, RequestedBy: first("stay_requested_by"), Reason: first("extension_reason")})
	w.later(time.Hour).must(gence, s, domain.ReviewStay{Facility: house, Outcome: first("stay_outcome"), ReviewOn: review})
	w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: lawyer.Organisation, Services: []string{"legal_info"}})
	w.later(time.Hour).must(officer, s, domain.SendServiceReferral{Organisation: centre.Organisation, Services: []string{"psychological"}})
	caughtUp()
	for by, may := range map[domain.Actor]bool{officer: true, head: true, gence: true, centre: false, lawyer: false, duty: false, coordinator: false} {
		if st := pageOf(t, v, by, w.now, ref).State; (st.StayUntil == until) != may || (st.ReviewStayOn == review) != may || !may && (!st.StayUntil.IsZero() || !st.ReviewStayOn.IsZero()) {
			t.Errorf("%s is told until %s, reviewed on %s", by.Role, st.StayUntil, st.ReviewStayOn)
		}
	}
	w.later(time.Hour).must(gence, s, domain.RecordDeparture{Facility: house, Destination: first("destination"), Planned: true})
	caughtUp()
	if st := pageOf(t, v, gence, w.now, ref).State; st.StayUntil != until {
		t.Error("a house that looks back at its own stay is not told how long it was to last")
	}
}

func TestUnknownAndForbiddenAreTheSame(t *testing.T) {
	w, v, caughtUp := seeing(t, 44)
	ref := w.referred(referrer)
	caughtUp()
	_, forbidden := v.Case(t.Context(), lawyer, w.now, ref)
	_, unknown := v.Case(t.Context(), lawyer, w.now, domain.NewRef("nobody"))
	if forbidden == nil || !reflect.DeepEqual(forbidden, unknown) {
		t.Errorf("forbidden: %v, unknown: %v", forbidden, unknown)
	}
}
