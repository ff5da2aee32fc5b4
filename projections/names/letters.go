package names

// apostrophes are dropped within a word: marks of softness and of length.
const apostrophes = "'’‘ʼʻʹʺ`´′"

// letters writes small letters in Latin ones without marks. Russian and the
// Azerbaijani Cyrillic of before 1991 share one table: no letter means
// different things in the two.
var letters = map[rune]string{
	// Latin, English and Azerbaijani
	'a': "a", 'b': "b", 'c': "c", 'd': "d", 'e': "e", 'f': "f", 'g': "g", 'h': "h", 'i': "i", 'j': "j",
	'k': "k", 'l': "l", 'm': "m", 'n': "n", 'o': "o", 'p': "p", 'q': "g", 'r': "r", 's': "s", 't': "t",
	'u': "u", 'v': "v", 'w': "v", 'x': "h", 'y': "y", 'z': "z",
	'ə': "a", 'ǝ': "a", 'ä': "a", 'ı': "i", 'ğ': "g", 'ş': "sh", 'ș': "sh", 'ç': "ch", 'ö': "o", 'ü': "u",
	// Latin of neighbours, whose marks do not come off
	'š': "sh", 'č': "ch", 'ž': "zh", 'ß': "s", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "t", 'ħ': "h",
	// Cyrillic, Russian
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "yo", 'ж': "zh", 'з': "z", 'и': "i",
	'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t",
	'у': "u", 'ф': "f", 'х': "h", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "i", 'ь': "",
	'э': "e", 'ю': "yu", 'я': "ya",
	// Cyrillic, Azerbaijani
	'ә': "a", 'ғ': "g", 'ҝ': "g", 'ҹ': "j", 'ө': "o", 'ү': "u", 'һ': "h", 'ј': "y",
	// Cyrillic of neighbours
	'і': "i", 'ї': "yi", 'є': "ye", 'ґ': "g", 'ў': "u", 'қ': "g", 'ң': "n", 'ұ': "u", 'ҳ': "h", 'ҷ': "j", 'ӣ': "i", 'ӯ': "u",
}
