package domain

// EnrolInSchool records that a child was enrolled in a school or a kindergarten
// (plan action 4.5.4). It is refused for an adult, whose education is a service
// like any other, and for a grade that is not of the level ("answers_contradict").
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
	if !gradeOf(cmd.Level, cmd.Grade) {
		return nil, invalid("answers_contradict", "grade")
	}
	events := []Event[Case]{SchoolEnrolled(cmd)}
	if p := c.Services["education"]; p.Delivered.IsZero() {
		events = append(events, c.delivery("education", req))
	}
	return c.noting(req, events), nil
}

// gradeOf reports whether a level of education has the grade, or none is given: I
// to IV are primary, V to IX general secondary, X and XI full secondary education,
// and a kindergarten has none (Law on general education, assumed). Vocational and
// special schools have what they have.
func gradeOf(level string, grade int) bool {
	first, last := 1, 11
	switch level {
	case "preschool":
		last = 0
	case "primary":
		last = 4
	case "general_secondary":
		first, last = 5, 9
	case "full_secondary":
		first = 10
	}
	return grade == 0 || first <= grade && grade <= last
}
