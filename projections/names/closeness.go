package names

import (
	"math/bits"
	"strings"

	"github.com/xrash/smetrics"
)

const (
	comparable = 8    // words of a name that are compared; who has more is compared by the first
	unrelated  = 0.7  // words less alike than this have nothing to do with each other
	surplus    = 0.04 // what a name loses at most for words that were not asked for
	together   = 0.98 // the most that names can score that are alike only if spaces are dropped
)

// Closeness tells how well a name answers a query, from 0, nothing alike, to 1,
// the same words in any order. Each word of the query is held against another
// word of the name, so that all together are as alike as they can be; long words
// count for more. What the name has beyond the query costs little.
func Closeness(query, name string) float64 {
	asked, has := Words(query), Words(name)
	asked, has = asked[:min(len(asked), comparable)], has[:min(len(has), comparable)]
	if len(asked) == 0 || len(has) == 0 {
		return 0
	}
	sum, used := assign(asked, has)
	all, extra := 0, 0
	for i, w := range has {
		if all += len(w); used>>i&1 == 0 {
			extra += len(w)
		}
	}
	close := sum / float64(length(asked)) * (1 - surplus*float64(extra)/float64(all))
	// Məmməd Əli is also written Məmmədəli.
	if len(asked) != len(has) {
		if joined := alike(strings.Join(asked, ""), strings.Join(has, "")); joined > 0.9 {
			close = max(close, together*joined)
		}
	}
	return min(close, 1)
}

// assign gives each asked word a word of the name, none twice, so that the sum
// of likeness times length is the greatest. It returns the sum and the set of
// the words that were given.
func assign(asked, has []string) (float64, uint) {
	// best[set] is the greatest sum with the words of the set given, after each
	// asked word in turn. An asked word may also go without.
	best := make([]float64, 1<<len(has))
	for i := range best[1:] {
		best[i+1] = -1
	}
	for _, a := range asked {
		var worth [comparable]float64
		for i, w := range has {
			worth[i] = alike(a, w) * float64(len(a))
		}
		for set := len(best) - 1; set > 0; set-- { // downwards: smaller sets are still those without a
			for rest := uint(set); rest != 0; rest &= rest - 1 {
				i := bits.TrailingZeros(rest)
				if before := best[set&^(1<<i)]; before >= 0 && worth[i] > 0 {
					best[set] = max(best[set], before+worth[i])
				}
			}
		}
	}
	top := 0
	for set, sum := range best {
		if sum > best[top] {
			top = set
		}
	}
	return max(best[top], 0), uint(top)
}

// alike is the Jaro-Winkler likeness of two folded words, 0 if they are unrelated.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	if like := smetrics.JaroWinkler(a, b, 0.7, 4); like >= unrelated {
		return like
	}
	return 0
}

func length(words []string) int {
	n := 0
	for _, w := range words {
		n += len(w)
	}
	return n
}
