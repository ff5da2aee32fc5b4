package projections

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"nrm/domain"
)

// Whoever writes leaves the write-ahead log alone: it is moved into the file when
// nothing has come for a while, and used again from its beginning then.
func TestMovedWhenQuiet(t *testing.T) {
	w, v, caughtUp := seeing(t, 41)
	w.crowd(5, 100)
	caughtUp()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(quiet / 4) {
		if _, left, err := v.move(t.Context(), v.readers, "NOOP"); err != nil {
			t.Fatal(err)
		} else if left == 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatal("is never moved")
		}
	}
	before := size(t, v.path+"-wal")
	w.referred(referrer)
	caughtUp()
	if after := size(t, v.path+"-wal"); after > before {
		t.Errorf("the write-ahead log grew from %d to %d bytes although all of it was moved", before, after)
	}
}

// TestTransactionsMoveNothing: without the mover the log grows with everything
// that is written, so no transaction waits for it to be moved; and when it has
// become too long, the next one makes room.
func TestTransactionsMoveNothing(t *testing.T) {
	log := newMemory()
	w := newWorld(t, log, 42)
	v := opened(t, t.TempDir(), log)
	v.cases, v.facilities = recent{}, map[domain.Ref]*domain.Facility{}
	apply := func(steps int) {
		t.Helper()
		w.crowd(1, steps)
		for _, d := range log.all[v.Position():] {
			if err := v.apply(t.Context(), log.all[d.Seq-1:d.Seq]); err != nil {
				t.Fatal(err)
			}
		}
	}
	length := func() (pages, left int) {
		t.Helper()
		pages, left, err := v.move(t.Context(), v.readers, "NOOP")
		if err != nil {
			t.Fatal(err)
		}
		return pages, left
	}
	apply(400)
	many, left := length()
	if many < 1500 || left != many {
		t.Fatalf("%d of %d pages are not moved: a transaction has moved some", left, many)
	}
	v.mover.full.Store(true)
	apply(1)
	if pages, _ := length(); pages >= many/2 {
		t.Errorf("the write-ahead log has %d pages, had %d, and was to begin anew", pages, many)
	}
	if v.mover.full.Load() {
		t.Error("it would be moved again and again")
	}
}

// TestNeverTooLong: under load without a pause the mover asks for room in time.
func TestNeverTooLong(t *testing.T) {
	w, v, caughtUp := seeing(t, 43)
	w.referred(referrer)
	caughtUp()
	// Someone reads all the time, from a state that is soon old: so nothing after
	// it can be moved, as when writing never pauses.
	tx, err := v.readers.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := number(t.Context(), tx, `SELECT count(*) FROM cases`); err != nil {
		t.Fatal(err)
	}
	// Pages by the thousand, as fast as can be.
	if _, err := v.db.now().Exec(`CREATE TABLE filler (b BLOB); INSERT INTO filler WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		SELECT randomblob(4000) FROM n`, mostPages+1); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(10 * time.Second); !v.mover.full.Load(); time.Sleep(quiet / 4) {
		v.mover.wrote.Add(1)
		if time.Now().After(until) {
			info, _ := os.Stat(v.path + "-wal")
			t.Fatalf("nobody minds %d bytes of write-ahead log", info.Size())
		}
	}
}
