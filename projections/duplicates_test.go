package projections

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

func (w *world) person(family, given string, year int, number string) domain.Ref {
	w.t.Helper()
	ref := w.referred(referrer)
	who := called(family, given)
	who.BirthYear = year
	w.later(time.Hour).must(officer, domain.CaseStream(ref), who)
	if number != "" {
		w.later(time.Hour).must(officer, domain.CaseStream(ref), document(number))
	}
	return ref
}

// One person under the spellings of three languages is found; another with a like
// name is not, and nobody outside the unit is told.
func TestCandidates(t *testing.T) {
	w, v, caughtUp := seeing(t, 85)
	one := w.person("Şıxəliyeva", "Günay", 1998, "AZE 1234567")
	russian := w.person("Шихалиева", "Гюнай", 1998, "")
	english := w.person("Shikhaliyeva", "Gunay", 1999, "")
	papers := w.person("Həsənova", "Lalə", 1998, "aze1234567")
	w.person("Şıxəliyeva", "Nərgiz", 1971, "")
	w.person("Məmmədova", "Aytən", 1998, "")
	caughtUp()
	ask := func(by domain.Actor) (refs []domain.Ref, all []Candidate) {
		t.Helper()
		all, err := v.Candidates(t.Context(), by, w.now, one)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			refs = append(refs, c.Ref)
		}
		return refs, all
	}
	refs, all := ask(officer)
	slices.Sort(refs)
	want := []domain.Ref{russian, english, papers}
	if slices.Sort(want); !slices.Equal(refs, want) {
		t.Fatalf("%+v, want %v", all, want)
	}
	for _, c := range all {
		if c.Ref == papers && (!slices.Contains(c.Agrees, "document") || !slices.Contains(c.Differs, "name")) {
			t.Errorf("%+v", c)
		}
		for _, code := range slices.Concat(c.Agrees, c.Differs) {
			if _, ok := domain.CodeOf("duplicate_trait", code); !ok {
				t.Errorf("%s is no code", code)
			}
		}
	}
	for _, by := range people() {
		if _, err := v.Candidates(t.Context(), by, w.now, one); inUnit(by.Role) == (err != nil) {
			t.Errorf("%s: %v", by.Role, err)
		}
	}
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.JudgeDuplicate{Other: english, Verdict: "same"})
	w.later(time.Hour).must(officer, domain.CaseStream(one), domain.MergeCases{Other: russian})
	w.erases(papers)
	caughtUp()
	if refs, all := ask(officer); !slices.Equal(refs, []domain.Ref{english}) || all[0].Verdict != "same" {
		t.Errorf("%+v", all)
	}
}

// What two records say of two persons is weighed trait by trait; what is not known of
// both weighs nothing.
func TestWeigh(t *testing.T) {
	said := func(family, given string, year int) domain.IdentityRecorded {
		return domain.IdentityRecorded{FamilyName: domain.Words(family), GivenName: domain.Words(given), BirthYear: year}
	}
	on := func(day string, e domain.IdentityRecorded) domain.IdentityRecorded {
		d, err := domain.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		e.BirthDate, e.BirthYear = d, 0
		return e
	}
	person := func(sex, citizenship string, is domain.IdentityRecorded, documents ...string) *profile {
		return &profile{sex: sex, citizenship: citizenship, names: []domain.IdentityRecorded{is}, documents: documents}
	}
	gunay := said("Şıxəliyeva", "Günay", 1998)
	one := person("female", "az", gunay, "AZE1234567")
	alias := said("Əhmədova", "Lalə", 1998)
	alias.OtherNames = "Şıxəliyeva Günay"
	for _, c := range []struct {
		what            string
		other           *profile
		agrees, differs string
	}{
		{"the same", one, "document name birth_year sex citizenship", ""},
		{"in Russian", person("female", "az", said("Шихалиева", "Гюнай", 1998)), "name birth_year sex citizenship", ""},
		{"in English", person("female", "az", said("Shikhaliyeva", "Gunay", 1998)), "name birth_year sex citizenship", ""},
		{"the other way round", person("female", "az", said("Günay", "Şıxəliyeva", 1998)), "name birth_year sex citizenship", ""},
		{"misspelt", person("female", "az", said("Şıxəliyeva", "Günel", 1998)), "near_name birth_year sex citizenship", ""},
		{"one word of it", person("female", "az", said("", "Günay", 1998)), "near_name birth_year sex citizenship", ""},
		{"also called so", person("female", "az", alias), "name birth_year sex citizenship", ""},
		{"nobody", person("male", "foreign", said("Quliyev", "Tural", 1970)), "", "name birth_year sex citizenship"},
		{"born a year later", person("female", "az", said("Şıxəliyeva", "Günay", 1999)), "name near_birth_year sex citizenship", ""},
		{"born that year", person("female", "az", on("1998-05-07", gunay)), "name birth_year sex citizenship", ""},
		{"without a year", person("female", "az", said("Şıxəliyeva", "Günay", 0)), "name sex citizenship", ""},
		{"without a name", person("female", "az", said("", "", 1998), "AZE1234567"), "document birth_year sex citizenship", ""},
		{"not known", person("unknown", "unknown", gunay), "name birth_year", ""},
		{"another document", person("female", "az", gunay, "AZE7654321"), "name birth_year sex citizenship", ""},
	} {
		for _, got := range []Candidate{weigh(one, c.other), weigh(c.other, one)} {
			if strings.Join(got.Agrees, " ") != c.agrees || strings.Join(got.Differs, " ") != c.differs {
				t.Errorf("%s: agrees %v, differs %v, want %s; %s", c.what, got.Agrees, got.Differs, c.agrees, c.differs)
			}
			if likely := c.agrees != ""; (got.Weight >= leastWeight) != likely {
				t.Errorf("%s: weighs %.1f", c.what, got.Weight)
			}
		}
	}
	day := person("female", "az", on("1998-05-07", gunay))
	if got := weigh(day, day); !slices.Contains(got.Agrees, "birth_date") || got.Weight <= weigh(one, day).Weight {
		t.Errorf("born on the same day: %+v", got)
	}
	unknown := person("unknown", "unknown", gunay)
	if a, b := weigh(unknown, unknown), weigh(one, unknown); a.Weight != b.Weight {
		t.Errorf("what nobody knows of both weighs %.2f, of one %.2f", a.Weight, b.Weight)
	}
	if a, b := weigh(one, person("female", "az", gunay, "AZE1234567")), weigh(one, person("male", "foreign", gunay)); a.Weight < b.Weight+20 {
		t.Errorf("%.1f and %.1f", a.Weight, b.Weight)
	}
}

// Who has many names is found by any of them, from either side.
func TestFoundByAnyName(t *testing.T) {
	w, v, caughtUp := seeing(t, 93)
	many, few := w.referred(referrer), w.person("Nəbizadə", "Xatirə", 1991, "")
	is := called("Şıxəliyeva-Zülfüqarlı", "Gülçöhrə")
	is.Patronymic, is.OtherNames, is.BirthYear = "Mirzəağababa qızı", "Набизаде Хатира", 1991
	w.later(time.Hour).must(officer, domain.CaseStream(many), is)
	caughtUp()
	for ref, other := range map[domain.Ref]domain.Ref{many: few, few: many} {
		all, err := v.Candidates(t.Context(), head, w.now, ref)
		if err != nil || len(all) != 1 || all[0].Ref != other {
			t.Errorf("%+v, %v", all, err)
		}
	}
}

// To compare records nothing and leaves nothing in clear: neither in the log nor in
// any file of the views.
func TestComparingLeavesNothing(t *testing.T) {
	dir, log := t.TempDir(), newMemory()
	w := newWorld(t, log, 94)
	v := opened(t, dir, log)
	caughtUp := follow(t, v, log)
	one := w.person("Zərqələmova", "Günay", 1998, "AZE 77319055")
	w.person("Заргаламова", "Гюнай", 1998, "aze77319055")
	caughtUp()
	before, _ := log.Last(t.Context())
	if all, err := v.Candidates(t.Context(), head, w.now, one); err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if got := pairs(t, v, head, w.now); len(got) != 1 {
		t.Fatal(got)
	}
	if after, _ := log.Last(t.Context()); after != before || before == 0 {
		t.Errorf("%d decisions came of it", after-before)
	}
	read := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		read += len(data)
		for _, name := range []string{"Zərqələmova", "Заргаламова", "zargalamova", "zergelemova", "Günay", "Гюнай", "gunai", "AZE77319055", "AZE 77319055", "aze77319055"} {
			if bytes.Contains(data, []byte(name)) {
				t.Errorf("%s holds %s", filepath.Base(path), name)
			}
		}
		return err
	})
	if err != nil || read == 0 {
		t.Errorf("read %d bytes, %v", read, err)
	}
}
