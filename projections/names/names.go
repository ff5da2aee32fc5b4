// Package names brings the many spellings of one name to one key. A register in
// Azerbaijan meets the same person as Günay Əliyeva, Gunay Aliyeva, Гюнай
// Алиева and GUNAY ALIYEVA; their keys are the same, or differ by a letter.
//
// A key serves to find and to rank. It is no spelling to show, and equal keys
// do not make two people one: that is for a person to say.
package names

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Alphabet holds the letters of which keys are made. The letter g stands for
// everything between g and h (Hüseynov is Гусейнов in Russian, Qəhrəman is
// Gahraman), j for c, ç, j and their kin, s for s and ş.
const Alphabet = "abdefgijklmnoprstuvz"

// Boundary marks the beginning and the end of a word in trigrams.
const Boundary = '_'

// maxKey is the greatest length of a key in bytes. A name is cut where it has as
// many letters, so that a key is never cut again.
const maxKey = 240

// Fold returns the key of a name: its folded words with one space between.
// It is ASCII, at most 240 bytes long, and its own key. Titles of descent
// (oğlu, qızı) are left out unless there is nothing else.
func Fold(s string) string {
	return strings.Join(Words(s), " ")
}

// Words returns the words of the key of a name, in their order.
func Words(s string) []string {
	var words []string
	left := maxKey
	for _, raw := range strings.Fields(romanise(s)) {
		word := simplify(raw)
		if word = word[:min(len(word), left)]; word == "" {
			continue
		}
		words = append(words, word)
		left = max(0, left-len(word)-1)
	}
	if named := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return descent[w] }); len(named) > 0 {
		return named
	}
	return words
}

// descent has the words between a father's name and nothing: half of all people
// share each, so they tell nobody from anybody.
var descent = map[string]bool{
	"oglu": true, "ogli": true, "gizi": true, "kizi": true, // oğlu оглы ogly, qızı гызы, кызы kyzy
}

// Letters counts the letters of a name as it is written.
func Letters(s string) int {
	n := 0
	for _, r := range norm.NFC.String(s[:min(len(s), maxKey*utf8.UTFMax)]) {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// loose are the letters of Alphabet that trigrams do not tell apart: ə is e in
// Мамедов and on keyboards that lack it, q is k in Кулиев.
var loose = map[rune]rune{'e': 'a', 'k': 'g'}

// Grams returns the distinct trigrams of folded words, each word with a mark at
// both ends, in the order in which they come first. They are for finding, and
// looser than the key: Məmmədov and Мамедов have the same ones. Letters outside
// Alphabet are passed over.
func Grams(words ...string) []string {
	grams := make([]string, 0, 32)
	seen := make(map[string]bool, 32)
	for _, word := range words {
		word = single(strings.Map(loosen, word))
		if word == "" {
			continue
		}
		word = string(Boundary) + word + string(Boundary)
		for i := range len(word) - 2 {
			if g := word[i : i+3]; !seen[g] {
				seen[g] = true
				grams = append(grams, g)
			}
		}
	}
	return grams
}

func loosen(r rune) rune {
	if !strings.ContainsRune(Alphabet, r) {
		return -1
	}
	if to, ok := loose[r]; ok {
		return to
	}
	return r
}

// EveryGram returns every trigram that Grams can ever return, and a few that it
// cannot.
func EveryGram() []string {
	var letters, all []string
	for _, r := range Alphabet {
		if loosen(r) == r {
			letters = append(letters, string(r))
		}
	}
	const mark = string(Boundary)
	for _, a := range letters {
		all = append(all, mark+a+mark)
		for _, b := range letters {
			all = append(all, mark+a+b, a+b+mark)
			for _, c := range letters {
				all = append(all, a+b+c)
			}
		}
	}
	return all
}

// romanise writes a name in small Latin letters without marks, after English
// habits (ş is sh, х is h), and puts a space for whatever is not a letter.
// Apostrophes join, as in O'Neil or Il'ham.
func romanise(s string) string {
	var b strings.Builder
	letters := 0
	for _, r := range norm.NFC.String(s[:min(len(s), maxKey*utf8.UTFMax)]) {
		if unicode.IsLetter(r) {
			if letters++; letters > maxKey {
				break
			}
		}
		b.WriteString(latin(r, true))
	}
	return b.String()
}

// latin writes one letter. If the tables do not know it, its parts are tried
// (é is e and a mark); a letter of another script becomes three letters of its
// own, so that such names can be found by who types them in that script.
func latin(r rune, whole bool) string {
	r = unicode.ToLower(r)
	switch out, known := letters[r]; {
	case known:
		return out
	case unicode.Is(unicode.M, r), strings.ContainsRune(apostrophes, r), unicode.Is(unicode.Cf, r):
		return ""
	case !unicode.IsLetter(r):
		return " "
	}
	if parts := norm.NFKD.String(string(r)); whole && parts != string(r) {
		var b strings.Builder
		for _, part := range parts {
			b.WriteString(latin(part, false))
		}
		return b.String()
	}
	n := int(r)
	const base = len(Alphabet)
	return string([]byte{Alphabet[n%base], Alphabet[n/base%base], Alphabet[n/base/base%base]})
}

// The steps of simplify, each over what the one before left. Within a step the
// first that fits wins.
var (
	throat = strings.NewReplacer("kh", "h", "gh", "g", "ph", "f", "ck", "k", "oo", "u")
	hisses = strings.NewReplacer(
		"shch", "s", "sch", "s", "sh", "s",
		"tch", "j", "ch", "j", "dzh", "j", "zh", "j", "c", "j", "h", "g",
	)
	glides = strings.NewReplacer(
		"gya", "ga", "gyo", "go", "gyu", "gu", "kya", "ka", "kyo", "ko", "kyu", "ku", // Кямран, Гёйчай: k and g before ə, ö, ü
		"ye", "e", "yo", "e", "yi", "i", "y", "i",
	)
	clusters = strings.NewReplacer("dj", "j", "ks", "g") // Djafar; Alexander has the x of Xədicə
)

// simplify brings a romanised word to its key.
func simplify(word string) string {
	word = glides.Replace(hisses.Replace(throat.Replace(word)))
	word = single(clusters.Replace(single(word)))
	// Людмила, Lyudmila, Ludmila: u is soft after a consonant, and nobody agrees on how to write it.
	b := make([]byte, 0, len(word))
	for i := range len(word) {
		soft := word[i] == 'i' && i > 0 && i+1 < len(word) && word[i+1] == 'u' && !strings.ContainsRune("aeiou", rune(word[i-1]))
		if !soft {
			b = append(b, word[i])
		}
	}
	return single(string(b))
}

// single writes double letters once.
func single(s string) string {
	return string(slices.Compact([]byte(s)))
}
