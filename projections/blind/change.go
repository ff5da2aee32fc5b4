package blind

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"nrm/projections/names"
)

// Texts of what Add asks and does for every person.
const (
	findPerson  = `SELECT n FROM blind_persons WHERE ref = ?`
	addPerson   = `INSERT INTO blind_persons (ref) VALUES (?)`
	putGram     = `INSERT OR REPLACE INTO blind_grams (label, box) VALUES (?,?)`
	addDocument = `INSERT OR IGNORE INTO blind_documents (mac, n) VALUES (?,?)`
)

// Statements are the texts that Add gives to its transaction, always the same:
// one that has prepared them saves most of the time.
func Statements() []string {
	return []string{findLast, fetchBoxes, findPerson, addPerson, putGram, addDocument}
}

// Add adds names and document numbers to what is there for a person. To add
// what is there already changes nothing. Names of which nothing can be searched
// for, and numbers without a letter or digit, are passed over.
func (x *Index) Add(ctx context.Context, tx Tx, ref string, named, documents []string) error {
	if err := x.add(ctx, tx, ref, named, documents); err != nil {
		return fmt.Errorf("blind: add %s: %w", ref, err)
	}
	return nil
}

func (x *Index) add(ctx context.Context, tx Tx, ref string, named, documents []string) error {
	if ref == "" {
		return errors.New("a person without a reference")
	}
	last, err := x.last(ctx, tx)
	if err != nil {
		return err
	}
	if last == 0 {
		if err := x.begin(ctx, tx); err != nil {
			return err
		}
	}
	n, err := number(ctx, tx, ref)
	if err != nil {
		return err
	}
	if n == 0 {
		result, err := tx.ExecContext(ctx, addPerson, ref)
		if err != nil {
			return err
		}
		if n, err = result.LastInsertId(); err != nil {
			return err
		}
	}
	var labels []label
	for _, g := range grams(named) {
		labels = append(labels, x.label(g, page(n)))
	}
	sets := make([][]uint16, len(labels))
	err = fetch(ctx, tx, labels, func(i int, box []byte) (err error) {
		sets[i], err = x.places(labels[i], box)
		return err
	})
	if err != nil {
		return err
	}
	for i, set := range sets {
		at, there := slices.BinarySearch(set, place(n))
		if there {
			continue
		}
		if err := x.put(ctx, tx, labels[i], slices.Insert(set, at, place(n))); err != nil {
			return err
		}
	}
	for _, d := range documents {
		if d = names.Document(d); d == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, addDocument, x.mac(d), n); err != nil {
			return err
		}
	}
	return nil
}

// Remove takes a person out, with all names and documents, none of which it
// needs to know: it opens every box of the person's page. Afterwards no box
// holds the number. It stays the person's own and is given to nobody else, so
// that the numbers follow from the order in which persons came and from nothing
// else. To remove who is not there changes nothing.
func (x *Index) Remove(ctx context.Context, tx Tx, ref string) error {
	if err := x.remove(ctx, tx, ref); err != nil {
		return fmt.Errorf("blind: remove %s: %w", ref, err)
	}
	return nil
}

func (x *Index) remove(ctx context.Context, tx Tx, ref string) error {
	if _, err := x.last(ctx, tx); err != nil {
		return err
	}
	n, err := number(ctx, tx, ref)
	if err != nil || n == 0 {
		return err
	}
	var labels []label
	for _, g := range names.EveryGram() {
		labels = append(labels, x.label(g, page(n)))
	}
	smaller := map[label][]uint16{}
	err = fetch(ctx, tx, labels, func(i int, box []byte) error {
		set, err := x.places(labels[i], box)
		if err != nil {
			return err
		}
		if at, there := slices.BinarySearch(set, place(n)); there {
			smaller[labels[i]] = slices.Delete(set, at, at+1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for l, set := range smaller {
		if err := x.put(ctx, tx, l, set); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM blind_documents WHERE n = ?`, n)
	return err
}

// put writes a row, or takes it out if nobody is left in it.
func (x *Index) put(ctx context.Context, tx Tx, l label, places []uint16) error {
	if len(places) == 0 {
		_, err := tx.ExecContext(ctx, `DELETE FROM blind_grams WHERE label = ?`, l[:])
		return err
	}
	_, err := tx.ExecContext(ctx, putGram, l[:], x.seal(l, places))
	return err
}

// number returns a person's number, 0 if there is no such person.
func number(ctx context.Context, tx Tx, ref string) (int64, error) {
	var n int64
	err := tx.QueryRowContext(ctx, findPerson, ref).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
