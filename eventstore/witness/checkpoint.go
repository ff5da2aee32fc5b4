package witness

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint says: at this time the log had so many messages, and this was
// the root of its tree.
type Checkpoint struct {
	Origin string    // which log: the name of the key that signs
	Size   int64     // at least 1
	Root   tlog.Hash // of the tree with Size leaves
	Time   time.Time // when it was signed, UTC, in seconds
	Raw    []byte    // the signed text; nothing else of a Checkpoint can be trusted in other hands
}

const (
	maxSize       = 999_999_999_999 // file names have 12 digits, and tlog cannot count to 1<<62
	maxCheckpoint = 64 << 10        // bytes
)

// Sign makes a checkpoint. The origin must be the signer's name.
func Sign(signer note.Signer, origin string, size int64, root tlog.Hash, at time.Time) (Checkpoint, error) {
	if signer.Name() != origin {
		return Checkpoint{}, fmt.Errorf("witness: sign: the key is that of %q, the log is %q", signer.Name(), origin)
	}
	if size < 1 || size > maxSize {
		return Checkpoint{}, fmt.Errorf("witness: sign: a checkpoint cannot have the size %d", size)
	}
	c := Checkpoint{Origin: origin, Size: size, Root: root, Time: at.UTC().Truncate(time.Second)}
	raw, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\ntime %s\n", origin, size, root, c.Time.Format(time.RFC3339))}, signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("witness: sign: %w", err)
	}
	c.Raw = raw
	return c, nil
}

// Parse reads a checkpoint that at least one of the given keys has signed, as
// the log that it speaks of. It fails with ErrForged if none has, and with
// ErrUnreadable if the text is no checkpoint. Signatures by others and lines
// that it does not know are let pass.
func Parse(raw []byte, vkeys ...string) (Checkpoint, error) {
	if len(raw) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("witness: %w: it has more than %d bytes", ErrUnreadable, maxCheckpoint)
	}
	err := fmt.Errorf("witness: %w", ErrForged)
	for _, vkey := range vkeys {
		v, bad := note.NewVerifier(vkey)
		if bad != nil {
			return Checkpoint{}, fmt.Errorf("witness: verifier key %.200q: %w", vkey, bad)
		}
		// One key at a time: a bad signature by one says nothing about another's.
		n, bad := note.Open(raw, note.VerifierList(v))
		var unknown *note.UnverifiedNoteError
		var invalid *note.InvalidSignatureError
		switch {
		case errors.As(bad, &unknown):
			continue
		case errors.As(bad, &invalid):
			err = fmt.Errorf("witness: %w: it has been changed since %s signed it", ErrForged, v.Name())
			continue
		case bad != nil:
			return Checkpoint{}, fmt.Errorf("witness: %w: %w", ErrUnreadable, bad)
		}
		c, bad := read(n.Text)
		if bad != nil {
			return Checkpoint{}, fmt.Errorf("witness: %w: %w", ErrUnreadable, bad)
		}
		if c.Origin != v.Name() {
			err = fmt.Errorf("witness: %w: it speaks of the log %.200q but is signed by %s", ErrForged, c.Origin, v.Name())
			continue
		}
		c.Raw = bytes.Clone(raw)
		return c, nil
	}
	return Checkpoint{}, err
}

// read reads what was signed.
func read(text string) (Checkpoint, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 4 {
		return Checkpoint{}, fmt.Errorf("it has %d lines, not origin, size, root and time", len(lines))
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Size < 1 || c.Size > maxSize || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%.40q is not a size", lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil || c.Root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("%.80q is not a root", lines[2])
	}
	for _, line := range lines[3:] {
		if line == "" {
			return Checkpoint{}, errors.New("it has an empty line")
		}
		value, found := strings.CutPrefix(line, "time ")
		if !found {
			continue
		}
		if !c.Time.IsZero() {
			return Checkpoint{}, errors.New("it has two times")
		}
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("%.40q is not a time", value)
		}
		c.Time = at.UTC()
	}
	if c.Time.IsZero() {
		return Checkpoint{}, errors.New("it has no time")
	}
	return c, nil
}

// String names a checkpoint for people.
func (c Checkpoint) String() string {
	return fmt.Sprintf("the checkpoint of %s at position %d", c.Time.Format(time.RFC3339), c.Size)
}

// same tells whether two checkpoints say the same, whenever they were signed.
func (c Checkpoint) same(other Checkpoint) bool {
	return c.Origin == other.Origin && c.Size == other.Size && c.Root == other.Root
}
