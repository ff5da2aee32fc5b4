package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"nrm/eventstore"
	"nrm/eventstore/board"
	"nrm/eventstore/mirror"
	"nrm/eventstore/vault"
)

// A register moves to NATS servers and back with the same commands. There the
// servers themselves make the link, by their own configuration; what is left to
// do is to begin the copies, to see how far they are, and to promote them.

// publicKey reads a follower's public NKey, from a file with that or with the seed.
func publicKey(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("NKey: %w", err)
	}
	defer clear(b)
	if key := strings.TrimSpace(string(b)); nkeys.IsValidPublicUserKey(key) {
		return key, nil
	}
	pair, err := nkeys.ParseDecoratedNKey(b)
	if err != nil {
		return "", fmt.Errorf("NKey: %s holds neither a public key nor a seed: %w", path, err)
	}
	defer pair.Wipe()
	return pair.PublicKey()
}

// followElsewhere begins copies on NATS servers, which go on by themselves, and
// shows how far they are until it is stopped.
func (cmd followCommand) followElsewhere(ctx context.Context, s *settings, scr *screen) (err error) {
	key, err := publicKey(cmd.NKey)
	if err != nil {
		return err
	}
	remote, err := s.connect(ctx, s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(mayNot(remote, err), remote.Close()) }()
	origin := mirror.NewOrigin(remote.Conn(), cmd.Domain, key)
	bar := newBar(scr.errs)
	said := ""
	say := func(text string) {
		if text != said {
			said = text
			fmt.Fprintln(scr.out, text)
		}
	}
	for {
		switch d, over, err := copyElsewhere(ctx, remote, origin); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, mirror.ErrUnreachable):
			say("The register does not answer over the link of the NATS servers; the copy goes on when it does.")
		case errors.Is(err, eventstore.ErrDamaged):
			if err := begunAnew(ctx, remote, origin, err); errors.Is(err, mirror.ErrUnreachable) {
				break // the next round finds out again
			} else if err != nil {
				return err
			}
			say("What the NATS servers had copied was not whole. They begin anew.")
		case err != nil:
			return err
		case over && d.Complete:
			say(fmt.Sprintf("The register was handed over, and the NATS servers have all of it, up to position %d. Stop this and run nrm promote.", d.Position))
		default:
			say("The NATS servers copy the register.")
			bar.show("copying", int(d.Position), int(d.Origin))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(mirror.Every):
		}
	}
}

// copies is how many servers keep what is copied to NATS servers.
const copies = 3

func copyElsewhere(ctx context.Context, remote *eventstore.Remote, origin *mirror.Origin) (d mirror.Distance, over bool, err error) {
	if err := mirror.Begin(ctx, remote.Conn(), origin, copies); err != nil {
		return d, false, err
	}
	if over, err = origin.HandedOver(ctx); err != nil {
		return d, false, err
	}
	d, err = mirror.Compare(ctx, remote.Conn(), origin)
	return d, over, err
}

// begunAnew throws away copies that miss something, for the reason given.
func begunAnew(ctx context.Context, remote *eventstore.Remote, origin *mirror.Origin, reason error) error {
	err := mirror.Discard(ctx, remote.Conn(), origin)
	if errors.Is(err, mirror.ErrDenied) {
		return fmt.Errorf("%w; and to begin anew the copy must be deleted: %w. Give every NATS server the move.conf that prepare -move has made, restart them, and follow again", reason, err)
	}
	return err
}

// promoteElsewhere makes a register of the copies on NATS servers.
func (cmd promoteCommand) promoteElsewhere(ctx context.Context, at places, scr *screen, s *settings) (err error) {
	logger := s.logger(scr.errs)
	ring, err := openRing(at)
	if err != nil {
		return err
	}
	if cmd.NKey == "" {
		return errors.New("name the file with the NKey that the NATS servers follow with, or its public part: --nkey")
	}
	key, err := publicKey(cmd.NKey)
	if err != nil {
		return err
	}
	remote, err := at.elsewhere.connect(ctx, logger)
	if err != nil {
		return err
	}
	c := &cluster{node: at.elsewhere.node(), remote: remote, logger: logger}
	n := &node{at: at, logger: logger, ring: ring, server: remote, cluster: c}
	defer func() { err = errors.Join(mayNot(remote, err), n.close()) }()
	origin := mirror.NewOrigin(remote.Conn(), cmd.Domain, key)
	switch over, err := origin.HandedOver(ctx); {
	case errors.Is(err, mirror.ErrUnreachable) && cmd.Lost:
	case errors.Is(err, mirror.ErrUnreachable):
		return fmt.Errorf("%w: whether it still runs cannot be known from here. If it is lost for good, give --lost; if not, run nrm handover there", err)
	case err != nil:
		return err
	case !over:
		return errors.New("the register answers and may be in use: two of one would both be wrong. Stop nrm serve there and run nrm handover")
	default:
		switch d, err := mirror.Compare(ctx, remote.Conn(), origin); {
		case err != nil:
			return err
		case !d.Complete:
			return fmt.Errorf("the copy ends at position %d and the register at %d: wait until nrm follow says that it has all", d.Position, d.Origin)
		}
	}
	if err := c.join(at.data, ring.Register()); err != nil {
		return err
	}
	if n.vault, err = vault.Open(ctx, remote.Conn(), ring, vault.Options{Compartments: sealedCompartments(), LookOnly: true, Logger: logger}); err != nil {
		return err
	}
	if n.log, err = eventstore.Open(ctx, remote.Conn(), codec(n.vault), eventstore.Options{LookOnly: true, Logger: logger, Sealer: n.vault}); err != nil {
		return err
	}
	if err := cmd.check(ctx, n, scr); err != nil {
		return err
	}
	last, stored, err := mirror.End(ctx, remote.Conn())
	if err != nil {
		return err
	}
	// What nodes share comes first: until the streams are promoted no node serves.
	if err := board.Init(ctx, remote.Conn(), copies); err != nil && !errors.Is(err, board.ErrExists) {
		return err
	}
	if c.board, err = board.Open(ctx, remote.Conn(), board.Options{Logger: logger}); err != nil {
		return err
	}
	if err := c.claim(ctx, ring); err != nil {
		return err
	}
	if err := mirror.Promote(ctx, remote.Conn()); err != nil {
		return err
	}
	fmt.Fprintf(scr.out, `The register is on the NATS servers now. It %s; the next decision gets position %d.
Take the link to the first machine out of their configuration, and never start its register again.
Next: nrm account add, then nrm serve --nats on each node.
`, upTo(last, stored), last+1)
	return nil
}

// handOverElsewhere lets followers copy the register on NATS servers, and closes
// it unless they are only to begin.
func (cmd handoverCommand) handOverElsewhere(ctx context.Context, s *settings, scr *screen) (err error) {
	remote, err := s.connect(ctx, s.logger(scr.errs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(mayNot(remote, err), remote.Close()) }()
	nc := remote.Conn()
	if cmd.TakeBack {
		return takeBack(ctx, nc, scr)
	}
	if !cmd.Offer {
		shared, err := board.Open(ctx, nc, board.Options{})
		if err != nil {
			return err
		}
		if err := nobodyThere(ctx, shared); err != nil {
			return err
		}
	}
	followers, err := cmd.followers(ctx, nc)
	if err != nil {
		return err
	}
	for _, key := range followers {
		if err := mirror.Offer(ctx, nc, key); err != nil {
			return err
		}
	}
	if cmd.Offer {
		fmt.Fprintf(scr.out, "%d followers may copy the register, which stays open.\n", len(followers))
		return nil
	}
	return handOver(ctx, nc, followers, scr)
}

// followers are those that were named, or else all that were let in before: who
// closes a register must know for whom.
func (cmd handoverCommand) followers(ctx context.Context, nc *nats.Conn) ([]string, error) {
	if len(cmd.LeafNKey) > 0 {
		return cmd.LeafNKey, nil
	}
	const wayOut = "name its public NKey, which nrm follow prints there, with --leaf-nkey; nothing was changed"
	if cmd.Offer {
		return nil, errors.New("no follower is named that may copy the register: " + wayOut)
	}
	keys, err := mirror.Followers(ctx, nc)
	if err == nil && len(keys) == 0 {
		err = errors.New("no follower is named that the register is to be handed over to, and none was let in before: " + wayOut)
	}
	return keys, err
}

// mayNot says in plain words that an answer did not come because the servers
// forbade the question.
func mayNot(remote *eventstore.Remote, err error) error {
	denied := remote.Denied()
	unanswered := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, mirror.ErrDenied)
	if denied == nil || !unanswered {
		return err
	}
	return fmt.Errorf("the NATS servers do not let this key do that. Only the key that makes and changes streams may (admin.nk of prepare, which is kept away from the servers): name it with --nats-nkey (%w)", denied)
}
