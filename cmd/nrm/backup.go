package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"nrm/eventstore"
	"nrm/eventstore/backup"
)

type backupCommand struct {
	File       string   `arg:"" help:"File to write. Nothing may be there: put the day into its name." type:"path"`
	To         []string `help:"age recipients (age1…) who can open it, comma separated or several times. Keep their identities apart from the register and from the backups." env:"NRM_BACKUP_RECIPIENTS" placeholder:"RECIPIENT" sep:","`
	Recipients string   `help:"File with age recipients, one a line." type:"existingfile"`
	Scratch    string   `help:"Folder for the trial restore, with room for the whole log (beside the file). What is there is encrypted, and removed." type:"existingdir"`
}

// Run makes a backup of the register, whether it is being served or not.
func (cmd backupCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	to, err := cmd.recipients()
	if err != nil {
		return err
	}
	at, logger := s.places(), s.logger(scr.errs)
	if inside(cmd.File, at.data) {
		return fmt.Errorf("%s is in the data folder: a backup belongs on another disk, and then in another place", cmd.File)
	}
	bar := newBar(scr.errs)
	options := backup.Options{Recipients: to, Scratch: cmd.Scratch, Logger: logger, Progress: func(stage string, done, total uint64) {
		bar.show(stage, int(done), int(total))
	}}
	client, err := adminClient(ctx, at.data)
	produce := func(ctx context.Context, w io.Writer) error { return fetchBackup(ctx, client, w) }
	switch {
	case errors.Is(err, errNotServed):
		n, err := lookAt(ctx, at, logger)
		if errors.Is(err, eventstore.ErrLocked) {
			return fmt.Errorf("%w: it does not answer on %s; if it has just been started, try again", err, filepath.Join(at.data, socketName))
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, n.close()) }()
		p, err := n.witness(ctx, scr, newSigning(n))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		produce = func(ctx context.Context, w io.Writer) error { return backup.Write(ctx, w, n.source(p)) }
	case err != nil:
		return err
	}
	result, err := backup.Create(ctx, cmd.File, produce, options)
	bar.end()
	if err != nil {
		return fmt.Errorf("%w; no backup was made", err)
	}
	cmd.report(scr, result, len(to))
	if err := noteBackup(at.data, result.Position); err != nil {
		logger.Warn("the backup is good, but whoever watches backups is not told of it", "error", err)
	}
	return nil
}

func (cmd backupCommand) recipients() (all []age.Recipient, err error) {
	list := cmd.To
	if cmd.Recipients != "" {
		b, err := os.ReadFile(cmd.Recipients)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				list = append(list, line)
			}
		}
	}
	for _, text := range list {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%.80q is not a recipient: it begins with age1", text)
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, errors.New("name who can open the backup, with --to or --recipients (make an identity with nrm identity, and keep it apart)")
	}
	return all, nil
}

// source is this register as something to be backed up.
func (n *node) source(p proofs) backup.Source {
	return backup.Source{
		Conn: n.server.Conn(), Ring: n.ring, Witness: p, Folder: p.folder,
		Accounts: n.accountList, Logger: n.logger,
	}
}

// accountList is the list of accounts as it is kept, nil if there is none.
func (n *node) accountList(ctx context.Context) ([]byte, error) {
	if n.cluster != nil {
		list, _, err := sharedAccounts{n.cluster.board}.Load(ctx)
		return list, err
	}
	list, err := os.ReadFile(accountsFile(n.at.data))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// fetchBackup has the running server write a backup to w.
func fetchBackup(ctx context.Context, client *http.Client, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://nrm/backup", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the running server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		return fmt.Errorf("the running server: %s", bytes.TrimSpace(text))
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the running server: %w", err)
	}
	return nil
}

func (cmd backupCommand) report(scr *screen, r backup.Result, recipients int) {
	upTo := "an empty register"
	if r.Position > 0 {
		upTo = fmt.Sprintf("the register up to position %d (%s)", r.Position, r.Stored.Format("2006-01-02 15:04:05 MST"))
	}
	fmt.Fprintf(scr.out, `Made the backup %s (%d bytes, for %d recipients): %s, with the keys of %d people; %d are erased.
It was read back from the disk and restored on trial: every chain, checkpoint and hash agrees.
No key is in it. To restore it takes the key file that holds the key %s; that of today, generation %d, does, until the next rotation or erasure.
`, cmd.File, r.Size, recipients, upTo, r.People, r.Erased, r.KEK, r.Generation)
	for kek, people := range r.KEKs {
		if kek != r.KEK {
			fmt.Fprintf(scr.errs, "WARNING: a change of keys was under way: the keys of %d people need the older key %s. Make another backup when it is finished (nrm key status).\n", people, kek)
		}
	}
	if n := len(r.Missing); n > 0 {
		fmt.Fprintf(scr.errs, "WARNING: the register has lost the keys of %d people (%s), and so has this backup. Restore them from an older backup.\n",
			n, strings.Join(r.Missing[:min(n, 10)], ", "))
	}
}

// inside tells whether a path lies in a folder.
func inside(path, dir string) bool {
	if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(real, filepath.Base(path))
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	path, err := filepath.Abs(path)
	abs, failed := filepath.Abs(dir)
	if err != nil || failed != nil {
		return false
	}
	rel, err := filepath.Rel(abs, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
