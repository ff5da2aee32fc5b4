package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"nrm/eventstore"
	"nrm/eventstore/backup"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
	"nrm/eventstore/witness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err, target error, text ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
	for _, s := range text {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

// marker is in everything that is stored in clear, so that it can be looked for.
const marker = "MARKER-in-clear"

var codec = eventstore.Codec[eventstore.Message]{
	Encode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
	Decode: func(m eventstore.Message) (eventstore.Message, error) { return m, nil },
}

// A register is one with an open log, keys and a tree, without a program around
// it.
type register struct {
	dir    string
	ring   *keyfile.Ring
	server *eventstore.Server
	vault  *vault.Vault
	log    *eventstore.Store[eventstore.Message]
	keeper *witness.Keeper
	folder *witness.Folder
}

func newRegister(t testing.TB) *register {
	t.Helper()
	r := &register{dir: t.TempDir()}
	var err error
	r.ring, err = keyfile.Create(filepath.Join(t.TempDir(), "nrm.key"))
	must(t, err)
	key, _ := r.ring.Storage()
	r.server, err = eventstore.Start(t.Context(), r.dir, eventstore.StartOptions{Key: key})
	must(t, err)
	t.Cleanup(func() { must(t, r.server.Close()) })
	must(t, vault.Init(t.Context(), r.server.Conn(), 1))
	must(t, eventstore.Init(t.Context(), r.server.Conn()))
	r.open(t, r.server.Conn())
	return r
}

// open opens what is on a server that has the streams.
func (r *register) open(t testing.TB, nc *nats.Conn) {
	t.Helper()
	var err error
	r.vault, err = vault.Open(t.Context(), nc, r.ring, vault.Options{})
	must(t, err)
	t.Cleanup(r.vault.Close)
	r.log, err = eventstore.Open(t.Context(), nc, codec, eventstore.Options{Sealer: r.vault})
	must(t, err)
	t.Cleanup(r.log.Close)
	r.folder, err = witness.OpenFolder(filepath.Join(t.TempDir(), "checkpoints"), r.ring.VerifierKey())
	must(t, err)
	signer, err := r.ring.Signer()
	must(t, err)
	r.keeper, err = witness.Open(t.Context(), witness.Config{
		TreePath: filepath.Join(t.TempDir(), "tree"), Folder: r.folder, Source: r.log,
		Signer: signer, Origin: r.ring.Origin(), VKey: r.ring.VerifierKey(),
	}, nil)
	must(t, err)
	running, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- r.keeper.Run(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		must(t, r.keeper.Close())
	})
}

func (r *register) source() backup.Source {
	return backup.Source{Conn: r.server.Conn(), Ring: r.ring, Witness: r.keeper, Folder: r.folder, Accounts: func(context.Context) ([]byte, error) {
		b, err := os.ReadFile(filepath.Join(r.dir, "accounts.json"))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return b, err
	}}
}

// note stores a decision about a person: something in clear and a name, sealed.
func (r *register) note(ctx context.Context, person string) (uint64, error) {
	m := eventstore.Message{
		Stream: "case." + person, ID: uuid.NewString(), Meta: map[string]string{"by": marker},
		Events: []eventstore.Entry{
			{Type: "Noted", Data: []byte(`{"what":"` + marker + `"}`)},
			{Type: "Named", Key: person + "/identity", Data: []byte(`{"name":"Nümunə"}`)},
		},
	}
	return r.log.Update(ctx, []string{m.Stream}, func([][]eventstore.Message) ([]eventstore.Message, error) {
		return []eventstore.Message{m}, nil
	})
}

// fill stores n decisions about as many people as there are letters.
func (r *register) fill(t testing.TB, n int) (last uint64) {
	t.Helper()
	for i := range n {
		var err error
		last, err = r.note(t.Context(), fmt.Sprintf("P%d", i%26))
		must(t, err)
	}
	return last
}

// bare fills the log with n messages of about size bytes in clear, fast.
func (r *register) bare(t testing.TB, n, size int) {
	t.Helper()
	noise := rand.NewChaCha8([32]byte{}) // does not get smaller by compression
	streams := make([]string, 100)
	for done := 0; done < n; done += len(streams) {
		for i := range streams {
			streams[i] = fmt.Sprintf("case.B%d-%d", i, done/1000)
		}
		_, err := r.log.Update(t.Context(), streams, func([][]eventstore.Message) (all []eventstore.Message, err error) {
			id := uuid.NewString()
			for i, s := range streams {
				text := make([]byte, size/2)
				_, _ = noise.Read(text)
				data := fmt.Appendf(nil, `{"n":%d,"text":"%x"}`, i+done, text)
				all = append(all, eventstore.Message{Stream: s, ID: id, Events: []eventstore.Entry{{Type: "Noted", Data: data}}})
			}
			return all, nil
		})
		must(t, err)
	}
}

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	return id
}

// produce is how a backup is made in the process that has the register.
func (r *register) produce(ctx context.Context, w io.Writer) error {
	return backup.Write(ctx, w, r.source())
}

func (r *register) backup(t testing.TB, path string, to ...age.Recipient) backup.Result {
	t.Helper()
	res, err := backup.Create(t.Context(), path, r.produce, backup.Options{Recipients: to})
	must(t, err)
	return res
}

// restored loads a backup into a server of its own and checks it.
func restored(t testing.TB, path string, id age.Identity, vkey string) (*eventstore.Server, backup.Content, backup.Findings) {
	t.Helper()
	server, content, err := loaded(t, path, id, vkey)
	must(t, err)
	found, err := backup.Check(t.Context(), server.Conn(), content, nil, nil)
	must(t, err)
	return server, content, found
}

func loaded(t testing.TB, path string, id age.Identity, vkey string) (*eventstore.Server, backup.Content, error) {
	t.Helper()
	server, err := eventstore.Start(t.Context(), t.TempDir(), eventstore.StartOptions{Key: "another storage key", Unsynced: true})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	content, err := backup.Load(t.Context(), path, []age.Identity{id}, backup.Target{
		Begin: func(backup.Header) (*nats.Conn, error) { return server.Conn(), nil }, VKey: vkey,
	})
	return server, content, err
}

// only fails if there is anything in the folder but what is named.
func only(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if fmt.Sprint(have) != fmt.Sprint(names) {
		t.Errorf("%s holds %v, want %v", dir, have, names)
	}
}

// contains reads a file, or every file below a folder, for a text.
func contains(t testing.TB, path, text string) bool {
	t.Helper()
	found := false
	must(t, filepath.WalkDir(path, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil //nolint:nilerr // it was removed meanwhile
		}
		b, err := os.ReadFile(path)
		found = found || err == nil && bytes.Contains(b, []byte(text))
		return nil
	}))
	return found
}

// A trap springs once, between the log's snapshot and that of the keys.
type trap struct {
	io.Writer
	spring func()
}

func (t *trap) Write(b []byte) (int, error) {
	if t.spring != nil && bytes.HasPrefix(b, []byte("keys/")) {
		t.spring()
		t.spring = nil
	}
	return t.Writer.Write(b)
}

// loseKeys deletes a person's row from the key stream behind everybody's back.
func (r *register) loseKeys(t testing.TB, person string) {
	t.Helper()
	js, err := jetstream.New(r.server.Conn())
	must(t, err)
	s, err := js.Stream(t.Context(), vault.Settings(1).Name)
	must(t, err)
	m, err := s.GetLastMsgForSubject(t.Context(), "nrmkeys."+person)
	must(t, err)
	must(t, s.SecureDeleteMsg(t.Context(), m.Sequence))
}
