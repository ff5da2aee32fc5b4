package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

// pieceSize is how a part is cut: tar wants to know a file's size beforehand,
// and nobody knows that of a snapshot.
const pieceSize = 1 << 20

// A packer writes the archive.
type packer struct {
	tw    *tar.Writer
	at    time.Time
	parts []Part
}

func newPacker(w io.Writer, at time.Time) *packer { return &packer{tw: tar.NewWriter(w), at: at} }

func (p *packer) file(name string, b []byte) error {
	err := p.tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(b)), ModTime: p.at, Format: tar.FormatPAX})
	if err == nil {
		_, err = p.tw.Write(b)
	}
	return err
}

func (p *packer) json(name string, v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	b = append(b, '\n')
	return b, p.file(name, b)
}

// part writes what fill writes as the pieces of a part.
func (p *packer) part(name string, fill func(io.Writer) error) error {
	w := &pieces{packer: p, name: name, sum: sha256.New(), buf: make([]byte, 0, pieceSize)}
	if err := fill(w); err != nil {
		return err
	}
	if w.n == 0 || len(w.buf) > 0 { // an empty part has one empty piece
		if err := w.flush(); err != nil {
			return err
		}
	}
	p.parts = append(p.parts, Part{name, w.bytes, hex.EncodeToString(w.sum.Sum(nil))})
	return nil
}

type pieces struct {
	*packer
	name  string
	n     int
	bytes int64
	sum   hash.Hash
	buf   []byte
}

func (w *pieces) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		k := min(len(b), pieceSize-len(w.buf))
		w.buf = append(w.buf, b[:k]...)
		n, b = n+k, b[k:]
		if len(w.buf) == pieceSize {
			if err := w.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (w *pieces) flush() error {
	w.sum.Write(w.buf)
	w.bytes += int64(len(w.buf))
	err := w.file(pieceName(w.name, w.n), w.buf)
	w.n++
	w.buf = w.buf[:0]
	return err
}

func pieceName(part string, n int) string { return fmt.Sprintf("%s/%08d", part, n) }

// An unpacker is told what an archive holds, as it comes.
type unpacker struct {
	header func(Header) error
	part   func(name string, r io.Reader) error // need not read everything
	// vkey is the key that must have signed the manifest; empty for the one
	// that the backup itself names, which shows only that it is whole.
	vkey string
}

// order is that of the parts. Those after the first two may be missing.
var order = []string{logPart, keysPart, accountsPart, checksPart}

// unpack reads an archive and checks that it is what its manifest says. Only if
// there is no error may anything be made of what was handed out.
func unpack(r io.Reader, u unpacker) (m Manifest, err error) {
	a := &archive{tr: tar.NewReader(r)}
	if err := a.next(); err != nil {
		return m, fmt.Errorf("%w: it is not in the form of one: %w", ErrNotBackup, err)
	}
	b, err := a.text(headerName)
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrNotBackup, err)
	}
	var h Header
	if err := decode(headerName, b, &h); err != nil {
		return m, fmt.Errorf("%w: %w", ErrNotBackup, err)
	}
	if h.Format != format {
		return m, fmt.Errorf("%w: its format is %.40q, and this version of the program knows %q: use the version that made it, or a newer one", ErrNotBackup, h.Format, format)
	}
	if err := u.header(h); err != nil {
		return m, err
	}
	var found []Part
	for at := 0; a.hdr != nil && strings.Contains(a.hdr.Name, "/"); at++ {
		name, _, _ := strings.Cut(a.hdr.Name, "/")
		i := slices.Index(order[min(at, len(order)):], name)
		if i < 0 || at < 2 && i > 0 {
			return m, fmt.Errorf("%w: %s is not where it belongs", ErrDamaged, a.hdr.Name)
		}
		at += i
		p := &partReader{archive: a, name: name, sum: sha256.New()}
		if err := u.part(name, p); err != nil {
			return m, err
		}
		if _, err := io.Copy(io.Discard, p); err != nil {
			return m, err
		}
		found = append(found, Part{name, p.bytes, hex.EncodeToString(p.sum.Sum(nil))})
	}
	if m, err = a.end(found, h, u.vkey); err != nil {
		return m, err
	}
	// What tar does not need may still be cut off.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return m, broken(err)
	}
	return m, nil
}

// end reads what comes after the parts.
func (a *archive) end(found []Part, h Header, vkey string) (m Manifest, err error) {
	if a.hdr != nil && a.hdr.Name == failureName {
		b, err := a.text(failureName)
		if err != nil {
			return m, err
		}
		var f failure
		if err := decode(failureName, b, &f); err != nil {
			return m, err
		}
		if f.Again {
			return m, fmt.Errorf("%w: %s", errAgain, strings.TrimPrefix(f.Text, errAgain.Error()+": "))
		}
		return m, errors.New(f.Text)
	}
	text, err := a.text(manifestName)
	if err != nil {
		return m, err
	}
	if err := decode(manifestName, text, &m); err != nil {
		return m, err
	}
	signature, err := a.text(signatureName)
	if err != nil {
		return m, err
	}
	if a.hdr != nil {
		return m, fmt.Errorf("%w: %s comes after its end", ErrDamaged, a.hdr.Name)
	}
	if vkey == "" {
		vkey = h.Verifier
	}
	if err := signed(text, signature, vkey); err != nil {
		return m, err
	}
	if m.Header != h {
		return m, fmt.Errorf("%w: its beginning is that of another backup", ErrDamaged)
	}
	if !slices.Equal(found, m.Parts) {
		return m, fmt.Errorf("%w: its parts are %v, and were %v when it was made", ErrDamaged, found, m.Parts)
	}
	return m, nil
}

// An archive is read entry by entry; hdr is the one to come, nil at the end.
type archive struct {
	tr  *tar.Reader
	hdr *tar.Header
}

func (a *archive) next() (err error) {
	a.hdr, err = a.tr.Next()
	if errors.Is(err, io.EOF) {
		a.hdr = nil
		return nil
	}
	if err != nil {
		a.hdr = nil
		return broken(err)
	}
	return nil
}

// text reads an entry of that name.
func (a *archive) text(name string) ([]byte, error) {
	switch {
	case a.hdr == nil:
		return nil, fmt.Errorf("%w: it ends before %s", ErrDamaged, name)
	case a.hdr.Name != name:
		return nil, fmt.Errorf("%w: %.100q is in the place of %s", ErrDamaged, a.hdr.Name, name)
	case a.hdr.Size > maxText:
		return nil, fmt.Errorf("%w: %s is too large", ErrDamaged, name)
	}
	b, err := io.ReadAll(a.tr)
	if err != nil {
		return nil, broken(err)
	}
	return bytes.Clone(b), a.next()
}

// A partReader reads the pieces of a part one after the other.
type partReader struct {
	*archive
	name  string
	n     int  // pieces begun
	open  bool // in the middle of one
	bytes int64
	sum   hash.Hash
}

func (p *partReader) Read(b []byte) (int, error) {
	for {
		if !p.open {
			if p.hdr == nil || !strings.HasPrefix(p.hdr.Name, p.name+"/") {
				return 0, io.EOF
			}
			if want := pieceName(p.name, p.n); p.hdr.Name != want {
				return 0, fmt.Errorf("%w: %.100q is in the place of %s", ErrDamaged, p.hdr.Name, want)
			}
			p.open, p.n = true, p.n+1
		}
		n, err := p.tr.Read(b)
		p.sum.Write(b[:n])
		p.bytes += int64(n)
		if errors.Is(err, io.EOF) {
			p.open, err = false, p.next()
			if n == 0 && err == nil {
				continue
			}
		} else if err != nil {
			err = broken(err)
		}
		return n, err
	}
}

// broken is what an error of reading the archive means.
func broken(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends in the middle", ErrDamaged)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
