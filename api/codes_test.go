package api

import (
	"slices"
	"testing"

	"golang.org/x/text/language"

	"nrm/domain"
)

// TestAlphabets sorts as a dictionary of each language does.
func TestAlphabets(t *testing.T) {
	for lang, want := range map[string][]string{
		"az": {"112", "Avar", "Cek", "Çin", "Efiopiya", "Əfqanıstan", "Gana", "Ğ", "Hindistan", "Xorvatiya", "Irak", "İran", "Kuba", "Qana", "Laos", "Oman", "Özbəkistan", "Sudan", "Şri-Lanka", "Tunis", "Uels", "Üçtəpə", "Vatikan", "Wales", "Yəmən", "Zambiya", "Баку"},
		"en": {"Åland Islands", "Albania", "Côte d’Ivoire", "Cuba", "Réunion", "Romania", "Zambia"},
		"ru": {"Австрия", "Египет", "Ёлка", "Япония", "Bakı"},
	} {
		w := in(lang)
		got := slices.Clone(want)
		slices.Reverse(got)
		slices.SortFunc(got, w.before)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", lang, got)
		}
	}
	az, en := in("az"), in("en")
	if az.lower("İRAN QIZI") != "iran qızı" || en.lower("IRAN") != "iran" {
		t.Errorf("%q, %q", az.lower("İRAN QIZI"), en.lower("IRAN"))
	}
	if az.before("Ərzaq", "ərzaq") == 0 || az.before("ışıq", "Izolyator") > 0 {
		t.Error("two texts are one, or I is not the capital of ı")
	}
}

// TestLongListsAreSorted by the reader's alphabet, what stands for all others
// last; other lists keep their order.
func TestLongListsAreSorted(t *testing.T) {
	for _, l := range languages {
		w := in(l.Code)
		for _, list := range []string{"country", "nationality", "language"} {
			codes := w.sorted(list, domain.Codes(list))
			if last := codes[len(codes)-1].Code; last != "XX" && last != "other" || len(codes) != len(domain.Codes(list)) {
				t.Errorf("%s: %s is last of %d", list, last, len(codes))
			}
			for i := range len(codes) - 2 {
				if w.before(codes[i].In(l.Code), codes[i+1].In(l.Code)) > 0 {
					t.Errorf("%s in %s: %s before %s", list, l.Code, codes[i].In(l.Code), codes[i+1].In(l.Code))
				}
			}
		}
		if got := w.sorted("stage", domain.Codes("stage")); !slices.Equal(got, domain.Codes("stage")) {
			t.Errorf("the stages are no longer in their order: %v", got)
		}
	}
}

// TestCodesAreThoseOfISO holds the three letters of countries and languages
// against another implementation of the standards.
func TestCodesAreThoseOfISO(t *testing.T) {
	for _, c := range domain.Codes("nationality") {
		if c.Code == "XX" {
			continue
		}
		r, err := language.ParseRegion(c.Code)
		if err != nil || !r.IsCountry() || r.ISO3() != c.ISO {
			t.Errorf("%s (%s): %s, %v", c.Code, c.EN, c.ISO, err)
		}
	}
	for _, c := range domain.Codes("language") {
		if c.Code == "other" {
			continue
		}
		b, err := language.ParseBase(c.Code)
		if err != nil || b.ISO3() != c.ISO {
			t.Errorf("%s (%s): %s, not %s, %v", c.Code, c.EN, c.ISO, b.ISO3(), err)
		}
	}
}

// TestCodePages: a list shows its words, what its codes are in other standards
// and how sure that is.
func TestCodePages(t *testing.T) {
	s := newSite(t)
	v := s.as(t, "shelter", "az")
	v.get("/policy").code(200)
	if v.links()["Kod siyahıları"] != "/codes" || v.links()["Terminlər lüğəti"] != "/glossary" {
		t.Errorf("no link to the lists: %v", v.links())
	}
	v.get("/codes").code(200).sees("layihə uyğunlaşdırması", "HTCDS", "ISO 3166-1", "Reyestrin öz siyahısı")
	v.get("/codes/control_method").code(200).sees("vic_MethodsOfControl=Other", "meansOfControlUsesChildren=1")
	v.get("/codes/exploitation_act").code(200).sees("IC-TIP (layihə uyğunlaşdırması)")
	v.get("/codes/region").code(200).sees("Abşeron (06.07.2021-dək)", "ehtimal olunur")
	v.get("/glossary").code(200).sees("yoxlanılmayıb", "bərpa və fikirləşmə müddəti", "recovery and reflection period")
	s.as(t, "head", "ru").get("/codes/country").code(200).sees("TUR", "Турция", "hte_Country=TR")
}
