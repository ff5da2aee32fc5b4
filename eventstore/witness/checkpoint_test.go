package witness

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestCheckpointText(t *testing.T) {
	k := newKey(t, origin)
	root := tlog.RecordHash([]byte("x"))
	c := k.sign(t, 1234, root, noon)
	want := origin + "\n1234\n" + root.String() + "\ntime 2026-03-14T12:00:00Z\n\n— " + origin + " "
	if !strings.HasPrefix(string(c.Raw), want) {
		t.Fatalf("it says\n%s\nnot\n%s", c.Raw, want)
	}
	got := must(Parse(c.Raw, k.vkey))(t)
	if !got.same(c) || !got.Time.Equal(noon) || !bytes.Equal(got.Raw, c.Raw) {
		t.Errorf("read as %+v, signed %+v", got, c)
	}
}

// signed signs any text.
func (k key) signed(t testing.TB, text string) []byte {
	t.Helper()
	return must(note.Sign(&note.Note{Text: text}, k))(t)
}

func TestParseRefuses(t *testing.T) {
	k, other, elsewhere := newKey(t, origin), newKey(t, origin), newKey(t, "nrm/other")
	root := tlog.RecordHash([]byte("x")).String()
	text := origin + "\n7\n" + root + "\ntime 2026-03-14T12:00:00Z\n"
	good := string(k.signed(t, text))
	must(Parse([]byte(good), k.vkey))(t)
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"another key of that name": {string(other.signed(t, text)), ErrForged},
		"another key":              {string(elsewhere.signed(t, text)), ErrForged},
		"size changed":             {strings.Replace(good, "\n7\n", "\n8\n", 1), ErrForged},
		"root changed":             {strings.Replace(good, root, tlog.RecordHash([]byte("y")).String(), 1), ErrForged},
		"time changed":             {strings.Replace(good, "2026", "2025", 1), ErrForged},
		"line added":               {strings.Replace(good, "time ", "more\ntime ", 1), ErrForged},
		"of another log":           {string(k.signed(t, strings.Replace(text, origin, "nrm/other", 1))), ErrForged},
		"no signature":             {text, ErrUnreadable},
		"empty":                    {"", ErrUnreadable},
		"junk behind":              {good + "junk\n", ErrUnreadable},
		"junk without line end":    {good + "junk", ErrUnreadable},
		"cut":                      {good[:len(good)-1], ErrUnreadable},
		"control characters":       {strings.Replace(good, "7", "7\r", 1), ErrUnreadable},
		"not text":                 {strings.Replace(good, "7", "\xff", 1), ErrUnreadable},
		"too large":                {good + strings.Repeat("x", maxCheckpoint), ErrUnreadable},
		"many signatures":          {good + strings.Repeat("— x AAAAAAAA\n", 200), ErrUnreadable},
		"no lines":                 {string(k.signed(t, "\n")), ErrUnreadable},
		"origin only":              {string(k.signed(t, origin+"\n")), ErrUnreadable},
		"no root":                  {string(k.signed(t, origin+"\n7\n")), ErrUnreadable},
		"no time":                  {string(k.signed(t, origin+"\n7\n"+root+"\n")), ErrUnreadable},
		"another line for time":    {string(k.signed(t, origin+"\n7\n"+root+"\nwhen\n")), ErrUnreadable},
		"bad time":                 {string(k.signed(t, origin+"\n7\n"+root+"\ntime today\n")), ErrUnreadable},
		"two times":                {string(k.signed(t, text+"time 2026-03-14T12:00:00Z\n")), ErrUnreadable},
		"empty line":               {string(k.signed(t, text+"\nmore\n")), ErrUnreadable},
		"size zero":                {string(k.signed(t, strings.Replace(text, "\n7\n", "\n0\n", 1))), ErrUnreadable},
		"size negative":            {string(k.signed(t, strings.Replace(text, "\n7\n", "\n-7\n", 1))), ErrUnreadable},
		"size with sign":           {string(k.signed(t, strings.Replace(text, "\n7\n", "\n+7\n", 1))), ErrUnreadable},
		"size with zeros":          {string(k.signed(t, strings.Replace(text, "\n7\n", "\n007\n", 1))), ErrUnreadable},
		"size too large for tlog":  {string(k.signed(t, strings.Replace(text, "\n7\n", "\n9223372036854775807\n", 1))), ErrUnreadable},
		"size overflows":           {string(k.signed(t, strings.Replace(text, "\n7\n", "\n18446744073709551617\n", 1))), ErrUnreadable},
		"root too short":           {string(k.signed(t, strings.Replace(text, root, root[:40], 1))), ErrUnreadable},
		"root written differently": {string(k.signed(t, strings.Replace(text, root, root[:42]+"9=", 1))), ErrUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.raw), k.vkey)
			wantErr(t, err, c.want)
		})
	}
	_, err := Parse([]byte(good))
	wantErr(t, err, ErrForged)
	if _, err := Parse([]byte(good), "nonsense"); err == nil {
		t.Error("a key that is none was accepted")
	}
}

func TestParseAnyOfTheKeys(t *testing.T) {
	k, next, other := newKey(t, origin), newKey(t, origin), newKey(t, "witness")
	text := fmt.Sprintf("%s\n7\n%s\nsomething of a later version\ntime 2026-03-14T12:00:00Z\n", origin, tlog.Hash{1})
	both := must(note.Sign(&note.Note{Text: text}, other, k, next))(t)
	for _, vkeys := range [][]string{{k.vkey}, {next.vkey}, {other.vkey, next.vkey}, {k.vkey, k.vkey}} {
		if c, err := Parse(both, vkeys...); err != nil || c.Size != 7 {
			t.Errorf("%d keys: %+v, %v", len(vkeys), c, err)
		}
	}
	_, err := Parse(both, other.vkey) // has signed, but is not that log's key
	wantErr(t, err, ErrForged)

	// A bad signature by one of them does not spoil the other's.
	lines := strings.SplitAfter(string(both), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "— "+origin) {
			fields := strings.Fields(line)
			b := []byte(fields[2])
			if b[20]++; b[20] != 'B' {
				b[20] = 'A'
			}
			lines[i] = fields[0] + " " + fields[1] + " " + string(b) + "\n"
			break
		}
	}
	spoiled := []byte(strings.Join(lines, ""))
	if c, err := Parse(spoiled, k.vkey, next.vkey); err != nil || c.Size != 7 {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = Parse(spoiled, k.vkey)
	wantErr(t, err, ErrForged)
}

func TestSignRefuses(t *testing.T) {
	k := newKey(t, origin)
	for name, err := range map[string]error{
		"another's log": second(Sign(k, "nrm/other", 7, tlog.Hash{}, noon)),
		"nothing":       second(Sign(k, origin, 0, tlog.Hash{}, noon)),
		"too much":      second(Sign(k, origin, maxSize+1, tlog.Hash{}, noon)),
	} {
		if err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	k := newKey(f, origin)
	good := k.sign(f, 7, tlog.Hash{1}, noon)
	f.Add(good.Raw)
	f.Add([]byte("\n\n\n"))
	f.Add([]byte("\n\n— \n"))
	f.Add(bytes.Repeat([]byte("— x AAAA\n"), 99))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(raw, k.vkey)
		if err == nil && !c.same(good) {
			t.Errorf("accepted %q", raw)
		}
	})
}
