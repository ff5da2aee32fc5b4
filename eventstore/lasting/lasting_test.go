package lasting_test

import (
	"os"
	"path/filepath"
	"testing"

	"nrm/eventstore/lasting"
)

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mark.json")
	for _, text := range []string{"first", "second, and longer", ""} {
		if err := lasting.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != text {
			t.Fatalf("%q, %v; want %q", b, err, text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Mkdir(path+".folder", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := lasting.Replace(path+".folder", []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 {
		t.Errorf("%v is left, %v", left, err)
	}
}
