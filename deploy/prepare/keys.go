package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// users are who may come to the NATS servers; nats.conf says what each may do.
var users = []string{
	"app",    // the nodes of the register
	"admin",  // makes the streams, by hand
	"mirror", // a second machine that follows the log
	"sys",    // looks after the servers themselves
}

// keys makes an NKey for each user, whose public half goes into users.conf, and
// for each NATS server the key of its files.
func (p plan) keys() error {
	public := new(strings.Builder)
	for _, name := range users {
		seed, id, err := newUser()
		if err != nil {
			return err
		}
		fmt.Fprintf(public, "%s_NKEY: %s\n", strings.ToUpper(name), id)
		if name == "mirror" {
			mirrorMay(public, id)
		}
		if err := p.write(name+".nk", append(seed, '\n')); err != nil {
			return err
		}
	}
	if err := p.write("users.conf", []byte(public.String())); err != nil {
		return err
	}
	if err := p.write(moveFile, []byte(noMove)); err != nil {
		return err
	}
	for _, node := range p.nodes {
		// 52 letters and digits, never read as a number by the configuration.
		if err := p.write(filepath.Join(node, "storage.conf"), []byte("STORAGE_KEY: k"+rand.Text()+rand.Text()+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// mirrorMay lists what a machine that copies the log may ask for and hear. The
// names of what it uses have its key in them, which nats.conf cannot express.
func mirrorMay(w io.Writer, key string) {
	fmt.Fprint(w, "MIRROR_PUBLISH: [\n")
	for _, stream := range []string{"NRM", "NRMKEYS"} {
		for _, subject := range []string{
			"$JS.cluster.API.STREAM.INFO." + stream,
			"$JS.cluster.API.STREAM.MSG.GET." + stream,
			"$JS.cluster.API.CONSUMER.RESET." + stream + ".COPY_" + key,
			"$JS.FC." + stream + ".COPY_" + key + ".>",
			"$JS.FC.*.*." + stream + ".COPY_" + key + ".>",
		} {
			fmt.Fprintf(w, "  %q\n", subject)
		}
	}
	fmt.Fprintf(w, "]\nMIRROR_SUBSCRIBE: [ %q, %q ]\n", "nrmlink."+key+".>", "$JSC.R.>")
}

// newUser makes an NKey: its seed, and the public key that tells whose it is.
// The seed is the caller's: the pair shares its bytes, and is not wiped here.
func newUser() (seed []byte, id string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", err
	}
	if id, err = pair.PublicKey(); err != nil {
		return nil, "", err
	}
	seed, err = pair.Seed()
	return seed, id, err
}
