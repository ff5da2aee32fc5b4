package blind

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"nrm/projections/names"
)

func TestAddTwiceChangesNothing(t *testing.T) {
	x, db := register(t, "Əliyeva Günay", "Quliyev Rauf")
	before := raw(t, db)
	for range 2 {
		if err := x.Add(t.Context(), db, "p1", []string{"алиева", "Əliyeva Günay", "", "—"}, []string{"AA1", "аа 1", ""}); err != nil {
			t.Fatal(err)
		}
	}
	if after := raw(t, db); !reflect.DeepEqual(after, before) {
		t.Error("rows were written anew")
	}
	var persons, documents int
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM blind_persons), (SELECT count(*) FROM blind_documents)`).Scan(&persons, &documents); err != nil {
		t.Fatal(err)
	}
	if persons != 2 || documents != 1 {
		t.Errorf("%d persons, %d documents, want 2 and 1", persons, documents)
	}
	if err := x.Add(t.Context(), db, "", nil, nil); err == nil {
		t.Error("a person without a reference is taken")
	}
}

func TestAddAnotherName(t *testing.T) {
	x, db := register(t, "Əliyeva Günay", "Quliyev Rauf")
	if err := x.Add(t.Context(), db, "p1", []string{"Шихалиева"}, []string{"AA1"}); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"Əliyeva Günay", "Şıxəliyeva Günay"} {
		if got := find(t, x, db, words, 1); !slices.Equal(got, []string{"p1"}) {
			t.Errorf("%s finds %v", words, got)
		}
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	x, db := New(bytes.Repeat([]byte{7}, 32)), open(t)
	skip(t, db, perPage-1)
	within(t, db, func(tx *sql.Tx) error {
		if err := x.begin(t.Context(), tx); err != nil {
			return err
		}
		for i := range 140 { // more than a list holds
			if err := x.Add(t.Context(), tx, ref(i), []string{"Əliyeva Günay"}, []string{"AA1"}); err != nil {
				return err
			}
		}
		return x.Add(t.Context(), tx, ref(7), []string{"Şıxəliyeva Əsmər"}, []string{"AA2"})
	})
	before := content(t, x, db)
	n, err := number(t.Context(), db, ref(7))
	if err != nil || page(n) != 1 {
		t.Fatal(n, err)
	}
	start := time.Now()
	for range 2 { // the second time nobody is there
		within(t, db, func(tx *sql.Tx) error { return x.Remove(t.Context(), tx, ref(7)) })
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	after := content(t, x, db)
	for g, numbers := range before {
		numbers = slices.DeleteFunc(numbers, func(one int64) bool { return one == n })
		if !slices.Equal(after[g], numbers) {
			t.Errorf("%s: %v, want %v", g, after[g], numbers)
		}
	}
	for g := range after {
		if before[g] == nil {
			t.Errorf("%s has come in", g)
		}
	}
	if got := find(t, x, db, "Şıxəliyeva Əsmər", 1000); len(got) > 0 && slices.Contains(got, ref(7)) {
		t.Errorf("is still found: %v", got)
	}
	if got, err := x.Document(t.Context(), db, "AA2", nil); err != nil || got != nil {
		t.Errorf("is still found by document: %v, %v", got, err)
	}
	if got, err := x.Document(t.Context(), db, "AA1", nil); err != nil || len(got) != 139 {
		t.Errorf("%d are found by document, %v, want the others", len(got), err)
	}
	var rows int
	if err := db.QueryRow(`SELECT count(*) FROM blind_documents WHERE n = ?1`, n).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows have the number, %v", rows, err)
	}
}

// A number stays whose it is, also the last one.
func TestNumbersAreNotGivenAgain(t *testing.T) {
	x, db := register(t, "Əliyeva Günay", "Şıxəliyev Vüqar")
	if err := x.Remove(t.Context(), db, "p2"); err != nil {
		t.Fatal(err)
	}
	if err := x.Add(t.Context(), db, "p3", []string{"Rauf"}, nil); err != nil {
		t.Fatal(err)
	}
	for i, who := range []string{"p1", "p2", "p3"} {
		if n, err := number(t.Context(), db, who); err != nil || n != int64(i+1) {
			t.Errorf("%s has number %d, %v", who, n, err)
		}
	}
	if got := find(t, x, db, "Şıxəliyev Vüqar", 10); got != nil {
		t.Errorf("found %v", got)
	}
	for _, who := range []string{"p1", "p3"} {
		if err := x.Remove(t.Context(), db, who); err != nil {
			t.Fatal(err)
		}
	}
	if rows := raw(t, db); len(rows) != 1 { // the mark
		t.Errorf("%d rows of nobody", len(rows)-1)
	}
}

// Two indexes of the same persons have one digest, and another as soon as
// anybody is in a row or out of it.
func TestDigest(t *testing.T) {
	digest := func(x *Index, db *sql.DB) string {
		t.Helper()
		sum, err := x.Digest(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	x, db := register(t, "Əliyeva Günay", "Şıxəliyev Vüqar")
	y, again := New(bytes.Repeat([]byte{7}, 32)), open(t)
	err := y.Build(t.Context(), again, func(yield func(Person, error) bool) {
		_ = yield(Person{Ref: "p1", Names: []string{"Əliyeva Günay"}}, nil) && yield(Person{Ref: "p2", Names: []string{"Şıxəliyev Vüqar"}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := digest(x, db)
	if before != digest(y, again) {
		t.Error("built one by one and at once")
	}
	if err := x.Add(t.Context(), db, "p1", []string{"Rauf"}, nil); err != nil {
		t.Fatal(err)
	}
	if digest(x, db) == before {
		t.Error("a name more shows in nothing")
	}
	if err := y.Remove(t.Context(), again, "p2"); err != nil {
		t.Fatal(err)
	}
	if digest(y, again) == before {
		t.Error("a person less shows in nothing")
	}
	if _, err := again.Exec(`INSERT INTO blind_grams VALUES (x'00112233445566778899aabbccddeeff', x'00')`); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Digest(t.Context(), again); !errors.Is(err, ErrDamaged) {
		t.Errorf("a row of no trigram: %v", err)
	}
}

func TestBuildIsAddForAll(t *testing.T) {
	p, ctx := newPeople(), t.Context()
	const count, inBulk = perPage + 40, perPage - 40
	// all gives the persons from the one at from to the one before to. Most on the first page have
	// no names, or the test takes long.
	all := func(from, to int) iter.Seq2[Person, error] {
		return func(yield func(Person, error) bool) {
			i := 0
			for one := range p.all(to) {
				if i++; i <= from {
					continue
				}
				if i < inBulk && i%40 > 0 {
					one.Names = nil
				}
				if !yield(one, nil) {
					return
				}
			}
		}
	}
	x := New(bytes.Repeat([]byte{7}, 32))
	built, added := open(t), open(t)
	within(t, built, func(tx *sql.Tx) error { return x.Build(ctx, tx, all(0, count)) })
	within(t, added, func(tx *sql.Tx) error {
		if err := x.Build(ctx, tx, all(0, inBulk)); err != nil {
			return err
		}
		for one := range all(inBulk, count) { // over the page's end
			if err := x.Add(ctx, tx, one.Ref, one.Names, one.Documents); err != nil {
				return err
			}
		}
		return nil
	})
	if a, b := content(t, x, built), content(t, x, added); !reflect.DeepEqual(a, b) {
		t.Errorf("%d rows and %d rows do not hold the same", len(a), len(b))
	}
	for _, table := range []string{`SELECT n, ref FROM blind_persons ORDER BY n`, `SELECT hex(mac), n FROM blind_documents ORDER BY mac, n`} {
		if a, b := dump(t, built, table), dump(t, added, table); !slices.Equal(a, b) || len(a) < perPage/2 {
			t.Errorf("%s: %d rows and %d rows differ", table, len(a), len(b))
		}
	}
	for _, q := range p.questions(3, count) {
		if q.words == "" {
			a, errA := x.Document(ctx, built, q.document, nil)
			b, errB := x.Document(ctx, added, q.document, nil)
			if errA != nil || errB != nil || !slices.Equal(a, b) {
				t.Errorf("%s: %v, %v and %v, %v", q.document, a, errA, b, errB)
			}
			continue
		}
		if a, b := find(t, x, built, q.words, 50), find(t, x, added, q.words, 50); !slices.Equal(a, b) {
			t.Errorf("%s: %v and %v", q.words, a, b)
		}
	}
	if err := x.Build(ctx, built, p.all(1)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("building again: %v, want ErrNotEmpty", err)
	}
}

func TestBuildStops(t *testing.T) {
	broken := errors.New("broken")
	x := New(make([]byte, 32))
	for what, persons := range map[string]func(yield func(Person, error) bool){
		"the source":   func(yield func(Person, error) bool) { yield(Person{}, broken) },
		"no reference": func(yield func(Person, error) bool) { yield(Person{Names: []string{"Rauf"}}, nil) },
		"the same person": func(yield func(Person, error) bool) {
			for range 2 {
				if !yield(Person{Ref: "p"}, nil) {
					return
				}
			}
		},
	} {
		err := x.Build(t.Context(), open(t), persons)
		if err == nil || errors.Is(err, broken) != (what == "the source") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func dump(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			t.Fatal(err)
		}
		all = append(all, a+" "+b)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDamage(t *testing.T) {
	ctx := t.Context()
	other := New(bytes.Repeat([]byte{8}, 32))
	swap := func(x *Index, db *sql.DB, from, to string) {
		a, b := x.label(from, 0), x.label(to, 0)
		if _, err := db.Exec(`UPDATE blind_grams SET box = (SELECT box FROM blind_grams WHERE label = ?) WHERE label = ?`, a[:], b[:]); err != nil {
			t.Fatal(err)
		}
	}
	turn := func(l label, db *sql.DB) {
		box := raw(t, db)[l]
		box[len(box)-1] ^= 1
		if _, err := db.Exec(`UPDATE blind_grams SET box = ? WHERE label = ?`, box, l[:]); err != nil {
			t.Fatal(err)
		}
	}
	for what, damage := range map[string]func(x *Index, db *sql.DB) *Index{
		"another key":         func(*Index, *sql.DB) *Index { return other },
		"a bit of a row":      func(x *Index, db *sql.DB) *Index { turn(x.label("ali", 0), db); return x },
		"a bit of the mark":   func(x *Index, db *sql.DB) *Index { turn(x.mark(), db); return x },
		"a row as another":    func(x *Index, db *sql.DB) *Index { swap(x, db, "_gu", "ali"); return x },
		"a row of other kind": func(x *Index, db *sql.DB) *Index { _, _ = db.Exec(`UPDATE blind_grams SET box = x'00'`); return x },
	} {
		x, db := register(t, "Əliyeva Günay")
		x = damage(x, db)
		_, err := x.Names(ctx, db, "Əliyev", 10, nil)
		for method, err := range map[string]error{
			"Names":  err,
			"Add":    x.Add(ctx, db, "p2", []string{"Əliyev"}, nil),
			"Remove": x.Remove(ctx, db, "p1"),
		} {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %s: %v, want ErrDamaged", what, method, err)
			}
		}
	}
	_, db := register(t, "Əliyeva Günay")
	if _, err := other.Document(ctx, db, "AA1", nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("a document under another key: %v, want ErrDamaged", err)
	}
	// Nobody's index is anybody's.
	if err := other.Add(ctx, open(t), "p1", []string{"Rauf"}, nil); err != nil {
		t.Errorf("an index without persons under another key: %v", err)
	}
}

// What is built twice differs in nothing but the nonces, and what follows from
// them.
func TestBuiltTwice(t *testing.T) {
	p, x := newPeople(), New(bytes.Repeat([]byte{7}, 32))
	a, b := open(t), open(t)
	for _, db := range []*sql.DB{a, b} {
		within(t, db, func(tx *sql.Tx) error { return x.Build(t.Context(), tx, p.all(150)) })
	}
	first, second := raw(t, a), raw(t, b)
	if !maps.EqualFunc(first, second, func(a, b []byte) bool { return len(a) == len(b) && !bytes.Equal(a, b) && !bytes.Equal(a[:12], b[:12]) }) {
		t.Error("the rows have other labels or lengths, or boxes that are the same")
	}
	if !reflect.DeepEqual(content(t, x, a), content(t, x, b)) {
		t.Error("the boxes hold different persons")
	}
}

// Two persons of one name have rows in which nothing is the same, unless they
// share a page.
func TestSameNameShowsNot(t *testing.T) {
	x, db := register(t, "Şıxəliyeva Günay")
	alone := raw(t, db)
	skip(t, db, perPage-1)
	if err := x.Add(t.Context(), db, "p2", []string{"Şıxəliyeva Günay"}, []string{"AA1"}); err != nil {
		t.Fatal(err)
	}
	both := raw(t, db)
	if want := 2*len(grams([]string{"Şıxəliyeva Günay"})) + 1; len(both) != want {
		t.Errorf("%d rows, want %d", len(both), want)
	}
	values := map[string]bool{}
	for l, box := range both {
		if !bytes.Equal(alone[l], box) {
			values[string(l[:])], values[string(box)] = true, true
		}
		if len(box) != 44 {
			t.Errorf("a box has %d bytes", len(box))
		}
	}
	for l, box := range alone {
		if values[string(l[:])] || values[string(box)] || !bytes.Equal(both[l], box) {
			t.Error("a row of the first person has changed, or is one of the second")
		}
	}
	if got := find(t, x, db, "Günay", 10); !slices.Equal(got, []string{"p1", "p2"}) {
		t.Error(fmt.Sprint("found ", got, ", the key of ", names.Fold("Günay")))
	}
}
