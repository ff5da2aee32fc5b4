package domain

import "slices"

// A BestInterests is one determination of what is best for a child.
type BestInterests struct {
	Purpose  string `json:"purpose"`
	Decision string `json:"decision"`
	Solution string `json:"solution,omitempty"`
	On       When   `json:"on"`
}

// AssessBestInterests records that the possible ways were weighed against each
// other for a child: before a return, a placement that lasts and the closure
// (UN Convention on the Rights of the Child, Article 3). It is refused for an
// adult.
type AssessBestInterests struct {
	Purpose string   `json:"purpose" code:"best_interests_purpose"`
	Options []string `json:"options" code:"durable_solution"`
	Heard   bool     `json:"child_heard"` // Article 12 of the Convention
}

// BestInterestsAssessed comes before a determination and decides nothing.
type BestInterestsAssessed struct {
	Purpose string   `json:"purpose" code:"best_interests_purpose"`
	Options []string `json:"options" code:"durable_solution"`
	Heard   bool     `json:"child_heard,omitempty"`
}

func (BestInterestsAssessed) EventType() string { return "BestInterestsAssessed" }
func (e BestInterestsAssessed) apply(c *Case, _ Times) {
	if !slices.Contains(c.BestInterestsWeighed, e.Purpose) {
		c.BestInterestsWeighed = append(c.BestInterestsWeighed, e.Purpose)
	}
}
func (AssessBestInterests) givers() []Role { return []Role{ChildProtection} }
func (AssessBestInterests) expected(c *Case) bool {
	return c.TreatedAsChild() && len(c.BestInterestsWeighed) == 0 && len(c.BestInterests) == 0
}
func (cmd AssessBestInterests) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.childOn(req.Happened) {
		return nil, conflict("not_a_child")
	}
	return c.fact(req, BestInterestsAssessed{cmd.Purpose, slices.Clone(cmd.Options), cmd.Heard}, remark{!cmd.Heard, "child_not_heard"})
}

// DetermineBestInterests records the decision of the child protection panel. No
// child is returned, and no child's case ends, against it. What is postponed has
// no solution yet, and in one minute nothing is both so and otherwise
// ("answers_contradict").
type DetermineBestInterests struct {
	Purpose  string   `json:"purpose" code:"best_interests_purpose"`
	Options  []string `json:"options" code:"durable_solution"` // those that were weighed
	Decision string   `json:"decision" code:"best_interests_decision"`
	Solution string   `json:"solution,omitempty" code:"durable_solution"` // needed when a lasting solution is decided
	Heard    bool     `json:"child_heard"`
}

// BestInterestsDetermined stands until another is made for the same purpose.
type BestInterestsDetermined struct {
	Purpose  string   `json:"purpose" code:"best_interests_purpose"`
	Options  []string `json:"options" code:"durable_solution"`
	Decision string   `json:"decision" code:"best_interests_decision"`
	Solution string   `json:"solution,omitempty" code:"durable_solution"`
	Heard    bool     `json:"child_heard,omitempty"`
}

func (BestInterestsDetermined) EventType() string { return "BestInterestsDetermined" }
func (e BestInterestsDetermined) apply(c *Case, at Times) {
	c.BestInterests = append(c.BestInterests, BestInterests{e.Purpose, e.Decision, e.Solution, at.Happened})
}
func (DetermineBestInterests) givers() []Role { return []Role{ChildProtection} }
func (DetermineBestInterests) expected(c *Case) bool {
	return c.TreatedAsChild() && len(c.BestInterestsWeighed) > 0 && len(c.BestInterests) == 0
}
func (cmd DetermineBestInterests) decide(c *Case, req Request) ([]Event[Case], error) {
	switch {
	case !c.childOn(req.Happened):
		return nil, conflict("not_a_child")
	case cmd.Purpose == "durable_solution" && cmd.Decision == "in_favour" && cmd.Solution == "":
		return nil, invalid("required", "solution")
	case cmd.Solution != "" && cmd.Decision == "postponed":
		return nil, invalid("answers_contradict", "solution")
	case cmd.Solution != "" && !slices.Contains(cmd.Options, cmd.Solution):
		return nil, invalid("not_among_options", "solution")
	case slices.ContainsFunc(c.BestInterests, func(b BestInterests) bool { return b.atOnce(cmd, req.Happened) }):
		return nil, invalid("answers_contradict", "decision")
	}
	e := BestInterestsDetermined{cmd.Purpose, slices.Clone(cmd.Options), cmd.Decision, cmd.Solution, cmd.Heard}
	return c.fact(req, e, remark{!slices.Contains(c.BestInterestsWeighed, cmd.Purpose), "best_interests_not_assessed"},
		remark{!cmd.Heard, "child_not_heard"}, remark{c.guardianAt(req.Happened) == nil, "child_without_guardian"})
}

// atOnce reports whether something else was determined for the purpose in the same
// minute. Of a whole hour or day both can be true: the panel may have met twice.
func (b BestInterests) atOnce(cmd DetermineBestInterests, when When) bool {
	return when.Precision == Minute && b.Purpose == cmd.Purpose && b.On.Equal(when) && (b.Decision != cmd.Decision || b.Solution != cmd.Solution)
}

// inFavourOf reports whether the latest determination that speaks of the purpose
// before a time is in favour of it. A lasting solution in another country, or
// with a family there, speaks of the return too.
func (c *Case) inFavourOf(purpose string, by When) bool {
	var last BestInterests
	for _, b := range c.BestInterests {
		speaks := b.Purpose == purpose || purpose == "return" && b.Purpose == "durable_solution" && b.Solution == "return_to_country"
		if speaks && !by.Before(b.On) && !b.On.Before(last.On) {
			last = b
		}
	}
	return last.Decision == "in_favour"
}

// DurableSolution is the lasting solution that was last determined for a child
// to be in their best interests, or nothing.
func (c *Case) DurableSolution() (solution string) {
	var last When
	for _, b := range c.BestInterests {
		if b.Solution != "" && b.Decision == "in_favour" && !b.On.Before(last) {
			solution, last = b.Solution, b.On
		}
	}
	return solution
}
