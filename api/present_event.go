package api

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"nrm/domain"
)

// recordedBy names the command whose fields an event's data come from, so that
// both share labels and code lists. An event of the register's own has none.
var recordedBy = map[string]string{
	"DetectionRecorded":           "register-referral",
	"ReferralSubmitted":           "register-referral",
	"SpuNotified":                 "register-referral",
	"CitizenAbroadReported":       "register-referral",
	"HandoverAccepted":            "accept-handover",
	"ServiceReferralSent":         "send-service-referral",
	"IndicatorScreeningCompleted": "screen-indicators",
	"RiskAssessed":                "assess-risk",
	"InterviewHeld":               "hold-interview",
	"IdentificationDecided":       "decide-identification",
	"ReflectionGranted":           "grant-reflection",
	"ShelterRequested":            "request-shelter",
	"AdmissionConfirmed":          "confirm-admission",
	"AdmissionRefused":            "refuse-admission",
	"NonArrivalRecorded":          "record-non-arrival",
	"Departed":                    "record-departure",
	"ServiceNeedRecorded":         "record-service-need",
	"ServiceStarted":              "start-service",
	"ServiceDelivered":            "deliver-service",
	"FamilyReunited":              "reunite-family",
	"ConsularAssistanceGiven":     "give-consular-assistance",
	"ProtectionRequested":         "request-protection",
	"ProtectionMeasureOrdered":    "order-protection",
	"ProtectionMeasureEnded":      "end-protection",
	"ReturnWishExpressed":         "express-return-wish",
	"ReturnRiskAssessed":          "assess-return-risk",
	"ReturnConsentRecorded":       "record-return-consent",
	"ReturnCertificateApplied":    "apply-return-certificate",
	"ReturnCertificateIssued":     "issue-return-certificate",
	"ReturnDeparted":              "record-return-departure",
	"ReturnArrived":               "record-return-arrival",
	"ReturnReceived":              "record-return-reception",
	"ReintegrationFollowUpDone":   "record-follow-up",
	"RedressRightsExplained":      "explain-redress-rights",
	"AllowancePaid":               "pay-allowance",
	"FundAssistanceRequested":     "request-fund-assistance",
	"FundAssistancePaid":          "pay-fund-assistance",
	"CompensationClaimFiled":      "file-claim",
	"CompensationAwarded":         "record-award",
	"CompensationPaid":            "record-compensation-payment",
	"CaseClosed":                  "close-case",
	"CaseReopened":                "reopen-case",
	"FacilityOpened":              "open-facility",
	"FacilityCapacityChanged":     "change-capacity",
	"FacilityClosed":              "close-facility",
	"CapacityStudyCompleted":      "complete-capacity-study",
	"NgoAgreementSigned":          "sign-ngo-agreement",
	"BedTaken":                    "confirm-admission",
	"BedFreed":                    "record-departure",
	"LegalStatusRevised":          "revise-legal-status",
	"CommissionReconstituted":     "reconstitute-body",
	"MeetingHeld":                 "hold-meeting",
	"ProposalSubmitted":           "submit-proposal",
	"StandardAdopted":             "adopt-standard",
	"ProcedureAdopted":            "adopt-procedure",
	"StudyPublished":              "publish-study",
	"FundingAllocated":            "allocate-funding",
	"TargetSet":                   "set-target",
	"ReportingPeriodAttested":     "attest-period",
}

// listOf names the code list of data that the register adds to what it was
// told: by the name of the field, or by event and field where they differ.
var listOf = map[string]string{
	"from":                            "organisation",
	"organisation":                    "organisation",
	"provider":                        "organisation",
	"provider_type":                   "organisation_kind",
	"ServiceReferralSent.kind":        "organisation_kind",
	"suggestion":                      "suggestion",
	"rule":                            "rule",
	"code":                            "deviation",
	"kind":                            "facility_kind",
	"district":                        "district",
	"ReturnArrived.direction":         "return_direction",
	"ReintegrationFollowUpDone.month": "follow_up_month",
}

// wordsOwn are values that are no code list: their labels are texts of ours.
var wordsOwn = map[string]string{
	"channel":               "channel.",
	"ServiceStarted.kind":   "provider_kind.",
	"ServiceDelivered.kind": "provider_kind.",
	"FundingAllocated.kind": "provider_kind.",
}

// details turns an event's data into labelled lines. A new event needs no code
// here: labels and code lists come from the command that records it.
func (w words) details(e domain.AnyEvent) []string {
	v := reflect.ValueOf(e)
	var lines []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" || name == "key" {
			continue
		}
		asked := fieldBehind(e.EventType(), name)
		if value := w.detail(e.EventType(), name, asked, v.Field(i)); value != "" {
			lines = append(lines, w.fieldLabel(recordedBy[e.EventType()], name)+": "+value)
		}
	}
	return lines
}

// fieldBehind finds the command's field that an event's data come from.
func fieldBehind(event, name string) *domain.Field {
	spec, err := domain.CommandNamed(recordedBy[event])
	if err != nil {
		return nil
	}
	fields := spec.Fields()
	if i := slices.IndexFunc(fields, func(f domain.Field) bool { return f.Name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// codeListOf names the code list of an event's field, or "".
func codeListOf(event, name string, asked *domain.Field) string {
	if wordsOwn[event+"."+name] != "" {
		return ""
	}
	if list, ok := listOf[event+"."+name]; ok {
		return list
	}
	if asked != nil && asked.List != "" {
		return asked.List
	}
	return listOf[name]
}

func (w words) detail(event, name string, asked *domain.Field, v reflect.Value) string {
	list := codeListOf(event, name, asked)
	switch x := v.Interface().(type) {
	case string:
		if list == "" || x == "" {
			return cmp.Or(w.first(cmp.Or(wordsOwn[event+"."+name], wordsOwn[name])+x), x)
		}
		return w.code(list, x)
	case []string:
		if len(x) == 0 && asked != nil {
			return w.T("value.none")
		}
		return strings.Join(w.codes(list, x), "; ")
	case bool:
		if !x && (asked == nil || asked.Optional) {
			return ""
		}
		return w.yesNo(x)
	case int:
		if x == 0 && asked != nil && asked.Optional {
			return ""
		}
		if list != "" {
			return w.code(list, strconv.Itoa(x))
		}
		if strings.HasSuffix(name, "year") {
			return strconv.Itoa(x)
		}
		return w.number(int64(x))
	case domain.Qepik:
		return w.money(x)
	case domain.Day:
		return w.day(x)
	case domain.When:
		return w.when(x)
	case time.Time:
		return w.moment(x)
	case domain.Ref:
		return string(x)
	}
	return ""
}

func (w words) yesNo(yes bool) string {
	if yes {
		return w.T("value.yes")
	}
	return w.T("value.no")
}

// fieldLabel names a field of a command, in its form as on the timeline.
func (w words) fieldLabel(command, name string) string {
	return w.first("field."+command+"."+name, "field."+name)
}

// firstEvent is the event type that says best what a command records: the first
// of its types in the catalogue.
func firstEvent(command string) string {
	for _, s := range domain.EventSpecs() {
		if recordedBy[s.Type] == command {
			return s.Type
		}
	}
	return ""
}

// eventsOf lists the event types that a command records.
func eventsOf(command string) []string {
	var types []string
	for t, c := range recordedBy {
		if c == command {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return types
}
