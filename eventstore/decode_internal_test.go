package eventstore

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// What is read the short way is what encoding/json reads, whatever the body.
func TestReadPlain(t *testing.T) {
	meta := map[string]string{"user": "u-1", "role": "case_officer", "": ""}
	var bodies [][]byte
	for _, m := range []Message{
		{Meta: meta, Events: []Entry{{Type: "E", Data: []byte(`{"a":[1,{"b":"}\"{\\"}],"c":"ə"}`)}, {Type: "F", Data: []byte(`{}`)}}},
		{Meta: meta, Events: []Entry{{Type: "E", Key: "A/b", Sealed: []byte{0, 1, 250, 7}}, {Type: "F", Data: []byte(`{"a":null}`)}}},
		{Events: []Entry{{Type: "E"}, {Type: "F", Data: []byte(`17`)}}},
		{Meta: meta},
	} {
		m.ID = "0199c2a4-0000-7000-8000-000000000001"
		b, _, err := writeBody(m, hashOf([]byte("before")))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := readPlain(b); !ok && len(m.Meta) > 0 {
			t.Errorf("not read the short way: %s", b)
		}
		bodies = append(bodies, b)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	pieces := []string{`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, ` `, "\n", "\x00", "\xff", `null`, `0`, `""`, `,"data":{}`, `,"key":"k"`, `,"sealed":"AA=="`, `"a":"b"`, `{"type":"E"}`, "ə"}
	short, long := 0, 0
	for range 200_000 {
		b := slices.Clone(bodies[rnd.IntN(len(bodies))])
		for range rnd.IntN(3) {
			at := rnd.IntN(len(b))
			switch piece := pieces[rnd.IntN(len(pieces))]; rnd.IntN(3) {
			case 0:
				b = slices.Delete(b, at, min(at+1+rnd.IntN(3), len(b)))
			case 1:
				b = slices.Insert(b, at, []byte(piece)...)
			default:
				b = slices.Replace(b, at, min(at+len(piece), len(b)), []byte(piece)...)
			}
		}
		got, ok := readPlain(b)
		if !ok {
			long++
			continue
		}
		short++
		var want body
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("was read, but is none: %s: %v", b, err)
		}
		if len(want.Events) == 0 && len(got.Events) == 0 {
			want.Events, got.Events = nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as %+v\nand is  %+v", b, got, want)
		}
	}
	if short < 20_000 || long < 20_000 {
		t.Errorf("%d were read the short way and %d not: shows nothing", short, long)
	}
}
