package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// settings are the settings of every subcommand. Each can be given as a flag,
// as the environment variable named, or in the configuration file (JSON, with
// the flags' names). An unknown setting is an error.
type settings struct {
	Data        string `help:"Folder that holds the log, the views and the accounts (nrm-data; for the demo, a new folder). Keep it on a disk of its own, and back it up." env:"NRM_DATA" type:"path"`
	Keys        string `help:"Key file (the data folder's name with .key). It opens everything: keep it on another medium, and a copy of it under lock." env:"NRM_KEYS" type:"path"`
	Checkpoints string `help:"Folder for signed checkpoints of the log (the data folder's name with .checkpoints). Let others copy it." env:"NRM_CHECKPOINTS" type:"path"`
	natsServers `embed:""`
	Config      kong.ConfigFlag `help:"Configuration file in JSON." env:"NRM_CONFIG" type:"existingfile"`
	Log         string          `help:"How much to log: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"NRM_LOG"`
}

// folder is the data folder.
func (s *settings) folder() string {
	if s.Data == "" {
		return "nrm-data"
	}
	return s.Data
}

// places says where the register keeps what.
func (s *settings) places() places {
	at := beside(s.folder())
	at.elsewhere = s.natsServers
	if s.Keys != "" {
		at.keys = s.Keys
	}
	if s.Checkpoints != "" {
		at.checkpoints = s.Checkpoints
	}
	return at
}

// listening are the settings of whatever serves pages.
type listening struct {
	Listen  string `help:"Address to serve on. Anything but loopback needs a proxy with TLS in front." default:"127.0.0.1:8642" env:"NRM_LISTEN"`
	TLS     bool   `name:"behind-tls" help:"Pages are reached through a proxy with TLS: cookies are marked secure." env:"NRM_BEHIND_TLS"`
	Proxy   string `help:"Addresses of trusted proxies (CIDR, comma separated); their X-Forwarded-For is believed." env:"NRM_PROXY"`
	Metrics string `help:"Address to serve metrics for Prometheus on, at /metrics, as 127.0.0.1:9464; they name nobody and no case. Off unless set." env:"NRM_METRICS"`

	drill bool `kong:"-"` // what is served is only to be looked at
}

type cli struct {
	settings `embed:""`

	Init     initCommand     `cmd:"" help:"Create the log in an empty data folder."`
	Serve    serveCommand    `cmd:"" help:"Serve pages and the API."`
	Demo     demoCommand     `cmd:"" help:"Start everything in a fresh folder, filled with a synthetic country."`
	Import   importCommand   `cmd:"" help:"Bring in what another register recorded (JSON Lines). The server must not be running."`
	Rebuild  rebuildCommand  `cmd:"" help:"Build the views anew from the log. The server must not be running."`
	Verify   verifyCommand   `cmd:"" help:"Check the whole log and the views. The server must not be running."`
	Follow   followCommand   `cmd:"" help:"Copy a register that runs elsewhere into an empty data folder, for as long as this runs."`
	Handover handoverCommand `cmd:"" help:"Close the register for good and wait until a copy has everything. The server must not be running."`
	Promote  promoteCommand  `cmd:"" help:"Make a register of a copy, after checking all of it. nrm follow must not be running."`
	Backup   backupCommand   `cmd:"" help:"Copy the whole register into one encrypted file, also while it is being served."`
	Restore  restoreCommand  `cmd:"" help:"Fill an empty data folder from a backup."`
	Identity identityCommand `cmd:"" help:"Make an identity that backups can be opened with."`
	Health   healthCommand   `cmd:"" help:"Ask a server whether it is well: for containers, which have no shell."`
	Key      keyCommand      `cmd:"" help:"The key file: without it nothing personal can be read."`
	Account  accountCommand  `cmd:"" help:"Accounts: who may sign in."`
}

// configFile reads the configuration file and refuses settings that do not
// exist.
func configFile(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := json.NewDecoder(r).Decode(&values); err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	return &fileResolver{values}, nil
}

type fileResolver struct{ values map[string]any }

func (f *fileResolver) Validate(app *kong.Application) error {
	known := flagNames(app.Node)
	for name := range f.values {
		if !slices.Contains(known, name) {
			return fmt.Errorf("configuration file: there is no setting %q", name)
		}
	}
	return nil
}

func (f *fileResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	return f.values[flag.Name], nil
}

// knownSettings refuses an environment variable that looks like a setting and
// is none: a misspelt setting must not be silently without effect.
func knownSettings(k *kong.Kong, environ []string) error {
	var known []string
	_ = kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known = append(known, flag.Envs...)
		}
		return next(nil)
	})
	for _, pair := range environ {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "NRM_") && !slices.Contains(known, name) {
			return fmt.Errorf("environment: there is no setting %s", name)
		}
	}
	return nil
}

func flagNames(node *kong.Node) (names []string) {
	for _, f := range node.Flags {
		names = append(names, f.Name)
	}
	for _, child := range node.Children {
		names = append(names, flagNames(child)...)
	}
	return names
}
