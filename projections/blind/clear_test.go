package blind

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"nrm/projections/names"
)

// encodings writes a text in the ways in which a file may have it.
func encodings(s string) [][]byte {
	all := [][]byte{[]byte(s)}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var b []byte
		for _, unit := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, unit)
		}
		all = append(all, b)
	}
	return all
}

func inAll(files [][]byte, s string) bool {
	for _, text := range []string{s, strings.ToLower(s), strings.ToUpper(s)} {
		for _, b := range encodings(text) {
			// Three bytes can come about by chance, but not in three files of different keys.
			if bytes.Contains(files[0], b) && bytes.Contains(files[1], b) && bytes.Contains(files[2], b) {
				return true
			}
		}
	}
	return false
}

// The file and its write-ahead log hold no name, no word, no trigram and no
// document, as written or folded.
func TestNothingIsInClear(t *testing.T) {
	persons := []Person{
		{"77-1", []string{"Şıxəliyeva Günay Elçin qızı", "Шихалиева Гюнай"}, []string{"AA 0012345", "ЖБ-998877"}},
		{"77-2", []string{"Hüseynov Yunus"}, []string{"AZE5551234"}},
		{"77-3", []string{"Şıxəliyeva Günay"}, nil},
	}
	var files, values [][]byte
	for key := range byte(3) {
		x, db := New(bytes.Repeat([]byte{key}, 32)), open(t)
		within(t, db, func(tx *sql.Tx) error {
			for _, p := range persons {
				if err := x.Add(t.Context(), tx, p.Ref, p.Names, p.Documents); err != nil {
					return err
				}
			}
			return x.Remove(t.Context(), tx, "77-2")
		})
		var path string
		if err := db.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path); err != nil {
			t.Fatal(err)
		}
		// The words of the tables' own text have trigrams too: these are looked for in the values.
		var inTables []byte
		for _, query := range []string{`SELECT label, box FROM blind_grams`, `SELECT mac, cast(n AS blob) FROM blind_documents`, `SELECT cast(ref AS blob), cast(n AS blob) FROM blind_persons`} {
			for _, row := range dump(t, db, query) {
				inTables = append(inTables, row...)
			}
		}
		log, err := os.ReadFile(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files, values = append(files, append(file, log...)), append(values, inTables)
	}
	if !inAll(files, "77-1") || !inAll(values, "77-3") || !inAll(files, "blind_grams") {
		t.Fatal("the test does not see what is in clear")
	}
	for _, p := range persons {
		for _, text := range append(p.Names, p.Documents...) {
			forms := append(strings.Fields(text), names.Words(text)...)
			for _, form := range append(forms, text, names.Fold(text), names.Document(text)) {
				if len(form) > 2 && inAll(files, form) {
					t.Errorf("%s, of %s, is in clear", form, text)
				}
			}
		}
		for _, g := range grams(p.Names) {
			if inAll(values, g) || inAll(values, strings.Trim(g, "_")) && len(strings.Trim(g, "_")) > 2 {
				t.Errorf("the trigram %s is in clear", g)
			}
		}
	}
}
