package blind

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"nrm/projections/names"
)

// open makes a database file with the tables.
func open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(tb.TempDir(), "views.db")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_pragma=cache_size(-16384)")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	if _, err := db.ExecContext(tb.Context(), Schema); err != nil {
		tb.Fatal(err)
	}
	return db
}

// within runs f in a transaction.
func within(tb testing.TB, db *sql.DB, f func(tx *sql.Tx) error) {
	tb.Helper()
	tx, err := db.BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		tb.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

var (
	_ Tx = (*sql.DB)(nil)
	_ Tx = (*sql.Tx)(nil)
	_ Tx = (*sql.Conn)(nil)
)

// register makes an index of persons whose references are p1, p2 and so on, with
// one name each.
func register(tb testing.TB, named ...string) (*Index, *sql.DB) {
	tb.Helper()
	x, db := New(bytes.Repeat([]byte{7}, 32)), open(tb)
	within(tb, db, func(tx *sql.Tx) error {
		for i, name := range named {
			if err := x.Add(tb.Context(), tx, fmt.Sprintf("p%d", i+1), []string{name}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	return x, db
}

// find returns the references of the best hits.
func find(tb testing.TB, x *Index, db *sql.DB, words string, limit int) []string {
	tb.Helper()
	hits, err := x.Names(tb.Context(), db, words, limit, nil)
	if err != nil {
		tb.Fatalf("search for %s: %v", words, err)
	}
	var refs []string
	for _, h := range hits {
		refs = append(refs, h.Ref)
	}
	return refs
}

// content opens every row of the pages up to last and tells who is in it:
// page/trigram to numbers. Rows that are no trigram's are an error.
func content(tb testing.TB, x *Index, db *sql.DB) map[string][]int64 {
	tb.Helper()
	var last int64
	if err := db.QueryRow(`SELECT coalesce(max(n), 0) FROM blind_persons`).Scan(&last); err != nil {
		tb.Fatal(err)
	}
	boxes := raw(tb, db)
	all := map[string][]int64{}
	delete(boxes, x.mark())
	for p := int64(0); p <= page(last); p++ {
		for _, g := range names.EveryGram() {
			l := x.label(g, p)
			box, there := boxes[l]
			if !there {
				continue
			}
			delete(boxes, l)
			places, err := x.places(l, box)
			if err != nil {
				tb.Fatal(err)
			}
			for _, at := range places {
				key := fmt.Sprint(p, "/", g)
				all[key] = append(all[key], p*perPage+int64(at))
			}
		}
	}
	if len(boxes) > 0 {
		tb.Errorf("%d rows are of no trigram", len(boxes))
	}
	return all
}

// raw reads the rows as who has no key can.
func raw(tb testing.TB, db *sql.DB) map[label][]byte {
	tb.Helper()
	rows, err := db.Query(`SELECT label, box FROM blind_grams`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	all := map[label][]byte{}
	for rows.Next() {
		var l, box []byte
		if err := rows.Scan(&l, &box); err != nil {
			tb.Fatal(err)
		}
		all[label(l)] = box
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// skip makes the next person get the number after n.
func skip(tb testing.TB, db *sql.DB, n int64) {
	tb.Helper()
	if _, err := db.Exec(`INSERT INTO blind_persons (n, ref) VALUES (?, 'skip')`, n); err != nil {
		tb.Fatal(err)
	}
}
