package domain

// EnrolInSchool records that a child was enrolled in a school or a kindergarten
// (plan action 4.5.4). It is refused for an adult, whose education is a service
// like any other.
type EnrolInSchool struct {
	Level string `json:"level" code:"school_level"`
	Grade int    `json:"grade,omitempty" max:"11"` // 1 to 11, if it is a school
}

// SchoolEnrolled says at which level, never in which school: that would tell
// where the child lives.
type SchoolEnrolled struct {
	Level string `json:"level" code:"school_level"`
	Grade int    `json:"grade,omitempty"`
}

func (SchoolEnrolled) EventType() string       { return "SchoolEnrolled" }
func (SchoolEnrolled) apply(c *Case, at Times) { c.Enrolled = at.Happened }
func (EnrolInSchool) givers() []Role {
	return []Role{Education, ChildProtection, CaseOfficer, Shelter, AssistanceCentre}
}

// The yearly report counts the service of education, so it is recorded as
// delivered beside the enrolment, unless it was before.
func (cmd EnrolInSchool) decide(c *Case, req Request) ([]Event[Case], error) {
	if !c.childOn(req.Happened) {
		return nil, conflict("not_a_child")
	}
	events := []Event[Case]{SchoolEnrolled(cmd)}
	if p := c.Services["education"]; p.Delivered.IsZero() {
		events = append(events, c.delivery("education", req))
	}
	return c.noting(req, events), nil
}
