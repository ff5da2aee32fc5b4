package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"nrm/domain"
)

// writeFacility writes the row of a facility.
func (w *writer) writeFacility(ctx context.Context, ref domain.Ref, f *domain.Facility) error {
	state, err := json.Marshal(f.Public())
	if err != nil {
		return err
	}
	return w.exec(ctx, w.facility, string(ref), string(state))
}

// Facilities lists all shelters and assistance centres with their occupancy
// now. Who lives there is not in it.
func (v *Views) Facilities(ctx context.Context) ([]FacilityRow, error) {
	rows, err := collect(ctx, v.readers, scanFacility, `SELECT ref, state FROM facilities ORDER BY ref`)
	return rows, wrap(err, "facilities")
}

func scanFacility(row *sql.Rows) (FacilityRow, error) {
	var ref, state string
	if err := row.Scan(&ref, &state); err != nil {
		return FacilityRow{}, err
	}
	f := new(domain.Facility)
	if err := json.Unmarshal([]byte(state), f); err != nil {
		return FacilityRow{}, fmt.Errorf("state of %s: %w", ref, err)
	}
	return FacilityRow{Ref: domain.Ref(ref), State: f, Over: f.Taken > f.Capacity}, nil
}

// Crowded lists the facilities that can take nobody in although somebody is to
// come: every bed is taken, and nobody has allowed more for the day. It names
// nobody, and does not say how many wait.
func (v *Views) Crowded(ctx context.Context, now time.Time) ([]FacilityRow, error) {
	var crowded []FacilityRow
	err := v.within(ctx, func(tx *sql.Tx) error {
		all, err := collect(ctx, tx, scanFacility, `SELECT ref, state FROM facilities ORDER BY ref`)
		if err != nil {
			return err
		}
		today := domain.DayOf(now)
		for _, f := range all {
			if !f.State.ClosedOn.IsZero() || f.State.Taken < f.State.Capacity+f.State.Exceeding(today) {
				continue
			}
			asked, err := number(ctx, tx, `SELECT count(*) FROM places p JOIN cases c ON c.ref = p.ref
				WHERE p.organisation = ? AND p.state = 'requested' AND p.facility = ? AND c.closed = 0`, f.State.Organisation, string(f.Ref))
			if err != nil {
				return err
			}
			if asked > 0 {
				crowded = append(crowded, f)
			}
		}
		return nil
	})
	return crowded, wrap(err, "crowded facilities")
}

// entriesOfFacility is how many of its latest entries a facility's page shows.
const entriesOfFacility = 500

// lasting stands for any time of asking: only relations without an end hold
// then.
func lasting() time.Time { return time.Unix(1<<40, 0) }

// Facility gives a facility with its latest entries, for a role that sees
// occupancy. That somebody came or left is told to the police and to the
// facility itself, of the cases that they have to do with: to anybody else the
// time alone would say who lives there. It answers a refusal
// "no_such_facility".
func (v *Views) Facility(ctx context.Context, by domain.Actor, ref domain.Ref) (FacilityRow, []Entry, error) {
	var (
		rows []FacilityRow
		all  []Entry
	)
	err := v.within(ctx, func(tx *sql.Tx) (err error) {
		rows, err = collect(ctx, tx, scanFacility, `SELECT ref, state FROM facilities WHERE ref = ?`, string(ref))
		if err != nil || len(rows) == 0 || !by.Role.SeesOccupancy() {
			return err
		}
		all, err = facilityEntries(ctx, tx, by, ref)
		return err
	})
	if err != nil {
		return FacilityRow{}, nil, wrap(err, "facility")
	}
	if len(rows) == 0 || !by.Role.SeesOccupancy() {
		return FacilityRow{}, nil, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_facility"}
	}
	return rows[0], all, nil
}

func facilityEntries(ctx context.Context, tx *sql.Tx, by domain.Actor, ref domain.Ref) ([]Entry, error) {
	deeds, err := shown(ctx, tx, nil, `SELECT * FROM (`+selectShown+` WHERE kind = ? AND stream = ? ORDER BY seq DESC, n DESC LIMIT ?) ORDER BY seq, n`,
		string(domain.FacilityKind), string(ref), entriesOfFacility)
	if err != nil {
		return nil, err
	}
	own, err := number(ctx, tx, `SELECT count(*) FROM facilities WHERE ref = ? AND state ->> 'organisation' = ?`, string(ref), by.Organisation)
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, e := range entriesOf(deeds, inUnit(by.Role)) {
		c := domain.CaseIn(e.Event)
		if c == "" {
			all = append(all, e)
			continue
		}
		if !by.Role.SeesEveryCase() && own == 0 {
			continue // who comes and goes elsewhere
		}
		where := sightOf(by, lasting()).each(`c`).and(condition{`c.ref = ?`, []any{string(c)}})
		seen, err := number(ctx, tx, `SELECT count(*) FROM cases c WHERE `+where.sql, where.args...)
		if err != nil {
			return nil, err
		}
		if seen > 0 && by.Role.Sees(domain.Location) {
			all = append(all, e)
		}
	}
	return all, nil
}
