package blind

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nrm/projections/names"
)

// A question is asked of the index and of a search table in clear.
type question struct{ kind, words, document string }

// questions asks for persons of the register in the ways in which people ask.
func (p *people) questions(count, persons int) []question {
	rnd := rand.New(rand.NewPCG(5, 6))
	var some []Person
	for person := range p.all(persons) {
		if some = append(some, person); len(some) == 4*count {
			break
		}
	}
	cyrillic := strings.NewReplacer("yev", "ев", "a", "а", "ə", "а", "b", "б", "c", "дж", "d", "д", "e", "е", "f", "ф", "g", "г", "h", "г",
		"x", "х", "ı", "ы", "i", "и", "q", "г", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "r", "р", "s", "с", "ş", "ш",
		"t", "т", "u", "у", "ü", "ю", "v", "в", "y", "й", "k", "к", "z", "з")
	var asked []question
	for i := range count {
		person := some[rnd.IntN(len(some))]
		words := strings.Fields(person.Names[0])
		letters := []rune(words[0])
		letters[2] = 'o'
		asked = append(asked,
			question{"common surname", p.families[i%5] + "ova", ""},
			question{blindly, p.families[i%5] + "ova", ""},
			question{"given and surname", words[1] + " " + words[0], ""},
			question{"full name", strings.Join(words, " "), ""},
			question{"cyrillic", cyrillic.Replace(strings.ToLower(words[0] + " " + words[1])), ""},
			question{"misspelt", string(letters) + " " + words[1], ""},
			question{"rare given name", p.given[len(p.given)-1-i%500], ""},
			question{"beginning of a name", string([]rune(words[0])[:4]), ""},
			question{"document", "", "аа-" + fmt.Sprintf("%07d", rnd.IntN(persons))},
		)
	}
	return asked
}

// BenchmarkSearch builds a register of 400,000 persons, or NRM_BENCH_PERSONS, and
// tells how long searches take at the middle and at the slow end, beside those
// of a trigram table over the folded names in clear: the plain search for all
// words, which finds nothing that is misspelt, and for some questions the one
// for any trigram, which does. Once is enough: -benchtime 1x.
func BenchmarkSearch(b *testing.B) {
	persons := 400_000
	if s := os.Getenv("NRM_BENCH_PERSONS"); s != "" {
		var err error
		if persons, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	p := newPeople()
	db := open(b)
	x := New(make([]byte, 32))
	start := time.Now()
	within(b, db, func(tx *sql.Tx) error { return x.Build(b.Context(), tx, p.all(persons)) })
	b.ReportMetric(time.Since(start).Seconds(), "build-s")
	var rows, bytes int
	if err := db.QueryRow(`SELECT count(*), sum(length(label) + length(box)) FROM blind_grams`).Scan(&rows, &bytes); err != nil {
		b.Fatal(err)
	}
	var report strings.Builder
	fmt.Fprintf(&report, "%d persons, %d rows of %.0f MB, built in %.1f s\n", persons, rows, float64(bytes)/1e6, time.Since(start).Seconds())

	start = time.Now()
	within(b, db, func(tx *sql.Tx) error { return clearTable(tx, p, persons) })
	fmt.Fprintf(&report, "trigram table in clear built in %.1f s\n", time.Since(start).Seconds())

	questions := p.questions(40, persons)
	took := map[string][]time.Duration{}
	found := map[string]int{}
	for b.Loop() {
		for i, q := range questions {
			within(b, db, func(tx *sql.Tx) error {
				start := time.Now()
				n, err := ask(b, x, tx, q)
				lasted := time.Since(start)
				took[q.kind] = append(took[q.kind], lasted)
				found[q.kind] += n
				if q.kind == blindly {
					return err // the worst case, on its own
				}
				took[all] = append(took[all], lasted)
				found[all] += n
				if err != nil || q.words == "" {
					return err
				}
				took[byName] = append(took[byName], lasted)
				found[byName] += n
				for kind, clear := range map[string]string{plainly: allWords(q.words), loosely: anyTrigram(q.words)} {
					if kind == loosely && i/9%5 > 0 {
						continue // slow
					}
					start = time.Now()
					n, err := askClear(tx, clear)
					took[kind] = append(took[kind], time.Since(start))
					found[kind] += n
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	kinds := make([]string, 0, len(took))
	for kind := range took {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		fmt.Fprintf(&report, "%-22s p50 %8.2f ms   p95 %8.2f ms   %5.1f found\n", kind, at(took[kind], 50), at(took[kind], 95), float64(found[kind])/float64(len(took[kind])))
	}
	fmt.Print("\n", report.String()) // b.Log cuts it
	b.ReportMetric(at(took[all], 50), "p50-ms")
	b.ReportMetric(at(took[all], 95), "p95-ms")
	b.ReportMetric(at(took[byName], 50)/at(took[plainly], 50), "p50/clear")
	b.ReportMetric(at(took[byName], 95)/at(took[plainly], 95), "p95/clear")
}

func at(took []time.Duration, percent int) float64 {
	slices.SortFunc(took, cmp.Compare[time.Duration])
	return float64(took[(len(took)-1)*percent/100].Microseconds()) / 1000
}

func ask(b *testing.B, x *Index, tx *sql.Tx, q question) (int, error) {
	if q.words == "" {
		refs, err := x.Document(b.Context(), tx, q.document, nil)
		return len(refs), err
	}
	var among *Among
	if q.kind == blindly {
		among = &Among{}
	}
	hits, err := x.Names(b.Context(), tx, q.words, 50, among)
	return len(hits), err
}

// clearTable makes what an index would be that need not be blind.
func clearTable(tx *sql.Tx, p *people, persons int) error {
	if _, err := tx.Exec(`CREATE VIRTUAL TABLE clear USING fts5(k, tokenize="trigram", content='', contentless_delete=1)`); err != nil {
		return err
	}
	n := 0
	for person := range p.all(persons) {
		n++
		if _, err := tx.Exec(`INSERT INTO clear (rowid, k) VALUES (?,?)`, n, names.Fold(strings.Join(person.Names, " "))); err != nil {
			return err
		}
	}
	return nil
}

// Kinds of answers, beside the kinds of questions.
const (
	all     = "all"
	byName  = "all but documents"
	plainly = "in clear, all words"
	loosely = "in clear, any trigram"
	blindly = "by who may see nobody" // everybody found is asked about
)

func allWords(words string) string {
	return `"` + strings.Join(names.Words(words), `" "`) + `"`
}

func anyTrigram(words string) string {
	var some []string
	for _, word := range names.Words(words) {
		for i := range max(0, len(word)-2) {
			some = append(some, word[i:i+3])
		}
	}
	return `"` + strings.Join(some, `" OR "`) + `"`
}

func askClear(tx *sql.Tx, match string) (n int, err error) {
	rows, err := tx.Query(`SELECT rowid FROM clear WHERE clear MATCH ? ORDER BY rank LIMIT 50`, match)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
