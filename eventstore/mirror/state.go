package mirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"nrm/eventstore/lasting"
)

// stateFile, in the data folder, makes a copy of it: while it is there, nothing
// but a follower or a promotion opens the folder.
const stateFile = "copy.json"

// A State is what a folder with a copy knows of itself.
type State struct {
	From   []string `json:"from"` // addresses of the register
	Domain string   `json:"domain"`
	CA     string   `json:"ca"`   // file
	NKey   string   `json:"nkey"` // file with the seed

	Position uint64    `json:"position"`         // of the copy, when this was written
	Behind   uint64    `json:"behind"`           // positions that the register had more, when it last answered
	Seen     time.Time `json:"seen,omitzero"`    // when it last answered
	Complete bool      `json:"complete"`         // the register was handed over, and this copy has all of it
	Refused  string    `json:"refused,omitzero"` // why this is no copy of the register any more

	Anew *Renewal `json:"anew,omitempty"` // the copy was thrown away and is not yet as far as it was
}

// ErrNoCopy says that a folder holds no copy.
var ErrNoCopy = errors.New("there is no copy of a register here")

// Read gives the state of the copy in dir. It fails with ErrNoCopy if there is
// none.
func Read(dir string) (State, error) {
	var s State
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w: %s", ErrNoCopy, dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return s, fmt.Errorf("mirror: %s: %w", stateFile, err)
	}
	return s, nil
}

// write replaces the state of the copy in dir. After a crash it is the old or
// the new one, whole.
func (s State) write(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return lasting.Replace(filepath.Join(dir, stateFile), append(b, '\n'))
}

// Finish makes the folder that of a register, once its streams are promoted and
// found to be good.
func Finish(dir string) error {
	if err := os.Remove(filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	if err := lasting.Folder(dir); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	return nil
}
