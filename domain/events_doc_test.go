package domain

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// procedure is the catalogue of the procedure, by its letters: the names that it
// gives to events, in its order. A name that the log keeps otherwise is followed
// by the stored one.
var procedure = []struct{ family, title, names string }{
	{"A", "Detection and referral", `HotlineCallLogged DetectionRecorded ReferralSubmitted SpuNotified HandoverAccepted HandoverRefused
		ReferralReturned CaseOpened DuplicateMerged CaseSplit`},
	{"B", "Initial assistance, consent, risk", `InitialAssistanceGiven RightsInformationGiven ConsentRecorded ConsentRefused ConsentWithdrawn
		ConsentExpired RiskAssessed ProtectionMeasureOrdered ProtectionMeasureEnded IdentityAccessSuspended IdentityAccessRestored`},
	{"C", "Identification", `InterviewHeld IndicatorScreeningCompleted AgeAssessed IdentificationDecided ReviewRequested ReviewDecided
		IdentificationReversed`},
	{"D", "Reflection", `ReflectionOffered ReflectionGranted ReflectionDeclined ReflectionExtended ReflectionTerminated ReflectionEnded
		CooperationDecisionRecorded`},
	{"E", "Accommodation", `ShelterRequested ShelterOffered ShelterPlaceReserved AdmissionConfirmed AdmissionRefused PlacementDeclined StayExtended
		StayReviewed TransferRequested TransferAccepted TransferCompleted AbsenceReported PersonReturned PersonMissing Departed OverCapacityAuthorised`},
	{"F", "Services", `RehabPlanApproved RehabPlanRevised ServiceNeedRecorded ServiceReferralSent ServiceReferralAccepted ServiceReferralRejected
		ServiceStarted ServiceDelivered ServiceCompleted ServiceDeclined ServiceUnavailable IdentityDocumentRestored FamilyReunited`},
	{"G", "Children", `ChildStatusPresumed ChildStatusSet GuardianRequested GuardianAppointed GuardianChanged GuardianEnded ChildStandardApplied
		BestInterestsAssessed BestInterestsDetermined FamilyTracingStarted FamilyTracingResult SchoolEnrolled`},
	{"H", "Criminal case and witness", `CriminalCaseLinked CriminalCaseUnlinked TestimonyScheduled TestimonyGiven NonPunishmentApplied VerdictRecorded`},
	{"I", "Residence", `ResidencePermitApplied ResidencePermitIssued ResidencePermitRefused ResidencePermitRenewed ResidencePermitExpired
		ExpulsionBarred ExpulsionAttempted AddressRegistrationMasked`},
	{"J", "Return", `CitizenAbroadReported ConsularAssistanceGiven ReturnProposed ReturnWishExpressed ReturnDeclined ReturnRiskAssessed
		TravelDocRequested ReturnCertificateApplied ReturnCertificateIssued ReturnCertificateRefused ReturnScheduled Departed=ReturnDeparted
		Arrived=ReturnArrived Received=ReturnReceived ReintegrationFollowUpDone RepatriationCancelled`},
	{"K", "Redress", `RedressRightsExplained AllowanceGranted AllowancePaid FundAssistanceRequested FundAssistanceGranted FundAssistanceRefused
		FundAssistancePaid CompensationClaimFiled CompensationAwarded CompensationRejected CompensationPaid`},
	{"L", "Closure", `CaseClosed CaseReopened ReTraffickingRecorded`},
	{"M", "Institutions", `FacilityOpened FacilityCapacityChanged FacilityClosed FacilityInspected FundingAllocated CapacityStudyCompleted
		CommissionReconstituted LegalStatusRevised MeetingHeld ActAdopted ProposalSubmitted StandardAdopted ProcedureAdopted TrainingHeld
		StudyPublished NgoAgreementSigned ReportSubmitted TargetSet ReportingPeriodAttested`},
	{"N", "Access", `RecordViewed SearchRun ExportMade AccessDenied BreakGlassUsed AccessReviewed`},
	{"", "Of every stream", `FactCorrected EventVoided IdentityErased`},
}

// TestEventsDocument prints the whole catalogue of events.
func TestEventsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Events

Everything that the register can say. This page is made from the code: ` + "`go test ./domain -run TestEventsDocument -update`" + `.

The letters are those of the catalogue of the procedure. *Who* are the roles that may give the command; what else is asked of them is in the
policy. *Data* are the stored fields: ` + "`?`" + ` may be absent, ` + "`[]`" + ` is a list, a name after the colon is the code list or the kind. Every event has besides
who recorded it (account, role, organisation), when it happened and with which precision, and when it was recorded. *Part* is the compartment of
the case whose readers learn the data; sealed ones are encrypted, each under a key of its own. *Since* is the version of the log in which the
event was first stored: 1 is of 2026-11, 2 of the same month. Acts are explained in [legal-acts.md](legal-acts.md). An example of each stored
shape is in ` + "`domain/testdata/events`" + `.
`)
	printed := map[string]bool{}
	for _, part := range procedure {
		var types []string
		for _, name := range strings.Fields(part.names) {
			if _, stored, ok := strings.Cut(name, "="); ok {
				name = stored
			}
			types = append(types, name)
		}
		printEvents(&b, strings.TrimLeft(part.family+". "+part.title, ". "), types, printed)
	}
	var others []string
	for _, spec := range EventSpecs() {
		if !printed[spec.Type] {
			others = append(others, spec.Type)
		}
	}
	printEvents(&b, "Beside the catalogue of the procedure", others, printed)
	b.WriteString("\n## Names\n\nWhat the catalogue of the procedure calls otherwise than the log, which keeps the name under which an event was first stored.\n\n" +
		"| In the procedure | Stored |\n|---|---|\n")
	for _, part := range procedure {
		for _, name := range strings.Fields(part.names) {
			if called, stored, ok := strings.Cut(name, "="); ok && called != stored {
				fmt.Fprintf(&b, "| %s. %s | %s |\n", part.family, called, stored)
			}
		}
	}
	golden(t, "../docs/events.md", b.String())
}

// TestProcedureIsWhole finds an event of the procedure that the register lacks.
func TestProcedureIsWhole(t *testing.T) {
	for _, part := range procedure {
		if part.family == "N" && len(accessSteps().events) == 0 {
			continue // who has read what is kept elsewhere
		}
		for _, name := range strings.Fields(part.names) {
			if _, stored, ok := strings.Cut(name, "="); ok {
				name = stored
			}
			if _, ok := EventSpecOf(name); !ok {
				t.Errorf("%s. %s: %s is no event", part.family, part.title, name)
			}
		}
	}
}

func printEvents(b *strings.Builder, title string, types []string, printed map[string]bool) {
	var rows []string
	for _, typ := range types {
		if spec, ok := EventSpecOf(typ); ok && !printed[typ] {
			printed[typ] = true
			rows = append(rows, row(spec))
		}
	}
	if len(rows) > 0 {
		fmt.Fprintf(b, "\n## %s\n\n| Event | Who | Command | Data | Time limits | Part | Source | Since |\n|---|---|---|---|---|---|---|---|\n%s\n", title, strings.Join(rows, "\n"))
	}
}

func row(spec EventSpec) string {
	part := string(spec.Compartment)
	if spec.Personal {
		part += " (sealed)"
	}
	if spec.Kind != CaseKind {
		part += ", " + string(spec.Kind)
	}
	return "| " + strings.Join([]string{
		spec.Type, strings.Join(whoRecords(spec), ", "), strings.Join(spec.By, ", "), strings.Join(dataOf(spec), "<br>"),
		strings.Join(limitsOf(spec.Type), "<br>"), part, spec.Source, spec.Since + shapes(spec.Type),
	}, " | ") + " |"
}

// whoRecords lists the roles that may give one of the commands.
func whoRecords(spec EventSpec) (roles []string) {
	if len(spec.By) == 0 {
		return []string{"the register, with any command"}
	}
	for _, r := range append(Roles(), Clock) {
		if slices.ContainsFunc(spec.By, func(name string) bool {
			c, err := CommandNamed(name)
			return err == nil && c.MayGive(r)
		}) {
			roles = append(roles, string(r))
		}
	}
	if len(roles) >= len(Roles()) {
		return []string{"everybody"}
	}
	return roles
}

// dataOf describes the stored fields of an event.
func dataOf(spec EventSpec) (fields []string) {
	zero, err := spec.decode([]byte("{}"))
	if err != nil {
		panic(err)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(zero)) {
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if strings.Contains(rest, "omit") {
			name += "?"
		}
		fields = append(fields, name+": "+kindOfData(f))
	}
	return fields
}

func kindOfData(f reflect.StructField) string {
	list := f.Tag.Get("code")
	switch f.Type {
	case reflect.TypeFor[bool]():
		return "yes or no"
	case reflect.TypeFor[int]():
		return "number"
	case reflect.TypeFor[Qepik]():
		return "qəpik"
	case reflect.TypeFor[Day]():
		return "day"
	case reflect.TypeFor[When](), reflect.TypeFor[time.Time]():
		return "time"
	case reflect.TypeFor[Reference]():
		return "number of another body"
	case reflect.TypeFor[EventAt]():
		return "event of the case"
	case reflect.TypeFor[Words](), reflect.TypeFor[Prose]():
		return "text"
	case reflect.TypeFor[Answers]():
		return "answers by " + list
	case reflect.TypeFor[Counts]():
		return "numbers by " + list
	case reflect.TypeFor[[]Ref]():
		return "case[]"
	case reflect.TypeFor[Ref]():
		if f.Tag.Get("ref") == "case" || f.Name == "Case" {
			return "case"
		}
		return "facility"
	}
	if list == "" {
		list = f.Tag.Get("opaque")
	}
	if f.Type.Kind() == reflect.Slice {
		list += "[]"
	}
	return list
}

// limitsOf says which time limits the event starts and ends.
func limitsOf(typ string) (limits []string) {
	for _, r := range Rules() {
		label, _ := CodeOf("rule", r.ID)
		if slices.Contains(r.From, typ) {
			limits = append(limits, "starts: "+label.EN)
		}
		if slices.Contains(r.To, typ) {
			limits = append(limits, "ends: "+label.EN)
		}
	}
	return limits
}

// shapes says in how many shapes the event was stored, if in several.
func shapes(typ string) string {
	n := 1
	for {
		if _, err := os.Stat(storedShape(typ, n+1)); err != nil {
			break
		}
		n++
	}
	if n == 1 {
		return ""
	}
	return " (" + strconv.Itoa(n) + " shapes)"
}

// TestOneNameOneMeaning finds a stored field that is called as another which holds
// something of another kind: a day and a number, a code and a list of codes.
func TestOneNameOneMeaning(t *testing.T) {
	stands := []string{"from", "present", "number"} // first stored before anybody looked
	first := map[string][2]string{}
	for _, spec := range EventSpecs() {
		for _, f := range dataOf(spec) {
			name, kind, _ := strings.Cut(f, ": ")
			name = strings.TrimSuffix(name, "?")
			switch {
			case strings.HasSuffix(kind, "[]"):
				kind = "codes"
			case !strings.Contains(kind, " ") && !slices.Contains([]string{"number", "qəpik", "day", "time", "text", "case", "facility"}, kind):
				kind = "code"
			}
			if was, ok := first[name]; ok && was[0] != kind && !slices.Contains(stands, name) {
				t.Errorf("%s is %s of %s and %s of %s", name, kind, spec.Type, was[0], was[1])
			}
			first[name] = [2]string{kind, spec.Type}
		}
	}
}
