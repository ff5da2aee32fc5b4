package blind

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"nrm/projections/names"
)

// A Person is what Build knows of one: as the arguments of Add.
type Person struct {
	Ref              string
	Names, Documents []string
}

// Build fills an empty index. It gives the same answers as an index to which the
// persons were added one by one, and is many times faster. No two persons may
// have the same reference. It holds one page of persons in memory. The error is
// ErrNotEmpty, the first that comes with a person, or the database's.
func (x *Index) Build(ctx context.Context, tx Tx, persons iter.Seq2[Person, error]) error {
	if err := x.build(ctx, tx, persons); err != nil {
		return fmt.Errorf("blind: build: %w", err)
	}
	return nil
}

func (x *Index) build(ctx context.Context, tx Tx, persons iter.Seq2[Person, error]) error {
	var filled bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM blind_persons)`).Scan(&filled); err != nil {
		return err
	}
	if filled {
		return ErrNotEmpty
	}
	if err := x.begin(ctx, tx); err != nil {
		return err
	}
	var n int64
	sheet := newSheet()
	for person, err := range persons {
		if err != nil {
			return err
		}
		if person.Ref == "" {
			return fmt.Errorf("person %d has no reference", n+1)
		}
		n++
		if page(n) != sheet.page {
			if err := x.write(ctx, tx, sheet); err != nil {
				return err
			}
			sheet = newSheet()
			sheet.page = page(n)
		}
		sheet.add(x, n, person)
	}
	return x.write(ctx, tx, sheet)
}

// A sheet is a page that is not written yet.
type sheet struct {
	page      int64
	grams     map[string][]uint16
	persons   [][]any // rows of the tables
	documents [][]any
}

func newSheet() *sheet { return &sheet{grams: map[string][]uint16{}} }

func (s *sheet) add(x *Index, n int64, person Person) {
	s.persons = append(s.persons, []any{n, person.Ref})
	for _, g := range grams(person.Names) {
		s.grams[g] = append(s.grams[g], place(n)) // in order: numbers go up
	}
	for _, d := range person.Documents {
		if d = names.Document(d); d != "" {
			s.documents = append(s.documents, []any{x.mac(d), n})
		}
	}
}

// write puts a page's rows into the tables, sorted by what they are found by, so
// that neither their order tells anything nor the tables are written all over.
func (x *Index) write(ctx context.Context, tx Tx, s *sheet) error {
	boxes := make([][]any, 0, len(s.grams))
	for g, places := range s.grams {
		l := x.label(g, s.page)
		boxes = append(boxes, []any{l[:], x.seal(l, places)})
	}
	byBytes := func(a, b []any) int { return bytes.Compare(a[0].([]byte), b[0].([]byte)) }
	slices.SortFunc(boxes, byBytes)
	slices.SortFunc(s.documents, byBytes)
	for _, part := range []struct {
		head string
		rows [][]any
	}{
		{`INSERT INTO blind_persons (n, ref) VALUES `, s.persons},
		{`INSERT INTO blind_grams (label, box) VALUES `, boxes},
		{`INSERT OR IGNORE INTO blind_documents (mac, n) VALUES `, s.documents},
	} {
		for rows := range slices.Chunk(part.rows, 64) {
			query := part.head + strings.Repeat(`(?,?),`, len(rows)-1) + `(?,?)`
			if _, err := tx.ExecContext(ctx, query, slices.Concat(rows...)...); err != nil {
				return err
			}
		}
	}
	return nil
}
