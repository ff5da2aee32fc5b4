package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"nrm/eventstore"
	"nrm/eventstore/board"
)

// natsServers say where the log is, if it is not in the data folder: on NATS
// servers that run on their own, for several nodes of nrm at once. The data
// folder then holds only what this node makes from the log.
type natsServers struct {
	URLs      string `name:"nats" help:"Addresses of NATS servers that keep the log, comma separated; without it the log is in the data folder." env:"NRM_NATS"`
	NKey      string `name:"nats-nkey" help:"File with the NKey seed of this node." env:"NRM_NATS_NKEY" type:"path"`
	Creds     string `name:"nats-creds" help:"File with credentials, instead of an NKey." env:"NRM_NATS_CREDS" type:"path"`
	CA        string `name:"nats-ca" help:"File with the certificate of the authority that vouches for the NATS servers." env:"NRM_NATS_CA" type:"path"`
	Cert      string `name:"nats-cert" help:"File with this node's certificate, if the NATS servers ask for one." env:"NRM_NATS_CERT" type:"path"`
	Key       string `name:"nats-key" help:"File with the key of that certificate." env:"NRM_NATS_KEY" type:"path"`
	Plain     bool   `name:"nats-plain" help:"Speak with NATS servers on other machines without TLS or a key. Only for a network that nobody else is in." env:"NRM_NATS_PLAIN"`
	TrustSync bool   `name:"trust-nats-sync" help:"Take it on trust that every NATS server has sync_interval: always." env:"NRM_TRUST_NATS_SYNC"`
	Node      string `help:"Name of this node, for people and logs (the host's name)." env:"NRM_NODE"`
}

// named tells whether the log is elsewhere.
func (e natsServers) named() bool { return e.URLs != "" }

func (e natsServers) node() string {
	if e.Node != "" {
		return e.Node
	}
	if host, err := os.Hostname(); err == nil {
		return host
	}
	return "node"
}

// connect reaches the servers.
func (e natsServers) connect(ctx context.Context, logger *slog.Logger) (*eventstore.Remote, error) {
	return eventstore.Connect(ctx, eventstore.ConnectOptions{
		URLs: e.URLs, Name: "nrm " + e.node(), NKey: e.NKey, Creds: e.Creds, CA: e.CA, Cert: e.Cert, Key: e.Key,
		Plain: e.Plain, TrustSync: e.TrustSync, Logger: logger,
	})
}

// A cluster is what the nodes of a register have in common, as this node sees
// it.
type cluster struct {
	node   string // this node's name
	remote *eventstore.Remote
	board  *board.Board
	logger *slog.Logger
	folder io.Closer // this process's claim to the data folder; nil if it does without
	leave  func()    // takes this node off the list of those that are there; nil if it is not on it
}

// meet connects to the servers of a register that exists.
func meet(ctx context.Context, e natsServers, logger *slog.Logger) (_ *cluster, err error) {
	c := &cluster{node: e.node(), logger: logger}
	if c.remote, err = e.connect(ctx, logger); err != nil {
		return nil, err
	}
	c.board, err = board.Open(ctx, c.remote.Conn(), board.Options{Logger: logger})
	if errors.Is(err, board.ErrMissing) {
		err = fmt.Errorf("there is no register on the NATS servers %s: create one with nrm init --nats", e.URLs)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cluster) close() error {
	if c.leave != nil {
		c.leave()
	}
	err := c.remote.Close()
	if c.folder != nil {
		err = errors.Join(err, c.folder.Close())
	}
	return err
}

// A membership says in the data folder which register the node is of.
type membership struct {
	Register string `json:"register"`
}

func membershipFile(dir string) string { return filepath.Join(dir, "register.json") }

// join takes the data folder for this node. A folder that is empty becomes that
// of a new node; one that holds a log of its own, or is of another register, is
// left alone.
func (c *cluster) join(dir, register string) error {
	if hasLog(dir) {
		return fmt.Errorf("%s holds a log of its own, so it is not the folder of a node: name another one with --data. How a register moves to NATS servers is told in docs/operations.md", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	folder, err := eventstore.Lock(dir)
	if errors.Is(err, eventstore.ErrLocked) {
		return fmt.Errorf("%w: a running nrm has the folder %s; stop it first, or name another folder with --data", err, dir)
	}
	if err != nil {
		return err
	}
	c.folder = folder
	of, err := memberOf(dir)
	switch {
	case err != nil:
		return err
	case of == register:
		return nil
	case of != "":
		return fmt.Errorf("%s is the folder of a node of register %s, and these NATS servers keep register %s: name the right folder with --data", dir, of, register)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "LOCK" && e.Name() != "lost+found" {
			return fmt.Errorf("%s does not say which register it is of, and is not empty: it holds %s; name another folder with --data", dir, e.Name())
		}
	}
	b, err := json.Marshal(membership{register})
	if err != nil {
		return err
	}
	return os.WriteFile(membershipFile(dir), append(b, '\n'), 0o600)
}

// memberOf names the register that a folder is a node's of, "" if it is none's.
func memberOf(dir string) (string, error) {
	b, err := os.ReadFile(membershipFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var m membership
	if err := json.Unmarshal(b, &m); err != nil || m.Register == "" {
		return "", fmt.Errorf("%s cannot be read; if nothing but views is in its folder, delete the folder's content", membershipFile(dir))
	}
	return m.Register, nil
}
