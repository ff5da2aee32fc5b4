package domain

import (
	"slices"
	"testing"
)

var aboutGroup = ActionStream(aboutTheCoordinator)

func meeting(at string, present int) said {
	return coordinator.says(at, HoldMeeting{Body: "working_group", Present: present, Members: 9}).to(aboutGroup)
}

func reported(at, to string, year int) said {
	return coordinator.says(at, SubmitReport{To: to, Year: year}).to(aboutGroup)
}

func revised(at string) said {
	return coordinator.says(at, ReviseLegalStatus{Body: "working_group", Act: "C-WG", Effective: mustDay(at)}).to(aboutGroup)
}

// duties gives the state of each duty of one kind by quarter or year.
func duties(t *testing.T, kind, on string, story ...said) map[string]ClockState {
	t.Helper()
	a, err := Fold[Action](given(t, story...).log.streams[aboutGroup.String()])
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]ClockState{}
	for _, k := range a.Duties(mustWhen(on).At) {
		if k.Rule == kind {
			states[k.Key] = k.State(mustWhen(on).At)
		}
	}
	return states
}

// TestWorkingGroupMeetsOnceAQuarter: from the first whole quarter since its statute,
// with two thirds of the members.
func TestWorkingGroupMeetsOnceAQuarter(t *testing.T) {
	story := []said{
		revised("2023-05-17"), meeting("2023-09-30T10:00", 6), meeting("2023-11-01", 5), meeting("2024-01-01", 9), meeting("2024-02-01", 9),
	}
	want := map[string]ClockState{"2023-Q3": Met, "2023-Q4": Overdue, "2024-Q1": Met, "2024-Q2": Running}
	got := duties(t, "working_group_meeting", "2024-06-30T23:59", story...)
	for period, state := range want {
		if got[period] != state {
			t.Errorf("%s is %q, want %s", period, got[period], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	if got := duties(t, "working_group_meeting", "2024-07-01", story...); got["2024-Q2"] != Overdue || got["2024-Q3"] != Running {
		t.Errorf("the day after the quarter: %v", got)
	}
	if got := duties(t, "working_group_meeting", "2024-07-01", meeting("2024-05-02", 9)); got["2024-Q2"] != "" || got["2024-Q3"] != Running {
		t.Errorf("of the time before the register was told anything: %v", got)
	}
	if got := duties(t, "working_group_meeting", "2024-07-01", revised("2024-01-02"), meeting("2024-05-02?", 9)); got["2024-Q2"] != Overdue {
		t.Errorf("a meeting of which nobody knows when it was: %v", got)
	}
	other := coordinator.says("2024-05-02", HoldMeeting{Body: "nrm_commission", Present: 9, Members: 9}).to(aboutGroup)
	if got := duties(t, "working_group_meeting", "2024-07-01", revised("2024-01-02"), other); got["2024-Q2"] != Overdue {
		t.Errorf("another body met: %v", got)
	}
}

// TestReportsOnceAYear: the Coordinator to three, the Cabinet to the President.
func TestReportsOnceAYear(t *testing.T) {
	story := []said{revised("2021-12-31"), reported("2022-03-01", "parliament", 2021), reported("2023-12-31T23:30", "parliament", 2022), reported("2022-02-01", "president", 2021)}
	for kind, want := range map[string]map[string]ClockState{
		"report_parliament": {"2022": Met, "2023": Met, "2024": Running},
		"report_president":  {"2022": Met, "2023": Overdue, "2024": Running},
		"report_ombudsman":  {"2022": Overdue, "2023": Overdue, "2024": Running},
		"report_cabinet":    {"2022": Overdue, "2023": Overdue, "2024": Running},
	} {
		got := duties(t, kind, "2024-06-30", story...)
		for period, state := range want {
			if got[period] != state {
				t.Errorf("%s of %s is %q, want %s", kind, period, got[period], state)
			}
		}
	}
	if got := duties(t, "report_president", "2024-06-30", revised("2020-07-24")); got["2020"] != "" || got["2021"] != Overdue {
		t.Errorf("the decree was in force from July 2020: %v", got)
	}
}

// TestDutyMissedOnce: marked once for each quarter, also by a second node, and what
// is recorded late still shows that the duty was done.
func TestDutyMissedOnce(t *testing.T) {
	mark := ClockActor().says("", MarkDutyMissed{Duty: "working_group_meeting"}).to(aboutGroup)
	w := given(t, revised("2023-05-17"), meeting("2024-01-10", 9))
	w.when(mark.when("2023-12-31T23:59")).then("DutyMissed") // the third quarter
	w.when(mark.when("2024-01-01")).then("DutyMissed")       // and the fourth
	w.when(mark.when("2024-06-30T12:00")).then()
	w.when(mark.when("2024-07-01")).then("DutyMissed")
	w.when(meeting("2023-12-20", 8)).then("MeetingHeld")
	a, err := Fold[Action](w.log.streams[aboutGroup.String()])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(a.Duties(specNow), func(k DeadlineClock) bool { return k.Key == "2023-Q4" })
	if k := a.Duties(specNow)[i]; k.State(specNow) != Met || !k.Missed {
		t.Errorf("%+v", k)
	}
	w.when(mark.to(ActionStream("4.4.1"))).then() // where the duty does not stand
	w.when(coordinator.says("", mark.cmd).to(aboutGroup)).refused("role_not_allowed", "")
	w.audited()
}

// TestInstitutionDutiesAreWhole: each has a label, and a parameter that says how
// often.
func TestInstitutionDutiesAreWhole(t *testing.T) {
	for _, d := range InstitutionDuties() {
		p, ok := ParameterOn(d.Parameter, NewDay(2024, 1, 1))
		if !ok || p.Unit != "per_quarter" && p.Unit != "per_year" || p.Value != 1 || !hasLabel("institution_duty", d.ID) {
			t.Errorf("%s: %+v", d.ID, p)
		}
		if _, ok := CurrentPlan().Action(d.Action); !ok {
			t.Errorf("%s stands on action %q", d.ID, d.Action)
		}
	}
	if len(Codes("institution_duty")) != len(InstitutionDuties()) {
		t.Error("labels without duties")
	}
}
