package eventstore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilledWhileABlockIsMade starts on what a crash leaves between the two
// files of a new block. Without help the server would throw the stream away.
func TestKilledWhileABlockIsMade(t *testing.T) {
	dir := t.TempDir()
	want := encryptedLog(t, dir)
	blocks := blockFiles(t, dir)
	last := blocks[len(blocks)-1]
	for name, left := range map[string][]string{
		"an empty block":                          {"99.blk"},
		"an empty block and half a key":           {"99.blk", "99.key.tmp"},
		"an empty block after the last real one":  {"4.blk"},
		"an empty block before a block that went": {"50.blk", "51.blk"},
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			for _, file := range left {
				path := filepath.Join(streamFolder(copied, "NRM"), "msgs", file)
				if _, err := os.Stat(path); err == nil {
					t.Fatalf("%s is there already, beside %s", path, last)
				}
				content := ""
				if strings.HasSuffix(file, ".tmp") {
					content = strings.Repeat("x", 64)
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wantWhole(t, copied, keyA, want)
		})
	}
}
