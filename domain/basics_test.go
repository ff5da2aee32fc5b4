package domain

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReferencesFindMistakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := string(refFrom(rapid.String().Draw(t, "id"), rapid.IntRange(0, 15).Draw(t, "attempt")))
		if got, err := ParseRef(strings.ToLower(ref)); err != nil || string(got) != ref {
			t.Fatalf("%s is not read back: %v", ref, err)
		}
		at := rapid.IntRange(0, 7).Draw(t, "at")
		alphabet := refLetters
		if at >= 2 && at <= 5 {
			alphabet = "0123456789"
		}
		wrong := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "wrong")]
		if wrong != ref[at] {
			if _, err := ParseRef(ref[:at] + string(wrong) + ref[at+1:]); err == nil {
				t.Fatalf("%s with %c at %d is taken for good", ref, wrong, at)
			}
		}
		if i := rapid.SampledFrom([]int{0, 2, 3, 4, 6}).Draw(t, "swap"); ref[i] != ref[i+1] {
			if _, err := ParseRef(ref[:i] + string(ref[i+1]) + string(ref[i]) + ref[i+2:]); err == nil {
				t.Fatalf("%s with %d and its neighbour exchanged is taken for good", ref, i)
			}
		}
	})
}

func TestHostileNames(t *testing.T) {
	for _, id := range []string{"", "*", ">", ".", "/", "..", "AB1234C*", "AB 234CD", "ab1234", "AB1234CDE", "AB١٢٣٤CD", "\x00", strings.Repeat("A", 10_000)} {
		for _, kind := range []string{"case/", "facility/", "action/", "", "log/"} {
			if s, err := ParsePath(kind + id); err == nil {
				t.Errorf("%.20q names %v", kind+id, s)
			}
		}
	}
	if s, err := ParsePath("action/4.1.9"); err != nil || s.String() != "action.nap-2020-2024.4-1-9" {
		t.Errorf("action/4.1.9 is %v, %v", s, err)
	}
	for _, s := range []Stream{CaseStream(NewRef("a")), FacilityStream(NewRef("b")), ActionStream("4.1.9")} {
		if back, err := StreamNamed(s.String()); err != nil || back != s {
			t.Errorf("%v is read back as %v, %v", s, back, err)
		}
	}
}

func TestWhen(t *testing.T) {
	for in, want := range map[string]string{
		"2024-03-01":                "2024-03-01",
		"2024-03-01T21:40":          "2024-03-01T17:40:00Z",
		"2024-03-01T21:40:59+04:00": "2024-03-01T17:40:00Z",
		"2024-03-01T17:40:00Z":      "2024-03-01T17:40:00Z",
		"2024-03-01T17:40:00Z~":     "2024-03-01T17:40:00Z~",
		"2024-03-01?":               "2024-02-29T20:00:00Z?",
		" 2024-02-29 ":              "2024-02-29",
	} {
		w, err := ParseWhen(in)
		if err != nil || w.String() != want {
			t.Errorf("%q is read as %q, %v; want %q", in, w, err, want)
		}
		if again, err := ParseWhen(w.String()); err != nil || !again.Equal(w) {
			t.Errorf("%q does not come back: %v, %v", w, again, err)
		}
	}
	for _, in := range []string{"", "yesterday", "2024-02-30", "2024-13-01", "24-01-01", "0001-01-01", "2024-03-01T25:00", "1711111111", strings.Repeat("9", 5000)} {
		if w, err := ParseWhen(in); err == nil {
			t.Errorf("%.20q is read as %v", in, w)
		}
	}
}

func TestDaysAreDaysInBaku(t *testing.T) {
	lateEvening := time.Date(2023, 12, 31, 20, 30, 0, 0, time.UTC)
	if got := DayOf(lateEvening).String(); got != "2024-01-01" {
		t.Errorf("half past eight in the evening UTC on New Year's Eve is %s in Baku", got)
	}
	if d := mustDay("2023-05-17").Since(mustDay("2021-12-31")); d != 502 {
		t.Errorf("%d days", d)
	}
}

func TestParameters(t *testing.T) {
	for _, p := range Parameters() {
		if p.Confidence != "confirmed" && p.Confidence != "reported" && p.Confidence != "assumed" {
			t.Errorf("%s: confidence %q", p.ID, p.Confidence)
		}
		for _, q := range Parameters() {
			if p != q && p.ID == q.ID && !p.ValidFrom.After(q.ValidFrom) && (p.ValidTo.IsZero() || !p.ValidTo.Before(q.ValidFrom)) {
				t.Errorf("%s is two things at once on %s", p.ID, q.ValidFrom)
			}
		}
	}
	for day, want := range map[string]int{"2016-01-01": 48, "2017-12-31": 48, "2018-01-01": 24, "2026-01-01": 24} {
		if p, _ := ParameterOn("handover", mustDay(day)); p.Value != want {
			t.Errorf("handover on %s: %d hours, want %d", day, p.Value, want)
		}
	}
}
