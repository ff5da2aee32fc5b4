package country

import (
	"strings"

	"nrm/domain"
)

// What people note down in free text. It is invented, like everything else, and
// names nobody.

// text is one thing that may be said, and of whom.
type text struct {
	words string
	of    func(person) bool // nil: of anybody
}

func grown(p person) bool { return !p.child() }

func woman(p person) bool { return !p.child() && p.sex == "female" }

func outside(p person) bool { return p.country != "" }

func foreigner(p person) bool { return p.foreign() }

func atHome(p person) bool { return !p.foreign() && p.country == "" }

// fitting draws one that fits the person.
func fitting(d dice, p person, from []text) string {
	var able []string
	for _, t := range from {
		if t.of == nil || t.of(p) {
			able = append(able, t.words)
		}
	}
	return able[d.IntN(len(able))]
}

var notes = []text{
	{"Çox yorğundur, söhbətə səhər davam etmək olar.", nil},
	{"Danışmaqdan çəkinir, tanımadığı adamların yanında susur.", nil},
	{"Ailəsinə hələ xəbər verilməsini istəmir.", nil},
	{"Telefonu əlindən alınıb, yaxınları ilə əlaqə saxlaya bilmir.", grown},
	{"Dediyinə görə, sənədləri onu işə götürən şəxsdə qalıb.", withheld},
	{"Yalnız qadın əməkdaşla danışmaq istəyir.", woman},
	{"Evdə azyaşlı övladı qalıb, ona qonşu baxır.", woman},
	{"Son iki həftə küçədə yatıb, məktəbə getmir.", person.child},
	{"Yanındakı böyüyün valideyni olduğu təsdiqlənməyib.", person.child},
	{"Tərcüməçi lazımdır, azərbaycanca bir neçə söz bilir.", foreigner},
	{"Konsulluğun qapısında gözləyib, əynində ancaq nazik paltar var idi.", outside},
	{"Просит не звонить вечером: рядом живут те, от кого она ушла.", woman},
	{"Понимает по-русски, отвечает коротко.", foreigner},
	{"Asks to be met at the entrance, does not want to wait in the hall.", nil},
}

func note(d dice, p person) domain.Prose { return domain.Prose(fitting(d, p, notes)) }

var complaints = []text{
	{"Yuxusuzluqdan və baş ağrısından şikayət edir.", nil},
	{"Astma xəstəsidir, inhalyatoru bitib.", nil},
	{"Qan azlığı var, gündəlik dərman qəbul edir.", nil},
	{"Diş ağrısı var, həkimə yazılıb.", nil},
	{"Penisillinə allergiyası olduğunu deyir.", nil},
	{"Gecələr qorxulu yuxudan oyanır, işıqlı otaqda yatmaq istəyir.", nil},
	{"Гипертония, таблетки принимает утром.", nil},
}

var emergencies = []text{
	{"Qolunda sağalmamış sınıq var, bu gün həkimə göstərilməlidir.", nil},
	{"Yüksək hərarəti var, təcili yardım çağırılıb.", nil},
	{"İki gündür yemək yemir, zəifləyib.", nil},
}

func health(d dice, urgent bool) domain.Prose {
	if urgent {
		return domain.Prose(fitting(d, person{}, emergencies))
	}
	return domain.Prose(fitting(d, person{}, complaints))
}

// A narrative has a beginning, a middle and an end.
var beginnings = []text{
	{"Onu xaricdə ofisiantlıq vədi ilə aparıblar, yol pulunu işə götürən ödəyib.", outside},
	{"Tanışı ona xaricdə uşaq baxıcısı işi təklif edib.", outside},
	{"İnternetdə gördüyü elan üzrə gözəllik salonuna işə gedib, ünvanda başqa yer olub.", func(p person) bool { return woman(p) && p.country == "" }},
	{"Tikintidə iş vəd edilib, müqavilə bağlanmayıb.", func(p person) bool { return p.sex == "male" && grown(p) }},
	{"Öz ölkəsindən mövsümi işə gətirilib, pasportu hava limanında alınıb.", foreigner},
	{"Qonşu qadın onu paytaxta işə aparacağını deyib.", func(p person) bool { return grown(p) && atHome(p) }},
	{"Uzaq qohumu onu küçədə pul yığmağa məcbur edib.", person.child},
	{"Dərsə getmək əvəzinə bazarda yük daşıdıblar.", person.child},
}

var middles = []text{
	{"İlk gündən otaqdan tək çıxmağa qoymayıblar.", nil},
	{"Qazandığının hamısını əlindən alıblar.", nil},
	{"Şikayət etsə, ailəsinə zərər vuracaqları ilə hədələyiblər.", nil},
	{"Yol və yemək pulu adı ilə borc yazıblar, borc hər həftə artıb.", grown},
	{"Onunla birlikdə daha bir neçə nəfər eyni mənzildə saxlanılıb.", nil},
}

var endings = []text{
	{"Konsulluğun telefonunu küçədə rast gəldiyi həmyerlisindən alıb.", outside},
	{"Qapı açıq qalanda çıxıb, yoldan keçən sürücüdən kömək istəyib.", nil},
	{"Polis mənzilə gələndə gizlənməyib, özü yaxınlaşıb.", func(p person) bool { return p.country == "" }},
	{"Müəllimi fikir verib, aidiyyəti orqana xəbər edib.", person.child},
}

func narrative(d dice, p person) domain.Prose {
	parts := []string{fitting(d, p, beginnings), fitting(d, p, middles), fitting(d, p, endings)}
	return domain.Prose(strings.Join(parts, " "))
}

var statements = []text{
	{"Onu işə aparan şəxsi fotoşəkillərdən tanıdı. Üzləşdirmədən imtina edir.", nil},
	{"Pulu kimə verdiyini və hansı günlərdə verdiyini danışdı. Məhkəmədə ifadə verməyə razıdır.", grown},
	{"Saxlanıldığı binanın yerini və mərtəbəsini göstərdi.", nil},
	{"Sorğu psixoloqun iştirakı ilə aparılıb, videoya yazılıb.", person.child},
	{"Готова дать показания, если её имя не будет оглашено.", woman},
}

func testimony(d dice, p person) domain.Prose { return domain.Prose(fitting(d, p, statements)) }
