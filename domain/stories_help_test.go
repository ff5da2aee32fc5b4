package domain

func help() []step {
	service := func(name string, more fields) fields {
		more["service"] = name
		return more
	}
	ask := func(organisation string, services ...string) step {
		return step{officer, "03-02T00:40", "send-service-referral", fields{"organisation": organisation, "services": services}, Stream{}}
	}
	return told([]step{found(police, nil)}, handed(), []step{
		ask("legal-aid-a", "legal_info"), ask("centre-baki", "psychological", "vocational_training"), ask("legal-aid-b", "legal_info"),
		{lawyer, "03-03", "accept-service-referral", fields{"services": []string{"legal_info"}}, Stream{}},
		{Actor{"u-lawyer-b", LegalAid, "legal-aid-b"}, "03-03", "reject-service-referral", fields{"services": []string{"legal_info"}}, Stream{}},
		{centre, "03-04", "approve-rehab-plan", fields{"review_on": "2024-04-04"}, Stream{}},
		{centre, "04-04", "revise-rehab-plan", fields{"review_on": "2024-05-04"}, Stream{}},
		{centre, "03-05", "record-service-need", service("vocational_training", fields{}), Stream{}},
		{centre, "03-06", "start-service", service("vocational_training", fields{}), Stream{}},
		{centre, "03-07", "deliver-service", service("psychological", fields{}), Stream{}},
		{centre, "05-06", "complete-service", service("vocational_training", fields{"outcome": "achieved"}), Stream{}},
		{centre, "05-07", "decline-service", service("employment", fields{}), Stream{}},
		{centre, "05-08", "record-service-unavailable", service("medical_inpatient", fields{}), Stream{}},
		{officer, "05-09", "restore-identity-document", nil, Stream{}},
		{centre, "05-10", "reunite-family", fields{"risk_assessed": true}, Stream{}},
	})
}

func money() []step {
	fundOfficer := Actor{"u-fund-2", FundOfficer, "fund"}
	return told([]step{found(police, nil)}, handed("legal-aid-a", "fund", "centre-baki"), []step{
		identifiedAs("positive"),
		{lawyer, "03-11", "explain-redress-rights", nil, Stream{}},
		{fund, "03-12", "grant-allowance", fields{"amount": 70000}, Stream{}},
		{fund, "03-20", "pay-allowance", fields{"amount": 70000}, Stream{}},
		{lawyer, "03-13", "request-fund-assistance", fields{"amount": 50000}, Stream{}},
		{fund, "03-14", "grant-fund-assistance", fields{"amount": 40000}, Stream{}},
		{fund, "03-15", "pay-fund-assistance", fields{"amount": 40000}, Stream{}},
		{lawyer, "03-16", "request-fund-assistance", fields{"amount": 60000}, Stream{}},
		{fundOfficer, "03-17", "refuse-fund-assistance", fields{"request": theLast("FundAssistanceRequested")}, Stream{}},
		{lawyer, "03-18", "file-claim", fields{"amount": 300000}, Stream{}},
		{lawyer, "04-18", "reject-claim", fields{"claim": theLast("CompensationClaimFiled")}, Stream{}},
		{lawyer, "04-20", "file-claim", fields{"amount": 500000}, Stream{}},
		{lawyer, "05-18", "record-award", fields{"amount": 100000, "claim": theLast("CompensationClaimFiled")}, Stream{}},
		{lawyer, "05-20", "record-compensation-payment", fields{"amount": 60000}, Stream{}},
		{lawyer, "05-25", "record-compensation-payment", fields{"amount": 40000}, Stream{}},
	})
}

func living() []step {
	at := func(more fields) fields {
		more["facility"] = house
		return more
	}
	return told([]step{found(police, nil)}, handed(), []step{
		{duty, "03-02T01:00", "request-shelter", at(fields{"dependants": 1}), Stream{}},
		{shelter, "03-02T01:30", "offer-place", at(fields{"until": "2024-03-05"}), Stream{}},
		{shelter, "03-02T03:00", "confirm-admission", at(fields{"basis": "consent", "dependants": 1, "review_on": "2024-03-30"}), Stream{}},
		{shelter, "03-30", "review-stay", at(fields{}), Stream{}},
		{shelter, "03-31", "extend-stay", at(fields{"until": "2024-05-31"}), Stream{}},
		{shelter, "04-10T20:00", "report-absence", nil, Stream{}},
		{shelter, "04-11T08:00", "report-missing", nil, Stream{}},
		{duty, "04-12T08:00", "record-person-return", nil, Stream{}},
		{shelter, "05-20", "record-departure", at(fields{"planned": true}), Stream{}},
	})
}

// unlived are requests that nobody came from, and a bed beyond what there is.
func unlived() []step {
	at := func(more fields) fields {
		more["facility"] = house
		return more
	}
	ask := func(at string) step {
		return step{duty, at, "request-shelter", fields{"facility": house}, Stream{}}
	}
	return told([]step{found(police, nil)}, handed(), []step{
		ask("03-02T01:00"), {shelter, "03-02T02:00", "refuse-admission", at(fields{}), Stream{}},
		ask("03-02T03:00"), {officer, "03-02T04:00", "decline-placement", at(fields{}), Stream{}},
		ask("03-02T05:00"), {officer, "03-02T06:00", "cancel-shelter-request", at(fields{}), Stream{}},
		ask("03-02T07:00"), {shelter, "03-02T08:00", "record-non-arrival", at(fields{}), Stream{}},
		ask("03-03T07:00"), {shelter, "03-03T08:00", "offer-place", at(fields{"until": "2024-03-10"}), Stream{}},
		{shelter, "03-04", "release-reservation", fields{"case": theCase.Ref()}, Stream{}},
		{head, "03-05", "authorise-over-capacity", fields{"persons": 3, "until": "2024-03-31"}, Stream{}},
		{shelter, "03-06", "confirm-admission", at(fields{"basis": "consent", "dependants": 2, "over_capacity": true}), Stream{}},
	})
}

func moving() []step {
	there := func(more fields) fields {
		more["facility"] = secondHouse
		return more
	}
	return told([]step{
		{coordinator, "01-02", "open-facility", fields{"kind": "shelter", "operator": "state", "organisation": "shelter-gence", "district": "AZ-GA", "capacity": 1}, secondFacility},
		found(police, nil),
	}, handed(), []step{
		{duty, "03-02T01:00", "request-shelter", fields{"facility": house}, Stream{}},
		{shelter, "03-02T03:00", "confirm-admission", fields{"facility": house, "basis": "consent"}, Stream{}},
		{shelter, "03-10", "request-transfer", there(fields{}), Stream{}},
		{otherHouse, "03-11", "accept-transfer", there(fields{}), Stream{}},
		{otherHouse, "03-12", "complete-transfer", there(fields{"basis": "consent"}), Stream{}},
	})
}

func houses() []step {
	return []step{
		{coordinator, "02-01", "change-capacity", fields{"capacity": 4}, Stream{}},
		{coordinator, "02-02", "record-inspection", fields{"outcome": "satisfactory"}, Stream{}},
		{coordinator, "02-03", "complete-capacity-study", nil, Stream{}},
		{coordinator, "02-04", "sign-ngo-agreement", fields{"until": "2025-02-04"}, Stream{}},
		{coordinator, "05-01", "close-facility", nil, Stream{}},
	}
}

func bodies() []step {
	return []step{
		{coordinator, "2023-05-17", "revise-legal-status", fields{"effective": "2023-05-17"}, Stream{}},
		{coordinator, "01-11", "reconstitute-body", fields{"members": 9, "effective": "2024-01-11"}, Stream{}},
		{coordinator, "01-12", "hold-meeting", fields{"body": "working_group", "present": 8, "members": 9}, Stream{}},
		{coordinator, "01-13", "submit-proposal", nil, Stream{}},
		{coordinator, "01-14", "adopt-standard", fields{"effective": "2024-01-14"}, Stream{}},
		{coordinator, "01-15", "adopt-procedure", fields{"effective": "2024-01-15"}, Stream{}},
		{coordinator, "01-16", "publish-study", nil, Stream{}},
		{coordinator, "01-17", "allocate-funding", fields{"organisation": "shelter-baki", "year": 2024, "facility": house}, Stream{}},
		{coordinator, "01-18", "adopt-act", fields{"act": "C-174", "effective": "2024-01-18"}, Stream{}},
		{coordinator, "01-19", "hold-training", nil, Stream{}},
		{coordinator, "01-20", "submit-report", fields{"to": "parliament", "year": 2023}, Stream{}},
		{coordinator, "01-21", "set-target", nil, Stream{}},
		{coordinator, "01-22", "attest-period", fields{"organisation": "coordinator", "year": 2023}, Stream{}},
		{ClockActor(), "", "mark-duty-missed", fields{"duty": "working_group_meeting"}, Stream{}},
	}
}
