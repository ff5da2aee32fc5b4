package domain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sync"
)

// EventSpec says what the register knows of an event type. The list of them is
// the register's memory: it only ever grows.
type EventSpec struct {
	Type        string
	Kind        StreamKind
	Compartment Compartment // who may read its data; that it happened belongs to [Flow]
	Personal    bool        // its data name or describe a person, so they are sealed under the key of the compartment
	Track       string      // code list "track"
	decode      func([]byte) (AnyEvent, error)
}

// CommandSpec says what the register knows of a command.
type CommandSpec struct {
	Name   string     // in URLs and import files: never change one
	Kind   StreamKind // the stream it is given to
	Track  string     // code list "track"; forms are grouped by it
	zero   Asked
	decode func([]byte) (Asked, error)
}

// EventSpecs lists every event type ever stored, since version 1 of the log
// (2026-11). testdata/events holds a golden example of each; a test fails when
// one is missing.
var EventSpecs = sync.OnceValue(func() []EventSpec {
	return []EventSpec{
		event[DetectionRecorded, Case]("referral", Flow),
		event[ReferralSubmitted, Case]("referral", Flow),
		event[SpuNotified, Case]("referral", Flow),
		event[CitizenAbroadReported, Case]("referral", Flow),
		event[HandoverAccepted, Case]("referral", Flow),
		event[ServiceReferralSent, Case]("services", Flow),
		event[IndicatorScreeningCompleted, Case]("identification", Screening),
		event[RiskAssessed, Case]("identification", Screening),
		event[InterviewHeld, Case]("identification", Child),
		event[IdentificationDecided, Case]("identification", Flow),
		event[ReflectionGranted, Case]("reflection", Flow),
		event[ShelterRequested, Case]("accommodation", Location),
		event[AdmissionConfirmed, Case]("accommodation", Location),
		event[AdmissionRefused, Case]("accommodation", Location),
		event[NonArrivalRecorded, Case]("accommodation", Location),
		event[Departed, Case]("accommodation", Location),
		event[TransferRequested, Case]("accommodation", Location),
		event[TransferAccepted, Case]("accommodation", Location),
		event[TransferCompleted, Case]("accommodation", Location),
		event[ServiceNeedRecorded, Case]("services", Health),
		event[ServiceStarted, Case]("services", Health),
		event[ServiceDelivered, Case]("services", Health),
		event[FamilyReunited, Case]("services", Flow),
		event[ConsularAssistanceGiven, Case]("return", Flow),
		event[ProtectionRequested, Case]("protection", Criminal),
		event[ProtectionMeasureOrdered, Case]("protection", Criminal),
		event[ProtectionMeasureEnded, Case]("protection", Criminal),
		event[ReturnWishExpressed, Case]("return", Flow),
		event[ReturnRiskAssessed, Case]("return", Flow),
		event[ReturnConsentRecorded, Case]("return", Flow),
		event[ReturnCertificateApplied, Case]("return", Flow),
		event[ReturnCertificateIssued, Case]("return", Flow),
		event[ReturnDeparted, Case]("return", Flow),
		event[ReturnArrived, Case]("return", Flow),
		event[ReturnReceived, Case]("return", Flow),
		event[ReintegrationFollowUpDone, Case]("return", Flow),
		event[RedressRightsExplained, Case]("redress", Flow),
		event[AllowancePaid, Case]("redress", Money),
		event[FundAssistanceRequested, Case]("redress", Money),
		event[FundAssistancePaid, Case]("redress", Money),
		event[CompensationClaimFiled, Case]("redress", Money),
		event[CompensationAwarded, Case]("redress", Money),
		event[CompensationPaid, Case]("redress", Money),
		event[CaseClosed, Case]("closure", Flow),
		event[CaseReopened, Case]("closure", Flow),
		event[DeadlineMissed, Case]("deadlines", Flow),
		event[DeviationNoted, Case]("deadlines", Flow),

		personal[IdentityRecorded]("person", Identity),
		personal[DocumentRecorded]("person", Documents),
		personal[ContactRecorded]("person", Contacts),
		personal[NarrativeRecorded]("person", Narrative),
		personal[NoteAdded]("person", Narrative),
		personal[HealthRecorded]("person", Medical),
		personal[TestimonyRecorded]("person", Testimony),
		personal[WhereaboutsRecorded]("person", Whereabouts),
		event[LegalHoldPlaced, Case]("erasure", Flow),
		event[LegalHoldLifted, Case]("erasure", Flow),
		event[ErasureRequested, Case]("erasure", Flow),
		event[ErasureRejected, Case]("erasure", Flow),
		event[IdentityErased, Case]("erasure", Flow),
		event[ErasureCompleted, Case]("erasure", Flow),

		event[FacilityOpened, Facility]("facility", Flow),
		event[FacilityCapacityChanged, Facility]("facility", Flow),
		event[FacilityClosed, Facility]("facility", Flow),
		event[CapacityStudyCompleted, Facility]("facility", Flow),
		event[NgoAgreementSigned, Facility]("facility", Flow),
		event[BedTaken, Facility]("facility", Location),
		event[BedFreed, Facility]("facility", Location),

		event[LegalStatusRevised, Action]("institution", Flow),
		event[CommissionReconstituted, Action]("institution", Flow),
		event[MeetingHeld, Action]("institution", Flow),
		event[ProposalSubmitted, Action]("institution", Flow),
		event[StandardAdopted, Action]("institution", Flow),
		event[ProcedureAdopted, Action]("institution", Flow),
		event[StudyPublished, Action]("institution", Flow),
		event[FundingAllocated, Action]("institution", Flow),
		event[TargetSet, Action]("institution", Flow),
		event[ReportingPeriodAttested, Action]("institution", Flow),
	}
})

// CommandSpecs lists every command, in the order in which a case goes.
var CommandSpecs = sync.OnceValue(func() []CommandSpec {
	return []CommandSpec{
		command[RegisterReferral]("register-referral", CaseKind, "referral"),
		command[AcceptHandover]("accept-handover", CaseKind, "referral"),
		command[ScreenIndicators]("screen-indicators", CaseKind, "identification"),
		command[AssessRisk]("assess-risk", CaseKind, "identification"),
		command[HoldInterview]("hold-interview", CaseKind, "identification"),
		command[DecideIdentification]("decide-identification", CaseKind, "identification"),
		command[GrantReflection]("grant-reflection", CaseKind, "reflection"),
		command[RequestProtection]("request-protection", CaseKind, "protection"),
		command[OrderProtection]("order-protection", CaseKind, "protection"),
		command[EndProtection]("end-protection", CaseKind, "protection"),
		command[RequestShelter]("request-shelter", CaseKind, "accommodation"),
		command[ConfirmAdmission]("confirm-admission", CaseKind, "accommodation"),
		command[RefuseAdmission]("refuse-admission", CaseKind, "accommodation"),
		command[RecordNonArrival]("record-non-arrival", CaseKind, "accommodation"),
		command[RecordDeparture]("record-departure", CaseKind, "accommodation"),
		command[RequestTransfer]("request-transfer", CaseKind, "accommodation"),
		command[AcceptTransfer]("accept-transfer", CaseKind, "accommodation"),
		command[CompleteTransfer]("complete-transfer", CaseKind, "accommodation"),
		command[SendServiceReferral]("send-service-referral", CaseKind, "services"),
		command[RecordServiceNeed]("record-service-need", CaseKind, "services"),
		command[StartService]("start-service", CaseKind, "services"),
		command[DeliverService]("deliver-service", CaseKind, "services"),
		command[ReuniteFamily]("reunite-family", CaseKind, "services"),
		command[GiveConsularAssistance]("give-consular-assistance", CaseKind, "return"),
		command[ExpressReturnWish]("express-return-wish", CaseKind, "return"),
		command[AssessReturnRisk]("assess-return-risk", CaseKind, "return"),
		command[RecordReturnConsent]("record-return-consent", CaseKind, "return"),
		command[ApplyReturnCertificate]("apply-return-certificate", CaseKind, "return"),
		command[IssueReturnCertificate]("issue-return-certificate", CaseKind, "return"),
		command[RecordReturnDeparture]("record-return-departure", CaseKind, "return"),
		command[RecordReturnArrival]("record-return-arrival", CaseKind, "return"),
		command[RecordReturnReception]("record-return-reception", CaseKind, "return"),
		command[RecordFollowUp]("record-follow-up", CaseKind, "return"),
		command[ExplainRedressRights]("explain-redress-rights", CaseKind, "redress"),
		command[PayAllowance]("pay-allowance", CaseKind, "redress"),
		command[RequestFundAssistance]("request-fund-assistance", CaseKind, "redress"),
		command[PayFundAssistance]("pay-fund-assistance", CaseKind, "redress"),
		command[FileClaim]("file-claim", CaseKind, "redress"),
		command[RecordAward]("record-award", CaseKind, "redress"),
		command[RecordCompensationPayment]("record-compensation-payment", CaseKind, "redress"),
		command[CloseCase]("close-case", CaseKind, "closure"),
		command[ReopenCase]("reopen-case", CaseKind, "closure"),
		command[MarkOverdue]("mark-overdue", CaseKind, "deadlines"),

		command[RecordIdentity]("record-identity", CaseKind, "person"),
		command[RecordDocument]("record-document", CaseKind, "person"),
		command[RecordContact]("record-contact", CaseKind, "person"),
		command[RecordNarrative]("record-narrative", CaseKind, "person"),
		command[AddNote]("add-note", CaseKind, "person"),
		command[RecordHealth]("record-health", CaseKind, "person"),
		command[RecordTestimony]("record-testimony", CaseKind, "person"),
		command[RecordWhereabouts]("record-whereabouts", CaseKind, "person"),
		command[PlaceLegalHold]("place-legal-hold", CaseKind, "erasure"),
		command[LiftLegalHold]("lift-legal-hold", CaseKind, "erasure"),
		command[RequestErasure]("request-erasure", CaseKind, "erasure"),
		command[RejectErasure]("reject-erasure", CaseKind, "erasure"),
		command[ApproveErasure]("approve-erasure", CaseKind, "erasure"),
		command[CompleteErasure]("complete-erasure", CaseKind, "erasure"),

		command[OpenFacility]("open-facility", FacilityKind, "facility"),
		command[ChangeCapacity]("change-capacity", FacilityKind, "facility"),
		command[CloseFacility]("close-facility", FacilityKind, "facility"),
		command[CompleteCapacityStudy]("complete-capacity-study", FacilityKind, "facility"),
		command[SignNgoAgreement]("sign-ngo-agreement", FacilityKind, "facility"),

		command[ReviseLegalStatus]("revise-legal-status", ActionKind, "institution"),
		command[ReconstituteBody]("reconstitute-body", ActionKind, "institution"),
		command[HoldMeeting]("hold-meeting", ActionKind, "institution"),
		command[SubmitProposal]("submit-proposal", ActionKind, "institution"),
		command[AdoptStandard]("adopt-standard", ActionKind, "institution"),
		command[AdoptProcedure]("adopt-procedure", ActionKind, "institution"),
		command[PublishStudy]("publish-study", ActionKind, "institution"),
		command[AllocateFunding]("allocate-funding", ActionKind, "institution"),
		command[SetTarget]("set-target", ActionKind, "institution"),
		command[AttestPeriod]("attest-period", ActionKind, "institution"),
	}
})

// SpecOf finds the spec of a command's type.
func SpecOf(cmd Asked) (CommandSpec, bool) {
	specs := CommandSpecs()
	i := slices.IndexFunc(specs, func(s CommandSpec) bool { return reflect.TypeOf(s.zero) == reflect.TypeOf(cmd) })
	if i < 0 {
		return CommandSpec{}, false
	}
	return specs[i], true
}

// CommandNamed finds a command by its name in URLs and import files. It answers
// a refusal "no_such_command".
func CommandNamed(name string) (CommandSpec, error) {
	if s, ok := commandIndex()[name]; ok {
		return s, nil
	}
	return CommandSpec{}, &Refusal{Kind: NotFound, Code: "no_such_command"}
}

var commandIndex = sync.OnceValue(func() map[string]CommandSpec {
	index := map[string]CommandSpec{}
	for _, s := range CommandSpecs() {
		index[s.Name] = s
	}
	return index
})

// MayGive reports whether the role may give the command at all.
func (s CommandSpec) MayGive(r Role) bool { return slices.Contains(s.zero.givers(), r) }

// Givers lists the roles that may give the command.
func (s CommandSpec) Givers() []Role { return slices.Clone(s.zero.givers()) }

// Fields describes the command's fields.
func (s CommandSpec) Fields() []Field { return Fields(s.zero) }

// Expected reports whether the command is a usual next step of the case.
// Anything else can be recorded too.
func (s CommandSpec) Expected(c *Case) bool {
	e, ok := s.zero.(interface{ expected(*Case) bool })
	return ok && e.expected(c)
}

// Parse reads the command's data from JSON. It answers refusals
// "unknown_field" and "unreadable", with the field where it is known.
func (s CommandSpec) Parse(data []byte) (Asked, error) { return s.decode(data) }

// EventSpecOf finds an event type.
func EventSpecOf(typ string) (EventSpec, bool) {
	s, ok := eventIndex()[typ]
	return s, ok
}

var eventIndex = sync.OnceValue(func() map[string]EventSpec {
	index := map[string]EventSpec{}
	for _, s := range EventSpecs() {
		index[s.Type] = s
	}
	return index
})

// EncodeEvent gives an event's stored name and data. The data of a sealed event
// come out of its box.
func EncodeEvent(e AnyEvent) (typ string, data []byte, err error) {
	if e, err = Opened(e); err != nil {
		return "", nil, err
	}
	data, err = json.Marshal(e)
	return e.EventType(), data, err
}

// DecodeEvent reads a stored event. A type it does not know is a fault: the log
// was written by a newer program.
func DecodeEvent(typ string, data []byte) (AnyEvent, error) {
	s, ok := EventSpecOf(typ)
	if !ok {
		return nil, fmt.Errorf("domain: unknown event type %q", typ)
	}
	return s.decode(data)
}

func event[E Event[S], S Case | Facility | Action](track string, c Compartment) EventSpec {
	var zero E
	return EventSpec{Type: zero.EventType(), Kind: kindOf[S](), Track: track, Compartment: c, decode: func(b []byte) (AnyEvent, error) {
		var e E
		if err := json.Unmarshal(b, &e); err != nil {
			return nil, fmt.Errorf("domain: read %s: %w", zero.EventType(), err)
		}
		return e, nil
	}}
}

// personal is an event of a case whose data are sealed.
func personal[E Event[Case]](track string, c Compartment) EventSpec {
	s := event[E, Case](track, c)
	s.Personal = true
	return s
}

func kindOf[S any]() StreamKind {
	switch reflect.TypeFor[S]() {
	case reflect.TypeFor[Facility]():
		return FacilityKind
	case reflect.TypeFor[Action]():
		return ActionKind
	}
	return CaseKind
}

func command[C Asked](name string, kind StreamKind, track string) CommandSpec {
	var zero C
	return CommandSpec{Name: name, Kind: kind, Track: track, zero: zero, decode: func(b []byte) (Asked, error) {
		var cmd C
		if len(bytes.TrimSpace(b)) == 0 {
			b = []byte("{}")
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&cmd); err != nil {
			return nil, unreadable(err, zero)
		}
		if d.More() {
			return nil, invalid("unreadable", "")
		}
		return cmd, numbersGiven(b, cmd)
	}}
}

// numbersGiven refuses a number that is not there: it would be read as zero.
func numbersGiven(b []byte, cmd Asked) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return invalid("unreadable", "")
	}
	for _, f := range Fields(cmd) {
		if v, ok := given[f.Name]; f.Kind == Number && !f.Optional && (!ok || string(v) == "null") {
			return invalid("required", f.Name)
		}
	}
	return nil
}

var unknownField = regexp.MustCompile(`unknown field "([^"]{1,60})"`)

func unreadable(err error, cmd Asked) error {
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
		return invalid("unreadable", t.Field)
	}
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return invalid("unknown_field", m[1])
	}
	return invalid("unreadable", "")
}
