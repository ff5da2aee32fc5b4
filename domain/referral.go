package domain

import (
	"slices"
	"time"
)

// RegisterReferral records that a person who may be a victim was found, and
// refers the person to the special police unit. It opens the case.
//
// Happened is the time of detection. Law 958-IIQ Article 9.5: the unit is told
// at once. Who the person is may be told now or later; it is sealed.
type RegisterReferral struct {
	Source          string   `json:"source" code:"referral_source"`
	Circumstances   []string `json:"circumstances" code:"circumstance"`
	Status          string   `json:"status" code:"victim_status/referral"` // presumed or at_risk
	Age             string   `json:"age" code:"age"`
	Sex             string   `json:"sex" code:"sex"`
	Citizenship     string   `json:"citizenship" code:"citizenship"`
	District        string   `json:"district,omitempty" code:"district"` // where found, in Azerbaijan
	Country         string   `json:"country,omitempty" code:"country"`   // where found, abroad
	ImmediateDanger bool     `json:"immediate_danger"`
	Basis           string   `json:"basis" code:"referral_basis"`
	Told            When     `json:"told,omitzero"` // when the unit was told, if before now

	ReferralFields
	IdentityFields
	DocumentFields
	ContactFields
	Notes Prose `json:"notes,omitempty"`

	fresh bool // the reference was just made: any history under it is another person's
}

// DetectionRecorded opens a case.
type DetectionRecorded struct {
	Source          string   `json:"source" code:"referral_source"`
	Circumstances   []string `json:"circumstances" code:"circumstance"`
	Status          string   `json:"status" code:"victim_status"`
	Age             string   `json:"age" code:"age"`
	Sex             string   `json:"sex" code:"sex"`
	Citizenship     string   `json:"citizenship" code:"citizenship"`
	District        string   `json:"district,omitempty" code:"district" place:"none"`
	Country         string   `json:"country,omitempty" code:"country"`
	ImmediateDanger bool     `json:"immediate_danger,omitempty"`
}

// ReferralSubmitted says who referred the person, and on what basis their data
// may be passed on.
type ReferralSubmitted struct {
	From      string    `json:"from" code:"organisation" place:"beside"`
	Basis     string    `json:"basis" code:"referral_basis"`
	To        string    `json:"to,omitempty" code:"organisation" place:"beside"` // not where the unit found the person itself
	Reason    string    `json:"referral_reason,omitempty" code:"referral_reason"`
	Urgency   string    `json:"urgency,omitempty" code:"referral_urgency"`
	Documents []string  `json:"referral_documents,omitempty" code:"referral_document"`
	Number    Reference `json:"referral_no,omitempty"` // under which the sender keeps it
}

// ReferralFields say more of a referral than on what basis it was made.
type ReferralFields struct {
	Reason    string    `json:"referral_reason,omitempty" code:"referral_reason"`
	Urgency   string    `json:"urgency,omitempty" code:"referral_urgency"`
	Documents []string  `json:"referral_documents,omitempty" code:"referral_document"` // what came with it
	Number    Reference `json:"referral_no,omitempty"`
}

// submitted is the event of a referral by an organisation.
func (f ReferralFields) submitted(from, basis string) ReferralSubmitted {
	e := ReferralSubmitted{From: from, Basis: basis, Reason: f.Reason, Urgency: f.Urgency, Documents: slices.Clone(f.Documents), Number: f.Number}
	if !DutyOfficer.fits(from) {
		e.To = specialPolice()
	}
	return e
}

// specialPolice is the organisation to which every person is referred.
func specialPolice() string {
	all := organisations()
	return all[slices.IndexFunc(all, func(o Organisation) bool { return o.Kind == "special_police" })].Code
}

// SpuNotified says when the special police unit was told.
type SpuNotified struct {
	At      When   `json:"at,omitzero"`                         // if it was told before the referral was recorded
	Channel string `json:"channel" code:"notification_channel"` // register, or told by other means
}

// CitizenAbroadReported says that a citizen of Azerbaijan needs protection in
// another country (plan actions 4.2.9, 4.4.8).
type CitizenAbroadReported struct {
	Country       string   `json:"country" code:"country"`
	Circumstances []string `json:"circumstances,omitempty" code:"abroad_circumstance"`
	Confidential  bool     `json:"confidential,omitempty"`
}

func (DetectionRecorded) EventType() string     { return "DetectionRecorded" }
func (ReferralSubmitted) EventType() string     { return "ReferralSubmitted" }
func (SpuNotified) EventType() string           { return "SpuNotified" }
func (CitizenAbroadReported) EventType() string { return "CitizenAbroadReported" }

func (e DetectionRecorded) apply(c *Case, at Times) {
	c.Detected = at.Happened
	c.Source, c.Status, c.Age, c.Sex, c.Citizenship = e.Source, e.Status, e.Age, e.Sex, e.Citizenship
	c.District, c.Country, c.ImmediateDanger = e.District, e.Country, e.ImmediateDanger
}

func (e ReferralSubmitted) apply(c *Case, _ Times) {
	if c.Referral == "" { // the first one brought the person; others say that they found the same person
		c.Referral = e.From
	}
	c.involve(e.From, ReferredIt)
}

func (e SpuNotified) apply(c *Case, at Times) { c.Notified = e.moment(at) }

func (e SpuNotified) moment(at Times) When {
	if e.At.IsZero() {
		return At(at.Recorded)
	}
	return e.At
}

func (CitizenAbroadReported) apply(*Case, Times) {}

func (RegisterReferral) givers() []Role {
	return []Role{Referrer, DutyOfficer, CaseOfficer, Shelter, AssistanceCentre, ChildProtection, Migration, Consulate, LegalAid, Prosecution, HotlineOperator, ReturnPartner, HealthCare, Education}
}

// lawInForce is the day from which there are rules to judge a case by: that of
// Law 958-IIQ with its decree of 04.08.2005.
var lawInForce = NewDay(2005, time.August, 5)

func (cmd RegisterReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	detection := DetectionRecorded{
		Source: cmd.Source, Circumstances: cmd.Circumstances, Status: cmd.Status, Age: cmd.Age, Sex: cmd.Sex,
		Citizenship: cmd.Citizenship, District: cmd.District, Country: cmd.Country, ImmediateDanger: cmd.ImmediateDanger,
	}
	events := []Event[Case]{detection, cmd.submitted(req.By.Organisation, cmd.Basis)}
	switch {
	case req.Happened.Day().Before(lawInForce):
		return nil, invalid("before_law", "happened")
	case cmd.District == "" && cmd.Country == "":
		return nil, invalid("place_required", "district")
	case cmd.District != "" && cmd.Country != "":
		return nil, invalid("one_place_only", "country")
	case !cmd.Told.IsZero() && cmd.Told.Before(req.Happened):
		return nil, invalid("before_case", "told")
	case c.Opened() && (cmd.fresh || !c.sameReferral(detection, req)):
		return nil, conflict("already_registered")
	case c.Opened():
		return nil, nil
	}
	personal, err := cmd.personal(req.Happened.Day())
	if err != nil {
		return nil, err
	}
	if cmd.Basis == "without_identity" && len(personal) > 0 {
		return nil, invalid("identity_without_basis", "basis")
	}
	told := SpuNotified{At: cmd.Told, Channel: "register"}
	if !cmd.Told.IsZero() {
		told.Channel = "direct"
	}
	events = append(events, told)
	if cmd.Country != "" && cmd.Citizenship == "az" {
		events = append(events, CitizenAbroadReported{Country: cmd.Country})
	}
	return append(events, personal...), nil
}

func (c *Case) sameReferral(e DetectionRecorded, req Request) bool {
	return c.Detected.Equal(req.Happened) && c.Referral == req.By.Organisation && c.Source == e.Source &&
		c.Age == e.Age && c.Sex == e.Sex && c.Citizenship == e.Citizenship && c.District == e.District && c.Country == e.Country
}

// SendServiceReferral asks another body to take part: an assistance centre, a
// legal aid organisation, a consulate, the migration service, the fund. From
// then on that body may see the case. So nobody asks their own organisation
// ("same_stream"), and to have been asked for a place, or to have referred the
// person, is not enough to pass the case on ("not_admitted").
// A basis for it is named, or the person has consented: otherwise it is remarked
// ("passed_on_without_basis"; Law on Personal Data).
type SendServiceReferral struct {
	Organisation string   `json:"organisation" code:"organisation/assistance_centre|legal_aid|consulate|migration|fund|child_protection|health|education|employment|prosecution|ngo|international"`
	Services     []string `json:"services" code:"service"`
	Basis        string   `json:"basis,omitempty" code:"referral_basis"` // for passing the person's data on
}

// ServiceReferralSent opens the case to a body for the services named.
type ServiceReferralSent struct {
	Organisation string   `json:"organisation" code:"organisation" place:"beside"`
	Kind         string   `json:"kind" code:"organisation_kind" place:"none"` // of the organisation, as it was then
	Services     []string `json:"services" code:"service"`
	Basis        string   `json:"basis,omitempty" code:"referral_basis"`
}

func (ServiceReferralSent) EventType() string { return "ServiceReferralSent" }

func (e ServiceReferralSent) apply(c *Case, at Times) {
	c.involve(e.Organisation, Provides)
	for _, s := range e.Services {
		p := c.progress(s)
		p.Referred = later(p.Referred, at.Happened)
		c.Services[s] = p
		c.refer(e.Organisation, s, at)
	}
}

func (SendServiceReferral) givers() []Role {
	return []Role{CaseOfficer, Shelter, AssistanceCentre, Head}
}

func (SendServiceReferral) expected(c *Case) bool { return !c.HandedOver.IsZero() }

func (cmd SendServiceReferral) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case cmd.Organisation == req.By.Organisation:
		return nil, invalid("same_stream", "organisation")
	case !c.knows(req.By, req.known()):
		return nil, conflict("not_admitted")
	}
	o, _ := OrganisationOf(cmd.Organisation)
	e := ServiceReferralSent{Organisation: cmd.Organisation, Kind: o.Kind, Services: slices.Clone(cmd.Services), Basis: cmd.Basis}
	return c.fact(req, e, remark{c.HandedOver.IsZero() && c.Country == "", "handover_missing"},
		remark{cmd.Basis == "" && !c.mayPassOn(cmd.Organisation, req.Happened.Day()) && !req.imported(), "passed_on_without_basis"})
}

// mayPassOn reports whether a consent that holds on a day names the organisation.
func (c *Case) mayPassOn(organisation string, on Day) bool {
	for _, k := range c.Consents {
		if k.Holds(on) && slices.Contains(k.Recipients, organisation) {
			return true
		}
	}
	return false
}
