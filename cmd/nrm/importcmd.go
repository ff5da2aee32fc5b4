package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"nrm/cmd/nrm/internal/importfile"
	"nrm/eventstore/keyfile"
)

type importCommand struct {
	File      string `arg:"" help:"JSON Lines, one command a line; see docs/import.md. Keep it outside the data folder, and destroy it afterwards." type:"existingfile"`
	DryRun    bool   `help:"Report what would happen and write nothing."`
	KeepGoing bool   `help:"Write the good lines and list the rest. Otherwise nothing is written unless every line is good."`
}

// Run imports the file and lists what was wrong with it. It quotes nothing that
// stands in the file.
func (cmd importCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	if err := keyfile.Outside(cmd.File, s.folder()); errors.Is(err, keyfile.ErrMisplaced) {
		return fmt.Errorf("%s lies in the data folder, where nothing may stand in clear: move it elsewhere", cmd.File)
	} else if err != nil {
		return err
	}
	n, err := openNode(ctx, s.places(), s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	var res importfile.Result
	work := func() (err error) {
		res, err = bringIn(ctx, n, cmd.File, importfile.Options{DryRun: cmd.DryRun, KeepGoing: cmd.KeepGoing, Now: time.Now()}, scr)
		return err
	}
	if cmd.DryRun {
		err = work()
	} else {
		err = n.witnessed(ctx, scr, work)
	}
	for _, p := range res.Problems {
		fmt.Fprintln(scr.out, p)
	}
	if res.Personal > 0 {
		fmt.Fprintf(scr.errs, "%s: %d lines tell in clear who people are, or may. The register seals that; the file does not.\n"+
			"Keep it outside the data folder and out of backups, let nobody else read it, and destroy it when the import is done.\n", cmd.File, res.Personal)
	}
	if err != nil {
		return err
	}
	verb := "recorded"
	switch {
	case cmd.DryRun:
		verb = "would be recorded"
	case !res.Written:
		return fmt.Errorf("%d of %d lines are bad: nothing was written", len(res.Problems), res.Lines)
	}
	fmt.Fprintf(scr.out, "%d lines: %d %s, %d were there already, %d bad\n", res.Lines, res.Recorded, verb, res.Already, len(res.Problems))
	if len(res.Problems) > 0 {
		return fmt.Errorf("%d of %d lines are bad", len(res.Problems), res.Lines)
	}
	return nil
}

// bringIn imports a file.
func bringIn(ctx context.Context, n *node, file string, o importfile.Options, scr *screen) (importfile.Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return importfile.Result{}, err
	}
	defer f.Close()
	return importFrom(ctx, n, f, o, scr)
}

// importFrom imports lines from wherever they are, in memory for one, with a
// progress bar.
func importFrom(ctx context.Context, n *node, lines io.ReadSeeker, o importfile.Options, scr *screen) (importfile.Result, error) {
	bar := newBar(scr.errs)
	defer bar.end()
	o.Progress = bar.show
	return importfile.Run(ctx, n.log, lines, o)
}
