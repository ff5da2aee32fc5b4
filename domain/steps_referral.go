package domain

// ReferralTrack is what the rules about detection, referral and handover
// keep of a case beside the fields of [Case] itself.
type ReferralTrack struct {
	TakenUp     When      `json:"taken_up,omitzero"`      // by a case officer
	Assigned    string    `json:"assigned,omitempty"`     // the account of the officer in charge
	Group       Reference `json:"group_no,omitempty"`     // of victims of one event
	CoVictims   []Ref     `json:"co_victims,omitempty"`   // cases that this one names
	LinkedCases []Ref     `json:"linked_cases,omitempty"` // likewise
}

// referralSteps is the part of the catalogue about detection, referral and handover.
func referralSteps() steps {
	return steps{
		events: []EventSpec{
			event[DetectionRecorded, Case]("referral", Flow).since("1", "C-131", "register-referral", "split-case"),
			event[ReferralSubmitted, Case]("referral", Flow).since("1", "C-123", "register-referral", "add-referral", "split-case"),
			event[SpuNotified, Case]("referral", Flow).since("1", "L-958 9.5", "register-referral", "split-case"),
			event[CitizenAbroadReported, Case]("referral", Flow).since("1", "P-2173 4.2.9", "report-citizen-abroad", "register-referral", "split-case"),
			event[HandoverAccepted, Case]("referral", Flow).since("1", "C-21 7", "accept-handover"),
			event[HandoverRefused, Case]("referral", Flow).since("2", "C-21 7", "refuse-handover"),
			event[ReferralReturned, Case]("referral", Flow).since("2", "C-123", "return-referral"),
			event[CaseOpened, Case]("referral", Flow).since("2", "C-123", "open-case"),
		},
		commands: []CommandSpec{
			command[RegisterReferral]("register-referral", CaseKind, "referral"),
			command[AddReferral]("add-referral", CaseKind, "referral"),
			command[AcceptHandover]("accept-handover", CaseKind, "referral"),
			command[RefuseHandover]("refuse-handover", CaseKind, "referral"),
			command[ReturnReferral]("return-referral", CaseKind, "referral"),
			command[OpenCase]("open-case", CaseKind, "referral"),
		},
	}
}
