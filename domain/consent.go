package domain

import (
	"maps"
	"slices"
)

// Consent is how the person stands to one purpose for which their data may be
// used or passed on. Nothing stands for a purpose that nobody asked about.
type Consent struct {
	State      string   `json:"state"`            // code list "consent_state"
	At         When     `json:"at"`               // since when
	Until      Day      `json:"until,omitzero"`   // the last day on which it holds
	By         string   `json:"by,omitempty"`     // code list "consent_by"
	Form       string   `json:"form,omitempty"`   // code list "consent_form"
	Abroad     bool     `json:"abroad,omitempty"` // data may go to a receiver in another country
	Data       []string `json:"data,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	Operator   string   `json:"operator,omitempty"` // the organisation that obtained it
	Deletion   string   `json:"deletion,omitempty"` // code list "consent_deletion": what becomes of the data afterwards
}

// Written reports whether the consent has the form that the Law on Personal Data
// asks for: on paper or with an electronic signature.
func (k Consent) Written() bool { return k.Form == "written" || k.Form == "electronic_signature" }

// Holds reports whether data may be used on a day because of this consent.
func (k Consent) Holds(on Day) bool { return k.StateOn(on) == "given" && !on.Before(k.At.Day()) }

// StateOn is the state on a day: a consent ends with its last day, whether that
// was recorded or not.
func (k Consent) StateOn(on Day) string {
	switch {
	case k.State == "":
		return "not_asked"
	case k.State == "given" && !k.Until.IsZero() && on.After(k.Until):
		return "expired"
	}
	return k.State
}

// ConsentFor is the consent for a purpose, a code of the list "consent_purpose".
// For the purpose "service" it is the consent to one service.
func (c *Case) ConsentFor(purpose string, service ...string) Consent {
	return c.Consents[consentKey(purpose, service)]
}

// saidNo reports whether the person had refused a purpose by a time, or taken the
// consent back, and not consented since.
func (c *Case) saidNo(purpose string, at When) bool {
	k := c.ConsentFor(purpose)
	return (k.State == "refused" || k.State == "withdrawn") && !at.Before(k.At)
}

func consentKey(purpose string, service []string) string {
	if len(service) == 0 {
		return purpose
	}
	return purpose + "/" + service[0]
}

// consentKeys are the consents that one record is about.
func consentKeys(purpose string, services []string) (keys []string) {
	for _, s := range services {
		keys = append(keys, consentKey(purpose, []string{s}))
	}
	if len(keys) == 0 {
		keys = []string{purpose}
	}
	return keys
}

// agree changes the consents that a record is about, but for those of which
// something newer is known.
func (c *Case) agree(purpose string, services []string, at When, change func(*Consent)) {
	if c.Consents == nil {
		c.Consents = map[string]Consent{}
	}
	for _, key := range consentKeys(purpose, services) {
		k := c.Consents[key]
		if k.State != "" && at.Before(k.At) {
			continue
		}
		change(&k)
		k.At = at
		c.Consents[key] = k
		if key == "repatriation" {
			c.Return.Consent = When{}
			if k.State == "given" && k.Written() && !at.Before(c.ReturnDeclined) { // as good as a consent recorded with the return itself
				c.Return.Consent = at
			}
		}
	}
}

// The events of consent say whom the person lets know more, for which purposes and
// up to which day: nobody, once the person refuses or withdraws.

func (e ConsentRecorded) permits() (purposes, organisations []string, until Day) {
	return consentKeys(e.Purpose, e.Services), e.Recipients, e.ValidUntil
}

func (e ConsentRefused) permits() (purposes, organisations []string, until Day) {
	return consentKeys(e.Purpose, e.Services), nil, Day{}
}

func (e ConsentWithdrawn) permits() (purposes, organisations []string, until Day) {
	return consentKeys(e.Purpose, e.Services), nil, Day{}
}

func (e ConsentExpired) permits() (purposes, organisations []string, until Day) {
	return consentKeys(e.Purpose, e.Services), nil, Day{}
}

// purposeFault refuses services without the purpose that they belong to, and the
// purpose without them.
func purposeFault(purpose string, services []string) error {
	switch {
	case purpose == "service" && len(services) == 0:
		return invalid("required", "services")
	case purpose != "service" && len(services) > 0:
		return invalid("consent_not_for_services", "services")
	}
	return nil
}

// whoConsents refuses the consent of a child alone and that of a guardian for an
// adult.
func (c *Case) whoConsents(by string, at When) error {
	switch {
	case c.childOn(at) && by != "guardian":
		return invalid("guardian_required", "by")
	case !c.childOn(at) && by == "guardian":
		return invalid("adult_decides", "by")
	}
	return nil
}

// consentQuestions are all that must be explained before a person consents.
func consentQuestions() (all []string) {
	for _, q := range Codes("consent_question") {
		all = append(all, q.Code)
	}
	return all
}

// holders are the organisations that have data of the person already: those to
// whom a consent let them go, and those that have to do with the case.
func (c *Case) holders(purpose string, services []string) []string {
	all := map[string]bool{}
	for _, key := range consentKeys(purpose, services) {
		for _, r := range c.Consents[key].Recipients {
			all[r] = true
		}
	}
	for _, a := range c.Access {
		if o, ok := OrganisationOf(a.Organisation); ok && o.Kind != "register" && a.Relation != AskedFor {
			all[a.Organisation] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
