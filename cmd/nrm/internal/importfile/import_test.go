package importfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"nrm/domain"
)

var now = time.Date(2026, time.November, 22, 14, 30, 0, 0, domain.Baku)

// The only things in these files by which a person could be recognised.
var secrets = []string{"Qarbanova", "Sınaq", "1999-05-01", "X0000001", "+994 00", "küçə", "bilinmir", "Başqa"}

const coded = `"source":"police","circumstances":["raid"],"status":"presumed","age":"adult","sex":"female","citizenship":"az","district":"AZ-BA","basis":"consent"`

// saying is one line about the one case of these tests.
func saying(id int, command, role, organisation, happened, data string) string {
	return fmt.Sprintf(`{"id":"0190b2b6-0000-7000-8000-%012d","stream":"case/EC1341ZL","command":%q,"by":{"role":%q,"organisation":%q},"happened":%q,"recorded":"2024-04-02T09:00:00+04:00","data":%s}`,
		id, command, role, organisation, happened, data)
}

func referred(personal string) string {
	return saying(1, "register-referral", "referrer", "police-baki", "2024-03-01T20:30:00+04:00", "{"+coded+personal+"}")
}

func officer(id int, command, happened, data string) string {
	return saying(id, command, "case_officer", "spu", happened, data)
}

var whole = []string{
	referred(`,"family_name":"Qarbanova","given_name":"Sınaq","birth_date":"1999-05-01","nationality":"AZ","document_kind":"passport","document_number":"X0000001","contact_kind":"phone","contact":"+994 00 000 00 00","notes":"ünvanı bilinmir"`),
	saying(2, "accept-handover", "duty_officer", "spu", "2024-03-02T10:00:00+04:00", `{"district":"AZ-BA","condition":"good"}`),
	officer(3, "record-whereabouts", "2024-03-03", `{"address":"Sınaq küçəsi"}`),
	officer(4, "record-identity", "2024-03-04T10:00:00+04:00", `{"family_name":"Qarbanova","given_name":"Sınaq","patronymic":"Sınaq qızı"}`),
	officer(5, "add-note", "2024-03-04T11:00:00+04:00", `{"text":"ünvanı bilinmir"}`),
}

func brought(t *testing.T, log Log, o Options, lines ...string) Result {
	t.Helper()
	o.Now = now
	res, err := Run(t.Context(), log, strings.NewReader(strings.Join(lines, "\n")), o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestPersonalLinesAreRecordedOnce(t *testing.T) {
	log := newSealed()
	if res := brought(t, log, Options{}, whole...); res.Recorded != 5 || res.Personal != 4 || len(res.Problems) > 0 {
		t.Fatalf("first: %+v", res)
	}
	if res := brought(t, log, Options{}, whole...); res.Recorded != 0 || res.Already != 5 || len(res.Problems) > 0 {
		t.Errorf("again: %+v", res)
	}
	if log.seq != 5 {
		t.Errorf("%d decisions", log.seq)
	}
}

// An id means one thing for ever, also where what was said is sealed.
func TestAChangedNameUnderTheSameID(t *testing.T) {
	log := newSealed()
	brought(t, log, Options{}, whole...)
	for i, line := range whole {
		changed := strings.NewReplacer("Qarbanova", "Başqa", "küçə", "Başqa", "bilinmir", "Başqa").Replace(line)
		res := brought(t, log, Options{}, changed)
		switch {
		case changed == line && res.Already == 1:
		case changed != line && len(res.Problems) == 1 && res.Problems[0].Reason == "id_reused":
		default:
			t.Errorf("line %d: %+v", i+1, res)
		}
	}
	if log.seq != 5 {
		t.Errorf("%d decisions", log.seq)
	}
}

func TestAnErasedPersonStaysErased(t *testing.T) {
	log := newSealed()
	brought(t, log, Options{}, whole...)
	log.erase(t, "case/EC1341ZL")
	before := log.seq
	if res := brought(t, log, Options{}, whole...); res.Recorded != 0 || res.Already != 5 || len(res.Problems) > 0 {
		t.Errorf("the same file: %+v", res)
	}
	again := officer(9, "record-identity", "2024-03-05", `{"family_name":"Qarbanova"}`)
	if res := brought(t, log, Options{}, again); len(res.Problems) != 1 || res.Problems[0].Reason != "erased" {
		t.Errorf("a new line: %+v", res)
	}
	if log.seq != before {
		t.Errorf("%d decisions were recorded", log.seq-before)
	}
}

func TestLostKeysAreAFault(t *testing.T) {
	log := newSealed()
	brought(t, log, Options{}, whole...)
	log.lost = errLost
	if _, err := Run(t.Context(), log, strings.NewReader(whole[3]), Options{Now: now}); !errors.Is(err, errLost) {
		t.Errorf("%v", err)
	}
}

// TestNothingIsQuoted gives bad lines of every sort, each with something
// personal at the fault: the report names the line, the field and the reason.
func TestNothingIsQuoted(t *testing.T) {
	good := referred("")
	for name, c := range map[string]struct{ line, want string }{
		"no JSON":             {`Qarbanova Sınaq`, "not a line of an import file"},
		"cut off":             {good[:len(good)-2] + `,"family_name":"Qarb`, "data: not JSON"},
		"cut off within":      {good[:len(good)-2] + `,"family_name":"Qarb}`, "data: not JSON"},
		"unknown name":        {strings.Replace(good, `"id"`, `"Qarbanova":1,"id"`, 1), "unknown_field"},
		"unknown in by":       {strings.Replace(good, `"role"`, `"name":"Qarbanova","role"`, 1), "by: unknown_field"},
		"unknown in data":     {referred(`,"Qarbanova":"Sınaq"`), "data: unknown_field"},
		"capitals":            {referred(`,"Family_Name":"Qarbanova"`), "data: unknown_field"},
		"capitals above":      {strings.Replace(good, `"happened"`, `"Happened"`, 1), "unknown_field"},
		"twice":               {referred(`,"family_name":"Qarbanova","family_name":"Başqa"`), "data.family_name: given more than once"},
		"twice above":         {strings.Replace(good, `"happened"`, `"stream":"case/EC1341ZL","happened"`, 1), "stream: given more than once"},
		"null":                {referred(`,"family_name":null`), "data.family_name: null: leave the field out"},
		"two values":          {good + ` "Qarbanova"`, "more than one value on the line"},
		"id":                  {strings.Replace(good, "0190b2b6", "Qarbanova", 1), "id: not a UUID in lower case"},
		"id a number":         {strings.Replace(good, `"0190b2b6-0000-7000-8000-000000000001"`, "1", 1), "id: of the wrong type"},
		"stream":              {strings.Replace(good, "EC1341ZL", "Qarbanova", 1), "stream: no_such_reference"},
		"command":             {strings.Replace(good, "register-referral", "Qarbanova", 1), "command: no_such_command"},
		"role":                {strings.Replace(good, "referrer", "Qarbanova", 1), "by: unknown_role"},
		"no by":               {strings.Replace(good, `"by":{"role":"referrer","organisation":"police-baki"},`, "", 1), "by: required"},
		"organisation":        {strings.Replace(good, "police-baki", "Qarbanova", 1), "by: unknown_organisation"},
		"happened":            {strings.Replace(good, "2024-03-01T20:30:00+04:00", "Qarbanova", 1), "happened: neither RFC 3339 nor a day"},
		"recorded":            {strings.Replace(good, "2024-04-02T09:00:00+04:00", "Qarbanova", 1), "recorded: neither RFC 3339 nor a day"},
		"data no object":      {officer(1, "add-note", "2024-03-01", `"Qarbanova"`), "data: not a JSON object"},
		"birth date":          {referred(`,"birth_date":"1999-05-01Qarbanova"`), "data.birth_date: unreadable"},
		"birth year":          {referred(`,"birth_year":"Sınaq"`), "data.birth_year: unreadable"},
		"name of wrong type":  {referred(`,"family_name":["Qarbanova"]`), "data.family_name: unreadable"},
		"told":                {referred(`,"told":"Qarbanova"`), "data.told: unreadable"},
		"code":                {referred(`,"nationality":"Qarbanova"`), "data.nationality: unknown_code"},
		"not text":            {referred(`,"family_name":"Qarbanova\u0007"`), "data.family_name: not_text"},
		"broken text":         {referred(",\"family_name\":\"Qarbanova\xff\""), "data.family_name: not_text"},
		"half a pair":         {referred(`,"family_name":"Qarbanova\ud800"`), "data.family_name: not_text"},
		"too long a name":     {referred(`,"family_name":"` + strings.Repeat("Qarbanova", 12) + `"`), "data.family_name: too_long"},
		"too long a line":     {referred(`,"notes":"` + strings.Repeat("bilinmir", MaxLine/8) + `"`), "longer than 65536 bytes"},
		"age":                 {strings.Replace(referred(`,"birth_date":"1999-05-01"`), `"age":"adult"`, `"age":"child"`, 1), "data.birth_date: age_contradicts"},
		"of another's case":   {officer(1, "add-note", "2024-03-01", `{"text":"Qarbanova"}`), "no_such_case"},
		"the future":          {saying(1, "register-referral", "referrer", "police-baki", "2124-03-01", "{"+coded+`,"given_name":"Sınaq"}`), "happened: in_future"},
		"the domain's clock":  {officer(1, "complete-erasure", "2024-03-01", `{"keys":1}`), "role_not_allowed"},
		"a number left out":   {saying(1, "complete-erasure", "head", "spu", "2024-03-01", `{}`), "data.keys: required"},
		"empty name of field": {referred(`,"":"Qarbanova"`), "data: unknown_field"},
	} {
		t.Run(name, func(t *testing.T) {
			log := newSealed()
			res := brought(t, log, Options{}, c.line)
			if len(res.Problems) != 1 || log.seq != 0 {
				t.Fatalf("%+v", res)
			}
			got := res.Problems[0].String()
			if got != "line 1: "+c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			for _, s := range secrets {
				if strings.Contains(got, s) {
					t.Errorf("%q quotes the line", got)
				}
			}
			if res.Personal == 0 && strings.Contains(got, "name") {
				t.Error("the line names somebody and is not counted")
			}
		})
	}
}

func TestReasonsAreCodes(t *testing.T) {
	if got := reason(errors.New("Qarbanova is not a role")); got != "unreadable" {
		t.Errorf("%q could quote the line", got)
	}
	if got := reason(&domain.Refusal{Code: "unknown_role"}); got != "unknown_role" {
		t.Errorf("%q", got)
	}
}

func TestLinesThatNameNobody(t *testing.T) {
	res := brought(t, newSealed(), Options{DryRun: true}, referred(""), whole[1])
	if res.Personal != 0 || res.Recorded != 2 || res.Written {
		t.Errorf("%+v", res)
	}
	for personal, want := range map[string]int{`,"birth_year":1999`: 1, `,"notes":"bilinmir"`: 1, `,"nationality":"AZ"`: 0} {
		if res := brought(t, newSealed(), Options{DryRun: true}, referred(personal)); res.Personal != want || res.Recorded != 1 {
			t.Errorf("%s: %+v", personal, res)
		}
	}
}

func TestOneBadLineKeepsAllOut(t *testing.T) {
	bad := officer(8, "add-note", "2024-03-05", `{"text":""}`)
	for _, c := range []struct {
		o        Options
		recorded int
		written  bool
	}{{Options{}, 5, false}, {Options{DryRun: true}, 5, false}, {Options{KeepGoing: true}, 5, true}} {
		log := newSealed()
		res := brought(t, log, c.o, append(whole[:5:5], bad)...)
		if res.Recorded != c.recorded || res.Written != c.written || len(res.Problems) != 1 || (log.seq > 0) != c.written {
			t.Errorf("%+v: %+v, %d decisions", c.o, res, log.seq)
		}
	}
}

// What one day told of a person stands in several decisions; none of them is
// taken for another once nobody can read them.
func TestAnErasedPersonWithTwoNotesOfOneDay(t *testing.T) {
	log := newSealed()
	lines := append([]string{}, whole...)
	lines = append(lines, officer(6, "add-note", "2024-03-05", `{"text":"bilinmir"}`), officer(7, "add-note", "2024-03-05", `{"text":"Başqa"}`))
	brought(t, log, Options{}, lines...)
	log.erase(t, "case/EC1341ZL")
	if res := brought(t, log, Options{}, lines...); res.Already != len(lines) || len(res.Problems) > 0 {
		t.Errorf("%+v", res)
	}
}
