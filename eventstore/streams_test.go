package eventstore_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestStreamsAreSafeFromUs keeps few the places of the program that create,
// change or empty a stream. A server that was started with another key does
// not know its streams, and creating one then erases the files: so that is
// done by Init alone, which looks first.
func TestStreamsAreSafeFromUs(t *testing.T) {
	allowed := []string{
		"deploy/prepare/move.go: `\"$JS.API.STREAM.DELETE.*\"`", // what the servers let nobody do
		"deploy/prepare/move.go: `\"$JS.API.STREAM.DELETE.NRMBOARD\"`",
		"deploy/prepare/move.go: `\"$JS.API.STREAM.PURGE.NRM\", \"$JS.API.STREAM.MSG.DELETE.NRM\"`",
		"eventstore/backup/load.go: DeleteStream",                // of what it has itself restored, when not all of it could be
		`eventstore/backup/stream.go: "$JS.API.STREAM.RESTORE."`, // where there is none
		`eventstore/mirror/anew.go: "$JS.API.STREAM.DELETE."`,    // copies that miss what the register has
		`eventstore/mirror/follow.go: "$JS.API.STREAM.CREATE."`,  // copies, in a folder that holds nothing else
		"eventstore/mirror/offer.go: UpdateStream",               // closes a register, takes it back, promotes a copy
		"eventstore/vault/erase.go: SecureDeleteMsg",
		"eventstore/vault/rotate.go: Purge",
		"eventstore/wanted/wanted.go: CreateStream", // where there is none
	}
	methods := []string{
		"CreateStream", "CreateOrUpdateStream", "UpdateStream", "DeleteStream", "AddStream",
		"CreateKeyValue", "CreateOrUpdateKeyValue", "CreateObjectStore", "CreateOrUpdateObjectStore",
		"Purge", "PurgeStream", "DeleteMsg", "SecureDeleteMsg",
	}
	raw := regexp.MustCompile(`STREAM\.(CREATE|UPDATE|DELETE|PURGE|RESTORE|MSG\.DELETE)`)
	var found []string
	files := 0
	root := ".."
	if err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != root && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		files++
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if slices.Contains(methods, n.Sel.Name) {
					found = append(found, fmt.Sprintf("%s: %s", filepath.ToSlash(name), n.Sel.Name))
				}
			case *ast.BasicLit:
				if raw.MatchString(n.Value) {
					found = append(found, fmt.Sprintf("%s: %s", filepath.ToSlash(name), n.Value))
				}
			}
			return true
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if files < 50 || !slices.Equal(found, allowed) {
		t.Errorf("in %d files:\n%s\nwanted are these, once each:\n%s", files, strings.Join(found, "\n"), strings.Join(allowed, "\n"))
	}
}
