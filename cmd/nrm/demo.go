package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"nrm/api/accounts"
	"nrm/cmd/nrm/internal/country"
	"nrm/cmd/nrm/internal/importfile"
	"nrm/domain"
	"nrm/eventstore/keyfile"
)

type demoCommand struct {
	listening `embed:""`
	Seed      uint64 `help:"Another seed makes another country, with the same published figures." default:"2024"`
	Prepare   bool   `help:"Fill the folder and stop, without serving."`
}

// demoAccount is a line of demo-accounts.json.
type demoAccount struct {
	User         string `json:"user"`
	Role         string `json:"role"`
	Organisation string `json:"organisation"`
	Password     string `json:"password"`
	Token        string `json:"token"`
}

// Run makes a fresh register, fills it through the import and serves it.
// Everything in it is invented.
func (cmd demoCommand) Run(ctx context.Context, s *settings, scr *screen) (err error) {
	logger := s.logger(scr.errs)
	if s.Log == "info" { // the demo's own words matter more than a line for each request
		quiet := *s
		quiet.Log = "warn"
		logger = quiet.logger(scr.errs)
	}
	at, err := fresh(s)
	if err != nil {
		return err
	}
	if _, err := keyfile.Create(at.keys); err != nil {
		return err
	}
	if err := create(ctx, at, logger); err != nil {
		return err
	}
	n, err := openNode(ctx, at, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	stories, err := cmd.fill(ctx, n, scr)
	if err != nil {
		return err
	}
	people, err := demoPeople(at.data)
	if err != nil {
		return err
	}
	if cmd.Prepare {
		fmt.Fprintf(scr.out, "Filled %s. Serve it with: nrm serve --data %s\n", at.data, at.data)
		return nil
	}
	return serve(ctx, cmd.listening, scr, logger, func(context.Context) (*node, error) { return n, nil },
		func(address string) { welcome(scr.out, at, address, people, stories) })
}

// fresh gives the demo's places: in a new folder, or the ones that were named if
// nothing is there yet. The demo overwrites nothing.
func fresh(s *settings) (places, error) {
	named := *s
	if s.Data == "" {
		dir, err := os.MkdirTemp("", "nrm-demo-")
		if err != nil {
			return places{}, err
		}
		named.Data = filepath.Join(dir, "nrm-data")
	}
	at := named.places()
	entries, err := os.ReadDir(at.data)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return at, keyfile.Outside(at.keys, at.data)
	}
	if err != nil {
		return at, err
	}
	return at, fmt.Errorf("%s is not empty: the demo needs a fresh folder", at.data)
}

// fill makes the country and imports it: the demo and the import share one path.
// It stays in memory, because it says who people are.
func (cmd demoCommand) fill(ctx context.Context, n *node, scr *screen) ([]country.Story, error) {
	var lines bytes.Buffer
	now := time.Now()
	stories, err := country.Write(&lines, country.Options{Seed: cmd.Seed, Now: now})
	if err != nil {
		return nil, err
	}
	var res importfile.Result
	err = n.witnessed(ctx, scr, func() (err error) {
		res, err = importFrom(ctx, n, bytes.NewReader(lines.Bytes()), importfile.Options{Now: now}, scr)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(res.Problems) > 0 {
		return nil, fmt.Errorf("the demo's own file has %d bad lines; the first is %s", len(res.Problems), res.Problems[0])
	}
	return stories, nil
}

func demoPeople(dir string) ([]demoAccount, error) {
	all, err := accounts.Open(accountsFile(dir))
	if err != nil {
		return nil, err
	}
	people := []demoAccount{
		{User: "police", Role: "referrer", Organisation: "police-baki"},
		{User: "duty", Role: "duty_officer", Organisation: "spu"},
		{User: "officer", Role: "case_officer", Organisation: "spu"},
		{User: "head", Role: "head", Organisation: "spu"},
		{User: "shelter", Role: "shelter", Organisation: "shelter-baki"},
		{User: "centre", Role: "assistance_centre", Organisation: "centre-baki"},
		{User: "guardians", Role: "child_protection", Organisation: "scfwca"},
		{User: "consulate", Role: "consulate", Organisation: "consulate-istanbul"},
		{User: "migration", Role: "migration", Organisation: "sms"},
		{User: "fund", Role: "fund", Organisation: "fund"},
		{User: "lawyer", Role: "legal_aid", Organisation: "legal-aid-a"},
		{User: "prosecutor", Role: "prosecution", Organisation: "prosecutor-general"},
		{User: "hotline", Role: "hotline_operator", Organisation: "hotline-152"},
		{User: "partner", Role: "return_partner", Organisation: "iom"},
		{User: "health", Role: "health_care", Organisation: "health-agency"},
		{User: "education", Role: "education", Organisation: "education-ministry"},
		{User: "employment", Role: "employment", Organisation: "employment-agency"},
		{User: "protection", Role: "data_protection", Organisation: "data-protection"},
		{User: "coordinator", Role: "coordinator", Organisation: "coordinator"},
	}
	for i := range people {
		p := &people[i]
		if p.Password, p.Token, err = all.Create(p.User, domain.Role(p.Role), p.Organisation); err != nil {
			return nil, err
		}
	}
	b, err := json.MarshalIndent(people, "", "  ") //nolint:gosec // the demo's passwords are made to be shown
	if err != nil {
		return nil, err
	}
	return people, os.WriteFile(filepath.Join(dir, "demo-accounts.json"), append(b, '\n'), 0o600)
}

func welcome(w io.Writer, at places, address string, people []demoAccount, stories []country.Story) {
	fmt.Fprintf(w, "\nThe register is at http://%s\nEverything in it is invented. Its folder is %s,\nits key file %s.\n\n", address, at.data, at.keys)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "USER\tPASSWORD\tROLE\tORGANISATION")
	for _, p := range people {
		role, organisation := p.Role, p.Organisation
		if o, ok := domain.OrganisationOf(p.Organisation); ok {
			organisation = o.EN
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.User, p.Password, role, organisation)
	}
	_ = t.Flush()
	guide(w, address, stories)
	fmt.Fprintf(w, "\nAPI tokens are in %s. Stop with Ctrl-C.\n", filepath.Join(at.data, "demo-accounts.json"))
}

// guide says what to look at.
func guide(w io.Writer, address string, stories []country.Story) {
	fmt.Fprintf(w, "\nStories to look at, as head, who sees every case:\n\n")
	for _, s := range stories {
		fmt.Fprintf(w, "  http://%s/cases/%s  %s\n", address, s.Case, s.What)
	}
	fmt.Fprintf(w, "\nAnd as coordinator: the plan at http://%s/plan, with action 4.1.9 met 502 days late and nothing done for 4.5.9,\nthe figures of 2024 at http://%s/years/2024 and the houses at http://%s/facilities.\n", address, address, address)
}
