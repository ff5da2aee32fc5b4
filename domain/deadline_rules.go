package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A Rule is a duty with a time limit: once one of From has happened, one of To
// must follow within the parameter.
type Rule struct {
	ID        string // also the key of its label
	From, To  []string
	Until     []string // after one of these nobody has the duty any more
	Parameter string
	Grace     string // a second parameter in days, which are added
	Period    bool   // not a duty but a protected time, which simply runs out
	Fixed     bool   // the law lets nobody suspend or extend it
	PerPlace  bool   // a duty of each facility

	needs     string                           // the step without which the rule makes no sense; "" = none
	binds     func(*Case, AnyEvent, When) bool // whether an event of From starts it on this case; nil = always
	ends      func(AnyEvent) bool              // whether an event of To ends it; nil = always
	pauses    func(AnyEvent) bool              // whether an event of To only suspends it; nil = never
	withdrawn func(*Case, AnyEvent) bool       // whether an event of Until is one after which nobody has the duty; nil = always
	own       string                           // the fields of an event of From of which one names the last day itself
	choose    func(*Case, When) string         // another parameter, by the case at a time
}

// Rules lists the time limits that the register watches.
func Rules() []Rule { return slices.Clone(rules()) }

// rules are those whose steps the catalogue knows.
var rules = sync.OnceValue(func() (all []Rule) {
	known := func(types []string) []string {
		return slices.DeleteFunc(slices.Clone(types), func(typ string) bool { _, ok := EventSpecOf(typ); return !ok })
	}
	for _, r := range everyRule() {
		if len(known([]string{r.needs})) == 0 && r.needs != "" {
			continue
		}
		r.From, r.To, r.Until = known(r.From), known(r.To), known(r.Until)
		all = append(all, r)
	}
	return all
})

// everyRule is what the law and good practice ask for.
func everyRule() []Rule { return slices.Concat(policeRules(), helpRules(), returnRules()) }

func policeRules() []Rule {
	return []Rule{
		{ID: "notify", From: []string{"DetectionRecorded"}, To: []string{"SpuNotified", "HandoverAccepted"}, Parameter: "notify", Fixed: true},
		{ID: "handover", From: []string{"DetectionRecorded", "ReturnArrived"}, To: []string{"HandoverAccepted"}, Parameter: "handover", binds: withinReach, Fixed: true},
		{ID: "identification_watch", From: []string{"HandoverAccepted"}, To: []string{"IdentificationDecided"}, Parameter: "identification_watch",
			binds: presumed, pauses: has("outcome", "suspended")},
		{ID: "identification", From: []string{"HandoverAccepted"}, To: []string{"IdentificationDecided"}, Parameter: "identification",
			binds: presumed, pauses: has("outcome", "suspended")},
		{ID: "reflection", From: []string{"ReflectionGranted"}, Parameter: "reflection", Period: true, own: "until"},
		{ID: "expulsion_bar", From: []string{"ExpulsionBarred"}, Parameter: "expulsion_bar", Period: true, needs: "ExpulsionBarred", own: "until"},
		{ID: "residence_permit", From: []string{"ResidencePermitIssued", "ResidencePermitRenewed"}, Parameter: "residence_permit", Period: true, needs: "ResidencePermitIssued", own: "until"},
		{ID: "guardian", From: []string{"GuardianRequested"}, To: []string{"GuardianAppointed"}, Parameter: "guardian", needs: "GuardianRequested",
			Until: []string{"ChildStatusSet", "AgeAssessed"}, withdrawn: grown},
	}
}

func helpRules() []Rule {
	return []Rule{
		{ID: "admission", From: []string{"ShelterRequested"}, To: []string{"AdmissionConfirmed", "AdmissionRefused", "NonArrivalRecorded", "PlacementDeclined"}, Parameter: "admission", PerPlace: true},
		{ID: "stay_review", From: []string{"AdmissionConfirmed", "TransferCompleted", "StayReviewed", "StayExtended"}, To: []string{"StayReviewed", "StayExtended", "TransferCompleted", "Departed"},
			needs: "StayReviewed", own: "review_on until", Parameter: "stay_adult", choose: stayOf},
		{ID: "rehabilitation_plan", From: []string{"AdmissionConfirmed"}, To: []string{"RehabPlanApproved"}, Parameter: "rehabilitation_plan", needs: "RehabPlanApproved",
			binds: withoutPlan, Until: []string{"Departed"}, withdrawn: func(_ *Case, e AnyEvent) bool { return !has("destination", "other_facility")(e) }},
		{ID: "allowance_payment", From: []string{"IdentificationDecided", "IdentificationReversed"}, To: []string{"AllowancePaid"}, Parameter: "allowance_payment",
			binds: func(_ *Case, e AnyEvent, _ When) bool { return has("outcome", "positive")(e) }, Until: []string{"IdentificationReversed"}, withdrawn: func(_ *Case, e AnyEvent) bool { return has("outcome", "negative")(e) }},
	}
}

func returnRules() []Rule {
	all := []Rule{{ID: "return_certificate", From: []string{"ReturnCertificateApplied"}, To: []string{"ReturnCertificateIssued", "ReturnCertificateRefused"},
		Parameter: "return_certificate", Until: []string{"RepatriationCancelled"}}}
	for _, month := range []string{"1", "3", "6", "12"} { // good practice: looked after for a year
		all = append(all, Rule{ID: "follow_up_" + month, From: []string{"ReturnReceived"}, To: []string{"ReintegrationFollowUpDone"},
			Parameter: "follow_up_" + month, Grace: "follow_up_grace", ends: has("month", month), Until: []string{"ReintegrationFollowUpDone"}, withdrawn: lost})
	}
	return all
}

// grown reports whether the person is an adult, as far as is known after an event
// about their age.
func grown(c *Case, _ AnyEvent) bool { return !c.TreatedAsChild() }

// lost reports whether a follow-up says that there will be no other.
func lost(_ *Case, e AnyEvent) bool {
	return has("status", "contact_lost")(e) || has("status", "re_trafficked")(e)
}

func presumed(c *Case, _ AnyEvent, _ When) bool { return c.Status == "presumed" }

func stayOf(c *Case, at When) string {
	if c.childOn(at) {
		return "stay_child"
	}
	return "stay_adult"
}

// withoutPlan reports whether the person had no plan yet when they were admitted:
// whoever is admitted again goes on with the one that they have.
func withoutPlan(c *Case, _ AnyEvent, at When) bool { return !c.Plan.Approved.Before(at) }

// withinReach says when the 24 hours begin: at detection, or for a person found
// abroad, whom nobody can hand over there, with their arrival.
func withinReach(c *Case, e AnyEvent, _ When) bool {
	if a, ok := e.(ReturnArrived); ok {
		return a.Direction == "inbound" && c.HandedOver.IsZero()
	}
	return c.Country == ""
}

// Types lists the events that the duties of the rule follow from.
func (r Rule) Types() []string {
	all := slices.Concat(r.From, r.To, r.Until, []string{"CaseClosed", "CaseReopened", "DeadlineSuspended", "DeadlineResumed", "DeadlineExtended"})
	slices.Sort(all)
	return slices.Compact(all)
}

// RuleOf finds a rule.
func RuleOf(id string) (Rule, bool) {
	all := rules()
	if i := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id }); i >= 0 {
		return all[i], true
	}
	return Rule{}, false
}

// has reports whether a field of an event, by its stored name, holds a value.
func has(name, value string) func(AnyEvent) bool {
	return func(e AnyEvent) bool {
		v, ok := fieldNamed(e, name)
		return ok && fmt.Sprint(v.Interface()) == value
	}
}

// fieldNamed finds a field of an event by its stored name. A sealed event has none.
func fieldNamed(e AnyEvent, name string) (reflect.Value, bool) {
	v := reflect.ValueOf(e)
	if _, sealed := e.(Sealed); sealed || v.Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if n, _, _ := strings.Cut(f.Tag.Get("json"), ","); n == name {
			return v.FieldByIndex(f.Index), true
		}
	}
	return reflect.Value{}, false
}

// dayIn gives the day that the first of some fields of an event holds, or none.
func dayIn(e AnyEvent, names string) Day {
	for _, name := range strings.Fields(names) {
		if v, ok := fieldNamed(e, name); ok {
			if d, ok := v.Interface().(Day); ok && !d.IsZero() {
				return d
			}
		}
	}
	return Day{}
}
