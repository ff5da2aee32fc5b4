package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"nrm/eventstore/lasting"
)

// lastBackup is what a finished backup leaves in the data folder, for whoever
// watches that there are some.
type lastBackup struct {
	At       time.Time `json:"at"`
	Position uint64    `json:"position"`
}

func lastBackupFile(dir string) string { return filepath.Join(dir, "backup.json") }

// noteBackup says in the data folder that a backup up to a position has just
// been finished and verified. The backup is good also if this fails.
func noteBackup(dir string, position uint64) error {
	b, err := json.Marshal(lastBackup{time.Now().UTC().Truncate(time.Second), position})
	if err != nil {
		return err
	}
	return lasting.Replace(lastBackupFile(dir), append(b, '\n'))
}

// readLastBackup gives the zero value if there was none, or if what is noted
// makes no sense.
func readLastBackup(dir string) (last lastBackup) {
	b, err := os.ReadFile(lastBackupFile(dir))
	if err != nil || json.Unmarshal(b, &last) != nil {
		return lastBackup{}
	}
	return last
}
