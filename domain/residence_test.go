package domain

import "testing"

// foreigner is a story of a person who is not a citizen, whom the migration
// service knows.
func foreigner(more ...said) []said {
	r := referral()
	r.Citizenship = "foreign"
	return append([]said{police.says("2024-03-01T20:30", r), handedOver, officer.says("2024-03-02", SendServiceReferral{Organisation: "sms", Services: []string{"legal_info"}})}, more...)
}

var (
	reflecting    = officer.says("2024-03-02", GrantReflection{Until: mustDay("2024-04-01")})
	permitAsked   = migration.says("2024-04-02", ApplyResidencePermit{Ground: "personal_situation"})
	permitGranted = permitFrom("2024-04-10", "2024-04-10", "2025-04-09")
)

func permitFrom(at, from, until string) said {
	return migration.says(at, IssueResidencePermit{Ground: "personal_situation", From: mustDay(from), Until: mustDay(until)})
}

func TestResidencePermit(t *testing.T) {
	given(t, foreigner(reflecting)...).when(permitAsked).then("ResidencePermitApplied")
	given(t, detected, handedOver).when(officer.says("2024-04-02", permitAsked.cmd)).refused("not_a_foreigner", "")
	given(t, foreigner(reflecting, permitAsked)...).when(permitGranted).then("ResidencePermitIssued")
	given(t, foreigner(reflecting, permitAsked)...).when(officer.says("2024-04-10", permitGranted.cmd)).refused("role_not_allowed", "")
	given(t, foreigner(reflecting, permitAsked)...).when(permitFrom("2024-04-10", "2024-04-10", "2025-04-10")).then("ResidencePermitIssued")
	given(t, foreigner(reflecting, permitAsked)...).when(permitFrom("2024-04-10", "2024-04-10", "2024-10-09")).then("ResidencePermitIssued", "!permit_not_one_year")
	given(t, foreigner(reflecting, permitAsked)...).when(permitFrom("2024-04-10", "2024-04-01", "2025-03-31")).then("ResidencePermitIssued", "!permit_in_reflection")
	given(t, foreigner()...).when(permitGranted).then("ResidencePermitIssued", "!permit_not_applied")
	given(t, foreigner(permitAsked)...).when(permitFrom("2024-04-01", "2024-04-01", "2025-03-31")).refused("before_application", "happened")
	given(t, foreigner(permitAsked)...).when(permitFrom("2024-04-10", "2024-04-10", "2024-04-10")).refused("before_start", "until")

	refuse := migration.says("2024-04-10", RefuseResidencePermit{Reason: "documents"})
	given(t, foreigner(permitAsked)...).when(refuse).then("ResidencePermitRefused")
	given(t, foreigner()...).when(refuse).then("ResidencePermitRefused", "!permit_not_applied")
	given(t, foreigner(permitAsked)...).when(migration.says("2024-04-01", refuse.cmd)).refused("before_application", "happened")

	renew := migration.says("2025-04-01", RenewResidencePermit{Ground: "cooperation", From: mustDay("2025-04-10"), Until: mustDay("2026-04-09")}).when("2025-04-02T09:00")
	given(t, foreigner(permitAsked, permitGranted)...).when(renew).then("ResidencePermitRenewed")
	given(t, foreigner(permitAsked)...).when(renew).refused("no_permit", "")
	early := migration.says("2025-04-01", RenewResidencePermit{Ground: "cooperation", From: mustDay("2024-01-01"), Until: mustDay("2026-04-09")}).when("2025-04-02T09:00")
	given(t, foreigner(permitAsked, permitGranted)...).when(early).refused("before_start", "from")

	short := migration.says("2025-04-01", RenewResidencePermit{Ground: "cooperation", From: mustDay("2025-04-10"), Until: mustDay("2025-10-09")}).when("2025-04-02T09:00")
	given(t, foreigner(permitAsked, permitGranted)...).when(short).then("ResidencePermitRenewed", "!permit_not_one_year")
	back := migration.says("2025-04-01", RenewResidencePermit{Ground: "cooperation", From: mustDay("2025-04-10"), Until: mustDay("2025-04-10")}).when("2025-04-02T09:00")
	given(t, foreigner(permitAsked, permitGranted)...).when(back).refused("before_start", "until")
	citizen := []said{detected, handedOver, foreigner()[2]}
	given(t, citizen...).when(permitGranted).refused("not_a_foreigner", "")
	given(t, citizen...).when(refuse).refused("not_a_foreigner", "")

	expire := func(at string) said { return migration.says(at, RecordPermitExpiry{}).when("2026-06-01T09:00") }
	given(t, foreigner(permitAsked, permitGranted)...).when(expire("2025-04-10")).then("ResidencePermitExpired")
	given(t, foreigner(permitAsked, permitGranted)...).when(expire("2025-04-09")).refused("permit_valid", "")
	given(t, foreigner(permitAsked, permitGranted, renew)...).when(expire("2025-04-10")).refused("permit_valid", "")
	given(t, foreigner(permitAsked)...).when(expire("2025-04-10")).refused("no_permit", "")
}

func TestALatePermitDoesNotUndoANewerState(t *testing.T) {
	refuse := migration.says("2024-05-10", RefuseResidencePermit{Reason: "documents"})
	c := given(t, foreigner(permitAsked, refuse, permitGranted)...).state()
	if c.Residence.State != "refused" || !c.permitOn(mustDay("2024-06-01")) {
		t.Errorf("%+v", c.Residence)
	}
}

func TestAnAttemptToExpelIsAnIncidentWhileItIsBarred(t *testing.T) {
	attempt := func(at string) said {
		return officer.says(at, RecordExpulsionAttempt{Body: "police", Result: "stopped"})
	}
	given(t, foreigner()...).when(attempt("2024-03-20")).then("ExpulsionAttempted")
	given(t, foreigner(reflecting)...).when(attempt("2024-03-20")).then("ExpulsionAttempted", "!expulsion_while_barred")
	given(t, foreigner(reflecting)...).when(attempt("2024-04-02")).then("ExpulsionAttempted")
	given(t, foreigner(permitAsked, permitGranted)...).when(attempt("2024-04-20")).then("ExpulsionAttempted", "!expulsion_while_barred")
	given(t, detected, handedOver).when(attempt("2024-03-20")).refused("not_a_foreigner", "")

	bar := migration.says("2024-03-10", BarExpulsion{Ground: "danger_at_home", From: mustDay("2024-03-10"), Until: mustDay("2024-03-31")})
	given(t, foreigner()...).when(bar).then("ExpulsionBarred")
	given(t, foreigner()...).when(migration.says("2024-03-10", BarExpulsion{Ground: "court", From: mustDay("2024-03-10"), Until: mustDay("2024-03-09")})).refused("before_start", "until")
	given(t, detected, handedOver).when(officer.says("2024-03-10", bar.cmd)).refused("not_a_foreigner", "")
	given(t, foreigner(bar)...).when(attempt("2024-03-31")).then("ExpulsionAttempted", "!expulsion_while_barred")
	given(t, foreigner(bar)...).when(attempt("2024-04-01")).then("ExpulsionAttempted")
	open := migration.says("2024-03-10", BarExpulsion{Ground: "court", From: mustDay("2024-03-10")})
	w := given(t, foreigner(open)...).when(attempt("2024-06-01")).then("ExpulsionAttempted", "!expulsion_while_barred")
	if got := w.state().ExpulsionIncidents(); len(got) != 1 {
		t.Errorf("incidents: %v", got)
	}
	late := given(t, foreigner(attempt("2024-03-20"), attempt("2024-05-20"), reflecting)...).state()
	if got := late.ExpulsionIncidents(); len(got) != 1 || !got[0].Equal(mustWhen("2024-03-20")) {
		t.Errorf("incidents once the reflection period was recorded: %v", got)
	}
}

// A second time to reflect does not make the first one never have been.
func TestAnAttemptWithinAnEarlierReflectionIsAnIncident(t *testing.T) {
	attempt := officer.says("2024-03-20", RecordExpulsionAttempt{Body: "police", Result: "stopped"})
	second := officer.says("2024-05-10", GrantReflection{Until: mustDay("2024-06-10")})
	w := given(t, foreigner(reflecting, second)...).when(attempt).then("ExpulsionAttempted", "!expulsion_while_barred")
	if got := w.state().ExpulsionIncidents(); len(got) != 1 {
		t.Errorf("incidents: %v", got)
	}
	for what, story := range map[string][]said{
		"recorded in their order":  {reflecting, attempt, second},
		"the first recorded later": {second, attempt, reflecting},
	} {
		if got := given(t, foreigner(story...)...).state().ExpulsionIncidents(); len(got) != 1 {
			t.Errorf("%s: incidents %v", what, got)
		}
	}
	stop := head.says("2024-03-15", TerminateReflection{Ground: "public_order", Decision: "153"})
	if got := given(t, foreigner(reflecting, stop, attempt, second)...).state().ExpulsionIncidents(); len(got) != 0 {
		t.Errorf("after the first was terminated: incidents %v", got)
	}
}

func TestMaskedAddress(t *testing.T) {
	mask := migration.says("2024-04-11", MaskAddress{Organisation: "prosecutor-general"})
	given(t, foreigner()...).when(mask).then("AddressRegistrationMasked")
	given(t, detected, handedOver).when(officer.says("2024-04-11", mask.cmd)).refused("not_a_foreigner", "")
	given(t, foreigner()...).when(migration.says("2024-04-11", MaskAddress{Organisation: "shelter-baki"})).refused("unknown_code", "organisation")
}
