package country

import (
	"strings"
	"unicode/utf8"
)

// people are how persons of a nationality are called here. Given names are
// common ones; surnames are put together from two parts, so that they sound
// right and are nobody's. Azerbaijanis and the speakers of Russian have a third
// part, made from the father's name.
type people struct {
	women, men    []string
	first, second []string // of a surname
	woman, man    []string // its endings, in pairs
	fathers       []father // none: there is no patronymic
	cyrillic      bool     // the lists are in Russian; otherwise in Latin letters
}

// father is a father's name as his daughter and his son carry it.
type father struct{ daughter, son string }

var azerbaijanis = people{
	women: []string{
		"Aygün", "Günel", "Sevinc", "Nigar", "Ləman", "Aynur", "Könül", "Vüsalə", "Xəyalə", "Afaq", "Lalə", "Nərmin", "Gülnar", "Səbinə", "Turanə",
		"Ülkər", "Zəhra", "Fidan", "Mətanət", "Rəna", "Şəbnəm", "Elnarə", "Həcər", "Pərvanə", "İlahə", "Təranə", "Jalə", "Samirə", "Çinarə", "Dilarə",
	},
	men: []string{
		"Elçin", "Rəşad", "Vüqar", "Kamran", "Anar", "Tural", "Orxan", "Fuad", "Samir", "Elnur", "Zaur", "Rövşən", "Taleh", "Nicat", "Emin",
		"İlqar", "Mübariz", "Famil", "Natiq", "Xəyal", "Səbuhi", "Yaşar", "Cavid", "Elşad", "Azər",
	},
	first:  []string{"Bəh", "Cav", "Çin", "Dər", "Fər", "Gün", "Xan", "Qar", "Lal", "Nər", "Or", "Pər", "Sar", "Şəm", "Tur", "Var", "Yar", "Zər"},
	second: []string{"bandı", "dar", "gər", "xaz", "kəm", "lanı", "mür", "nad", "rux", "səd", "şan", "tək", "vazı", "zim", "tala", "şəmi"},
	woman:  []string{"ova", "ova", "ova", "li", "zadə"},
	man:    []string{"ov", "ov", "ov", "li", "zadə"},
	fathers: []father{
		{"Rəşad qızı", "Rəşad oğlu"}, {"Elçin qızı", "Elçin oğlu"}, {"Vaqif qızı", "Vaqif oğlu"}, {"Tofiq qızı", "Tofiq oğlu"}, {"Arif qızı", "Arif oğlu"},
		{"Nizami qızı", "Nizami oğlu"}, {"Şahin qızı", "Şahin oğlu"}, {"Fikrət qızı", "Fikrət oğlu"}, {"Qabil qızı", "Qabil oğlu"}, {"Yusif qızı", "Yusif oğlu"},
		{"Akif qızı", "Akif oğlu"}, {"Məmməd qızı", "Məmməd oğlu"}, {"Sabir qızı", "Sabir oğlu"}, {"Ağamir qızı", "Ağamir oğlu"}, {"İsa qızı", "İsa oğlu"},
	},
}

var russians = people{
	women:  []string{"Елена", "Ольга", "Наталья", "Ирина", "Марина", "Светлана", "Татьяна", "Юлия", "Анна", "Людмила"},
	men:    []string{"Андрей", "Сергей", "Олег", "Павел", "Виктор", "Максим", "Роман", "Денис"},
	first:  []string{"Вер", "Жар", "Зор", "Лист", "Мол", "Рог", "Сев", "Тиш", "Хол"},
	second: []string{"ежк", "оньк", "ушк", "атк", "ибл"},
	woman:  []string{"ова"},
	man:    []string{"ов"},
	fathers: []father{
		{"Андреевна", "Андреевич"}, {"Сергеевна", "Сергеевич"}, {"Олеговна", "Олегович"}, {"Викторовна", "Викторович"}, {"Максимовна", "Максимович"}, {"Романовна", "Романович"},
	},
	cyrillic: true,
}

var ukrainians = people{
	women: []string{"Оксана", "Олена", "Наталія", "Ганна", "Галина", "Марія"}, men: []string{"Андрій", "Олег", "Тарас", "Микола", "Богдан"},
	first: russians.first, second: []string{"еж", "онь", "уш", "ат"}, woman: []string{"енко"}, man: []string{"енко"},
	fathers:  []father{{"Тарасівна", "Тарасович"}, {"Олегівна", "Олегович"}, {"Богданівна", "Богданович"}},
	cyrillic: true,
}

var centralAsians = people{
	women: []string{"Dilnoza", "Gulnora", "Nilufar", "Shahnoza", "Zulfiya", "Feruza", "Malika", "Nargiza"}, men: []string{"Jasur", "Bekzod", "Otabek", "Sardor", "Farhod", "Sherzod", "Nodir"},
	first: []string{"Bek", "Nur", "Yul", "Dust", "Chor", "Kuk", "Tosh"}, second: []string{"tur", "ber", "lan", "murz", "tal"}, woman: []string{"ova"}, man: []string{"ov"},
	fathers: []father{{"Rustamovna", "Rustamovich"}, {"Bahodirovna", "Bahodirovich"}, {"Karimovna", "Karimovich"}, {"Nodirovna", "Nodirovich"}},
}

var turks = people{
	women: []string{"Elif", "Zeynep", "Emine", "Hatice", "Merve", "Derya", "Gülsüm"}, men: []string{"Murat", "Serkan", "Hakan", "Yusuf", "Okan", "Tuncay", "Cemal"},
	first: []string{"Kor", "Yel", "Boz", "Çam", "Gök", "Kum"}, second: []string{"bağlar", "dizen", "sırtlı", "çeken", "yazan"}, woman: []string{""}, man: []string{""},
}

var georgians = people{
	women: []string{"Nino", "Tamar", "Ketevan", "Mariam", "Eka", "Lela"}, men: []string{"Giorgi", "Levan", "Zurab", "Davit", "Irakli"},
	first: []string{"Bork", "Tsalk", "Kvirt", "Dzagn", "Malts", "Gordz"}, second: []string{"al", "ev", "il"}, woman: []string{"adze", "ashvili"}, man: []string{"adze", "ashvili"},
}

var iranians = people{
	women: []string{"Maryam", "Fatemeh", "Shirin", "Nasrin", "Parisa"}, men: []string{"Reza", "Hamid", "Behnam", "Farhad", "Mehrdad"},
	first: []string{"Tabar", "Sarv", "Dasht", "Kuh"}, second: []string{"pur", "inezhad", "abadi", "gir"}, woman: []string{""}, man: []string{""},
}

var pakistanis = people{
	women: []string{"Ayesha", "Saima", "Nadia", "Rubina"}, men: []string{"Tariq", "Bilal", "Asif", "Naveed"},
	first: []string{"Jand", "Kot", "Rav", "Sind"}, second: []string{"iwal", "arvi", "hanwi", "upura"}, woman: []string{""}, man: []string{""},
}

var filipinos = people{
	women: []string{"Maria Luz", "Jasmin", "Rowena", "Analyn"}, men: []string{"Rodel", "Jomar", "Arnel"},
	first: []string{"Bala", "Dima", "Maga", "Pang"}, second: []string{"tayon", "silang", "luyo", "bayan"}, woman: []string{""}, man: []string{""},
}

// nation is a nationality and how its people are called. The empty one is that
// of the stateless.
type nation struct {
	code   string
	called people
}

// foreigners by the language they speak: see newPerson.
var foreigners = map[string][]odds[nation]{
	"uz": {{1, nation{"UZ", centralAsians}}},
	"ru": {{3, nation{"RU", russians}}, {3, nation{"UA", ukrainians}}, {1, nation{"MD", russians}}, {1, nation{"KZ", russians}}, {2, nation{"KG", centralAsians}}, {1, nation{"TJ", centralAsians}}},
	"en": {{2, nation{"PH", filipinos}}, {2, nation{"PK", pakistanis}}},
}

var otherForeigners = []odds[nation]{{3, nation{"TR", turks}}, {3, nation{"GE", georgians}}, {2, nation{"IR", iranians}}, {1, nation{"TM", centralAsians}}}

// nationOf draws a nationality that fits what is known of a person.
func nationOf(d dice, p person) nation {
	switch p.citizenship {
	case "az":
		return nation{"AZ", azerbaijanis}
	case "stateless":
		return nation{"", draw(d, []odds[people]{{2, russians}, {1, centralAsians}})}
	}
	if table, ok := foreigners[p.language]; ok {
		return draw(d, table)
	}
	return draw(d, otherForeigners)
}

// named draws a name. In Azerbaijani the ending of a surname follows the sound
// before it.
func (n people) named(d dice, sex string) (family, given, patronymic string) {
	stem, i := pick(d, n.first...)+pick(d, n.second...), d.IntN(len(n.woman))
	given, ending := pick(d, n.women...), n.woman[i]
	if sex == "male" {
		given, ending = pick(d, n.men...), n.man[i]
	}
	switch last, _ := utf8.DecodeLastRuneInString(stem); {
	case strings.HasPrefix(ending, "ov") && strings.ContainsRune(vowels, last):
		ending = "ye" + ending[1:]
	case ending == "li":
		sound := strings.LastIndexFunc(stem, func(r rune) bool { return strings.ContainsRune(vowels, r) })
		ending = harmony[[]rune(stem[sound:])[0]]
	}
	if len(n.fathers) > 0 {
		f := pick(d, n.fathers...)
		if patronymic = f.daughter; sex == "male" {
			patronymic = f.son
		}
	}
	return stem + ending, given, patronymic
}

const vowels = "aıəieouöü"

var harmony = map[rune]string{'a': "lı", 'ı': "lı", 'o': "lu", 'u': "lu", 'ə': "li", 'e': "li", 'i': "li", 'ö': "lü", 'ü': "lü"}
