package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

const (
	moveFile   = "move.conf" // of the NATS servers
	moveFolder = "move"      // for the machine that has the register
)

// noMove is the move.conf of servers that copy no register: they have no link,
// and nobody can delete a stream.
const noMove = `# No register is being moved here. prepare -move changes that, and prepare -moved changes it back.
` + noLink + `
ADMIN_MAY_NOT: [ ` + `"$JS.API.STREAM.DELETE.*"` + `, ` + neverDeleted + ` ]
`

// aMove is that of servers that copy one. Nothing that is appended may cross the
// link, and nobody on the other side may ask anything of these servers. A copy
// that has missed something is of no use: who begins it anew must delete it.
const aMove = `# A register is being moved here from %[1]s, which lets in the follower %[2]s. prepare -moved ends that.
MOVE_LINK: [ {
  url: "tls://%[1]s", nkey: %[3]s, account: NRM, tls { ca_file: "secrets/ca.crt", min_version: "1.3" }
  deny_imports: [ "nrm.>", "nrmkeys.>", "nrmboard.>", "$JS.cluster.API.>" ], deny_exports: [ "nrm.>", "nrmkeys.>", "nrmboard.>" ]
} ]
ADMIN_MAY_NOT: [ ` + `"$JS.API.STREAM.DELETE.NRMBOARD"` + `, ` + neverDeleted + ` ]
`

const noLink = "MOVE_LINK: []"

// neverDeleted is what is in a log.
const neverDeleted = `"$JS.API.STREAM.PURGE.NRM", "$JS.API.STREAM.MSG.DELETE.NRM"`

// move lets the servers copy the register of another machine, and makes a
// certificate for that machine from the same authority. One move at a time: a
// second key would leave the first machine with the key of nobody.
func (p plan) move(from string, out io.Writer) error {
	host, _, err := net.SplitHostPort(from)
	if err != nil || host == "" {
		return fmt.Errorf("-move %q: must be a host and a port, as in first.example:7422", from)
	}
	if strings.ContainsAny(from, "\"\\\n") {
		return fmt.Errorf("-move %q: is no address", from)
	}
	now, err := os.ReadFile(filepath.Join(p.out, moveFile))
	if err != nil {
		return err
	}
	if !strings.Contains(string(now), noLink) {
		return fmt.Errorf("a move is under way already, see %s: prepare -moved ends it; nothing was changed", filepath.Join(p.out, moveFile))
	}
	ca, err := readAuthority(p.out)
	if err != nil {
		return err
	}
	use := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if err := p.certificate(ca, filepath.Join(moveFolder, "leaf"), append([]string{host}, p.also...), p.now.AddDate(0, 0, p.days), use); err != nil {
		return err
	}
	seed, id, err := newUser()
	if err != nil {
		return err
	}
	if err := p.write(filepath.Join(moveFolder, "link.pub"), []byte(id+"\n")); err != nil {
		return err
	}
	if err := p.write(moveFile, fmt.Appendf(nil, aMove, from, id, seed)); err != nil { // last: it says that all is there
		return err
	}
	if err := p.give(); err != nil {
		return err
	}
	fmt.Fprintf(out, `Made %[1]s and %[2]s.
Restart the NATS servers with %[1]s, one after the other. Take leaf.crt and leaf.key to the first machine, and serve there with
  --leaf-listen 0.0.0.0:PORT --leaf-cert leaf.crt --leaf-key leaf.key --leaf-nkey %[3]s
When the register has moved, prepare -moved takes all of it away again.
`, filepath.Join(p.out, moveFile), filepath.Join(p.out, moveFolder), id)
	return nil
}

// moved ends what move has begun. Doing it again changes nothing.
func (p plan) moved(out io.Writer) error {
	if _, err := os.Stat(filepath.Join(p.out, "users.conf")); err != nil {
		return err
	}
	err := p.write(moveFile, []byte(noMove))
	if err = errors.Join(err, os.RemoveAll(filepath.Join(p.out, moveFolder)), p.give()); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s links to nobody any more. Restart the NATS servers with it, one after the other.\n", filepath.Join(p.out, moveFile))
	return nil
}
