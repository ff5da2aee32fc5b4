package domain

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// asksAll is a command with a field of every kind that points elsewhere or
// carries pairs.
type asksAll struct {
	Other  Ref       `json:"other" ref:"case"`
	Event  EventAt   `json:"event"`
	Number Reference `json:"number"`
	Bank   Answers   `json:"bank" code:"ilo_indicator"`
	Places Counts    `json:"places" code:"sex" max:"50"`
	Again  EventAt   `json:"again,omitzero"`
	More   Counts    `json:"more,omitempty" code:"age"`
}

func (asksAll) givers() []Role                               { return []Role{CaseOfficer} }
func (asksAll) decide(*Case, Request) ([]Event[Case], error) { return nil, nil }

const allAsked = `{"other":"KW5219EZ","event":"0190b2b6-0000-7000-8000-000000000001/2","number":"CR-2024/153",
	"bank":[{"code":"deception","answer":"present"},{"code":"violence","answer":"unknown"}],"places":[{"code":"female","number":3}]}`

func TestFieldsThatPointElsewhere(t *testing.T) {
	spec := command[asksAll]("asks-all", CaseKind, "referral")
	var kinds []string
	for _, f := range spec.Fields() {
		kinds = append(kinds, string(f.Kind))
	}
	if got := strings.Join(kinds, " "); got != "case event reference answers counts event counts" {
		t.Errorf("fields are %s", got)
	}
	for change, want := range map[string]string{
		"":                      "",
		`"KW5219EZ" "KW5219EX"`: "no_such_reference (other)",
		`"KW5219EZ" "kw5219ez"`: "no_such_reference (other)",
		`"KW5219EZ" ""`:         "required (other)",
		`000001/2 000001`:       "unreadable (event)",
		`000001/2 000001/-1`:    "unreadable (event)",
		`000001/2 000001/02`:    "unreadable (event)",
		`0190b2b6 Əliyeva0`:     "unreadable (event)",
		`"0190b2b6-0000-7000-8000-000000000001/2" ""`: "required (event)",
		`CR-2024/153 Aliyeva`:                         "not_a_reference (number)",
		`CR-2024/153 ALIYEVA1`:                        "not_a_reference (number)",
		`CR-2024/153 ALI`:                             "not_a_reference (number)",
		`CR-2024/153 A1-LEYLA`:                        "not_a_reference (number)",
		`CR-2024/153 2024_153`:                        "not_a_reference (number)",
		`2024/153 ` + strings.Repeat("1", 28):         "not_a_reference (number)",
		`CR-2024/153 1-24/A/3`:                        "not_a_reference (number)",
		`CR-2024/153 1-24/A3-BDA`:                     "",
		`CR-2024/153 `:                                "required (number)",
		`deception nonsense`:                          "unknown_code (bank)",
		`unknown maybe`:                               "unknown_code (bank)",
		`violence deception`:                          "repeated_code (bank)",
		`"answer":"present" "strong":"present"`:       "unknown_field (strong)",
		`female nonsense`:                             "unknown_code (places)",
		`"number":3 "number":51`:                      "out_of_range (places)",
		`"number":3 "number":0`:                       "out_of_range (places)",
		`[{"code":"female","number":3}] []`:           "required (places)",
	} {
		from, to, _ := strings.Cut(change, " ")
		cmd, err := spec.Parse([]byte(strings.Replace(allAsked, from, to, 1)))
		if err == nil {
			err = check(cmd, specNow)
		}
		got := ""
		if r, ok := AsRefusal(err); ok {
			got = r.Code + " (" + r.Field + ")"
		} else if err != nil {
			t.Errorf("%s: %v", change, err)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", change, got, want)
		}
	}
}

func TestEventAtFindsTheEvent(t *testing.T) {
	w := given(t, detected, handedOver)
	history := w.log.streams[theCase.String()]
	at := EventAt{history[1].ID, 0}
	var read EventAt
	b, err := json.Marshal(at)
	if err == nil {
		err = json.Unmarshal(b, &read)
	}
	if err != nil || read != at || !reflect.DeepEqual(at.Find(history), history[1].Events[0]) {
		t.Errorf("%s became %v, which is %v: %v", b, read, at.Find(history), err)
	}
	if (EventAt{history[1].ID, 9}).Find(history) != nil || (EventAt{NewID(), 0}).Find(history) != nil {
		t.Error("found what is not there")
	}
	if n := (Counts{{"female", 3}, {"male", 4}}).Total(); n != 7 {
		t.Errorf("3 and 4 are %d", n)
	}
}
