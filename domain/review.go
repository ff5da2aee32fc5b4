package domain

import "slices"

// Review is how far the review of a decision on identification has come. While it
// lasts the person keeps the help that they have.
type Review struct {
	Requested When   `json:"requested,omitzero"`
	Body      string `json:"body,omitempty"` // code list "review_body"
	Decided   When   `json:"decided,omitzero"`
	Outcome   string `json:"outcome,omitempty"` // code list "review_outcome"
}

// Pending reports whether a review was asked for and is not decided.
func (r Review) Pending() bool { return !r.Requested.IsZero() && r.Decided.IsZero() }

// RequestReview asks another body to look at a decision on identification again.
// No time limit for it was found in the law (general rules on complaints: assumed).
// Refused are a review of what is not decided ("not_decided") or under review
// ("review_pending"), and one before the decision ("before_decision").
type RequestReview struct {
	Party   string   `json:"party" code:"review_party"`
	Grounds []string `json:"grounds" code:"review_ground"`
	Body    string   `json:"body" code:"review_body"`
}

// ReviewRequested keeps what the person has until the review is decided.
type ReviewRequested struct {
	Party   string   `json:"party" code:"review_party"`
	Grounds []string `json:"grounds" code:"review_ground"`
	Body    string   `json:"body" code:"review_body"`
	Outcome string   `json:"outcome_under_review" code:"outcome"` // of the decision under review
}

func (ReviewRequested) EventType() string { return "ReviewRequested" }
func (e ReviewRequested) apply(c *Case, at Times) {
	c.Review = Review{Requested: at.Happened, Body: e.Body}
	if c.Outcome == "negative" {
		c.Status = "pending_review"
	}
}
func (RequestReview) givers() []Role {
	return []Role{LegalAid, CaseOfficer, Shelter, AssistanceCentre, ChildProtection}
}
func (cmd RequestReview) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Review.Pending() && c.Review.Requested.Equal(req.Happened) && c.Review.Body == cmd.Body:
		return nil, nil
	case c.Review.Pending():
		return nil, conflict("review_pending")
	case !c.final():
		return nil, conflict("not_decided")
	case req.Happened.Before(c.Decided):
		return nil, invalid("before_decision", "happened")
	}
	return c.fact(req, ReviewRequested{cmd.Party, slices.Clone(cmd.Grounds), cmd.Body, c.Outcome})
}

// DecideReview records what the reviewing body decided. It does not change the
// decision itself: the head of the special police unit carries out what it says
// (see [ReverseIdentification]). Nobody reviews a decision of their own
// ("own_decision"), nor answers for another body: what a court decided is recorded
// by the liaison of the courts, what the higher authority decided within the police
// ("not_your_organisation"). A body that was not asked ends no review
// ("no_review").
type DecideReview struct {
	Outcome  string    `json:"outcome" code:"review_outcome"`
	Body     string    `json:"body" code:"review_body"`
	Decision Reference `json:"decision_no,omitempty"`
}

// ReviewDecided ends a review.
type ReviewDecided struct {
	Outcome  string    `json:"outcome" code:"review_outcome"`
	Body     string    `json:"body" code:"review_body"`
	Decision Reference `json:"decision_no,omitempty"`
}

func (ReviewDecided) EventType() string { return "ReviewDecided" }
func (e ReviewDecided) apply(c *Case, at Times) {
	if !c.Review.Pending() {
		c.groundless++ // what it decides was voided
	}
	c.Review.Decided, c.Review.Outcome = at.Happened, e.Outcome
	if c.Status == "pending_review" && e.Outcome != "reversed" {
		c.Status = "not_identified"
	}
}
func (DecideReview) givers() []Role        { return []Role{Head, Prosecution} }
func (DecideReview) expected(c *Case) bool { return c.Review.Pending() }
func (cmd DecideReview) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case !c.Review.Pending() && c.Review.Outcome == cmd.Outcome && c.Review.Decided.Equal(req.Happened):
		return nil, nil
	case (cmd.Body == "court") != (req.By.Role == Prosecution):
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_organisation", Field: "body"}
	case !c.Review.Pending() || c.Review.Body != cmd.Body:
		return nil, conflict("no_review")
	case req.Happened.Before(c.Review.Requested):
		return nil, invalid("before_request", "happened")
	case c.DecidedBy == req.By.User && req.Claimed.IsZero():
		return nil, conflict("own_decision")
	}
	return c.fact(req, ReviewDecided(cmd))
}

// ReverseIdentification replaces a decision on identification by its contrary,
// from its day on: after a review, or because new facts came up. Only the head of
// the special police unit does so. What was paid or given before is not undone.
// The person was told how it can be reviewed when they were told of it, so the time
// of that is given then ("required").
type ReverseIdentification struct {
	Outcome    string    `json:"outcome" code:"outcome/final"` // what it is from now on
	Reasons    []string  `json:"reasons" code:"reversal_reason"`
	Forms      []string  `json:"forms,omitempty" code:"form_of_exploitation"`
	Means      []string  `json:"means,omitempty" code:"means"`
	Geography  string    `json:"geography,omitempty" code:"geography"`
	Informed   bool      `json:"informed"`
	Decision   Reference `json:"decision_no,omitempty"`
	NotifiedAt When      `json:"notified_at,omitzero"`  // when the person was told
	ReviewInfo bool      `json:"review_info,omitempty"` // and how the reversal can be reviewed
	ExploitationFields
}

// IdentificationReversed prevails from the time at which it happened.
type IdentificationReversed struct {
	From              string    `json:"previous_outcome" code:"outcome"`
	Outcome           string    `json:"outcome" code:"outcome"`
	Reasons           []string  `json:"reasons" code:"reversal_reason"`
	Forms             []string  `json:"forms,omitempty" code:"form_of_exploitation"`
	Means             []string  `json:"means,omitempty" code:"means"`
	Geography         string    `json:"geography,omitempty" code:"geography"`
	Informed          bool      `json:"informed,omitempty"`
	Decision          Reference `json:"decision_no,omitempty"`
	NotifiedAt        When      `json:"notified_at,omitzero"`
	ReviewInfo        bool      `json:"review_info,omitempty"`
	Acts              []string  `json:"acts,omitempty" code:"exploitation_act"`
	Controls          []string  `json:"controls,omitempty" code:"control_method"`
	Industry          string    `json:"industry,omitempty" code:"isic_section"`
	ExploitedIn       string    `json:"exploited_in,omitempty" code:"country"`
	ExploitedDistrict string    `json:"exploited_district,omitempty" code:"district" place:"none"`
	AgeAtExploitation string    `json:"age_at_exploitation,omitempty" code:"age_group"`
	Age               string    `json:"age,omitempty" code:"age"`
}

func (IdentificationReversed) EventType() string { return "IdentificationReversed" }
func (e IdentificationReversed) apply(c *Case, at Times) {
	c.identify(e.Outcome, at.Happened)
	c.Reversals++
	if c.Review.Pending() {
		c.Review.Decided, c.Review.Outcome = at.Happened, "reversed"
	}
}
func (ReverseIdentification) givers() []Role { return []Role{Head} }
func (ReverseIdentification) expected(c *Case) bool {
	return c.Review.Outcome == "reversed" && c.Decided.Before(c.Review.Decided)
}
func (cmd ReverseIdentification) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case c.Reversals > 0 && c.Outcome == cmd.Outcome && c.Decided.Equal(req.Happened):
		return nil, nil
	case !c.final():
		return nil, conflict("not_decided")
	case c.Outcome == cmd.Outcome:
		return nil, conflict("already_decided")
	case req.Happened.Before(c.Decided):
		return nil, invalid("before_decision", "happened")
	case !cmd.NotifiedAt.IsZero() && cmd.NotifiedAt.Before(req.Happened):
		return nil, invalid("before_decision", "notified_at")
	case cmd.NotifiedAt.IsZero() && cmd.ReviewInfo:
		return nil, invalid("required", "notified_at")
	case cmd.ReviewInfo && !cmd.Informed:
		return nil, invalid("answers_contradict", "informed") // told of the review means told of what is reviewed
	}
	if err := c.identifiable(cmd.Outcome, cmd.Forms, cmd.Means, cmd.Geography, cmd.AgeAtExploitation, req.Happened); err != nil {
		return nil, err
	}
	if err := c.atOdds(cmd.Forms, cmd.Means, cmd.Geography, cmd.ExploitationFields, req.Happened); err != nil {
		return nil, err
	}
	x := cmd.ExploitationFields
	e := IdentificationReversed{
		From: c.Outcome, Outcome: cmd.Outcome, Reasons: slices.Clone(cmd.Reasons), Forms: slices.Clone(cmd.Forms), Means: slices.Clone(cmd.Means),
		Geography: cmd.Geography, Informed: cmd.Informed, Decision: cmd.Decision, NotifiedAt: cmd.NotifiedAt, ReviewInfo: cmd.ReviewInfo, Acts: slices.Clone(x.Acts), Controls: slices.Clone(x.Controls),
		Industry: x.Industry, ExploitedIn: x.ExploitedIn, ExploitedDistrict: x.ExploitedDistrict, AgeAtExploitation: x.AgeAtExploitation, Age: c.ageOn(req.Happened.Day()).Status,
	}
	paid := c.Redress.Allowance != 0 || c.Redress.FundPaid != 0 || c.Redress.Paid != 0
	told := cmd.Informed || !cmd.NotifiedAt.IsZero()
	return c.fact(req, e, remark{paid && cmd.Outcome == "negative", "paid_before_reversal"}, remark{!told, "person_not_informed"})
}
