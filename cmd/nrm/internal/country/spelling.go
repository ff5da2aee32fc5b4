package country

import (
	"strings"
	"unicode"
)

// spelling is the writing in which a name was noted down.
type spelling string

const (
	own      spelling = "own"      // as the person writes it
	english  spelling = "english"  // Latin letters without marks, as in passports
	cyrillic spelling = "cyrillic" // as somebody writes it who keeps notes in Russian
)

// spelled writes a name that stands in the person's own letters.
func (n people) spelled(name string, as spelling) string {
	switch {
	case as == english && n.cyrillic:
		return letters(name, fromRussian)
	case as == english:
		return strings.NewReplacer("gizi", "qizi", "oghlu", "oglu").Replace(letters(name, fromLatin))
	case as == cyrillic && n.fathers != nil && !n.cyrillic:
		return letters(softened.Replace(name), toRussian)
	}
	return name
}

// softened are the sounds of two letters that Russian writes with one.
var softened = strings.NewReplacer("qızı", "kızı", "oğlu", "oğlı", "Ya", "Я", "Yu", "Ю", "ya", "я", "yə", "я", "yu", "ю", "ye", "е", "sh", "ш", "ch", "ч", "Sh", "Ш", "Ch", "Ч", "zh", "ж")

// letters writes a word letter by letter; the first letter of what stands for a
// capital is one.
func letters(name string, as map[rune]string) string {
	var b strings.Builder
	for _, r := range name {
		low := unicode.ToLower(r)
		s, ok := as[low]
		switch {
		case !ok:
			b.WriteRune(r)
		case low != r && s != "":
			first, rest := []rune(s)[0], string([]rune(s)[1:])
			b.WriteString(string(unicode.ToUpper(first)) + rest)
		default:
			b.WriteString(s)
		}
	}
	return b.String()
}

var fromLatin = map[rune]string{'ə': "a", 'ı': "i", 'ö': "o", 'ü': "u", 'ğ': "gh", 'ş': "sh", 'ç': "ch", 'c': "j", 'x': "kh", 'q': "g", 'i': "i"}

var toRussian = map[rune]string{
	'a': "а", 'b': "б", 'c': "дж", 'ç': "ч", 'd': "д", 'e': "е", 'ə': "а", 'f': "ф", 'g': "г", 'ğ': "г", 'h': "х", 'x': "х", 'ı': "ы", 'i': "и",
	'j': "ж", 'k': "к", 'q': "г", 'l': "л", 'm': "м", 'n': "н", 'o': "о", 'ö': "о", 'p': "п", 'r': "р", 's': "с", 'ş': "ш", 't': "т", 'u': "у",
	'ü': "ю", 'v': "в", 'y': "й", 'z': "з",
}

var fromRussian = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n",
	'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ы': "y", 'ь': "",
	'э': "e", 'ю': "yu", 'я': "ya", 'і': "i", 'ї': "yi", 'є': "ye",
}
