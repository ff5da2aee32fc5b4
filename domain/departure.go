package domain

import "slices"

// RecordDeparture says that the person left the facility.
type RecordDeparture struct {
	Facility    Ref    `json:"facility"`
	Destination string `json:"destination" code:"destination"`
	Planned     bool   `json:"planned"`
	SafetyPlan  bool   `json:"safety_plan,omitempty"` // made with the person, for the time after
}

// Departed ends a stay.
type Departed struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Destination  string `json:"destination" code:"destination"`
	Planned      bool   `json:"planned,omitempty"`
	SafetyPlan   bool   `json:"safety_plan,omitempty"`
}

// BedFreed stands in the facility's history beside [Departed] in the case's.
type BedFreed struct {
	Case Ref `json:"case"`
}

func (Departed) EventType() string { return "Departed" }
func (BedFreed) EventType() string { return "BedFreed" }
func (e Departed) key() string     { return string(e.Facility) }

func (e Departed) apply(c *Case, at Times) {
	if p := c.place(e.Facility); p != nil && p.State == "admitted" {
		p.State, p.Departed = "departed", at.Happened
		c.Absent = When{}
		c.involve(e.Organisation, Hosted)
		c.release(e.Organisation, Hosts, at.Recorded, 0)
		c.release(e.Organisation, Hosted, at.Recorded, hostedFor)
	}
}

func (e BedFreed) apply(f *Facility, at Times) {
	f.used(at)
	f.Beds = slices.DeleteFunc(slices.Clone(f.Beds), func(b Bed) bool {
		if b.Case == e.Case {
			f.count(b, -1)
		}
		return b.Case == e.Case
	})
}

func (cmd RecordDeparture) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RecordDeparture) givers() []Role              { return []Role{Shelter, AssistanceCentre} }
func (RecordDeparture) expected(c *Case) bool       { return c.Host() != nil }

func (cmd RecordDeparture) decide(p *Joint, req Request) ([]Event[Joint], error) {
	c, f := p.Case(), p.Facilities[0]
	switch stay := c.place(cmd.Facility); {
	case f.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case stay != nil && stay.State == "departed" && stay.Departed.Equal(req.Happened):
		return nil, nil
	case stay == nil || stay.State != "admitted":
		return nil, conflict("not_admitted")
	case req.Happened.Before(stay.Admitted):
		return nil, invalid("before_admission", "happened")
	}
	onCase := c.noting(req, []Event[Case]{Departed{cmd.Facility, f.Organisation, cmd.Destination, cmd.Planned, cmd.SafetyPlan}}, remark{!cmd.Planned, "unplanned_departure"})
	return p.answer(onCase, BedFreed{Case: req.about}), nil
}
