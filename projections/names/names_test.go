package names

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"", ""},
		{" -/. ", ""},
		{"əliyeva", "alieva"},
		{"Günay Əliyeva", "gunai alieva"},
		{"Əliyeva Günay Elçin qızı", "alieva gunai eljin"},
		{"Алиев Вугар Эльчин оглы", "aliev vugar eljin"},
		{"qızı", "gizi"},
		{"O'Neil", "oneil"},
		{"Nəsirli-Qasımova", "nasirli gasimova"},
		{"Щербаков", "serbakov"},
		{"İ", "i"}, {"I", "i"}, {"ı", "i"}, {"i", "i"}, {"I\u0307", "i"}, {"i\u0307", "i"},
		{"José Ñandú", "jose nandu"},
		{"Ｇｕｎａｙ", "gunai"},
		{"Aysel2 (№ 7)", "aisel"},
	} {
		if got := Fold(test.name); got != test.want {
			t.Errorf("Fold(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

// Spellings of one name each: all of a line have the same key.
var same = []string{
	"əliyeva ƏLİYEVA ALIYEVA Aliyeva Alieva алиева АЛИЕВА Әлијева",
	"Əliyev Aliyev Aliev Алиев",
	"Şıxəliyev ŞIXƏLİYEV Shikhaliyev Shixaliyev Shikhaliev Шихалиев ШИХАЛИЕВ Шыхәлијев",
	"Cəfərov Jafarov Djafarov Dzhafarov Джафаров Ҹәфәров",
	"Hüseynov Huseynov Guseynov Guseinov Гусейнов Һүсејнов Hu\u0308seynov",
	"Günay GÜNAY Gunay Gyunay Gunay' Гюнай Ҝүнај",
	"Xədicə Khadija Xadica Khadidja Хадиджа Хәдиҹә",
	"Qəhrəman Gahraman Qahraman Гахраман Гәһрәман",
	"Elçin ELÇİN Elchin Elcin Эльчин Елчин El\u0063\u0327in",
	"Vüqar Vugar Vuqar Вугар Вүгар",
	"Yunus Yunus Iunus Юнус Јунус",
	"Ceyhun Jeyhun Ceyhun Jeihun Dzheyhun Джейхун Ҹејһун",
	"Ağayev Aghayev Agayev Agaev Агаев Ағајев",
	"İlham ilham ILHAM Ilham Ильхам Ilkham Илһам",
	"İlqar Ilgar Ilqar Ильгар",
	"Ёлкин Елкин Yolkin Yelkin Elkin",
	"İşıqov İŞIQOV Işıqov Ishigov Isiqov Ишыгов",
	"Xəyalə Khayala Xayala Хаяла",
	"Aysel Aisel Айсель Ајсел",
	"Leyla Leila Лейла Лейлa",
	"Zəhra Zahra Захра",
	"Nərgiz Nargiz Наргиз",
	"Kamran Kyamran Кямран Кямран",
	"Zülfüqar Zulfugar Зульфугар Zulfuqar",
	"Rövşən Rovshan Ровшан",
	"Sevinc Sevinj Севиндж",
	"Çingiz Chingiz Чингиз Cingiz",
	"Cingiz Чингиз",
	"Şəhla Shahla Шахла",
	"İsmayıl Ismayil Ismail Исмаил",
	"Gülnarə Gulnara Gyulnara Гюльнара",
	"Rəşad Rashad Рашад",
	"Ülviyyə Ulviyya Ulviya Ульвия",
	"Hacıyev Hajiyev Gadzhiev Гаджиев Гаджиев",
	"İbrahimov Ibragimov Ибрагимов",
	"Yaqub Yagub Ягуб",
	"Xalid Khalid Халид",
	"Jalə Zhala Жала",
	"Abbasov Abasov Аббасов",
	"Səidə Saida Саида",
	"Həcər Hajar Гаджар",
	"Gəncə Ganja Гянджа",
	"Qarabağ Garabagh Гарабаг",
	"Alexandr Aleksandr Александр",
	"Maxim Maksim Максим",
	"Ludmila Lyudmila Liudmila Людмила",
	"Татьяна Tatyana Tatiana",
	"Vasilyev Vasilev Васильев",
	"Shcherbakov Scherbakov Щербаков",
	"Sofiya Sophia Sofia София",
	"Məmmədov MƏMMƏDOV Mammadov Mamadov Мәммәдов MƏmmədov",
	"Nəcəfov Najafov Наджафов",
	"Məhərrəm Maharram Магаррам",
	"Xanım Khanim Ханым",
	"Turqut Turgut Тургут",
}

func TestSpellingsOfOneName(t *testing.T) {
	pairs := 0
	for _, line := range same {
		spellings := strings.Fields(line)
		for _, s := range spellings[1:] {
			pairs++
			if a, b := Fold(spellings[0]), Fold(s); a != b {
				t.Errorf("%s is %s, but %s is %s", spellings[0], a, s, b)
			}
		}
	}
	if pairs < 60 {
		t.Errorf("only %d pairs", pairs)
	}
}

// Spellings that differ by a letter or two in any key that still tells people
// apart: close, and found by most of their trigrams.
func TestSpellingsNearlyTheSame(t *testing.T) {
	for _, pair := range [][2]string{
		{"Məmmədov", "Мамедов"}, {"Mammadov", "Mamedov"}, {"Quliyev", "Кулиев"}, {"Qurbanov", "Курбанов"},
		{"Aytən", "Айтен"}, {"Əhmədov", "Ахмедов"}, {"Kərimov", "Керимов"}, {"Məhəmməd", "Магомед"},
		{"Nigar", "Нигяря"}, {"Kəmalə", "Кямаля"}, {"Vasilyev", "Vasiliev"}, {"Xavər", "Хавер"},
		{"Şıxəliyev", "Şixoliyev"}, {"Hüseynov", "Huseyinov"}, {"Cəfərov", "Ceferov"}, {"Əliyeva", "Eliyeva"},
		{"Qasımov", "Касимов"}, {"Səməd", "Самед"}, {"Alyona", "Alena"}, {"Məqsud", "Maksud"},
	} {
		a, b := Grams(Words(pair[0])...), Grams(Words(pair[1])...)
		shared := 0
		for _, g := range a {
			if slices.Contains(b, g) {
				shared++
			}
		}
		if c := Closeness(pair[0], pair[1]); c < 0.8 {
			t.Errorf("%s and %s (%s, %s): closeness %.2f", pair[0], pair[1], Fold(pair[0]), Fold(pair[1]), c)
		}
		if 10*shared < 4*len(a) {
			t.Errorf("%s and %s (%s, %s): %d of %d trigrams", pair[0], pair[1], Fold(pair[0]), Fold(pair[1]), shared, len(a))
		}
	}
}

func TestDifferentNames(t *testing.T) {
	for _, pair := range [][2]string{
		{"Əliyev", "Əliyeva"}, {"Əliyev", "Vəliyev"}, {"Həsənov", "Hüseynov"}, {"Məmmədov", "Məhərrəmov"},
		{"Elçin", "Elxan"}, {"Aysel", "Aytən"}, {"Kərimov", "Qasımov"}, {"Əhmədov", "Həmidov"},
		{"Rəşad", "Rəşid"}, {"Leyla", "Lalə"}, {"Orxan", "Elxan"}, {"Samir", "Samirə"}, {"Nigar", "Nərgiz"},
		{"Tural", "Turan"}, {"İsmayıl", "İsrafil"}, {"Gülnar", "Gülnaz"}, {"Səbinə", "Sabir"}, {"Yunus", "Yusif"},
		{"Günay", "Günel"}, {"Vüqar", "Vüsal"}, {"Ağayev", "Abbasov"}, {"Əsgər", "Əsər"}, {"İlham", "İlqar"},
		{"Xədicə", "Xatirə"}, {"Алиев", "Валиев"}, {"Эльчин", "Эльнур"}, {"Ceyhun", "Ceyran"}, {"Şahin", "Şamil"},
	} {
		if a, b := Fold(pair[0]), Fold(pair[1]); a == b {
			t.Errorf("%s and %s are both %s", pair[0], pair[1], a)
		}
		if c := Closeness(pair[0], pair[1]); c >= 1 {
			t.Errorf("%s and %s: closeness %.2f", pair[0], pair[1], c)
		}
	}
}

func TestGrams(t *testing.T) {
	for _, test := range []struct{ words, want string }{
		{"", ""},
		{"a", "_a_"},
		{"ali", "_al ali li_"},
		{"ali ali", "_al ali li_"},
		{"li mamali", "_li li_ _ma mam ama mal ali"},
		{"mamedov", "_ma mam ama mad ado dov ov_"},
		{"kuliev", "_gu gul uli lia iav av_"},
		{"agkam", "_ag aga gam am_"},
		{"aQл-li", "_al ali li_"}, // what is not of the alphabet
	} {
		if got := strings.Join(Grams(strings.Fields(test.words)...), " "); got != test.want {
			t.Errorf("Grams(%s) = %s, want %s", test.words, got, test.want)
		}
	}
}

func TestLetters(t *testing.T) {
	for s, want := range map[string]int{"": 0, "Şa": 2, "S\u0327a": 2, " kh, a1": 3, "Ağ": 2} {
		if got := Letters(s); got != want {
			t.Errorf("Letters(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestDocument(t *testing.T) {
	for _, test := range []struct{ number, want string }{
		{"", ""},
		{"№ -/", ""},
		{"AA 0012345", "AA0012345"},
		{"аа-0012345", "AA0012345"}, // Cyrillic
		{"АВЕКМНОРСТУХ", "ABEKMHOPCTYX"},
		{"aze№12/34-5", "AZE12345"},
		{"ç1", "C1"}, {"i1", "I1"}, {"İ1", "I1"}, {"ı1", "I1"},
		{"II-ЖБ 123", "IIЖБ123"},
		{"Ⅱ 5", "II5"},
		{"٠١۲", "012"},
		{"\xff12\x00", "12"},
		{strings.Repeat("9", 100), strings.Repeat("9", 64)},
	} {
		got := Document(test.number)
		if got != test.want {
			t.Errorf("Document(%q) = %q, want %q", test.number, got, test.want)
		}
		if again := Document(got); again != got {
			t.Errorf("Document(%q) = %q", got, again)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, line := range same {
		f.Add(line)
	}
	for _, s := range []string{"", "\xff\xfe", "a\u0301\u0301\u0301", "ﷺﷺﷺ", strings.Repeat("щ", 5000), "გიორგი", "محمد", "王小明", strings.Repeat("王小明", 90), strings.Repeat("王小 ", 90), "ks kks kss dc ddch", "biyu Иию", "ʼ'", "Ⅷ㍿", "\u200d\u00adА"} {
		f.Add(s)
	}
	every := map[string]bool{}
	for _, g := range EveryGram() {
		every[g] = true
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := Fold(s)
		if len(key) > maxKey {
			t.Errorf("the key of %q has %d bytes", s, len(key))
		}
		if strings.Trim(key, Alphabet+" ") != "" {
			t.Errorf("the key of %q is %q", s, key)
		}
		if again := Fold(key); again != key {
			t.Errorf("%q folds to %q, and that to %q", s, key, again)
		}
		for _, g := range Grams(Words(s)...) {
			if !every[g] {
				t.Errorf("%q has the trigram %q", s, g)
			}
		}
		if c := Closeness(s, s); key != "" && c != 1 || key == "" && c != 0 {
			t.Errorf("%q is as close to itself as %v", s, c)
		}
		number := Document(s)
		if n := utf8.RuneCountInString(number); n > maxDocument || !utf8.ValidString(number) || Document(number) != number {
			t.Errorf("%q is the document %q", s, number)
		}
	})
}
