package domain

func inquiry() []step {
	consent := fields{
		"purpose": "identification", "valid_until": "2024-05-31", "form": "written", "by": "person", "assent": false, "no_harm_on_refusal": true, "abroad": false,
		"recipients": []string{"legal-aid-a"},
	}
	again := fields{"valid_until": "2024-06-10"}
	for k, v := range consent {
		if _, given := again[k]; !given {
			again[k] = v
		}
	}
	with, along := found(police, nil), found(police, fields{"sex": "male"})
	with.on, along.on = secondCase, thirdCase
	return told([]step{
		found(police, nil), with, along,
		{duty, "03-01T21:30", "refuse-handover", fields{"district": "AZ-BA"}, Stream{}},
		{officer, "03-01T22:00", "add-referral", fields{"organisation": "ngo-c", "basis": "consent"}, Stream{}},
		{duty, "03-01T22:10", "return-referral", fields{"organisation": "ngo-c", "reason": "known_already"}, Stream{}},
	}, handed("legal-aid-a"), []step{
		{officer, "03-02T08:00", "open-case", fields{"group_no": "7", "linked_cases": []Ref{secondCase.Ref(), thirdCase.Ref()}}, Stream{}},
		{duty, "03-02T08:10", "give-initial-assistance", nil, Stream{}},
		{officer, "03-02T09:00", "give-rights-information", nil, Stream{}},
		{officer, "03-02T10:00", "record-consent", consent, Stream{}},
		{officer, "03-02T10:10", "refuse-consent", fields{"purpose": "media", "by": "person"}, Stream{}},
		{officer, "03-03", "hold-interview", fields{"participants": []string{"lawyer"}}, Stream{}},
		{officer, "03-03T12:00", "screen-indicators", fields{"instrument": "ilo-11", "present": []string{"deception"}}, Stream{}},
		{officer, "03-03T13:00", "assess-risk", fields{"level": "high"}, Stream{}},
		{lawyer, "03-04", "request-protection", nil, Stream{}},
		{prosecutorAsked, "03-04", "send-service-referral", fields{"organisation": "prosecutor-general", "services": []string{"legal_info"}}, Stream{}},
		{prosecutor, "03-05", "order-protection", nil, Stream{}},
		{prosecutor, "03-20", "end-protection", nil, Stream{}},
		{prosecutor, "03-06", "suspend-identity-access", fields{"body": "prosecution"}, Stream{}},
		{prosecutor, "03-16", "restore-identity-access", fields{"body": "prosecution"}, Stream{}},
		{officer, "03-04T09:00", "offer-reflection", fields{"days": 30}, Stream{}},
		{officer, "03-04T10:00", "decline-reflection", nil, Stream{}},
		{officer, "03-06", "grant-reflection", fields{"until": "2024-04-10"}, Stream{}},
		{officer, "03-08", "record-cooperation", fields{"decision": "later"}, Stream{}},
		identifiedAs("positive"),
		{officer, "03-20", "withdraw-consent", fields{"purpose": "identification", "by": "person"}, Stream{}},
		{officer, "03-21", "record-consent", again, Stream{}},
		{officer, "04-01", "extend-reflection", fields{"until": "2024-05-01"}, Stream{}},
		{ClockActor(), "05-02", "mark-reflection-ended", nil, Stream{}},
		{ClockActor(), "06-11", "mark-consent-expired", nil, Stream{}},
		{officer, "06-12", "close-case", fields{"reason": "reintegrated"}, Stream{}},
		{officer, "06-13", "reopen-case", nil, Stream{}},
	})
}

// prosecutorAsked is who asks the prosecution to take part.
var prosecutorAsked = officer

func reversal() []step {
	return told([]step{found(police, fields{"age": "not_sure"})}, handed("legal-aid-a", "prosecutor-general"), []step{
		{officer, "03-04", "assess-age", fields{"result": "adult", "benefit_of_doubt": false}, Stream{}},
		{head, "03-05", "grant-reflection", fields{"until": "2024-05-05"}, Stream{}},
		identifiedAs("negative"),
		{lawyer, "03-15", "request-review", fields{"party": "lawyer", "body": "court"}, Stream{}},
		{prosecutor, "04-10", "decide-review", fields{"outcome": "reversed", "body": "court"}, Stream{}},
		{head, "04-12", "reverse-identification", fields{
			"outcome": "positive", "reasons": []string{"review_decision"}, "forms": []string{"forced_labour"}, "means": []string{"deception"}, "geography": "internal", "informed": true,
			"notified_at": "2024-04-13", "review_info": true,
		}, Stream{}},
		{head, "04-20", "terminate-reflection", nil, Stream{}},
	})
}

func timeOfDuties() []step {
	return told([]step{found(police, nil)}, handed(), []step{
		{head, "03-05T10:00", "suspend-deadline", fields{"rule": "identification", "reason": "health"}, Stream{}},
		{head, "03-15T10:00", "resume-deadline", fields{"rule": "identification"}, Stream{}},
		{head, "03-20", "extend-deadline", fields{"rule": "identification", "until": "2024-05-15", "reason": "complex"}, Stream{}},
		{ClockActor(), "", "mark-overdue", fields{"rule": "identification"}, Stream{}},
	})
}

func identity() []step {
	return told([]step{found(police, nil)}, handed("centre-baki", "prosecutor-general"), []step{
		{officer, "03-02", "record-identity", fields{"family_name": "Əliyeva", "given_name": "Ə"}, Stream{}},
		{officer, "03-02", "record-document", fields{"document_kind": "passport", "document_number": "C01234567"}, Stream{}},
		{officer, "03-02", "record-contact", fields{"contact_kind": "phone", "contact": "+994500000000"}, Stream{}},
		{officer, "03-02", "record-narrative", nil, Stream{}},
		{officer, "03-02", "add-note", nil, Stream{}},
		{centre, "03-03", "record-health", nil, Stream{}},
		{prosecutor, "03-04", "record-testimony", nil, Stream{}},
		{officer, "03-04", "record-whereabouts", nil, Stream{}},
		{head, "03-05", "place-legal-hold", nil, Stream{}},
		{head, "03-06", "lift-legal-hold", nil, Stream{}},
		{officer, "03-07", "request-erasure", nil, Stream{}},
		{head, "03-08", "reject-erasure", nil, Stream{}},
		{officer, "03-09", "request-erasure", fields{"reason": "court_order"}, Stream{}},
		{dpo, "03-10", "approve-erasure", nil, Stream{}},
		{ClockActor(), "03-11", "complete-erasure", nil, Stream{}},
	})
}

func court() []step {
	number := fields{"criminal_case_no": "CR-2024/153"}
	with := func(more fields) fields {
		all := fields{}
		for _, m := range []fields{number, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	return told([]step{found(police, nil)}, handed("prosecutor-general"), []step{
		{prosecutor, "03-05", "link-criminal-case", number, Stream{}},
		{prosecutor, "03-06", "schedule-testimony", with(fields{"on": "2024-04-10"}), Stream{}},
		{prosecutor, "04-10", "give-testimony", number, Stream{}},
		{prosecutor, "04-11", "apply-non-punishment", nil, Stream{}},
		{prosecutor, "05-20", "record-verdict", with(fields{"outcome": "acquitted", "civil_claim": "none"}), Stream{}},
		{prosecutor, "05-21", "unlink-criminal-case", number, Stream{}},
	})
}

// twice is one person who was found twice, and another who was trafficked again.
func twice() []step {
	other := found(police, fields{"told": "2024-04-15T21:00"})
	other.at, other.on = "04-15T20:30", secondCase
	third := found(police, fields{"told": "2024-04-16T21:00"})
	third.at, third.on = "04-16T20:30", thirdCase
	return told([]step{found(police, nil)}, handed(), []step{
		identifiedAs("positive"), other, third,
		{officer, "04-20", "judge-duplicate", fields{"other": secondCase.Ref(), "verdict": "same"}, Stream{}},
		{officer, "04-21", "merge-cases", fields{"other": secondCase.Ref()}, Stream{}},
		{officer, "04-22", "undo-merge", fields{"other": secondCase.Ref(), "reason": "learned_later"}, Stream{}},
		{officer, "04-23", "merge-cases", fields{"other": thirdCase.Ref()}, secondCase},
		{head, "04-24", "record-re-trafficking", fields{"earlier": theCase.Ref()}, secondCase},
	})
}

// lookedInto is a case of which the Coordinator wanted to know whose it is: once
// in vain, once with another person's approval.
func lookedInto() []step {
	return told([]step{found(police, nil)}, handed(), []step{
		{coordinator, "03-05T10:00", "request-break-glass", nil, Stream{}},
		{head, "03-05T10:05", "reject-break-glass", nil, Stream{}},
		{coordinator, "03-05T11:00", "request-break-glass", nil, Stream{}},
		{head, "03-05T11:05", "approve-break-glass", nil, Stream{}},
		{dpo, "03-06", "review-access", nil, Stream{}},
	})
}

// mixedUp is a referral that spoke of two persons as if they were one.
func mixedUp() []step {
	return told([]step{found(police, nil)}, handed(), []step{
		{officer, "03-04", "split-case", fields{"status": "presumed", "age": "adult", "sex": "male", "citizenship": "az"}, Stream{}},
	})
}

// thirdCase is another person's, or the same person's for the third time.
var thirdCase = CaseStream(NewRef("the third case"))

func mistakes() []step {
	return told([]step{found(police, nil)}, handed(), []step{
		{officer, "03-02", "assess-risk", fields{"level": "high"}, Stream{}},
		{officer, "03-03", "correct-fact", fields{"event": theLast("RiskAssessed"), "reason": "typing", "level": "low"}, Stream{}},
		{officer, "03-04", "correct-fact", fields{"event": theLast("HandoverAccepted"), "reason": "typing", "took_place": "2024-03-02T01:00"}, Stream{}},
		{officer, "03-05", "void-event", fields{"event": theLast("RiskAssessed"), "reason": "wrong_case"}, Stream{}},
		{duty, "03-05T01:00", "request-shelter", fields{"facility": house, "security": "high"}, Stream{}},
		{shelter, "03-05T03:00", "confirm-admission", fields{"facility": house, "basis": "consent"}, Stream{}},
		{shelter, "03-06", "void-event", fields{"event": theLast("AdmissionConfirmed"), "reason": "did_not_happen"}, Stream{}},
		identifiedAs("positive"),
		{head, "03-12", "void-event", fields{"event": theLast("IdentificationDecided"), "reason": "recorded_twice"}, Stream{}},
	})
}
