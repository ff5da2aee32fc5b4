package blind

import "context"

// Among are the persons among whom is searched. The others have no part in the
// answer nor in its order, and next to none in how long it takes. Nil is
// everybody.
type Among struct {
	bits  []uint64 // one for each number
	count int64
}

// AmongOf gives the persons whose references a query answers.
func AmongOf(ctx context.Context, q Tx, refs string, args ...any) (*Among, error) {
	rows, err := q.QueryContext(ctx, `SELECT n FROM blind_persons WHERE ref IN (`+refs+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	a := &Among{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		a.add(n)
	}
	return a, rows.Err()
}

func (a *Among) add(n int64) {
	for int64(len(a.bits)) <= n/64 {
		a.bits = append(a.bits, make([]uint64, perPage/64)...) // whole pages
	}
	a.bits[n/64] |= 1 << (n % 64)
	a.count++
}

func (a *Among) has(n int64) bool {
	return a == nil || n/64 < int64(len(a.bits)) && a.bits[n/64]>>(n%64)&1 == 1
}

// on gives the bits of a page, nil if there are none of it.
func (a *Among) on(page int64) []uint64 {
	if from := page * perPage / 64; from < int64(len(a.bits)) {
		return a.bits[from : from+perPage/64]
	}
	return nil
}

// of is how many persons there are among those with a number up to last.
func (a *Among) of(last int64) int64 {
	if a == nil {
		return last
	}
	return a.count
}
