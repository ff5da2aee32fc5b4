package api

import (
	"regexp"
	"testing"
	"time"

	"nrm/domain"
)

func TestTimesAndNumbers(t *testing.T) {
	at := time.Date(2026, 11, 22, 17, 40, 0, 0, time.UTC)
	whens := []domain.When{domain.At(at), domain.OnThe(domain.DayOf(at)), {At: at, Precision: domain.Hour}, {At: at, Precision: domain.Unknown}, {}}
	want := map[string][]string{
		"az": {"22 noyabr 2026, 21:40", "22 noyabr 2026", "təxminən 22 noyabr 2026, 21:40", "vaxtı məlum deyil", ""},
		"en": {"22 November 2026, 21:40", "22 November 2026", "about 22 November 2026, 21:40", "time not known", ""},
		"ru": {"22 ноября 2026, 21:40", "22 ноября 2026", "около 22 ноября 2026, 21:40", "время неизвестно", ""},
	}
	for lang, texts := range want {
		for i, w := range whens {
			if got := in(lang).when(w); got != texts[i] {
				t.Errorf("%s: %q, want %q", lang, got, texts[i])
			}
		}
	}
	for _, tt := range []struct{ lang, got, want string }{
		{"az", in("az").money(123456750), "1.234.567,50 AZN"},
		{"en", in("en").money(123456700), "1,234,567 AZN"},
		{"ru", in("ru").money(7005), "70,05 AZN"},
		{"en", in("en").measure(66.6666, "percent"), "66.7 %"},
		{"ru", in("ru").measure(1500, "count"), "1\u00a0500"},
		{"en", in("en").remaining(at.Add(3*time.Hour+5*time.Minute), at), "3 hours left"},
		{"en", in("en").remaining(at.Add(time.Second), at), "1 minute left"},
		{"en", in("en").remaining(at.Add(-49*time.Hour), at), "overdue by 2 days"},
		{"ru", in("ru").remaining(at.Add(5*24*time.Hour), at), "осталось 5 дней"},
		{"ru", in("ru").remaining(at.Add(-21*24*time.Hour), at), "просрочено на 21 день"},
		{"az", in("az").remaining(at.Add(72*time.Hour), at), "3 gün qalıb"},
		{"en", in("en").limit(24, "h"), "24 hours"},
		{"en", in("xx").limit(3, "d"), "3 təqvim günü"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.lang, tt.got, tt.want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for typed, want := range map[string]domain.Qepik{
		"700": 70000, "700.5": 70050, "700,50": 70050, "1 234,50": 123450, "1 234 567": 123456700, "1\u00a0234": 123400, "1\u202f234.5": 123450,
		"1234,5": 123450, "0.07": 7, " 12 ": 1200, "0": 0,
		"0.001": -1, "12.345": -1, "12,345": -1, "1.234": -1, "1.234,50": -1, "1,234.50": -1, "1.234.567": -1, "1,234,567": -1, "1.23.4": -1, "12.3456": -1, "1,2,3": -1,
		"12 34": -1, "1234 567": -1, "1  234": -1, "1 234 5": -1, "1 .5": -1, "1. 5": -1, "12 345.": -1,
		"": -1, " ": -1, "-5": -1, "+5": -1, "abc": -1, "12,": -1, ".5": -1, "12 AZN": -1, "9999999999999999999": -1, "1e5": -1, "0x10": -1, "1_0": -1, "5.-1": -1, "5.+1": -1,
	} {
		got, ok := parseMoney(typed)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", typed, got, ok, want)
		}
	}
}

// TestReferenceInExamples: the references that texts show could be given.
func TestReferenceInExamples(t *testing.T) {
	reference := regexp.MustCompile(`\b[A-Z]{2}[0-9]{4}[A-Z]{2}\b`)
	for _, l := range languages {
		shown := 0
		for key, forms := range texts(t, l.Code) {
			for _, text := range forms {
				for _, ref := range reference.FindAllString(text, -1) {
					shown++
					if _, err := domain.ParseRef(ref); err != nil {
						t.Errorf("%s: %s shows %s: %v", l.Code, key, ref, err)
					}
				}
			}
		}
		if shown == 0 {
			t.Errorf("%s shows no reference", l.Code)
		}
	}
}

// TestAmountFilledInIsRead: what a form shows as an amount it also takes.
func TestAmountFilledInIsRead(t *testing.T) {
	for _, l := range languages {
		for _, q := range []domain.Qepik{0, 7, 70050, 123450, 123456700} {
			if got, ok := parseMoney(in(l.Code).amount(q)); !ok || got != q {
				t.Errorf("%s: %q is read as %d, %v", l.Code, in(l.Code).amount(q), got, ok)
			}
		}
	}
}
