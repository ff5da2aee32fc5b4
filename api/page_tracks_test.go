package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nrm/api/browsertest"
)

// everyTrack is a case of which something is recorded on every track: a child who
// is a foreigner, under a guardian, in a shelter, missing, with proceedings, a
// return that is only proposed, a claim, a correction and an event taken back.
func (s *site) everyTrack() (ref string) {
	s.t.Helper()
	ref = s.asked("referrer", "/cases", `{"happened":"2024-03-01T21:40:00+04:00","data":{"source":"police","circumstances":["sought_help"],`+
		`"status":"presumed","age":"not_sure","sex":"female","citizenship":"foreign","district":"AZ-GA","basis":"consent"}}`).Case
	house := s.asked("coordinator", "/facilities", `{"happened":"2020-01-15","data":{"kind":"shelter","operator":"state","organisation":"shelter-baki","district":"AZ-BA","capacity":9}}`).Facility
	give := func(who, day, command, data string) {
		s.t.Helper()
		s.asked(who, "/cases/"+ref+"/"+command, `{"happened":"2024-03-`+day+`","data":`+data+`}`)
	}
	give("duty_officer", "02T09:00:00+04:00", "accept-handover", `{"district":"AZ-BA","condition":"distressed","interpreter":true}`)
	give("case_officer", "02", "give-initial-assistance", `{"kinds":["food","rest"]}`)
	give("case_officer", "02", "give-rights-information", `{"language":"ru","information_forms":["oral","pictures"],"topics":["protection","complaint"],"child_friendly":true,"interpreted":true}`)
	give("duty_officer", "02", "presume-child", `{"basis":"appearance"}`)
	give("case_officer", "02", "request-guardian", `{"organisation":"scfwca","kind":"guardian","reason":"unaccompanied"}`)
	give("child_protection", "04", "appoint-guardian", `{"kind":"guardian","conflict_check":"none","decision_no":"17/2024"}`)
	consent := func(purpose, until string) {
		give("case_officer", "05", "record-consent", `{"purpose":"`+purpose+`","abroad":false,"data":["identity"],"operations":["use"],"valid_until":"`+until+`","revocation":["orally"],"deletion":"at_expiry",`+
			`"form":"written","by":"guardian","assent":true,"language":"ru","interpreted":true,"explained":["purpose"],"no_harm_on_refusal":true}`)
	}
	consent("identification", "2024-03-28")
	consent("statistics", "2024-03-10")
	give("case_officer", "05", "refuse-consent", `{"purpose":"media","by":"guardian","language":"ru","interpreted":true,"no_harm_on_refusal":true}`)
	give("case_officer", "05", "assess-risk", `{"level":"high","review_on":"2024-03-15"}`)
	give("case_officer", "05", "grant-reflection", `{"until":"2024-04-10"}`)
	give("case_officer", "06", "record-cooperation", `{"decision":"later","lawyer_advised":true}`)
	for _, organisation := range []string{"sms", "fund", "prosecutor-general"} {
		give("case_officer", "05", "send-service-referral", `{"organisation":"`+organisation+`","services":["identity_document"]}`)
	}
	give("migration", "06", "bar-expulsion", `{"ground":"reflection","from":"2024-03-05","until":"2024-04-10"}`)
	give("migration", "06", "record-expulsion-attempt", `{"body":"migration","result":"stopped"}`)
	give("case_officer", "06", "apply-residence-permit", `{"ground":"personal_situation"}`)
	give("prosecution", "07", "link-criminal-case", `{"criminal_case_no":"CR-2024/153","articles":["144-1"],"procedural_status":"victim"}`)
	give("prosecution", "07", "schedule-testimony", `{"criminal_case_no":"CR-2024/153","on":"2024-03-25","measures":["closed_hearing"]}`)
	give("case_officer", "07", "request-shelter", `{"facility":"`+house+`","security":"high"}`)
	give("shelter", "08", "confirm-admission", `{"facility":"`+house+`","basis":"guardian_decision"}`)
	give("case_officer", "08", "send-service-referral", `{"organisation":"legal-aid-a","services":["legal_info"]}`)
	give("child_protection", "09", "assess-best-interests", `{"purpose":"placement","options":["relatives","foster_family"],"child_heard":true}`)
	give("child_protection", "09", "determine-best-interests", `{"purpose":"durable_solution","options":["relatives","foster_family"],"decision":"in_favour","solution":"relatives","child_heard":true}`)
	give("child_protection", "09", "start-family-tracing", `{"channel":"consulate","country":"GE","best_interests":true}`)
	give("head", "12", "decide-identification", `{"outcome":"positive","forms":["forced_begging"],"means":["force"],"geography":"transnational_inbound","grounds":["screening"],"informed":true}`)
	give("legal_aid", "13", "explain-redress-rights", `{"language":"ru"}`)
	give("fund", "13", "grant-allowance", `{"amount":70000}`)
	give("fund", "13", "request-fund-assistance", `{"purpose":"medical","amount":30000}`)
	give("legal_aid", "14", "file-claim", `{"forum":"criminal","amount":500000,"heads":["moral"]}`)
	give("prosecution", "15", "record-award", `{"amount":400000,"source":"trafficker"}`)
	give("prosecution", "16", "record-compensation-payment", `{"amount":100000,"source":"trafficker"}`)
	give("migration", "16", "propose-return", `{"direction":"outbound","reason":"family"}`)
	give("shelter", "18", "report-absence", `{}`)
	give("shelter", "19", "report-missing", `{"police_ref":"CR-2024/200"}`)
	give("prosecution", "19", "suspend-identity-access", `{"decision_no":"9/2024","body":"court"}`)
	at := map[string]string{}
	var told timelineJSON
	s.must(json.Unmarshal(s.send("head", http.MethodGet, root+"/cases/"+ref+"/timeline", "").Body.Bytes(), &told))
	for _, e := range told.Entries {
		at[e.Event] = e.At
	}
	give("case_officer", "19", "correct-fact", `{"event":"`+at["RiskAssessed"]+`","reason":"typing","level":"extreme"}`)
	give("case_officer", "19", "void-event", `{"event":"`+at["CooperationDecisionRecorded"]+`","reason":"did_not_happen"}`)
	return ref
}

// TestEveryTrackHasACard: what was recorded on a track stands on its card, for
// those who may read it and for nobody else.
func TestEveryTrackHasACard(t *testing.T) {
	s := newSite(t)
	ref := s.everyTrack()
	v := s.as(t, "head", "en").get("/cases/" + ref).code(http.StatusOK)
	for _, text := range []string{
		"CHILD MISSING", "Access to the data suspended", "Risk: Extreme", // alarms
		"In writing Given", "In writing Expired", "Media Refused",
		"Treated as a child Child", "Guardian appointed Guardian", "Best interests of the child determined", "Life with relatives", "Family tracing started",
		"Number of the criminal case CR-2024/153", "Testimony scheduled 25 March 2024",
		"Expulsion barred", "Attempt to expel", "Residence permit applied for",
		"Return without risk assessment", "One-off allowance granted", "Not paid", "Still owed", "Partly paid", "Pending",
		"Corrected", "Voided",
	} {
		v.sees(text)
	}
	for who, texts := range map[string][2][]string{
		"coordinator":      {{"CHILD MISSING", "Expulsion barred", "In writing Expired"}, {"CR-2024/153", "Guardian appointed", "Still owed", "Risk: Extreme", "Identification: "}},
		"shelter":          {{"CHILD MISSING", "Guardian appointed Guardian"}, {"CR-2024/153", "Still owed", "Risk: Extreme"}},
		"legal_aid":        {{"CR-2024/153", "Still owed"}, {"Initial assistance given", "Risk: Extreme"}},
		"fund":             {{"Still owed"}, {"CR-2024/153", "Guardian appointed Guardian"}},
		"prosecution":      {{"CR-2024/153"}, {"Still owed", "Guardian appointed Guardian"}},
		"child_protection": {{"Guardian appointed Guardian"}, {"CR-2024/153", "Still owed"}},
	} {
		v := s.as(t, who, "en").get("/cases/" + ref)
		if v.status == http.StatusNotFound {
			continue // asked to do nothing on it
		}
		main, _, _ := strings.Cut(v.main(), "Conformity with the mandated path") // the timeline has its own rules
		for _, text := range texts[0] {
			if !strings.Contains(v.main(), text) {
				t.Errorf("%s lacks %q in:\n%s", who, text, v.main())
			}
		}
		for _, text := range texts[1] {
			if strings.Contains(main, text) {
				t.Errorf("%s sees %q in:\n%s", who, text, main)
			}
		}
	}
}

// TestPressingThingsStandOnTheFirstPage of those who look after them.
func TestPressingThingsStandOnTheFirstPage(t *testing.T) {
	s := newSite(t)
	ref := s.everyTrack()
	for who, queues := range map[string][]string{
		"head":             {"Missing children", "Return without risk assessment", "Risk to be assessed again", "Consent ends soon", "Allowance granted, not paid"},
		"coordinator":      {"Missing children", "Return without risk assessment"},
		"shelter":          {"Missing children", "Consent ends soon"},
		"fund":             {"Allowance granted, not paid"},
		"migration":        {"Return without risk assessment"},
		"legal_aid":        {"Waiting for your answer"},
		"child_protection": {"Missing children"},
	} {
		s.as(t, who, "en").get("/").sees(queues...)
		if who == "coordinator" {
			s.as(t, who, "en").get("/cases?queue=missing_child").sees(ref).lacks("Name")
		}
	}
	s.as(t, "prosecution", "en").get("/").lacks("Missing children")
}

// TestTracksInABrowser looks at a case with every track on a telephone and on a
// wide screen, in the languages that have the longest words.
func TestTracksInABrowser(t *testing.T) {
	p := browsertest.Open(t)
	s := newSite(t)
	ref := s.everyTrack()
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	p.Goto(server.URL + "/lang/az")
	p.Fill("user", "head")
	p.Fill("password", staff().passwords["head"])
	p.Press(in("az").T("sign_in.submit"))
	for _, lang := range []string{"az", "ru"} {
		p.Goto(server.URL + "/lang/" + lang)
		for path, text := range map[string]string{"/": in(lang).T("queue.missing_child"), "/cases/" + ref: in(lang).code("track", "child"), "/calls": in(lang).T("calls.lead")} {
			p.Goto(path)
			p.MustSee(text)
			p.Axe()
			p.Reflows()
		}
	}
}
