package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/mirror"
)

// letting are the settings of a register that other machines may copy.
type letting struct {
	LeafListen string   `help:"Address where followers come in, as in 0.0.0.0:7422; see nrm follow. Nobody else can use it." env:"NRM_LEAF_LISTEN"`
	LeafCert   string   `help:"File with the certificate for that address." env:"NRM_LEAF_CERT" type:"path"`
	LeafKey    string   `help:"File with the key of that certificate." env:"NRM_LEAF_KEY" type:"path"`
	LeafNKey   []string `name:"leaf-nkey" help:"Public NKey of a follower, which nrm follow prints. May be given several times." env:"NRM_LEAF_NKEY"`
}

// letIn gives what a server needs to let followers in, nil if it does not.
func (l letting) letIn() (*eventstore.LeafListen, error) {
	if l.LeafListen == "" {
		return nil, nil
	}
	if l.LeafCert == "" || l.LeafKey == "" || len(l.LeafNKey) == 0 {
		return nil, errors.New("--leaf-listen needs --leaf-cert, --leaf-key and --leaf-nkey as well: the log leaves this machine only over TLS, and only to followers that are known")
	}
	cert, err := tls.LoadX509KeyPair(l.LeafCert, l.LeafKey)
	if err != nil {
		return nil, fmt.Errorf("certificate for followers: %w", err)
	}
	return &eventstore.LeafListen{
		Address: l.LeafListen, Keys: l.LeafNKey,
		TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13},
	}, nil
}

// offer lets each follower have what it copies.
func (n *node) offer(ctx context.Context) error {
	if n.letIn == nil {
		return nil
	}
	for _, key := range n.letIn.Keys {
		if err := mirror.Offer(ctx, n.server.Conn(), key); err != nil {
			return err
		}
	}
	n.logger.Info("followers may come in", "address", n.letIn.Address, "followers", len(n.letIn.Keys))
	return nil
}

// noCopy fails if the folder is that of a copy, which no command but follow and
// promote may touch.
func noCopy(dir string) error {
	switch _, err := mirror.Read(dir); {
	case err == nil:
		return fmt.Errorf("%s holds a copy that follows a register elsewhere: nrm follow goes on copying, nrm promote makes a register of it", dir)
	case errors.Is(err, mirror.ErrNoCopy):
		return nil
	default:
		return err
	}
}

type followCommand struct {
	From   []string `arg:"" optional:"" help:"Addresses where the register lets followers in, as in tls://register.example:7422."`
	Domain string   `help:"What the register runs on: nrm, a server of its own, or cluster, the servers of a cluster." default:"nrm" enum:"nrm,cluster"`
	CA     string   `name:"ca" help:"File with the certificate of the authority that vouches for the register's address (those that this machine trusts)." env:"NRM_FOLLOW_CA" type:"path"`
	NKey   string   `name:"nkey" help:"File with the seed of this follower's NKey. Made if it does not exist; the public part is printed, and the register must be told." env:"NRM_FOLLOW_NKEY" type:"path" required:""`
	Health string   `help:"Address for health checks: /readyz is green while the copy is near its register." env:"NRM_FOLLOW_HEALTH"`
}

// Run copies until it is asked to stop. The key file is only for the encryption
// of this folder: it need not be, and better is not, that of the register.
func (cmd followCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	if s.named() {
		return cmd.followElsewhere(ctx, s, scr)
	}
	at := s.places()
	logger := s.logger(scr.errs)
	if err := makeNKey(cmd.NKey, scr); err != nil {
		return err
	}
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	if err := prepareCopy(at, ring); err != nil {
		return err
	}
	key, old := ring.Storage()
	f, err := mirror.Follow(ctx, at.data, mirror.Options{
		From: cmd.From, Domain: cmd.Domain, CA: cmd.CA, NKey: cmd.NKey,
		Storage: eventstore.StartOptions{Key: key, OldKey: old, Logger: logger},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if cmd.Health != "" {
		stop, err := health(ctx, cmd.Health, f)
		if err != nil {
			return err
		}
		defer stop()
	}
	fmt.Fprintf(scr.out, "Copying %s into %s.\n", strings.Join(cmd.From, ", "), at.data)
	told := false
	var far lag
	return f.Run(ctx, func(s mirror.State, linked bool) {
		if text := far.tell(s, linked, time.Now()); text != "" {
			fmt.Fprintln(scr.out, text)
		}
		if s.Complete && !told {
			told = true
			fmt.Fprintf(scr.out, "The register was handed over, and this copy has all of it, up to position %d. Stop this and run nrm promote.\n", s.Position)
		}
	})
}

// prepareCopy makes sure that the folder is empty or a copy already, and marks
// it with the key file.
func prepareCopy(at places, ring *keyfile.Ring) error {
	if err := os.MkdirAll(at.data, 0o700); err != nil {
		return err
	}
	_, err := mirror.Read(at.data)
	switch {
	case errors.Is(err, mirror.ErrNoCopy):
		entries, err := os.ReadDir(at.data)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !slices.Contains([]string{"LOCK", "canary.json", "lost+found"}, e.Name()) {
				return fmt.Errorf("%s is not empty: it holds %s. A copy begins in an empty folder; nothing was changed", at.data, e.Name())
			}
		}
	case err != nil:
		return err
	}
	err = ring.Check(at.data)
	if errors.Is(err, keyfile.ErrNoCanary) && !hasLog(at.data) {
		return ring.Mark(at.data)
	}
	return err
}

// makeNKey makes the file with the seed, if there is none, and shows the public
// part.
func makeNKey(path string, scr *screen) error {
	seed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		pair, failed := nkeys.CreateUser()
		if failed != nil {
			return failed
		}
		if seed, err = pair.Seed(); err != nil {
			return err
		}
		err = newFile(path, append(seed, '\n'))
	}
	if err != nil {
		return fmt.Errorf("NKey: %w", err)
	}
	defer clear(seed)
	pair, err := nkeys.ParseDecoratedNKey(seed)
	if err != nil {
		return fmt.Errorf("NKey: %s holds no seed: %w", path, err)
	}
	defer pair.Wipe()
	key, err := pair.PublicKey()
	if err != nil {
		return fmt.Errorf("NKey: %w", err)
	}
	fmt.Fprintf(scr.out, "This follower's public NKey is %s: the register lets it in with --leaf-nkey.\n", key)
	return nil
}

// newFile writes a secret to a file that must not exist.
func newFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// farCopy is how many positions a copy may lack before it is called not ready.
const farCopy = 1000

// copyHealth is how a copy is, for machines.
type copyHealth struct {
	Linked   bool      `json:"linked"`
	Position uint64    `json:"position"`
	Behind   uint64    `json:"behind"`
	Seen     time.Time `json:"seen,omitzero"` // when the register last answered; left out if it never did
	Complete bool      `json:"complete"`
	Anew     bool      `json:"anew,omitzero"` // it is made anew, and is not yet as far as it was
}

func healthOf(s mirror.State, linked bool) copyHealth {
	return copyHealth{linked, s.Position, s.Behind, s.Seen, s.Complete, s.Anew != nil}
}

func answerHealth(w http.ResponseWriter, s mirror.State, linked bool) {
	w.Header().Set("Content-Type", "application/json")
	if !linked || s.Behind > farCopy || s.Anew != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(healthOf(s, linked))
}

// health answers health checks until stop is called.
func health(ctx context.Context, address string, f *mirror.Follower) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		s, linked := f.Status()
		answerHealth(w, s, linked)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends with Close
	}()
	return func() { _ = server.Close(); <-ended }, nil
}
