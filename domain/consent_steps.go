package domain

import "slices"

// RecordConsent records an informed consent: the six elements of the Law on
// Personal Data (998-IIIQ) – whose data (the person's of this case), who obtained
// it (the organisation of the asker), the purpose, the data and operations, the
// validity and how to revoke it, what becomes of the data afterwards – with the
// recipients and the questions of the Human Trafficking Case Data Standard that
// were explained. For a child the guardian consents and the child assents.
//
// Refused are a consent for a child without guardian ("guardian_required"), a
// guardian's for an adult ("adult_decides"), one that ends before it begins
// ("before_start") and data both released and kept back ("released_and_withheld").
type RecordConsent struct {
	Purpose     string   `json:"purpose" code:"consent_purpose"`
	Services    []string `json:"services,omitempty" code:"service"` // for the purpose "service"
	Recipients  []string `json:"recipients,omitempty" code:"organisation"`
	Abroad      bool     `json:"abroad"` // data may go to a receiver in another country
	Data        []string `json:"data" code:"consent_data"`
	Operations  []string `json:"operations" code:"consent_operation"`
	Withheld    []string `json:"withheld,omitempty" code:"consent_data"` // what the person kept back
	ValidUntil  Day      `json:"valid_until"`
	Revocation  []string `json:"revocation" code:"consent_revocation"`
	Deletion    string   `json:"deletion" code:"consent_deletion"`
	Form        string   `json:"form" code:"consent_form"`
	By          string   `json:"by" code:"consent_by"`
	Assent      bool     `json:"assent"` // the child agreed too
	Language    string   `json:"language" code:"language"`
	Interpreted bool     `json:"interpreted"`
	Explained   []string `json:"explained,omitempty" code:"consent_question"`
	NoHarm      bool     `json:"no_harm_on_refusal"` // the person was told that no help depends on it
}

// ConsentRecorded holds until it is withdrawn, or to its last day.
type ConsentRecorded struct {
	Purpose     string   `json:"purpose" code:"consent_purpose"`
	Services    []string `json:"services,omitempty" code:"service" reads:"health"`
	Operator    string   `json:"obtained_by" code:"organisation" place:"beside"` // who obtained it
	Recipients  []string `json:"recipients,omitempty" code:"organisation" place:"beside"`
	Abroad      bool     `json:"abroad,omitempty"`
	Data        []string `json:"data" code:"consent_data"`
	Operations  []string `json:"operations" code:"consent_operation"`
	Withheld    []string `json:"withheld,omitempty" code:"consent_data"`
	ValidUntil  Day      `json:"valid_until"`
	Revocation  []string `json:"revocation" code:"consent_revocation"`
	Deletion    string   `json:"deletion" code:"consent_deletion"`
	Form        string   `json:"form" code:"consent_form"`
	By          string   `json:"by" code:"consent_by"`
	Assent      bool     `json:"assent,omitempty"`
	Language    string   `json:"language" code:"language"`
	Interpreted bool     `json:"interpreted,omitempty"`
	Explained   []string `json:"explained,omitempty" code:"consent_question"`
	NoHarm      bool     `json:"no_harm_on_refusal,omitempty"`
}

func (ConsentRecorded) EventType() string { return "ConsentRecorded" }
func (e ConsentRecorded) apply(c *Case, at Times) {
	c.agree(e.Purpose, e.Services, at.Happened, func(k *Consent) {
		*k = Consent{State: "given", Until: e.ValidUntil, By: e.By, Form: e.Form, Abroad: e.Abroad, Data: e.Data, Recipients: e.Recipients, Operator: e.Operator, Deletion: e.Deletion}
	})
}

// consentGivers are those to whom a person may say yes or no.
func consentGivers() []Role {
	return []Role{DutyOfficer, CaseOfficer, Head, Shelter, AssistanceCentre, ChildProtection, Migration, Consulate, LegalAid, ReturnPartner, HealthCare, Education, Employment}
}

func (RecordConsent) givers() []Role { return consentGivers() }
func (RecordConsent) expected(c *Case) bool {
	return !c.HandedOver.IsZero() && c.ConsentFor("identification").State == ""
}
func (cmd RecordConsent) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := purposeFault(cmd.Purpose, cmd.Services); err != nil {
		return nil, err
	}
	if err := c.whoConsents(cmd.By, req.Happened); err != nil {
		return nil, err
	}
	switch both := slices.ContainsFunc(cmd.Data, func(d string) bool { return slices.Contains(cmd.Withheld, d) }); {
	case cmd.ValidUntil.Before(req.Happened.Day()):
		return nil, invalid("before_start", "valid_until")
	case both:
		return nil, invalid("released_and_withheld", "withheld")
	case !cmd.Abroad && slices.Contains(cmd.Operations, "transfer_abroad"):
		return nil, invalid("answers_contradict", "abroad")
	case cmd.Assent && !c.childOn(req.Happened):
		return nil, invalid("adult_decides", "assent")
	}
	e := ConsentRecorded{
		Purpose: cmd.Purpose, Services: slices.Clone(cmd.Services), Operator: req.By.Organisation, Recipients: slices.Clone(cmd.Recipients),
		Abroad: cmd.Abroad, Data: slices.Clone(cmd.Data), Operations: slices.Clone(cmd.Operations), Withheld: slices.Clone(cmd.Withheld),
		ValidUntil: cmd.ValidUntil, Revocation: slices.Clone(cmd.Revocation), Deletion: cmd.Deletion, Form: cmd.Form, By: cmd.By, Assent: cmd.Assent,
		Language: cmd.Language, Interpreted: cmd.Interpreted, Explained: slices.Clone(cmd.Explained), NoHarm: cmd.NoHarm,
	}
	return c.fact(req, e,
		remark{!c.toldOfRights(req.Happened), "rights_information_missing"},
		remark{len(cmd.Explained) < len(consentQuestions()) || !cmd.NoHarm, "consent_not_explained"},
		remark{!Consent{Form: cmd.Form}.Written(), "consent_not_written"},
		remark{c.childOn(req.Happened) && !cmd.Assent, "child_assent_missing"})
}

// RefuseConsent records that the person does not agree to a purpose. Nothing that
// the person needs may depend on it.
type RefuseConsent struct {
	Purpose     string   `json:"purpose" code:"consent_purpose"`
	Services    []string `json:"services,omitempty" code:"service"`
	By          string   `json:"by" code:"consent_by"`
	Language    string   `json:"language" code:"language"`
	Interpreted bool     `json:"interpreted"`
	NoHarm      bool     `json:"no_harm_on_refusal"`
}

// ConsentRefused stands until the person says something else.
type ConsentRefused struct {
	Purpose     string   `json:"purpose" code:"consent_purpose"`
	Services    []string `json:"services,omitempty" code:"service" reads:"health"`
	By          string   `json:"by" code:"consent_by"`
	Language    string   `json:"language" code:"language"`
	Interpreted bool     `json:"interpreted,omitempty"`
	NoHarm      bool     `json:"no_harm_on_refusal,omitempty"`
}

func (ConsentRefused) EventType() string { return "ConsentRefused" }
func (e ConsentRefused) apply(c *Case, at Times) {
	c.agree(e.Purpose, e.Services, at.Happened, func(k *Consent) { *k = Consent{State: "refused", By: e.By} })
}
func (RefuseConsent) givers() []Role { return consentGivers() }
func (cmd RefuseConsent) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := purposeFault(cmd.Purpose, cmd.Services); err != nil {
		return nil, err
	}
	for _, key := range consentKeys(cmd.Purpose, cmd.Services) {
		if k := c.Consents[key]; k.Holds(req.Happened.Day()) && !req.Happened.Before(k.At) {
			return nil, conflict("consent_given") // it must be withdrawn, so that those who have data are known
		}
	}
	return c.fact(req, ConsentRefused(cmd), remark{!cmd.NoHarm, "consent_not_explained"})
}

// WithdrawConsent records that the person takes a consent back. From then on
// nothing more is passed on because of it; what the law keeps is kept. A child may
// withdraw as well as the guardian. A consent that was not given, or is over, is
// refused as "no_consent".
type WithdrawConsent struct {
	Purpose  string   `json:"purpose" code:"consent_purpose"`
	Services []string `json:"services,omitempty" code:"service"`
	By       string   `json:"by" code:"consent_by"`
	Form     string   `json:"form" code:"consent_form"`
}

// ConsentWithdrawn names those who have data already and must be told.
type ConsentWithdrawn struct {
	Purpose  string   `json:"purpose" code:"consent_purpose"`
	Services []string `json:"services,omitempty" code:"service" reads:"health"`
	By       string   `json:"by" code:"consent_by"`
	Form     string   `json:"form" code:"consent_form"`
	Holders  []string `json:"holders,omitempty" code:"organisation" place:"beside"`
}

func (ConsentWithdrawn) EventType() string { return "ConsentWithdrawn" }
func (e ConsentWithdrawn) apply(c *Case, at Times) {
	c.agree(e.Purpose, e.Services, at.Happened, func(k *Consent) { k.State, k.By = "withdrawn", e.By })
}
func (WithdrawConsent) givers() []Role { return consentGivers() }
func (cmd WithdrawConsent) decide(c *Case, req Request) ([]Event[Case], error) {
	if err := purposeFault(cmd.Purpose, cmd.Services); err != nil {
		return nil, err
	}
	again := true
	for _, key := range consentKeys(cmd.Purpose, cmd.Services) {
		k := c.Consents[key]
		is := k.State == "withdrawn" && k.At.Equal(req.Happened)
		again = again && is
		switch {
		case is:
		case k.State == "" && key == "repatriation" && !c.Return.Consent.IsZero(): // recorded with the return
		case k.State != "given":
			return nil, conflict("no_consent")
		case req.Happened.Before(k.At):
			return nil, invalid("before_consent", "happened")
		}
	}
	if again {
		return nil, nil
	}
	return c.fact(req, ConsentWithdrawn{
		Purpose: cmd.Purpose, Services: slices.Clone(cmd.Services), By: cmd.By, Form: cmd.Form, Holders: c.holders(cmd.Purpose, cmd.Services),
	})
}

// MarkConsentExpired records the consents whose last day is over. The register
// asks it by itself, or the officer who asks the person anew: it is safe to ask
// twice or too early.
type MarkConsentExpired struct{}

// ConsentExpired ends a consent whose last day is over. That happened at the end of
// that day.
type ConsentExpired struct {
	Purpose  string   `json:"purpose" code:"consent_purpose"`
	Services []string `json:"services,omitempty" code:"service" reads:"health"`
	Until    Day      `json:"valid_until"`
}

func (ConsentExpired) EventType() string     { return "ConsentExpired" }
func (e ConsentExpired) moment(_ Times) When { return endOf(e.Until) }
func (e ConsentExpired) apply(c *Case, at Times) {
	for _, key := range consentKeys(e.Purpose, e.Services) {
		if k := c.Consents[key]; k.State == "given" && k.Until == e.Until {
			k.State = "expired"
			c.Consents[key] = k
			if key == "repatriation" {
				c.Return.Consent = When{}
			}
		}
	}
}
func (MarkConsentExpired) givers() []Role { return []Role{Clock, CaseOfficer} }
func (MarkConsentExpired) decide(c *Case, req Request) (ended []Event[Case], err error) {
	today := req.Happened.Day()
	for _, p := range Codes("consent_purpose") {
		if k := c.ConsentFor(p.Code); k.State == "given" && k.StateOn(today) == "expired" {
			ended = append(ended, ConsentExpired{Purpose: p.Code, Until: k.Until})
		}
	}
	for _, s := range Codes("service") {
		if k := c.ConsentFor("service", s.Code); k.State == "given" && k.StateOn(today) == "expired" {
			ended = append(ended, ConsentExpired{Purpose: "service", Services: []string{s.Code}, Until: k.Until})
		}
	}
	return ended, nil
}
