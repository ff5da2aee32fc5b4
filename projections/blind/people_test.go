package blind

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
)

// A people is a supply of made-up persons. Their names are put together from
// syllables and as unevenly spread as those of a country: a few families are
// very large, half of the given names are rare.
type people struct {
	families, given []string
}

func newPeople() *people {
	rnd := rand.New(rand.NewPCG(1, 2))
	onsets := strings.Fields("b c d f g h l m n r s t v z ş x q k y Ə İ")
	vowels := strings.Fields("a ə i e u ü o ı")
	codas := strings.Fields("- - - l m n r s d ş b v")
	syllables := func(n int) string {
		var b strings.Builder
		for range n {
			coda := codas[rnd.IntN(len(codas))]
			b.WriteString(onsets[rnd.IntN(len(onsets))] + vowels[rnd.IntN(len(vowels))] + strings.Trim(coda, "-"))
		}
		return b.String()
	}
	p := &people{}
	for range 6000 {
		p.families = append(p.families, syllables(2+rnd.IntN(2)))
	}
	for range 1500 {
		p.given = append(p.given, syllables(2+rnd.IntN(2)))
	}
	return p
}

// common picks one of all, the first ones the most often.
func common(rnd *rand.Rand, all []string) string {
	return all[int(math.Pow(rnd.Float64(), 3)*float64(len(all)))]
}

func (p *people) family(rnd *rand.Rand, woman bool) string {
	ending := []string{"ov", "ov", "ov", "yev", "yev", "li", "zadə"}[rnd.IntN(7)]
	if woman && strings.HasSuffix(ending, "v") {
		ending += "a"
	}
	return common(rnd, p.families) + ending
}

// all gives so many persons, always the same.
func (p *people) all(count int) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		rnd := rand.New(rand.NewPCG(3, 4))
		for i := range count {
			woman := rnd.IntN(10) < 7
			child := "oğlu"
			if woman {
				child = "qızı"
			}
			one := Person{Ref: ref(i)}
			one.Names = append(one.Names, strings.Join([]string{p.family(rnd, woman), common(rnd, p.given), common(rnd, p.given), child}, " "))
			if rnd.IntN(5) == 0 {
				one.Names = append(one.Names, p.family(rnd, woman)) // before a marriage
			}
			if rnd.IntN(10) < 8 {
				one.Documents = append(one.Documents, fmt.Sprintf("AA %07d", i))
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}

func ref(i int) string { return fmt.Sprintf("KW%06d", i) }
