package api

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alphabets are the letters of each language in its own order.
var alphabets = map[string]string{
	"az": "abcçdeəfgğhxıijkqlmnoöprsştuüvwyz",
	"en": "abcdefghijklmnopqrstuvwxyz",
	"ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}

// before compares texts as a dictionary of the language does: in Azerbaijani ə
// follows e and x follows h, ı stands before i, and the capital of i is İ.
// Letters of other languages stand with the letter they are made of, or last.
func (w words) before(a, b string) int {
	return cmp.Or(slices.Compare(w.places(a), w.places(b)), cmp.Compare(a, b))
}

// places gives the place of each letter of a text in the alphabet.
func (w words) places(s string) (all []int) {
	const letter, foreign = 1 << 21, 1 << 22 // signs and digits come first
	alphabet := []rune(alphabets[w.lang])
	for _, r := range w.lower(s) {
		place := slices.Index(alphabet, r)
		if place < 0 {
			plain := []rune(norm.NFD.String(string(r)))[0]
			place = slices.Index(alphabet, plain)
		}
		switch {
		case place >= 0:
			all = append(all, letter+place)
		case unicode.IsLetter(r):
			all = append(all, foreign+int(r))
		default:
			all = append(all, int(r))
		}
	}
	return all
}

// lower makes small letters of a text by the rules of the language: in
// Azerbaijani I becomes ı and İ becomes i.
func (w words) lower(s string) string {
	if w.lang == "az" {
		return strings.ToLowerSpecial(unicode.AzeriCase, s)
	}
	return strings.ToLower(s)
}
