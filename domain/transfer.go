package domain

import (
	"context"
	"slices"
)

// RequestTransfer asks another facility to take in a person who lives in one. The
// staff of the one where the person lives ask, or the police unit; of another house
// of the same organisation only the police unit ("own_house").
type RequestTransfer struct {
	Facility Ref      `json:"facility"` // the one that is asked
	Reason   string   `json:"reason" code:"transfer_reason"`
	Needs    []string `json:"needs,omitempty" code:"shelter_need"`
	Security string   `json:"security" code:"risk_level"`
	Language string   `json:"language,omitempty" code:"language"` // that the person speaks
}

// TransferRequested is open until the facility that was asked has answered. The
// region is kept, never an address.
type TransferRequested struct {
	Facility     Ref      `json:"facility" place:"facility"`
	Organisation string   `json:"organisation" code:"organisation" place:"host"`
	Kind         string   `json:"kind" code:"facility_kind"`
	District     string   `json:"district" code:"district" place:"district"`
	Reason       string   `json:"reason" code:"transfer_reason"`
	Needs        []string `json:"needs,omitempty" code:"shelter_need"`
	Security     string   `json:"security" code:"risk_level"`
	Language     string   `json:"language,omitempty" code:"language"`
}

func (TransferRequested) EventType() string { return "TransferRequested" }
func (e TransferRequested) key() string     { return string(e.Facility) }
func (e TransferRequested) apply(c *Case, at Times) {
	c.Places = append(c.Places, Place{
		Facility: e.Facility, Organisation: e.Organisation, Kind: e.Kind, District: e.District,
		State: "requested", Requested: at.Happened,
	})
	if host := c.Host(); host != nil {
		c.Places[len(c.Places)-1].For = host.Persons
	}
	c.involve(e.Organisation, AskedFor)
}

func (cmd RequestTransfer) others(Request) []Stream { return []Stream{FacilityStream(cmd.Facility)} }
func (RequestTransfer) givers() []Role {
	return []Role{Shelter, AssistanceCentre, DutyOfficer, CaseOfficer, Head}
}
func (RequestTransfer) expected(*Case) bool { return false }

func (cmd RequestTransfer) decide(p *Joint, req Request) ([]Event[Joint], error) {
	host, f := p.Case().Host(), p.Facilities[0]
	switch old := p.Case().place(cmd.Facility); {
	case host == nil:
		return nil, conflict("not_admitted")
	case (req.By.Role == Shelter || req.By.Role == AssistanceCentre) && host.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility"}
	case host.Facility == cmd.Facility:
		return nil, invalid("same_facility", "facility")
	case old != nil && old.State == "requested":
		if old.Requested.Equal(req.Happened) {
			return nil, nil
		}
		return nil, conflict("already_requested")
	case req.Happened.Before(host.Admitted):
		return nil, invalid("before_admission", "happened")
	case !f.openOn(req.Happened.Day()):
		return nil, invalid("facility_not_open", "facility")
	case bothOnly(cmd.Needs):
		return nil, invalid("answers_contradict", "needs")
	}
	if err := askingThemselves(f, req); err != nil {
		return nil, err
	}
	e := TransferRequested{cmd.Facility, f.Organisation, f.Kind, f.District, cmd.Reason, cmd.Needs, cmd.Security, cmd.Language}
	return p.answer(p.Case().noting(req, []Event[Case]{e})), nil
}

// AcceptTransfer says that the facility that was asked will take the person in.
// Refusing is [RefuseAdmission].
type AcceptTransfer struct {
	Facility Ref `json:"facility"`
}

// TransferAccepted is a promise: the person still lives where they lived.
type TransferAccepted struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
}

func (TransferAccepted) EventType() string { return "TransferAccepted" }
func (e TransferAccepted) key() string     { return string(e.Facility) }
func (e TransferAccepted) apply(c *Case, at Times) {
	if p := c.place(e.Facility); p != nil {
		p.Accepted = at.Happened
	}
}
func (AcceptTransfer) givers() []Role        { return []Role{Shelter, AssistanceCentre} }
func (AcceptTransfer) expected(c *Case) bool { return c.Host() != nil && c.waiting() }

func (cmd AcceptTransfer) decide(c *Case, req Request) ([]Event[Case], error) {
	old, err := c.own(cmd.Facility, req, "admitted")
	switch {
	case old == nil || err != nil:
		return nil, err
	case c.Host() == nil:
		return nil, conflict("not_admitted")
	case !old.Accepted.IsZero():
		return nil, nil
	}
	return c.fact(req, TransferAccepted{cmd.Facility, old.Organisation})
}

// CompleteTransfer says that the person has moved in from another facility. The
// facility that took the person in says so. One bed is freed and another taken in
// one decision, so that nobody is ever counted in both facilities or in none.
type CompleteTransfer struct {
	Facility     Ref    `json:"facility"`
	Basis        string `json:"basis" code:"admission_basis"`
	OverCapacity bool   `json:"over_capacity,omitempty"` // taken in although there was no free bed

	from Ref // found in the case: who takes the person in need not know where they lived
}

// TransferCompleted begins a stay that goes on from another. In the same
// decision stand [Departed] for the facility left, and [BedFreed] and [BedTaken]
// in the histories of the two.
type TransferCompleted struct {
	Facility     Ref    `json:"facility" place:"facility"`
	Organisation string `json:"organisation" code:"organisation" place:"host"`
	Kind         string `json:"kind" code:"facility_kind"`
	District     string `json:"district" code:"district" place:"district"`
	Basis        string `json:"basis" code:"admission_basis"`
	Persons      int    `json:"persons"`
	OverCapacity bool   `json:"over_capacity,omitempty"`
}

func (TransferCompleted) EventType() string { return "TransferCompleted" }
func (e TransferCompleted) key() string     { return string(e.Facility) }
func (e TransferCompleted) apply(c *Case, at Times) {
	c.moveIn(c.asked(e.Facility, e.Organisation, e.Kind, e.District), e.Persons, at)
}

// leaving finds out which facility the person leaves. A request that was recorded
// before left the one that it says.
func (cmd CompleteTransfer) leaving(ctx context.Context, log Log, req Request, stream Stream) (CompleteTransfer, error) {
	_, err := log.Update(ctx, []string{stream.String()}, func(histories [][]Decision) ([]Decision, error) {
		cmd.from = ""
		if i := slices.IndexFunc(histories[0], func(d Decision) bool { return d.ID == req.ID }); i >= 0 {
			for _, e := range histories[0][i].Events {
				if left, ok := e.(Departed); ok {
					cmd.from = left.Facility
				}
			}
			return nil, nil
		}
		c, err := Fold[Case](histories[0])
		if err == nil && c.Host() != nil {
			cmd.from = c.Host().Facility
		}
		return nil, err
	})
	return cmd, err
}

func (cmd CompleteTransfer) others(Request) []Stream {
	if cmd.from == "" || cmd.from == cmd.Facility {
		return []Stream{FacilityStream(cmd.Facility)}
	}
	return []Stream{FacilityStream(cmd.Facility), FacilityStream(cmd.from)}
}

func (CompleteTransfer) givers() []Role        { return []Role{Shelter, AssistanceCentre} }
func (CompleteTransfer) expected(c *Case) bool { return c.Host() != nil && c.waiting() }

func (cmd CompleteTransfer) decide(p *Joint, req Request) ([]Event[Joint], error) {
	c, f := p.Case(), p.Facilities[0]
	stay := c.Host()
	switch there := c.place(cmd.Facility); {
	case f.Organisation != req.By.Organisation:
		return nil, &Refusal{Kind: Forbidden, Code: "not_your_facility", Field: "facility"}
	case there != nil && there.State == "admitted" && there.Admitted.Equal(req.Happened):
		return nil, nil
	case there == nil || there.State != "requested":
		return nil, conflict("not_requested")
	case stay == nil || len(p.Facilities) < 2 || stay.Facility != cmd.from: // they have left meanwhile
		return nil, conflict("not_admitted")
	case req.Happened.Before(there.Requested):
		return nil, invalid("before_request", "happened")
	case !f.openOn(req.Happened.Day()):
		return nil, invalid("facility_not_open", "facility")
	}
	bed := f.room(c, req.about, stay.Persons, req.Happened.Day())
	if err := f.beyond(bed, stay.Persons, cmd.OverCapacity, req); err != nil {
		return nil, err
	}
	onCase := c.noting(req, []Event[Case]{
		Departed{Facility: cmd.from, Organisation: p.Facilities[1].Organisation, Destination: "other_facility", Planned: true},
		TransferCompleted{cmd.Facility, f.Organisation, f.Kind, f.District, cmd.Basis, stay.Persons, bed.full},
	}, c.moving(bed, cmd.Basis, req.Happened)...)
	return p.answer(onCase, BedTaken{Case: req.about, Persons: stay.Persons, OverCapacity: bed.full, Group: bed.group}, BedFreed{Case: req.about}), nil
}
