package domain

import (
	"slices"
	"time"
)

// RelationsOf lists how an actor stands to a case: the relations of their
// organisation that last, and whether it is assigned to them or they have broken
// its glass.
func RelationsOf(by Actor, rows []Access, now time.Time) (all []string) {
	for _, a := range rows {
		if a.Covers(by, now) || a.Organisation == account+by.User && (a.Until.IsZero() || now.Before(a.Until)) {
			all = append(all, string(a.Relation))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// PurposeOf says for what an actor looks at a case, as their role and their relation
// to it tell (code list "access_purpose"). Nobody is asked: an answer that is typed
// a hundred times a day says nothing.
func PurposeOf(by Actor, relations []string) string {
	switch {
	case slices.Contains(relations, string(Unsealed)):
		return "break_glass"
	case by.Role == DataProtection:
		return "data_protection"
	case by.Role == Head, by.Role == Coordinator:
		return "supervision"
	case by.Role == DutyOfficer:
		return "reception"
	case by.Role == FundOfficer:
		return "payment"
	case by.Role == Prosecution:
		return "proceedings"
	case by.Role == Referrer, by.Role == HotlineOperator:
		return "referral"
	case by.Role == CaseOfficer:
		return "case_work"
	}
	return "help"
}

// What the data protection officer is warned of (code list "access_alarm").
const (
	AlarmUnrelated = "unrelated" // by somebody without relation to the case
	AlarmNight     = "night"     // between ten in the evening and six in the morning, in Baku
)

// The hours of the night in Baku: domain practice, no act says them.
const nightFrom, nightTo = 22, 6

// BulkSearches is how many searches of one account within an hour are many: domain
// practice, no act says it.
const BulkSearches = 20

// AlarmsOf says what is remarkable about one look at one case or more. Supervision,
// reception and the register itself need no relation to a case; those who are on
// duty day and night are no surprise at night.
func AlarmsOf(e AnyEvent) (all []string) {
	v, ok := e.(RecordViewed)
	if !ok {
		return nil
	}
	if v.Record == "case" && len(v.Relations) == 0 && !slices.Contains([]string{"supervision", "reception"}, v.Purpose) {
		all = append(all, AlarmUnrelated)
	}
	if h := v.At.In(Baku).Hour(); (h >= nightFrom || h < nightTo) && !slices.Contains([]Role{DutyOfficer, Shelter, AssistanceCentre, HotlineOperator}, Role(v.Role)) {
		all = append(all, AlarmNight)
	}
	return all
}
