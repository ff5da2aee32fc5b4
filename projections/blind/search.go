package blind

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"nrm/projections/names"
)

// A Hit is a person found by name. Shared is how many of the query's trigrams the
// person's names have, Of how many the query has.
type Hit struct {
	Ref        string
	Shared, Of int
}

const (
	maxGrams = 64  // of a query; what is longer is searched for by its beginning
	atOnce   = 512 // rows that are asked for together
)

// Names finds the persons whose names, all together, have much of what words
// has, the best first, at most limit. Trigrams that many persons have count for
// less, so that to end in -ov is no likeness; who has them all comes before
// anybody else. The order is for picking candidates. To rank these by how close
// each of their names is, see names.Closeness.
//
// Only those among whom is searched are found, and only how common a trigram is
// with them counts. The error is ErrTooShort if words has fewer than three
// letters, ErrDamaged, or the database's.
func (x *Index) Names(ctx context.Context, q Tx, words string, limit int, among *Among) ([]Hit, error) {
	trigrams := names.Grams(names.Words(words)...)
	if names.Letters(words) < 3 || utf8.RuneCountInString(names.Fold(words)) < 2 {
		return nil, ErrTooShort
	}
	hits, err := x.names(ctx, q, trigrams[:min(len(trigrams), maxGrams)], limit, among)
	if err != nil {
		return nil, fmt.Errorf("blind: search for a name: %w", err)
	}
	return hits, nil
}

func (x *Index) names(ctx context.Context, q Tx, trigrams []string, limit int, among *Among) ([]Hit, error) {
	last, err := x.last(ctx, q)
	if err != nil || last == 0 || limit <= 0 {
		return nil, err
	}
	found, err := x.scan(ctx, q, trigrams, last, among)
	if err != nil {
		return nil, err
	}
	ranked := found.rank(trigrams, among.of(last))
	best := make([]candidate, 0, min(limit, ranked.Len()))
	for len(best) < cap(best) {
		best = append(best, heap.Pop(ranked).(candidate))
	}
	refs, err := references(ctx, q, best)
	if err != nil {
		return nil, err
	}
	var hits []Hit
	for i, c := range best {
		if refs[i] != "" {
			hits = append(hits, Hit{Ref: refs[i], Shared: bits.OnesCount64(c.shares), Of: len(trigrams)})
		}
	}
	return hits, nil
}

// A candidate is a person who shares some trigrams of a query.
type candidate struct {
	n      int64
	shares uint64 // a bit for each trigram of the query
	score  float64
}

// candidates are all who share enough.
type candidates struct {
	all   []candidate
	times []int // how many persons have each trigram of the query
}

// enough is how many of a query's trigrams a person must share. A word of seven
// letters with a wrong one in it shares five of its seven.
func enough(of int) int {
	return max((2*of+4)/5, min(2, of-1))
}

// scan reads the boxes of the query's trigrams, page by page.
func (x *Index) scan(ctx context.Context, q Tx, trigrams []string, last int64, among *Among) (candidates, error) {
	found := candidates{times: make([]int, len(trigrams))}
	need := enough(len(trigrams))
	pages := min(int64(max(1, atOnce/len(trigrams))), page(last)+1)
	labels := make([]label, 0, pages*int64(len(trigrams)))
	shares := make([]uint64, pages*perPage)
	buf := make([]byte, 0, bitmap)
	for from := int64(0); from <= page(last); from += pages {
		clear(shares)
		labels = labels[:0]
		for p := from; p < from+pages && p <= page(last); p++ {
			for _, g := range trigrams {
				labels = append(labels, x.label(g, p))
			}
		}
		err := fetch(ctx, q, labels, func(i int, box []byte) error {
			content, err := x.open(buf, labels[i], box)
			if err != nil {
				return err
			}
			g, p := i%len(trigrams), int64(i/len(trigrams))
			part := shares[p*perPage:][:perPage]
			if among == nil {
				return each(content, func(at uint16) {
					part[at] |= 1 << g
					found.times[g]++
				})
			}
			some := among.on(from + p)
			return each(content, func(at uint16) {
				if some != nil && some[at/64]>>(at%64)&1 == 1 {
					part[at] |= 1 << g
					found.times[g]++
				}
			})
		})
		if err != nil {
			return candidates{}, err
		}
		for i, s := range shares {
			if bits.OnesCount64(s) >= need {
				found.all = append(found.all, candidate{n: from*perPage + int64(i), shares: s})
			}
		}
	}
	return found, nil
}

const (
	commonness = 20   // how much less a trigram counts that everybody has
	few        = 200  // persons from which on frequencies tell something
	first      = 1.5  // times: a word's beginning counts for more, as people leave off its end
	likeness   = 0.25 // of the query's weight that a person must share
)

// rank weighs the trigrams by how few persons have them and puts the best
// candidate on top. Of equals, who came into the register first.
func (c candidates) rank(trigrams []string, persons int64) *queue {
	weights := make([]float64, len(trigrams))
	all := 0.0
	for i, n := range c.times {
		weights[i] = 1 / (1 + commonness*float64(n)/float64(persons+few))
		if trigrams[i][0] == names.Boundary {
			weights[i] *= first
		}
		all += weights[i]
	}
	var ranked queue
	for _, one := range c.all {
		sum := 0.0
		for rest := one.shares; rest != 0; rest &= rest - 1 {
			sum += weights[bits.TrailingZeros64(rest)]
		}
		if one.score = sum / all; one.score >= likeness {
			ranked = append(ranked, one)
		}
	}
	heap.Init(&ranked)
	return &ranked
}

// queue is a heap of candidates.
type queue []candidate

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if q[i].score != q[j].score {
		return q[i].score > q[j].score
	}
	return q[i].n < q[j].n
}
func (q *queue) Push(one any) { *q = append(*q, one.(candidate)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	one := (*q)[last]
	*q = (*q)[:last]
	return one
}

// references returns the candidates' references, each at its place.
func references(ctx context.Context, q Tx, some []candidate) ([]string, error) {
	numbers := make([]int64, len(some))
	at := make(map[int64]int, len(some))
	for i, c := range some {
		numbers[i], at[c.n] = c.n, i
	}
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT n, ref FROM blind_persons WHERE n IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	refs := make([]string, len(some))
	for rows.Next() {
		var n int64
		var ref string
		if err := rows.Scan(&n, &ref); err != nil {
			return nil, err
		}
		refs[at[n]] = ref
	}
	return refs, rows.Err()
}

// Document returns the references of the persons who have a document of this
// number, however it is typed, in the order of their numbers, if they are among
// those among whom is searched.
func (x *Index) Document(ctx context.Context, q Tx, number string, among *Among) ([]string, error) {
	refs, err := x.document(ctx, q, names.Document(number), among)
	if err != nil {
		return nil, fmt.Errorf("blind: search for a document: %w", err)
	}
	return refs, nil
}

func (x *Index) document(ctx context.Context, q Tx, number string, among *Among) ([]string, error) {
	if last, err := x.last(ctx, q); err != nil || last == 0 || number == "" {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT n, ref FROM blind_documents JOIN blind_persons USING (n) WHERE mac = ? ORDER BY n`, x.mac(number))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var refs []string
	for rows.Next() {
		var n int64
		var ref string
		if err := rows.Scan(&n, &ref); err != nil {
			return nil, err
		}
		if among.has(n) {
			refs = append(refs, ref)
		}
	}
	return refs, rows.Err()
}
