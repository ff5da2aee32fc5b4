package country

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nrm/domain"
	"nrm/projections/names"
)

// personal are the fields that name or describe somebody.
var personal = []string{
	"family_name", "given_name", "patronymic", "other_names", "birth_date", "birth_year", "nationality",
	"document_kind", "document_number", "document_country", "contact_kind", "contact", "contact_safety", "notes",
}

// aboutPersons are the commands that only tell of a person, or of their data.
var aboutPersons = []string{
	"record-identity", "record-document", "record-contact", "record-narrative", "add-note", "record-health", "record-testimony", "record-whereabouts",
	"place-legal-hold", "lift-legal-hold", "request-erasure", "reject-erasure",
}

func read(t *testing.T, file []byte) (lines []line) {
	t.Helper()
	for s := bufio.NewScanner(bytes.NewReader(file)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

// TestWithoutNames: whoever the persons are, what happens to them is the same.
func TestWithoutNames(t *testing.T) {
	stripped := func(file []byte) []line {
		var kept []line
		for _, l := range read(t, file) {
			if slices.Contains(aboutPersons, l.Command) {
				continue
			}
			var data map[string]json.RawMessage
			if err := json.Unmarshal(l.Data, &data); err != nil {
				t.Fatal(err)
			}
			maps.DeleteFunc(data, func(name string, _ json.RawMessage) bool { return slices.Contains(personal, name) })
			l.Data, _ = json.Marshal(data)
			kept = append(kept, l)
		}
		return kept
	}
	var many, manyNameless bytes.Buffer
	o := Options{Seed: 3, Now: now}
	nameless := o
	nameless.NoNames = true
	if err := WriteMany(&many, o, 100); err != nil {
		t.Fatal(err)
	}
	if err := WriteMany(&manyNameless, nameless, 100); err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string][2][]byte{"country": {written(t, o), written(t, nameless)}, "many": {many.Bytes(), manyNameless.Bytes()}} {
		with, without := files[0], files[1]
		for _, l := range read(t, without) {
			if slices.Contains(aboutPersons, l.Command) || strings.Contains(string(l.Data), "_name") {
				t.Fatalf("%s: without names: %s %s", name, l.Command, l.Data)
			}
		}
		a, b := stripped(with), stripped(without)
		if !slices.EqualFunc(a, b, func(x, y line) bool {
			return x.ID == y.ID && x.Stream == y.Stream && x.Command == y.Command && x.By == y.By && x.Happened == y.Happened && x.Recorded == y.Recorded && bytes.Equal(x.Data, y.Data)
		}) {
			t.Errorf("%s: names change what happens: %d and %d lines", name, len(a), len(b))
		}
		if bytes.Equal(with, without) {
			t.Errorf("%s: there are no names", name)
		}
	}
}

// TestNobody: no number, address or contact in the file can be anybody's.
func TestNobody(t *testing.T) {
	unused := map[string]*regexp.Regexp{
		"document_number": regexp.MustCompile(`^X00\d{6}$`),
		"contact":         regexp.MustCompile(`^(\p{L}+, )?\+994 00 \d{3} \d\d \d\d$|^n\d{6}@example\.org$`),
		"address":         regexp.MustCompile(`^(Nümunə|Sınaq|Yoxlama|Misal) küçəsi, ev 0, mənzil 9\d\d$`),
	}
	seen := map[string]int{}
	for _, l := range read(t, written(t, Options{Seed: 2024, Now: now})) {
		var data map[string]any
		if err := json.Unmarshal(l.Data, &data); err != nil {
			t.Fatal(err)
		}
		for field, value := range data {
			if value == nil {
				t.Errorf("%s: %s is null", l.Command, field)
			}
			if pattern, ok := unused[field]; ok {
				seen[field]++
				if s, _ := value.(string); !pattern.MatchString(s) {
					t.Errorf("%s: %s could be somebody's: %v", l.Command, field, value)
				}
			}
		}
	}
	if len(seen) != len(unused) {
		t.Errorf("found only %v", seen)
	}
}

// TestPersons looks for what a register of persons has in real life: much that
// is not known at first, and the same person written in two ways.
func TestPersons(t *testing.T) {
	for _, seed := range []uint64{1, 2024} {
		persons(t, seed)
	}
}

func persons(t *testing.T, seed uint64) {
	log, _ := imported(t, written(t, Options{Seed: seed, Now: now}), now)
	events, nations := map[string]int{}, map[string]int{}
	referred, silent, byYear, asked, held := 0, 0, 0, 0, 0
	met := map[domain.Day][]domain.IdentityRecorded{}
	for name, history := range log {
		stream, _ := domain.StreamNamed(name)
		if stream.Kind != domain.CaseKind {
			continue
		}
		c, err := domain.Fold[domain.Case](history)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Erasure.Asked.IsZero() {
			asked++
		}
		if c.Hold != "" {
			held++
		}
		referred++
		told := false
		for _, e := range history[0].Events {
			spec, _ := domain.EventSpecOf(e.EventType())
			told = told || spec.Personal
		}
		if !told {
			silent++
		}
		var latest domain.IdentityRecorded
		for _, d := range history {
			for _, e := range d.Events {
				events[e.EventType()]++
				if who, ok := e.(domain.IdentityRecorded); ok {
					fits(t, c, who)
					latest = who
					nations[who.Nationality]++
					if who.BirthDate.IsZero() && who.BirthYear != 0 {
						byYear++
					}
				}
			}
		}
		if latest.FamilyName != "" && !latest.BirthDate.IsZero() {
			met[latest.BirthDate] = append(met[latest.BirthDate], latest)
		}
	}
	twice := 0
	for _, same := range met {
		for i, a := range same {
			for _, b := range same[:i] {
				if a.Name() != b.Name() && names.Closeness(a.Name(), b.Name()) > 0.8 {
					twice++
				}
			}
		}
	}
	t.Logf("seed %d: %d referrals, %d know nothing of the person; only a year: %d; in two spellings: %d; nationalities %v; %v", seed, referred, silent, byYear, twice, nations, events)
	if share := float64(silent) / float64(referred); share < 0.08 || share > 0.25 {
		t.Errorf("%.0f %% of the referrals know nothing of the person", share*100)
	}
	if twice < 2 {
		t.Errorf("%d persons are written in two ways", twice)
	}
	if byYear < 10 || len(nations) < 3 {
		t.Errorf("%d know only a year; nationalities %v", byYear, nations)
	}
	for _, spec := range domain.EventSpecs() {
		if spec.Personal && events[spec.Type] < 5 {
			t.Errorf("%d of %s", events[spec.Type], spec.Type)
		}
	}
	if asked != 1 || held != 1 {
		t.Errorf("%d requests to be forgotten wait, %d cases are held", asked, held)
	}
}

// fits holds a name against the codes of the case.
func fits(t *testing.T, c *domain.Case, who domain.IdentityRecorded) {
	t.Helper()
	if az := who.Nationality == "AZ"; who.Nationality != "" && az != (c.Citizenship == "az") {
		t.Errorf("nationality %s, citizenship %s", who.Nationality, c.Citizenship)
	}
	for ending, sex := range map[string]string{"ova": "female", "ов": "male", "ова": "female", "ov": "male"} {
		if strings.HasSuffix(string(who.FamilyName), ending) && c.Sex != sex {
			t.Errorf("%s is a %s", who.FamilyName, c.Sex)
		}
	}
	for ending, sex := range map[string]string{"qızı": "female", "oğlu": "male", "кызы": "female", "оглы": "male", "ovna": "female", "вич": "male"} {
		if strings.HasSuffix(string(who.Patronymic), ending) && c.Sex != sex {
			t.Errorf("%s is a %s", who.Patronymic, c.Sex)
		}
	}
	if who.BirthDate.IsZero() {
		return
	}
	if years := who.BirthDate.Years(c.Detected.Day()); c.Age == "adult" && (years < 18 || years > 60) || c.Age == "child" && years > 17 {
		t.Errorf("%s at %d", c.Age, years)
	}
}

func TestSpelled(t *testing.T) {
	for _, c := range []struct {
		of   people
		name string
		as   spelling
		want string
	}{
		{azerbaijanis, "Günşəmiyeva", english, "Gunshamiyeva"},
		{azerbaijanis, "Günşəmiyeva", cyrillic, "Гюншамиева"},
		{azerbaijanis, "İlahə", english, "Ilaha"},
		{azerbaijanis, "İlahə", cyrillic, "Илаха"},
		{azerbaijanis, "Xəyalə", cyrillic, "Хаяла"},
		{azerbaijanis, "Cavid", cyrillic, "Джавид"},
		{azerbaijanis, "Rəşad qızı", english, "Rashad qizi"},
		{azerbaijanis, "Rəşad oğlu", english, "Rashad oglu"},
		{azerbaijanis, "Rəşad qızı", cyrillic, "Рашад кызы"},
		{azerbaijanis, "Rəşad oğlu", cyrillic, "Рашад оглы"},
		{azerbaijanis, "Rəşad oğlu", own, "Rəşad oğlu"},
		{russians, "Тишежкова", english, "Tishezhkova"},
		{russians, "Тишежкова", cyrillic, "Тишежкова"},
		{turks, "Çamdizen", english, "Chamdizen"},
		{turks, "Çamdizen", cyrillic, "Çamdizen"},
	} {
		if got := c.of.spelled(c.name, c.as); got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.name, c.as, got, c.want)
		}
	}
}
