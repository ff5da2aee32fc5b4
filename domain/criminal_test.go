package domain

import (
	"slices"
	"testing"
)

func TestCriminalCase(t *testing.T) {
	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	with := func(more ...said) []said { return append([]said{detected, handedOver, assessed, told}, more...) }
	link := prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1"}, ProceduralStatus: "witness"})
	given(t, with()...).when(link).then("CriminalCaseLinked")
	given(t, detected, handedOver).when(link).refused("no_such_case", "")
	given(t, with()...).when(officer.says("2024-03-05", link.cmd)).refused("role_not_allowed", "")
	given(t, with()...).when(prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "ALIYEV", Articles: []string{"144-1"}, ProceduralStatus: "witness"})).refused("not_a_reference", "criminal_case_no")
	later := prosecutor.says("2024-04-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1", "144-2"}, ProceduralStatus: "victim"})
	for _, order := range [][]said{{link, later}, {later, link}} {
		c := given(t, with(order...)...).state()
		if len(c.CriminalCases) != 1 || c.CriminalCases[0].Standing != "victim" {
			t.Errorf("%+v", c.CriminalCases)
		}
	}

	unlink := prosecutor.says("2024-05-05", UnlinkCriminalCase{Reference: "240153", Reason: "joined"})
	w := given(t, with(link)...).when(unlink).then("CriminalCaseUnlinked")
	w.when(prosecutor.says("2024-05-06", ScheduleTestimony{Reference: "240153", On: mustDay("2024-05-10")})).refused("criminal_case_not_linked", "criminal_case_no")
	given(t, with()...).when(unlink).refused("criminal_case_not_linked", "criminal_case_no")
	given(t, with(link)...).when(prosecutor.says("2024-03-04", unlink.cmd)).refused("before_start", "happened")
}

func TestTestimony(t *testing.T) {
	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	link := prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1"}, ProceduralStatus: "witness"})
	story := []said{detected, handedOver, told, link}
	with := func(more ...said) []said { return append(slices.Clone(story), more...) }
	schedule := prosecutor.says("2024-03-20", ScheduleTestimony{Reference: "240153", On: mustDay("2024-04-20"), Measures: []string{"video_link"}})
	give := prosecutor.says("2024-04-20", GiveTestimony{Reference: "240153", Setting: "court", Measures: []string{"video_link"}})
	given(t, with(assessed)...).when(schedule).then("TestimonyScheduled")
	given(t, with()...).when(schedule).then("TestimonyScheduled", "!risk_assessment_missing")
	given(t, story[:3]...).when(schedule).refused("criminal_case_not_linked", "criminal_case_no")
	given(t, with(assessed)...).when(prosecutor.says("2024-04-21", schedule.cmd)).refused("before_start", "on")
	reflection := officer.says("2024-03-22", GrantReflection{Until: mustDay("2024-04-21")})
	given(t, with(assessed, reflection)...).when(schedule).then("TestimonyScheduled", "!testimony_in_reflection")

	given(t, with(assessed, schedule)...).when(give).then("TestimonyGiven")
	given(t, with()...).when(give).then("TestimonyGiven", "!risk_assessment_missing")
	given(t, with(assessed, reflection)...).when(give).then("TestimonyGiven", "!testimony_in_reflection")
	given(t, story[:3]...).when(give).refused("criminal_case_not_linked", "criminal_case_no")
	presumed := officer.says("2024-03-03", PresumeChild{Basis: "appearance"})
	given(t, with(assessed, presumed)...).when(give).then("TestimonyGiven", "!child_without_representative")
	beside := prosecutor.says("2024-04-20", GiveTestimony{Reference: "240153", Setting: "court", Measures: []string{"representative_present"}})
	given(t, with(assessed, presumed)...).when(beside).then("TestimonyGiven")
}

func TestNonPunishmentAndVerdict(t *testing.T) {
	told := officer.says("2024-03-02", SendServiceReferral{Organisation: "prosecutor-general", Services: []string{"legal_info"}})
	link := prosecutor.says("2024-03-05", LinkCriminalCase{Reference: "240153", Articles: []string{"144-1"}, ProceduralStatus: "victim"})
	story := []said{detected, handedOver, told, link}
	spared := prosecutor.says("2024-04-20", ApplyNonPunishment{Offence: "false_documents", Stage: "discontinued"})
	given(t, story...).when(spared).then("NonPunishmentApplied")
	negative := head.says("2024-03-10", DecideIdentification{Outcome: "negative", Grounds: []string{"no_indicators"}, Informed: true})
	given(t, append(slices.Clone(story), negative)...).when(spared).then("NonPunishmentApplied", "!not_a_presumed_victim")

	verdict := func(change func(*RecordVerdict)) said {
		v := RecordVerdict{Reference: "240153", Outcome: "convicted", Articles: []string{"144-1"}, CivilClaim: "none", Final: true}
		change(&v)
		return prosecutor.says("2024-06-01", v)
	}
	given(t, story...).when(verdict(func(*RecordVerdict) {})).then("VerdictRecorded")
	given(t, story[:3]...).when(verdict(func(*RecordVerdict) {})).refused("criminal_case_not_linked", "criminal_case_no")
	given(t, story...).when(verdict(func(v *RecordVerdict) { v.Articles = nil })).refused("required", "articles")
	given(t, story...).when(verdict(func(v *RecordVerdict) { v.Outcome = "acquitted" })).refused("not_convicted", "articles")
	given(t, story...).when(verdict(func(v *RecordVerdict) { v.CivilClaim = "granted" })).then("VerdictRecorded", "!claim_not_recorded")
	claim := prosecutor.says("2024-05-01", FileClaim{Forum: "criminal", Amount: 500000})
	given(t, append(slices.Clone(story), decided, claim)...).when(verdict(func(v *RecordVerdict) { v.CivilClaim = "granted" })).then("VerdictRecorded")
}
