package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

// secrets are what no file may show: each stands in one of the personal events
// that secretive records.
var secrets = []string{
	"Gizliyeva", "Məxfigül", "Sirli qızı", "Qapalıova", "1991-07-23", "Q7654321", "+994009876543",
	"referral note 5b1f", "narrative 77ac", "health 90de", "testimony c3d4", "whereabouts 18ef", "note e2a9",
}

// secretive gives the register a case with one of every personal event.
func secretive(t *testing.T, n *node) domain.Ref {
	t.Helper()
	ctx := t.Context()
	officer := domain.Actor{User: "officer", Role: domain.CaseOfficer, Organisation: "spu"}
	head := domain.Actor{User: "head", Role: domain.Head, Organisation: "spu"}
	shelter := domain.Actor{User: "shelter", Role: domain.Shelter, Organisation: "shelter-baki"}
	coordinator := domain.Actor{User: "coordinator", Role: domain.Coordinator, Organisation: "coordinator"}
	house := domain.NewRef("house")
	give := func(by domain.Actor, s domain.Stream, cmd domain.Asked) {
		t.Helper()
		req := domain.Request{By: by, Now: now()}
		if s.Kind == domain.FacilityKind {
			req.Happened = domain.OnThe(domain.NewDay(2020, 1, 1))
		}
		if _, err := domain.Execute(ctx, n.log, req, s, cmd); err != nil {
			t.Fatalf("%T: %v", cmd, err)
		}
	}
	out, err := domain.Open(ctx, n.log, domain.Request{By: officer, Now: now()}, domain.RegisterReferral{
		Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
		Citizenship: "az", District: "AZ-BA", Basis: "consent",
		IdentityFields: domain.IdentityFields{
			FamilyName: "Gizliyeva", GivenName: "Məxfigül", Patronymic: "Sirli qızı", OtherNames: "Qapalıova", BirthDate: domain.NewDay(1991, 7, 23),
		},
		DocumentFields: domain.DocumentFields{DocumentKind: "passport", DocumentNumber: "Q7654321"},
		ContactFields:  domain.ContactFields{ContactKind: "phone", Contact: "+994009876543"},
		Notes:          "referral note 5b1f",
	})
	if err != nil {
		t.Fatal(err)
	}
	give(coordinator, domain.FacilityStream(house), domain.OpenFacility{Kind: "shelter", Operator: "state", Organisation: "shelter-baki", District: "AZ-BA", Capacity: 50})
	give(officer, out.Stream, domain.RequestShelter{Facility: house, Security: "low"})
	give(shelter, out.Stream, domain.ConfirmAdmission{Facility: house, Basis: "consent"})
	give(officer, out.Stream, domain.RecordNarrative{Text: "narrative 77ac"})
	give(shelter, out.Stream, domain.RecordHealth{Text: "health 90de"})
	give(officer, out.Stream, domain.RecordTestimony{Text: "testimony c3d4"})
	give(officer, out.Stream, domain.RecordWhereabouts{Address: "whereabouts 18ef"})
	give(head, out.Stream, domain.AddNote{Text: "note e2a9"})
	return out.Stream.Ref()
}

// TestNothingReadableOnDisk looks for every secret in every file that a
// register leaves, and in every message of its log past the encryption of the
// disk: before anything is erased, after, and with what an old backup and an old
// key file could still open.
func TestNothingReadableOnDisk(t *testing.T) {
	root := t.TempDir()
	at := beside(filepath.Join(root, "nrm-data"))
	if _, err := keyfile.Create(at.keys); err != nil {
		t.Fatal(err)
	}
	if err := create(t.Context(), at, quiet()); err != nil {
		t.Fatal(err)
	}
	// Everything that is ever logged, in a file beside the data.
	logged, err := os.Create(filepath.Join(root, "nrm.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logged.Close()
	logger := slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := openLogging(t, at, logger)
	ref := secretive(t, r.node)
	r.caughtUp()
	searched(t, r.views, "Gizlieva", 1)
	if where := seen(t, root); len(where) > 0 {
		t.Errorf("before anything is erased, there stands %v", where)
	}
	if where := inMessages(t, r.node); len(where) > 0 {
		t.Errorf("in the log itself there stands %v", where)
	}
	r.close()

	backup := beside(filepath.Join(t.TempDir(), "nrm-data"))
	copyFolder(t, backup.data, at.data)
	oldKeys, err := os.ReadFile(at.keys)
	if err != nil {
		t.Fatal(err)
	}

	if where := seen(t, backup.data); len(where) > 0 {
		t.Errorf("in the backup there stands %v", where)
	}
	r = openLogging(t, at, logger)
	if !bytes.Contains(oldKeys, []byte(base64.StdEncoding.EncodeToString(r.node.ring.Search()))) {
		t.Fatal("the old key file is not of that time")
	}
	erase(t, r, ref)
	searched(t, r.views, "Gizlieva", 0)
	if where := seen(t, root); len(where) > 0 {
		t.Errorf("after the erasure there stands %v", where)
	}
	wantErased(t, r.node, ref)
	r.close()
	verified(t, at)

	// Nor is the backup's search index of any use to whoever has today's key file.
	today, err := keyfile.Read(at.keys)
	if err != nil || bytes.Contains(oldKeys, []byte(base64.StdEncoding.EncodeToString(today.Search()))) {
		t.Errorf("the search key is that of the backup: %v", err)
	}
	// The backup is a good one: with the key file of its day it opens everything.
	if err := os.WriteFile(backup.keys, oldKeys, 0o600); err != nil {
		t.Fatal(err)
	}
	if opened, boxes := tryEveryBox(t, backup); opened != boxes || boxes < 9 {
		t.Fatalf("%d of %d boxes open", opened, boxes)
	}
	// Today's key file opens nothing of the person in it.
	copyKeys(t, at.keys, backup.keys)
	wantSilent(t, backup)
	// The old key file is refused with today's data, and opens nothing in them.
	if err := os.WriteFile(backup.keys, oldKeys, 0o600); err != nil {
		t.Fatal(err)
	}
	mixed := places{data: at.data, keys: backup.keys, checkpoints: at.checkpoints}
	if _, err := openNode(t.Context(), mixed, quiet()); !errors.Is(err, keyfile.ErrOutdated) {
		t.Errorf("the old key file on today's data: %v", err)
	}
	wantSilent(t, mixed)
}

// TestSearchForSecretsFindsThem: the search itself must find what is there.
func TestSearchForSecretsFindsThem(t *testing.T) {
	dir := t.TempDir()
	name := utf16.Encode([]rune("Məxfigül"))
	var wide bytes.Buffer
	for _, c := range name {
		wide.WriteByte(byte(c))
		wide.WriteByte(byte(c >> 8))
	}
	for file, b := range map[string][]byte{
		"plain": []byte("xx Gizliyeva xx"), "wide": append([]byte("odd"), wide.Bytes()...),
		"json": []byte(`"M\u0259xfig\u00fcl"`), "coded": []byte(base64.StdEncoding.EncodeToString([]byte("ab narrative 77ac cd"))),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if where := seen(t, dir); len(where) != 4 {
		t.Errorf("found %v, want one in each of four files", where)
	}
}

// seen looks for the secrets in every file below a folder.
func seen(t *testing.T, root string) (where []string) {
	t.Helper()
	return inFiles(t, root, secrets)
}

// placesOf looks for one word.
func placesOf(t *testing.T, word, root string) []string {
	t.Helper()
	return inFiles(t, root, []string{word})
}

func inFiles(t *testing.T, root string, words []string) (where []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // a running server tidies up
			return nil
		}
		for _, s := range wordsIn(b, words) {
			where = append(where, s+" in "+filepath.Base(path))
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatal(files, err)
	}
	return where
}

func secretsIn(b []byte) []string { return wordsIn(b, secrets) }

// wordsIn looks for words in UTF-8, UTF-16 in both orders, JSON's escapes and
// base64 in each of its three positions.
func wordsIn(b []byte, words []string) (found []string) {
	for _, s := range words {
		for _, form := range forms(s) {
			if bytes.Contains(b, form) {
				found = append(found, s)
				break
			}
		}
	}
	return found
}

func forms(s string) [][]byte {
	var le, be, escaped bytes.Buffer
	for _, c := range utf16.Encode([]rune(s)) {
		le.Write([]byte{byte(c), byte(c >> 8)})
		be.Write([]byte{byte(c >> 8), byte(c)})
		if c < 0x80 {
			escaped.WriteByte(byte(c))
		} else {
			escaped.WriteString(`\u` + strings.ToLower(string("0123456789abcdef"[c>>12])+string("0123456789abcdef"[c>>8&15])+string("0123456789abcdef"[c>>4&15])+string("0123456789abcdef"[c&15])))
		}
	}
	all := [][]byte{[]byte(s), le.Bytes(), be.Bytes(), escaped.Bytes()}
	for shift := range 3 {
		coded := base64.RawStdEncoding.EncodeToString([]byte("xxx"[:shift] + s))
		all = append(all, []byte(coded[[]int{0, 2, 3}[shift]:len(coded)-2]))
	}
	return all
}

// inMessages looks for the secrets in the messages of the log and of the keys,
// as they are behind the encryption of the disk.
func inMessages(t *testing.T, n *node) (where []string) {
	t.Helper()
	messages := 0
	for _, stream := range []string{"NRM", "NRMKEYS"} {
		each(t, n.server, stream, func(m *jetstream.RawStreamMsg) {
			messages++
			for _, s := range secretsIn(m.Data) {
				where = append(where, s+" in "+m.Subject)
			}
			for k, v := range m.Header {
				where = append(where, secretsIn([]byte(k+strings.Join(v, " ")))...)
			}
		})
	}
	if messages < 10 {
		t.Fatalf("only %d messages", messages)
	}
	return where
}

// wantErased expects that every sealed event of the case says that it is erased.
func wantErased(t *testing.T, n *node, ref domain.Ref) {
	t.Helper()
	history, _, err := n.log.Load(t.Context(), domain.CaseStream(ref).String())
	if err != nil {
		t.Fatal(err)
	}
	boxes := 0
	for _, d := range history {
		for _, e := range d.Events {
			if s, ok := e.(domain.Sealed); ok {
				boxes++
				if _, err := s.Open(); !errors.Is(err, domain.ErrErased) {
					t.Errorf("%s: %v", s.Type, err)
				}
			}
		}
	}
	if boxes < 9 {
		t.Errorf("only %d boxes", boxes)
	}
}

// wantSilent expects that no box of what there is opens with the keys there are,
// past every check at the start.
func wantSilent(t *testing.T, at places) {
	t.Helper()
	if opened, boxes := tryEveryBox(t, at); opened > 0 || boxes < 9 {
		t.Errorf("%d of %d boxes open", opened, boxes)
	}
}

func tryEveryBox(t *testing.T, at places) (opened, boxes int) {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	key, _ := ring.Storage() // it was not changed: here only the seals count
	server := startRaw(t, at.data, key)
	defer server.Close()
	v, err := vault.Open(t.Context(), server.Conn(), ring, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	decode := codec(v).Decode
	each(t, server, "NRM", func(m *jetstream.RawStreamMsg) {
		for _, s := range boxesIn(t, m, decode) {
			boxes++
			switch _, err := s.Open(); {
			case err == nil:
				opened++
			case !errors.Is(err, domain.ErrErased) && !errors.Is(err, vault.ErrNoKEK):
				t.Errorf("%s stays closed for another reason: %v", s.Type, err)
			}
		}
	})
	return opened, boxes
}
