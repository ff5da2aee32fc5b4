package domain

// ReferralTrack is what the rules about detection, referral and handover
// keep of a case beside the fields of [Case] itself.
type ReferralTrack struct{}

// referralSteps is the part of the catalogue about detection, referral and handover.
func referralSteps() steps {
	return steps{
		events: []EventSpec{
			event[DetectionRecorded, Case]("referral", Flow).since("1", "C-131", "register-referral"),
			event[ReferralSubmitted, Case]("referral", Flow).since("1", "C-123", "register-referral"),
			event[SpuNotified, Case]("referral", Flow).since("1", "L-958 9.5", "register-referral"),
			event[CitizenAbroadReported, Case]("referral", Flow).since("1", "P-2173 4.2.9", "report-citizen-abroad", "register-referral"),
			event[HandoverAccepted, Case]("referral", Flow).since("1", "C-21 7", "accept-handover"),
		},
		commands: []CommandSpec{
			command[RegisterReferral]("register-referral", CaseKind, "referral"),
			command[AcceptHandover]("accept-handover", CaseKind, "referral"),
		},
	}
}
