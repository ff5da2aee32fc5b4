// Command prepare makes what the servers of docker-compose.yml know each other
// by: a certificate authority, certificates, NKeys and the keys that the NATS
// servers encrypt their files with. It writes them into a folder that must not
// exist yet, and never replaces a key.
//
//	go run ./deploy/prepare [-out deploy/secrets] [-site register.example]
//	go run ./deploy/prepare -renew     # certificates only, from the same authority and for the same names
//	go run ./deploy/prepare -move first.example:7422   # lets the servers copy the register of that machine
//	go run ./deploy/prepare -moved                     # ends that
//
// It does not make the key file of the register: nrm key init does.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}

// A plan says what is made for whom.
type plan struct {
	out   string
	nodes []string // names of the NATS servers, which are the host names in their certificates
	also  []string // host names and addresses that every NATS server may be reached by as well
	site  []string // host names and addresses of the proxy
	days  int      // that certificates are valid
	uid   int      // who is to read the files; -1: who runs this
	given []string // names of the settings that were given; the others may follow what is there
	now   time.Time
}

func run(args []string, out, errs io.Writer) error {
	p := plan{uid: -1, now: time.Now()}
	flags := flag.NewFlagSet("prepare", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&p.out, "out", filepath.Join("deploy", "secrets"), "folder to make")
	flags.IntVar(&p.days, "days", 397, "days that certificates are valid")
	flags.IntVar(&p.uid, "uid", -1, "user that the containers run as and that the files are given to; only root can give them away")
	renew := flags.Bool("renew", false, "make the certificates anew, and nothing else")
	move := flags.String("move", "", "host and port where the register of another machine lets followers in: make what the NATS servers copy it with, and nothing else")
	moved := flags.Bool("moved", false, "take away what -move has made")
	nodes := flags.String("nodes", "nats-1,nats-2,nats-3", "names of the NATS servers")
	also := flags.String("also", "localhost,127.0.0.1", "further names and addresses of the NATS servers, as for a mirror that comes from outside")
	site := flags.String("site", "localhost", "names and addresses that people reach the register by")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not understood", flags.Arg(0))
	}
	p.nodes, p.also, p.site = list(*nodes), list(*also), list(*site)
	if len(p.nodes) == 0 || len(p.site) == 0 || p.days < 1 {
		return errors.New("-nodes and -site must name somebody, and -days be positive")
	}
	switch {
	case *renew && *move == "" && !*moved:
		flags.Visit(func(f *flag.Flag) { p.given = append(p.given, f.Name) })
		if err := p.renewAll(out); err != nil {
			return err
		}
		fmt.Fprintf(out, "Made new certificates in %s, valid for %d days. Restart the servers one after the other.\n", p.out, p.days)
		return nil
	case *move != "" && !*renew && !*moved:
		return p.move(*move, out)
	case *moved && *move == "" && !*renew:
		return p.moved(out)
	case *moved || *renew:
		return errors.New("-renew, -move and -moved are three different things: give one")
	}
	if err := p.makeAll(); err != nil {
		return err
	}
	fmt.Fprintf(out, `Made %[1]s.
Keep %[1]s/ca/ca.key and %[1]s/admin.nk away from the servers: the first makes certificates, the second makes streams.
The certificates are valid for %[2]d days; prepare -renew makes new ones.
`, p.out, p.days)
	return nil
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// makeAll makes the folder under another name first: it is there whole or not
// at all.
func (p plan) makeAll() (err error) {
	if entries, err := os.ReadDir(p.out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: nothing was changed. New keys would lock out the servers that have the old ones, and what these have stored; -renew makes certificates only", p.out)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	final := p.out
	// Beside its entries, not beside the folder: that may be a mount.
	if err := os.MkdirAll(final, 0o700); err != nil {
		return err
	}
	if p.out, err = os.MkdirTemp(final, ".half-made-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.out)) }()
	ca, err := newAuthority(p.now)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		p.hide,
		func() error { return p.keep(ca) },
		func() error { return p.certificates(ca) },
		p.keys,
		p.give,
		func() error { return publish(p.out, final) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := os.Chmod(final, 0o700); err != nil || p.uid < 0 { // first: afterwards it is another's
		return err
	}
	return os.Lchown(final, p.uid, p.uid)
}

// publish moves what is in one folder into another.
func publish(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return flush(to)
}

// hide keeps the folder out of a repository that it may lie in, wherever that is.
func (p plan) hide() error { return p.write(".gitignore", []byte("*\n")) }

// give lets the containers' user read everything.
func (p plan) give() error {
	if p.uid < 0 {
		return nil
	}
	return filepath.WalkDir(p.out, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := os.Lchown(path, p.uid, p.uid); err != nil { //nolint:gosec // G122: a folder of the operator's that nobody else can write to
			return fmt.Errorf("%w: run it as root, or without -uid", err)
		}
		return nil
	})
}

// write replaces a file, whole or not at all, that only its owner can read.
func (p plan) write(name string, content []byte) error {
	path := filepath.Join(p.out, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return flush(filepath.Dir(path))
}

func flush(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
