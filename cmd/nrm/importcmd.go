package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"nrm/cmd/nrm/internal/importfile"
)

type importCommand struct {
	File      string `arg:"" help:"JSON Lines, one command a line; see docs/import.md." type:"existingfile"`
	DryRun    bool   `help:"Report what would happen and write nothing."`
	KeepGoing bool   `help:"Write the good lines and list the rest. Otherwise nothing is written unless every line is good."`
}

// Run imports the file and lists what was wrong with it.
func (cmd importCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	n, err := openNode(ctx, s.folder(), s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	res, err := bringIn(ctx, n, cmd.File, importfile.Options{DryRun: cmd.DryRun, KeepGoing: cmd.KeepGoing, Now: time.Now()}, scr)
	for _, p := range res.Problems {
		fmt.Fprintln(scr.out, p)
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

func bringIn(ctx context.Context, n *node, file string, o importfile.Options, scr *screen) (importfile.Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return importfile.Result{}, err
	}
	defer f.Close()
	bar := newBar(scr.errs)
	defer bar.end()
	o.Progress = bar.show
	return importfile.Run(ctx, n.log, f, o)
}
