package domain

import "testing"

func TestStayIsReviewedAndExtended(t *testing.T) {
	story := []said{detected, requested, admitted}
	review := shelter.says("2024-03-20", ReviewStay{Facility: house, Outcome: "continue", ReviewOn: mustDay("2024-04-20")})
	given(t, story...).when(review).then("StayReviewed")
	given(t, story...).when(shelter.says("2024-03-20", ReviewStay{Facility: house, Outcome: "continue", ReviewOn: mustDay("2024-03-20")})).refused("before_start", "review_on")
	given(t, story...).when(shelter.says("2024-03-02T02:00", review.cmd)).refused("before_admission", "happened")
	given(t, detected, requested).when(review).refused("not_admitted", "")
	given(t, story...).when(otherHouse.says("2024-03-20", review.cmd)).refused("no_such_case", "")
	known := officer.says("2024-03-02", SendServiceReferral{Organisation: "centre-baki", Services: []string{"psychological"}})
	given(t, append(story, known)...).when(centre.says("2024-03-20", review.cmd)).refused("not_your_facility", "facility")

	extend := func(at, until string) said {
		return shelter.says(at, ExtendStay{Facility: house, Until: mustDay(until), RequestedBy: "person", Reason: "recovery"})
	}
	w := given(t, story...).when(extend("2024-03-25", "2024-05-01")).then("StayExtended")
	if got := w.state().StayUntil; got != mustDay("2024-05-01") {
		t.Errorf("the stay lasts until %s", got)
	}
	given(t, append(story, extend("2024-03-25", "2024-05-01"))...).when(extend("2024-04-25", "2024-06-01")).then("StayExtended")
	given(t, append(story, extend("2024-03-25", "2024-05-01"))...).when(extend("2024-04-25", "2024-04-30")).refused("before_current", "until")
	given(t, story...).when(extend("2024-03-25", "2024-03-24")).refused("before_start", "until")
	given(t, detected, requested).when(extend("2024-03-25", "2024-05-01")).refused("not_admitted", "")

	w = given(t, openSecond, detected, requested, admitted, review, extend("2024-03-25", "2024-05-01"), askTransfer, transferred)
	if c := w.state(); !c.StayUntil.IsZero() || !c.ReviewStayOn.IsZero() {
		t.Errorf("the stay elsewhere begins with %+v", c.AccommodationTrack)
	}
}

func TestAdmissionSaysWhenItIsReviewed(t *testing.T) {
	cmd := ConfirmAdmission{Facility: house, Basis: "consent", Bed: "12-A", ReviewOn: mustDay("2024-04-01")}
	w := given(t, detected, requested).when(shelter.says("2024-03-02T03:00", cmd)).then("AdmissionConfirmed")
	if got := w.state().ReviewStayOn; got != mustDay("2024-04-01") {
		t.Errorf("to be reviewed on %s", got)
	}
	cmd.ReviewOn = mustDay("2024-03-01")
	given(t, detected, requested).when(shelter.says("2024-03-02T03:00", cmd)).refused("before_admission", "review_on")
}

// TestHelpDoesNotDependOnCooperation: whoever does not work with the prosecution
// stays like anybody else, at their own request.
func TestHelpDoesNotDependOnCooperation(t *testing.T) {
	for _, who := range Codes("stay_requested_by") {
		w := given(t, detected, requested, admitted)
		w.when(shelter.says("2024-03-25", ExtendStay{Facility: house, Until: mustDay("2024-05-01"), RequestedBy: who.Code, Reason: "recovery"})).then("StayExtended")
	}
}
