package eventstore_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

var keyA, keyB = eventstore.StartOptions{Key: "storage key A"}, eventstore.StartOptions{Key: "storage key B"}

// encryptedLog makes a log of several blocks and a stream beside it, under key
// A, and returns the texts of the log.
func encryptedLog(t *testing.T, dir string) []string {
	t.Helper()
	srv := eventstoretest.RestartWith(t, dir, true, keyA)
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "NRMKEYS", Subjects: []string{"nrmkeys.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "nrmkeys.a", []byte("plainly visible")); err != nil {
		t.Fatal(err)
	}
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	for i := range 12 {
		add(t, s, fmt.Sprint("s", i%2), fmt.Sprint("plainly visible ", i, strings.Repeat("x", 400<<10)))
	}
	all := texts(everything(t, s))
	s.Close()
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if blocks := blockFiles(t, dir); len(blocks) < 3 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	return all
}

// wantWhole starts a server and finds everything there.
func wantWhole(t *testing.T, dir string, opts eventstore.StartOptions, want []string) {
	t.Helper()
	srv := eventstoretest.RestartWith(t, dir, false, opts)
	s := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
	equal(t, texts(everything(t, s)), want)
	s.Close()
	js, err := jetstream.New(srv.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "NRMKEYS")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := stream.GetLastMsgForSubject(t.Context(), "nrmkeys.a"); err != nil || string(m.Data) != "plainly visible" {
		t.Fatalf("%v, %v", m, err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
}

func streamFolder(dir, name string) string {
	return filepath.Join(dir, "jetstream", "$G", "streams", name)
}

func blockFiles(t *testing.T, dir string) []string {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(streamFolder(dir, "NRM"), "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// sums gives the checksum of every file in a folder. It fails the test if one
// of them shows what should be encrypted.
func sums(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, word := range []string{"plainly visible", "nrm.s", "Noted"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s shows %q", path, word)
			}
		}
		all[path] = sha256.Sum256(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWrongStorageKey(t *testing.T) {
	dir := t.TempDir()
	all := encryptedLog(t, dir)
	files := filepath.Join(dir, "jetstream")
	before := sums(t, files)
	refused := func(opts eventstore.StartOptions, want error, text string) {
		t.Helper()
		_, err := eventstore.Start(t.Context(), dir, opts)
		wantErr(t, err, want)
		if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "key A") || strings.Contains(err.Error(), "key B") {
			t.Fatal(err)
		}
	}
	refused(keyB, eventstore.ErrKey, "none of the")
	refused(eventstore.StartOptions{}, eventstore.ErrKey, "no key was given")
	refused(eventstore.StartOptions{Key: "C", OldKey: keyB.Key}, eventstore.ErrKey, "none of the")

	// The server deletes a block whose key it cannot open. It must not get so far.
	for _, name := range []string{"msgs/2.key", "meta.key"} {
		path := filepath.Join(streamFolder(dir, "NRM"), name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		bad[len(bad)/2] ^= 1
		for _, b := range [][]byte{bad, good[:10], {}} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(keyA, eventstore.ErrDamaged, path)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if name == "meta.key" {
			refused(keyA, eventstore.ErrKey, "without encryption")
		} else {
			refused(keyA, eventstore.ErrDamaged, path)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if after := sums(t, files); !maps.Equal(before, after) {
		t.Fatal("a start that failed has changed files")
	}
	wantWhole(t, dir, keyA, all)

	plain := t.TempDir()
	if err := eventstoretest.Restart(t, plain, true).Close(); err != nil {
		t.Fatal(err)
	}
	dir = plain
	refused(keyA, eventstore.ErrKey, "without encryption")
}

func TestChangeOfStorageKey(t *testing.T) {
	dir := t.TempDir()
	all := encryptedLog(t, dir)
	both := eventstore.StartOptions{Key: keyB.Key, OldKey: keyA.Key}
	current, kept := filepath.Join(dir, "jetstream"), t.TempDir()
	if err := os.CopyFS(kept, os.DirFS(current)); err != nil {
		t.Fatal(err)
	}

	// It was interrupted while the copy was made, and when the old files had
	// been set aside.
	rest := filepath.Join(dir, "rekey", "jetstream")
	if err := os.MkdirAll(rest, 0o700); err != nil {
		t.Fatal(err)
	}
	wantWhole(t, dir, keyA, all)
	if err := os.Rename(current, current+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(rest, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		wantWhole(t, dir, both, all)
	}
	for _, rest := range []string{"rekey", "jetstream.old"} {
		if _, err := os.Stat(filepath.Join(dir, rest)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", rest, err)
		}
	}
	wantWhole(t, dir, keyB, all)
	sums(t, current)
	_, err := eventstore.Start(t.Context(), dir, keyA)
	wantErr(t, err, eventstore.ErrKey)

	// What is damaged is not made to look whole by a new key.
	if err := os.RemoveAll(current); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(current, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	block := blockFiles(t, dir)[1]
	flip(t, block, -1000)
	before := sums(t, current)
	_, err = eventstore.Start(t.Context(), dir, both)
	wantErr(t, err, eventstore.ErrDamaged)
	if !maps.Equal(before, sums(t, current)) {
		t.Fatal("a change of keys that failed has changed files")
	}
}

// flip changes one bit of a file. A negative place counts from its end.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
