package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

// BenchmarkBackup makes backups of one log and restores them, each in turn with
// what the server alone takes for the same log: a snapshot that nobody keeps,
// and the restore of a snapshot that nobody checks. NRM_BACKUP_MIB is the size
// of the log, 16 MiB if not set.
func BenchmarkBackup(b *testing.B) {
	mib := 16
	if text := os.Getenv("NRM_BACKUP_MIB"); text != "" {
		var err error
		if mib, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	src, events := benchRegister(b, mib)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "b.age")
	raw := filepath.Join(dir, "raw")
	ctx := b.Context()
	name := eventstore.Settings(1).Name
	snap := func() error {
		f, err := os.Create(raw)
		if err != nil {
			return err
		}
		_, err = snapshot(ctx, src.Conn, name, f)
		return errors.Join(err, f.Sync(), f.Close())
	}
	server := func(f func(nc *nats.Conn) error) error {
		at := filepath.Join(dir, "server")
		s, err := eventstore.Start(ctx, at, eventstore.StartOptions{Key: "a key", Unsynced: true})
		if err != nil {
			return err
		}
		return errors.Join(f(s.Conn()), s.Close(), os.RemoveAll(at))
	}
	rawRestore := func() error {
		return server(func(nc *nats.Conn) error {
			f, err := os.Open(raw)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = restore(ctx, nc, eventstore.Settings(1), f)
			return err
		})
	}
	bench := func(name string, ours, theirs func() error) {
		b.Run(name, func(b *testing.B) {
			var took [2]time.Duration
			for range b.N {
				for i, f := range []func() error{theirs, ours} {
					started := time.Now()
					if err := f(); err != nil {
						b.Fatal(err)
					}
					took[i] += time.Since(started)
				}
			}
			n := float64(b.N)
			b.ReportMetric(float64(took[1].Nanoseconds())/n, "ns/op")
			b.ReportMetric(n*float64(events)/took[1].Seconds(), "events/s")
			b.ReportMetric(n*float64(mib)/took[1].Seconds(), "MiB/s")
			b.ReportMetric(float64(took[0])/float64(took[1]), "x-raw")
		})
	}
	bench("write", func() error { return Write(ctx, io.Discard, src) }, snap)
	bench("create", func() error {
		_ = os.Remove(path)
		_, err := Create(ctx, path, func(ctx context.Context, w io.Writer) error { return Write(ctx, w, src) }, Options{Recipients: []age.Recipient{id.Recipient()}})
		return err
	}, snap)
	bench("restore", func() error {
		return server(func(nc *nats.Conn) error {
			c, err := Load(ctx, path, []age.Identity{id}, Target{Begin: func(Header) (*nats.Conn, error) { return nc, nil }, VKey: src.Ring.VerifierKey()})
			if err == nil {
				_, err = Check(ctx, nc, c, nil, nil)
			}
			return err
		})
	}, rawRestore)
}

// benchRegister makes a log of so many MiB, of decisions of about 500 bytes
// whose text hardly gets smaller by compression, as sealed text does not.
func benchRegister(b *testing.B, mib int) (Source, int) {
	b.Helper()
	fatal := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	ring, err := keyfile.Create(filepath.Join(dir, "nrm.key"))
	fatal(err)
	key, _ := ring.Storage()
	srv := eventstoretest.RestartWith(b, filepath.Join(dir, "data"), true, eventstore.StartOptions{Key: key, Unsynced: true})
	fatal(vault.Init(b.Context(), srv.Conn(), 1))
	log := eventstoretest.Open(b, srv, plain, eventstore.Options{})
	noise, events := rand.NewChaCha8([32]byte{}), 0
	text := make([]byte, 125)
	for bytes := 0; bytes < mib<<20; {
		streams := make([]string, 100)
		for i := range streams {
			streams[i] = fmt.Sprintf("case.B%d", (events/20)%100_000+i*100_000)
		}
		_, err := log.Update(b.Context(), streams, func([][]eventstore.Message) (all []eventstore.Message, err error) {
			id := uuid.NewString()
			for _, s := range streams {
				_, _ = noise.Read(text)
				all = append(all, eventstore.Message{Stream: s, ID: id, Events: []eventstore.Entry{{Type: "Noted", Data: fmt.Appendf(nil, `{"text":"%x"}`, text)}}})
			}
			return all, nil
		})
		fatal(err)
		events += len(streams)
		bytes += len(streams) * 500
	}
	folder, err := witness.OpenFolder(filepath.Join(dir, "checkpoints"), ring.VerifierKey())
	fatal(err)
	signer, err := ring.Signer()
	fatal(err)
	keeper, err := witness.Open(b.Context(), witness.Config{TreePath: filepath.Join(dir, "tree"), Folder: folder, Source: log,
		Signer: signer, Origin: ring.Origin(), VKey: ring.VerifierKey(), Fresh: true}, nil)
	fatal(err)
	b.Cleanup(func() { fatal(keeper.Close()) })
	return Source{Conn: srv.Conn(), Ring: ring, Witness: keeper, Folder: folder}, events
}
