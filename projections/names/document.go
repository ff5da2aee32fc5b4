package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxDocument = 64 // letters and digits; what follows is cut

// lookalikes are the Cyrillic capitals that are typed for Latin ones.
var lookalikes = map[rune]rune{
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'У': 'Y', 'Х': 'X',
	'Ё': 'E', 'І': 'I', 'Ј': 'J', 'Ѕ': 'S', 'Ү': 'Y', 'Һ': 'H', 'Ԛ': 'Q', 'Ԝ': 'W',
}

// Document returns a document's number as it is compared: capital letters and
// digits only, without marks, Cyrillic letters that look like Latin ones as
// Latin. Leading zeros stay, other scripts stay as they are, and at most 64
// characters do. The answer is empty if nothing of the number is left.
func Document(number string) string {
	var b strings.Builder
	n := 0
	for _, r := range number {
		if !unicode.In(r, unicode.L, unicode.Nd, unicode.Nl) {
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			part = unicode.ToUpper(part)
			if latin, ok := lookalikes[part]; ok {
				part = latin
			}
			if !unicode.In(part, unicode.L, unicode.Nd) {
				continue
			}
			if n++; n > maxDocument {
				return b.String()
			}
			b.WriteRune(western(part))
		}
	}
	return b.String()
}

// western writes the digits of Arabic and Persian papers as 0 to 9.
func western(r rune) rune {
	for _, zero := range []rune{'٠', '۰'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}
