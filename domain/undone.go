package domain

import "slices"

// opposites are the events after which another is a fact anew, although the very
// same stands in the history at the same time: somebody is missing twice on one
// day, a consent is given again in the minute in which it was taken back.
var opposites = func() map[string][]string {
	all := map[string][]string{}
	for _, pair := range [][2]AnyEvent{
		{PersonMissing{}, PersonReturned{}}, {AbsenceReported{}, PersonReturned{}},
		{ConsentRecorded{}, ConsentWithdrawn{}}, {ConsentRecorded{}, ConsentRefused{}}, {ConsentRecorded{}, ConsentExpired{}},
		{IdentityAccessSuspended{}, IdentityAccessRestored{}}, {LegalHoldPlaced{}, LegalHoldLifted{}}, {ErasureRequested{}, ErasureRejected{}},
		{ProtectionMeasureOrdered{}, ProtectionMeasureEnded{}}, {DeadlineSuspended{}, DeadlineResumed{}}, {CaseClosed{}, CaseReopened{}},
		{CriminalCaseLinked{}, CriminalCaseUnlinked{}}, {DuplicateMerged{}, MergeUndone{}}, {DuplicateJudged{}, DuplicateJudged{}},
		{ShelterPlaceReserved{}, ReservationReleased{}}, {FacilityCapacityChanged{}, FacilityCapacityChanged{}}, {TargetSet{}, TargetSet{}},
	} {
		a, b := pair[0].EventType(), pair[1].EventType()
		all[a], all[b] = append(all[a], b), append(all[b], a)
	}
	return all
}()

// undone reports whether what came after an event may have undone it. Of consents
// only those for the same purpose count.
func undone(e AnyEvent, later []Decision) bool {
	by := opposites[e.EventType()]
	return len(by) > 0 && slices.ContainsFunc(later, func(d Decision) bool {
		return slices.ContainsFunc(d.Events, func(o AnyEvent) bool { return slices.Contains(by, o.EventType()) && sameConsent(e, o) })
	})
}

func sameConsent(a, b AnyEvent) bool {
	type consenting interface {
		permits() (purposes, organisations []string, until Day)
	}
	one, is := a.(consenting)
	other, too := b.(consenting)
	if !is || !too {
		return true
	}
	mine, _, _ := one.permits()
	theirs, _, _ := other.permits()
	return slices.ContainsFunc(mine, func(p string) bool { return slices.Contains(theirs, p) })
}
