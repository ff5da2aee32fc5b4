package eventstore

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// The body of a message is what encoding/json would make of it, and memory holds
// of a message that was just written what reading it back would give.
func TestBodies(t *testing.T) {
	odd := "\"quoted\" \\ <tag> & \u2028 ə\t\x00\x7f 😀"
	for name, m := range map[string]Message{
		"plain":      {Meta: map[string]string{"by": "a", "at": "b", "": ""}, Events: []Entry{{Type: "E", Data: []byte(`{"a":[1,2.5e3,"x"],"b":null}`)}}},
		"no meta":    {Events: []Entry{{Type: "E", Data: []byte("1")}}},
		"spaces":     {Events: []Entry{{Type: "E", Data: []byte(" { \"a b\" :\n[ 1 , 2 ] } ")}, {Type: "F", Data: []byte("null")}}},
		"odd text":   {Meta: map[string]string{odd: odd}, Events: []Entry{{Type: odd, Data: []byte(`"<&>` + "\u2028" + `"`)}}},
		"not UTF-8":  {Meta: map[string]string{"by": "\xff"}, Events: []Entry{{Type: "E\xc3", Data: []byte("1")}}},
		"sealed":     {Events: []Entry{{Type: "E", Key: "k/" + odd, Sealed: []byte{0, 1, 250}}, {Type: "F", Data: []byte("{}")}}},
		"no data":    {Events: []Entry{{Type: "E"}}},
		"many metas": {Meta: map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": "8", "i": "9", "j": "10"}, Events: []Entry{{Type: "E", Data: []byte("[]")}}},
	} {
		t.Run(name, func(t *testing.T) {
			m.ID, m.Stream, m.Prev = "0199c2a4-0000-7000-8000-000000000001", "case.A", hashOf([]byte(name))
			b, events, err := writeBody(m, m.Prev)
			if err != nil {
				t.Fatal(err)
			}
			like := body{m.ID, m.Meta, m.Prev, m.Events}
			if like.Meta == nil {
				like.Meta = map[string]string{}
			}
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(like); err != nil {
				t.Fatal(err)
			}
			if got := string(b) + "\n"; got != want.String() {
				t.Errorf("wrote %s\nwant  %s", got, want.String())
			}
			back, err := readBack(m, b, events)
			if err != nil {
				t.Fatal(err)
			}
			read, err := readBody(received{prefix + m.Stream, 0, time.Time{}, b})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, read) {
				t.Errorf("memory has %+v\nthe log has %+v", back, read)
			}
			if len(m.Meta) > 0 {
				for k := range m.Meta {
					m.Meta[k] = "changed afterwards"
				}
				if !reflect.DeepEqual(back, read) {
					t.Error("memory shares the caller's map")
				}
			}
		})
	}
	for _, bad := range []string{"{", "{]", "1 2", "\xff", `"`, "nul", "\x00"} {
		if _, _, err := writeBody(Message{Events: []Entry{{Type: "E", Data: []byte(bad)}}}, ""); err == nil {
			t.Errorf("%q was written", bad)
		}
	}
}
