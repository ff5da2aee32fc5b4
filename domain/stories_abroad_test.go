package domain

func childhood() []step {
	best := func(more fields) fields {
		more["options"], more["child_heard"] = []string{"parents"}, true
		return more
	}
	return told([]step{found(police, fields{"age": "not_sure"})}, handed("scfwca"), []step{
		{duty, "03-02T09:00", "presume-child", nil, Stream{}},
		{guardianship, "03-03", "set-child-status", fields{"status": "child", "basis": "documents"}, Stream{}},
		{officer, "03-03", "request-guardian", fields{"organisation": "scfwca"}, Stream{}},
		{guardianship, "03-05", "appoint-guardian", fields{"conflict_check": "none"}, Stream{}},
		{guardianship, "03-25", "change-guardian", fields{"conflict_check": "none"}, Stream{}},
		{guardianship, "03-06", "apply-child-standard", nil, Stream{}},
		{guardianship, "03-07", "assess-best-interests", best(fields{"purpose": "durable_solution"}), Stream{}},
		{guardianship, "03-08", "start-family-tracing", fields{"best_interests": true}, Stream{}},
		{guardianship, "03-18", "record-tracing-result", fields{"result": "found_suitable", "relatives": []string{Codes("relative")[0].Code}}, Stream{}},
		{guardianship, "03-19", "determine-best-interests", best(fields{"purpose": "durable_solution", "decision": "in_favour", "solution": "parents"}), Stream{}},
		{guardianship, "03-20", "enrol-in-school", nil, Stream{}},
		{guardianship, "05-20", "end-guardian", fields{"reason": "family_reunited"}, Stream{}},
	})
}

func foreign() []step {
	outbound := func(more fields) fields {
		more["direction"] = "outbound"
		return more
	}
	return told([]step{found(police, fields{"citizenship": "foreign"})}, handed("sms", "iom"), []step{
		{officer, "03-04", "grant-reflection", fields{"until": "2024-04-03"}, Stream{}},
		{migration, "03-05", "bar-expulsion", fields{"from": "2024-03-05", "until": "2024-04-03"}, Stream{}},
		{migration, "03-06", "record-expulsion-attempt", nil, Stream{}},
		{migration, "03-07", "mask-address", fields{"organisation": "prosecutor-general"}, Stream{}},
		{migration, "03-08", "apply-residence-permit", nil, Stream{}},
		{migration, "03-09", "refuse-residence-permit", nil, Stream{}},
		{migration, "04-10", "issue-residence-permit", fields{"from": "2024-04-10", "until": "2024-05-10"}, Stream{}},
		{migration, "05-09", "renew-residence-permit", fields{"ground": "personal_situation", "from": "2024-05-11", "until": "2024-05-20"}, Stream{}},
		{migration, "05-21", "record-permit-expiry", nil, Stream{}},
		{migration, "05-01", "propose-return", outbound(fields{}), Stream{}},
		{migration, "05-02", "decline-return", fields{"by": "person"}, Stream{}},
		{migration, "05-03", "express-return-wish", outbound(fields{"by": "person", "freedom": "free"}), Stream{}},
		{partner, "05-04", "assess-return-risk", fields{"level": "low", "decision": "can_return"}, Stream{}},
		{migration, "05-05", "record-return-consent", fields{"by": "person"}, Stream{}},
		{migration, "05-05T12:00", "request-travel-document", nil, Stream{}},
		{migration, "05-06", "schedule-return", outbound(fields{"on": "2024-05-30", "receiver": "iom", "destination": "GE"}), Stream{}},
		{migration, "05-07", "cancel-return", nil, Stream{}},
		{migration, "05-30", "record-return-departure", outbound(fields{}), Stream{}},
		{migration, "05-31", "record-return-arrival", nil, Stream{}},
		{partner, "05-31", "record-return-reception", nil, Stream{}},
		{partner, "06-29", "record-follow-up", fields{"month": "1", "status": "safe"}, Stream{}},
	})
}

func inbound() []step {
	return []step{
		found(consul, fields{"district": nil, "country": "TR"}),
		{consul, "03-02", "give-consular-assistance", nil, Stream{}},
		{consul, "03-03", "report-citizen-abroad", fields{"country": "TR", "confidential": true}, Stream{}},
		{consul, "03-04", "apply-return-certificate", nil, Stream{}},
		{consul, "03-05", "refuse-return-certificate", nil, Stream{}},
		{consul, "03-06", "apply-return-certificate", nil, Stream{}},
		{consul, "03-08", "issue-return-certificate", fields{"fee_waived": true}, Stream{}},
		{consul, "03-10T08:00", "record-return-departure", fields{"direction": "inbound"}, Stream{}},
		{duty, "03-10T13:00", "record-return-arrival", nil, Stream{}},
		{duty, "03-10T15:00", "accept-handover", fields{"district": "AZ-BA"}, Stream{}},
		{duty, "03-10T15:00", "record-return-reception", nil, Stream{}},
	}
}
