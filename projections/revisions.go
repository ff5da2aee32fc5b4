package projections

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nrm/domain"
)

// writeRevisions makes the rows of what was corrected on a case.
func (w *writer) writeRevisions(ctx context.Context, s domain.Stream, history []domain.Decision) error {
	if err := w.exec(ctx, w.unrevised, s.ID); err != nil {
		return err
	}
	revisions := domain.Revisions(history)
	for i, r := range revisions {
		version, until := 1, int64(forever)
		for j, other := range revisions {
			switch same := other.Of.ID == r.Of.ID && other.Place == r.Place; {
			case same && j < i:
				version++
			case same && j > i:
				until = min(until, other.By.Known().UnixMilli())
			}
		}
		data, at := "", r.Of.Happened
		effective := at.Day()
		if r.Event != nil {
			spec, _ := domain.EventSpecOf(r.Event.EventType())
			kept, err := dataOf(r.Event, spec)
			if err != nil {
				return err
			}
			if text, open := kept.(string); open { // what is sealed stays where it is
				data = text
			}
			at, effective = domain.MomentOf(r.Event, r.Of.Times()), domain.Effective(r.Event, r.Of.Times())
		}
		err := w.exec(ctx, w.revision, int64(r.Of.Seq), r.Place, version, s.ID, int64(r.By.Seq), r.By.Known().UnixMilli(), until,
			r.Event == nil, at.Day().Year(), at.At.Unix(), string(at.Precision), effective.String(), data)
		if err != nil {
			return fmt.Errorf("revision of %d.%d: %w", r.Of.Seq, r.Place, err)
		}
	}
	return nil
}

const insertRevision = `INSERT INTO revisions (seq, n, v, stream, corrected, since, until, voided, year, happened, precision, effective, data)
	VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`

// unvoided holds for facts that were not voided, among those that are sealed: they
// can be voided, and nothing else about them is corrected but their time.
const unvoided = `NOT EXISTS (SELECT 1 FROM revisions r WHERE r.seq = facts.seq AND r.n = facts.n AND r.voided)`

// revised finds which facts said something else at a time than when they were
// recorded, or nothing any more.
func revised(ctx context.Context, q queryer, known time.Time) (map[[2]int64]bool, error) {
	keys, err := collect(ctx, q, func(row *sql.Rows) (key [2]int64, err error) { return key, row.Scan(&key[0], &key[1]) },
		`SELECT DISTINCT seq, n FROM revisions WHERE since <= ?`, instant(known))
	if err != nil {
		return nil, err
	}
	all := make(map[[2]int64]bool, len(keys))
	for _, key := range keys {
		all[key] = true
	}
	return all, nil
}

// instant is a time of which something is asked, in milliseconds; the zero time is
// after all that was ever recorded.
func instant(known time.Time) int64 {
	if known.IsZero() {
		return forever - 1
	}
	return known.UnixMilli()
}

// corrected are the facts as they stand at a time, those that were corrected by
// then and no others, in the shape of the facts.
const corrected = `(SELECT f.seq, f.n, f.kind, f.stream, f.type, r.year, r.happened, r.precision, r.effective, f.known, f.organisation, r.data
	FROM revisions r JOIN facts f ON f.seq = r.seq AND f.n = r.n WHERE r.since <= ? AND r.until > ? AND NOT r.voided)`

// standing are the decisions of deeds, as they stand.
func standing(history []deed) []domain.Decision { return domain.Standing(decisionsOf(history)) }

func decisionsOf(history []deed) []domain.Decision {
	all := make([]domain.Decision, len(history))
	for i, d := range history {
		all[i] = d.Decision
	}
	return all
}

// markCorrected says on each entry what became of its event.
func (p *CasePage) markCorrected(history []deed) {
	of := map[domain.EventAt][]CorrectedOf{}
	voided := map[domain.EventAt]bool{}
	for _, d := range history {
		for _, f := range d.facts {
			switch e := f.event.(type) {
			case domain.EventVoided:
				voided[e.Event] = true
				of[e.Event] = append(of[e.Event], CorrectedOf{Position: d.Seq, Reason: e.Reason})
			case domain.FactCorrected:
				of[e.Event] = append(of[e.Event], CorrectedOf{Position: d.Seq, Field: e.Field, Old: e.Old, New: e.New, Reason: e.Reason})
			}
		}
	}
	for i := range p.Timeline {
		e := &p.Timeline[i]
		e.Voided, e.Corrected = voided[e.At], of[e.At]
		if e.Event == nil {
			for n := range e.Corrected {
				e.Corrected[n].Old, e.Corrected[n].New = "", ""
			}
		}
	}
}

// correctedType is the compartment of the event that is corrected.
func correctedType(c domain.FactCorrected) domain.Compartment {
	spec, _ := domain.EventSpecOf(c.Type)
	return spec.Compartment
}
