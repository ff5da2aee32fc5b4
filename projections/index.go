package projections

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"nrm/domain"
	"nrm/projections/blind"
)

// searched holds for the facts that the search index is fed from. A query must
// say it in these words to use their index.
const searched = `type IN ('IdentityRecorded', 'DocumentRecorded')`

// words are what people can be searched for by: it is in memory only. Closed are
// the positions of what nobody can read.
type words struct {
	names, documents []string
	closed           []uint64
	anew             bool // they are all that there is: something was voided
}

// learn adds what an opened event of a position says.
func (w *words) learn(seq uint64, e domain.AnyEvent) {
	switch e := e.(type) {
	case domain.Sealed:
		w.closed = append(w.closed, seq)
	case domain.IdentityRecorded:
		w.names = append(w.names, e.Names()...)
	case domain.DocumentRecorded:
		w.documents = append(w.documents, string(e.Number))
	}
}

func isSearched(e domain.AnyEvent) bool {
	switch e.EventType() {
	case domain.IdentityRecorded{}.EventType(), domain.DocumentRecorded{}.EventType():
		return true
	}
	return false
}

// wordsOf opens what decisions say that people can be searched for by, by case.
// Of who was erased meanwhile there is nothing. It asks the store of keys, so it
// is called before a transaction, not in it.
func wordsOf(ctx context.Context, decisions []domain.Decision) (map[domain.Ref]*words, error) {
	var events []domain.AnyEvent
	var of []domain.Decision
	for _, d := range decisions {
		for _, e := range d.Events {
			if isSearched(e) {
				events, of = append(events, e), append(of, d)
			}
		}
	}
	if len(events) == 0 {
		return nil, nil
	}
	if err := openAll(ctx, events); err != nil {
		return nil, fmt.Errorf("names for the search index: %w", err)
	}
	all := map[domain.Ref]*words{}
	for i, d := range of {
		ref := d.Stream.Ref()
		if all[ref] == nil {
			all[ref] = &words{}
		}
		all[ref].learn(d.Seq, events[i])
	}
	return all, nil
}

// words are what decisions that come next say that people can be searched for by,
// by case. Those before them must be committed.
func (v *Views) words(ctx context.Context, decisions []domain.Decision) (map[domain.Ref]*words, error) {
	learnt, err := wordsOf(ctx, decisions)
	if err != nil {
		return nil, err
	}
	return v.wordsAnew(ctx, decisions, learnt)
}

// wordsAnew replaces the words of the cases on which something that people are
// searched for by is voided: by all that stands of them.
func (v *Views) wordsAnew(ctx context.Context, decisions []domain.Decision, learnt map[domain.Ref]*words) (map[domain.Ref]*words, error) {
	for _, d := range decisions {
		if !voidsWords(d) || learnt[d.Stream.Ref()] != nil && learnt[d.Stream.Ref()].anew {
			continue
		}
		ref := d.Stream.Ref()
		rows, err := collect(ctx, v.readers, scanRow, selectBefore, string(d.Stream.Kind), d.Stream.ID, int64(decisions[0].Seq))
		if err != nil {
			return nil, err
		}
		deeds, err := deedsOf(v.keys, rows)
		if err != nil {
			return nil, err
		}
		history := decisionsOf(deeds)
		for _, other := range decisions {
			if other.Stream == d.Stream {
				history = append(history, other)
			}
		}
		stand, err := wordsOf(ctx, domain.Standing(history))
		if err != nil {
			return nil, err
		}
		if learnt == nil {
			learnt = map[domain.Ref]*words{}
		}
		if learnt[ref] = stand[ref]; learnt[ref] == nil {
			learnt[ref] = &words{}
		}
		learnt[ref].anew = true
	}
	return learnt, nil
}

// voidsWords reports whether a decision voids something that people are searched
// for by.
func voidsWords(d domain.Decision) bool {
	return slices.ContainsFunc(d.Events, func(e domain.AnyEvent) bool {
		v, is := e.(domain.EventVoided)
		return is && isSearched(domain.Sealed{Type: v.Type})
	})
}

// refreshPerson brings the search index and the boxes of a case up to decisions
// that were just added to it. Whether it is new gives the person a number: the
// numbers go up as cases are opened, and none is given twice.
func (v *Views) refreshPerson(ctx context.Context, w *writer, c *folded, fresh bool, added []domain.Decision, learnt *words) error {
	ref := string(c.ref)
	erased := c.state.Erased()
	if learnt == nil || erased {
		learnt = &words{}
	}
	if learnt.anew {
		if err := v.index.Remove(ctx, w, ref); err != nil {
			return err
		}
		if err := w.exec(ctx, w.gone, ref); err != nil {
			return err
		}
	}
	if fresh || len(learnt.names)+len(learnt.documents) > 0 {
		if err := v.index.Add(ctx, w, ref, learnt.names, learnt.documents); err != nil {
			return err
		}
	}
	if err := w.noteUnreadable(ctx, c.ref, learnt.closed); err != nil {
		return err
	}
	if !erased {
		return nil
	}
	ordered, personal := false, false
	for _, d := range added {
		for _, e := range d.Events {
			spec, _ := domain.EventSpecOf(e.EventType())
			ordered, personal = ordered || erases(e), personal || spec.Personal
		}
	}
	if ordered {
		if err := v.index.Remove(ctx, w, ref); err != nil {
			return err
		}
		if err := w.exec(ctx, w.gone, ref); err != nil {
			return err
		}
	}
	if ordered || personal {
		if err := w.exec(ctx, w.empty, ref); err != nil {
			return err
		}
	}
	return nil
}

// indexAll is the pass over the names: it makes the search index of all cases.
func (b *builder) indexAll(ctx context.Context) error {
	return transact(ctx, b.db, b.w, func(working context.Context, w *writer) error {
		cases, err := number(working, w.tx, `SELECT count(*) FROM cases`)
		if err != nil {
			return err
		}
		done := 0
		told := func(more int) {
			done += more
			b.step(2, uint64(done)*b.last/uint64(max(cases, 1)))
		}
		if err := blind.New(b.keys.Search()).Build(working, w.tx, b.persons(ctx, w, told)); err != nil {
			return err
		}
		b.step(2, b.last)
		return nil
	})
}

// block is how many cases are opened together.
const block = 500

// persons gives all persons in the order in which their cases were opened, and
// notes what of them nobody can read. Ctx is asked before each block, and may end
// the building.
func (b *builder) persons(ctx context.Context, w *writer, told func(int)) iter.Seq2[blind.Person, error] {
	return func(yield func(blind.Person, error) bool) {
		working := context.WithoutCancel(ctx)
		rows, err := w.tx.QueryContext(working, `SELECT stream FROM (SELECT stream, min(seq) AS opened FROM facts WHERE kind = 'case' GROUP BY stream) ORDER BY opened`)
		if err != nil {
			yield(blind.Person{}, err)
			return
		}
		defer rows.Close()
		for more := true; more; {
			var refs []domain.Ref
			for len(refs) < block && more {
				if more = rows.Next(); more {
					ref, err := scanRef(rows)
					if err != nil {
						yield(blind.Person{}, err)
						return
					}
					refs = append(refs, ref)
				}
			}
			all, err := b.wordsOn(ctx, w.tx, refs)
			if err != nil {
				yield(blind.Person{}, err)
				return
			}
			for _, ref := range refs {
				p := blind.Person{Ref: string(ref)}
				if learnt := all[ref]; learnt != nil {
					p.Names, p.Documents = learnt.names, learnt.documents
					if err := w.noteUnreadable(working, ref, learnt.closed); err != nil {
						yield(blind.Person{}, err)
						return
					}
				}
				if !yield(p, nil) {
					return
				}
			}
			told(len(refs))
		}
		if err := rows.Err(); err != nil {
			yield(blind.Person{}, err)
		}
	}
}

// wordsOn opens what the facts of some cases say that their persons can be
// searched for by.
func (b *builder) wordsOn(ctx context.Context, tx *sql.Tx, refs []domain.Ref) (map[domain.Ref]*words, error) {
	deeds, err := onCases(context.WithoutCancel(ctx), tx, b.keys, refs, searched)
	if err != nil {
		return nil, err
	}
	return wordsOf(ctx, decisionsOf(deeds))
}

// onCases reads the searched facts of some cases that are not emptied, narrowed
// by a condition, in the order of each case's history.
func onCases(ctx context.Context, q queryer, keys Keys, refs []domain.Ref, where string) ([]deed, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(refs)
	if err != nil {
		return nil, err
	}
	rows, err := collect(ctx, q, scanRow, selectRows+` INDEXED BY facts_searched WHERE `+searched+
		` AND stream IN (SELECT value FROM json_each(?)) AND data <> '' AND `+unvoided+` AND `+where+` ORDER BY stream, seq, n`, string(list))
	if err != nil {
		return nil, err
	}
	return deedsOf(keys, rows)
}
