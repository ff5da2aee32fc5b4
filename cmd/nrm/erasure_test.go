package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/projections"
)

func now() time.Time { return time.Now() }

// A register is an open node with views that follow it.
type register struct {
	t     *testing.T
	node  *node
	views *projections.Views
	stop  context.CancelFunc
	ended chan error
}

func openRegister(t *testing.T, at places) *register {
	t.Helper()
	return openLogging(t, at, quiet())
}

func openLogging(t *testing.T, at places, logger *slog.Logger) *register {
	t.Helper()
	n, err := openNode(t.Context(), at, logger)
	if err != nil {
		t.Fatal(err)
	}
	views, err := n.views(t.Context(), unseen())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &register{t, n, views, stop, make(chan error, 1)}
	go func() { r.ended <- stopped(views.Run(ctx, n.log)) }()
	t.Cleanup(r.close)
	return r
}

func (r *register) close() {
	if r.stop == nil {
		return
	}
	r.stop()
	r.stop = nil
	if err := errors.Join(<-r.ended, r.views.Close(), r.node.close()); err != nil {
		r.t.Error(err)
	}
}

func (r *register) caughtUp() {
	r.t.Helper()
	last, err := r.node.log.Last(r.t.Context())
	if err == nil {
		err = r.views.WaitFor(r.t.Context(), last)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

var (
	anOfficer = domain.Actor{User: "officer", Role: domain.CaseOfficer, Organisation: "spu"}
	aHead     = domain.Actor{User: "head", Role: domain.Head, Organisation: "spu"}
)

// approve lets one person ask that another be forgotten, and a second agree.
func (r *register) approve(ref domain.Ref) {
	r.t.Helper()
	for _, s := range []struct {
		by  domain.Actor
		cmd domain.Asked
	}{{anOfficer, domain.RequestErasure{Reason: "person_asked"}}, {aHead, domain.ApproveErasure{}}} {
		if _, err := domain.Execute(r.t.Context(), r.node.log, domain.Request{By: s.by, Now: now()}, domain.CaseStream(ref), s.cmd); err != nil {
			r.t.Fatal(err)
		}
	}
	r.caughtUp()
}

func erase(t *testing.T, r *register, ref domain.Ref) {
	t.Helper()
	r.approve(ref)
	if n, err := (&eraser{node: r.node, views: r.views}).run(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d erased, %v", n, err)
	}
}

// searched expects so many people under a name.
func searched(t *testing.T, v *projections.Views, name string, want int) {
	t.Helper()
	found, err := v.Search(t.Context(), anOfficer, now(), projections.Query{Name: name})
	if err != nil || len(found) != want {
		t.Errorf("%d people are found under a name, %v; want %d", len(found), err, want)
	}
}

// TestErasureInterrupted stops an erasure after each of its steps. What is
// forgotten is so from the approval on, and the next start finishes the rest.
func TestErasureInterrupted(t *testing.T) {
	for _, step := range []string{"keys", "views", "rotation"} {
		t.Run(step, func(t *testing.T) {
			at := newRegister(t)
			other := people(t, at, 2)
			r := openRegister(t, at)
			ref := secretive(t, r.node)
			r.caughtUp()
			r.approve(ref)
			searched(t, r.views, "Gizliyeva", 0)
			cut := errors.New("cut short")
			_, err := (&eraser{node: r.node, views: r.views, after: func(s string) error {
				if s == step {
					return cut
				}
				return nil
			}}).run(t.Context())
			if !errors.Is(err, cut) {
				t.Fatalf("not interrupted: %v", err)
			}
			r.close()
			verified(t, at)

			r = openRegister(t, at)
			if n, err := (&eraser{node: r.node, views: r.views}).run(t.Context()); err != nil || n != 1 {
				t.Fatalf("%d erased, %v", n, err)
			}
			if n, err := (&eraser{node: r.node, views: r.views}).run(t.Context()); err != nil || n != 0 {
				t.Errorf("%d erased again, %v", n, err)
			}
			wantErased(t, r.node, ref)
			page, err := r.views.Case(t.Context(), anOfficer, now(), ref)
			if err != nil || page.Erased == nil || !page.Erased.Completed || page.Person.Identity != nil {
				t.Errorf("the page of the erased person: %+v, %v", page.Erased, err)
			}
			if page, err := r.views.Case(t.Context(), anOfficer, now(), other[0]); err != nil || page.Person.Identity == nil {
				t.Errorf("somebody else lost their name: %v", err)
			}
			if where := seen(t, at.data); len(where) > 0 {
				t.Error(where)
			}
			r.close()
			verified(t, at)
		})
	}
}

// TestKilledWhileErasing kills the server for real, again and again, while it
// erases one person after another, until some of the kills came in the middle
// of it.
func TestKilledWhileErasing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	at := newRegister(t)
	everybody := people(t, at, 30)
	r := openRegister(t, at)
	gone := []domain.Ref{secretive(t, r.node)}
	r.approve(gone[0])
	r.close()
	hits := 0
	for round := 0; round < 6 || hits < 2; round++ {
		if len(gone) == 20 {
			t.Fatalf("only %d of %d kills came while something was under way", hits, round)
		}
		s := serveProcess(t, ctx, at) // begins to erase at once
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		if changing(t, at) {
			hits++
			continue
		}
		r = openRegister(t, at)
		r.caughtUp()
		if left, err := r.views.Unfinished(ctx); err != nil {
			t.Fatal(err)
		} else if len(left) == 0 { // it was faster: the next one
			r.approve(everybody[len(gone)])
			gone = append(gone, everybody[len(gone)])
		}
		r.close()
	}
	r = openRegister(t, at)
	r.caughtUp()
	if _, err := (&eraser{node: r.node, views: r.views}).run(ctx); err != nil {
		t.Fatal(err)
	}
	wantErased(t, r.node, gone[0])
	for i, ref := range everybody {
		page, err := r.views.Case(ctx, anOfficer, now(), ref)
		if erased := i >= 1 && i < len(gone); err != nil || (page.Person.Identity == nil) != erased {
			t.Fatalf("person %d of %d, of whom %d are erased: a name is there: %t, %v", i, len(everybody), len(gone), page.Person.Identity != nil, err)
		}
	}
	r.close()
	verified(t, at)
	t.Logf("%d people erased, %d kills in the middle", len(gone), hits)
}

// changing reports whether a change of keys is under way.
func changing(t *testing.T, at places) bool {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	return ring.Changing()
}

// TestKilledWhileRotating kills nrm key rotate for real. After each time
// everything opens.
func TestKilledWhileRotating(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	at := newRegister(t)
	refs := people(t, at, 30)
	hits := 0
	for round := 0; round < 8 || hits < 2; round++ {
		if round == 40 {
			t.Fatalf("only %d of %d kills came in the middle", hits, round)
		}
		cmd := program(ctx, "key", "rotate", "--data", at.data)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+rand.IntN(300)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if changing(t, at) {
			hits++
		}
		n, err := openNode(ctx, at, quiet())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		found, err := verifyLog(ctx, n, nil, unseen())
		if err = errors.Join(err, n.close()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if want := 3 * len(refs); found.sealed != want || found.erased != 0 || len(found.opened) != len(refs) {
			t.Fatalf("round %d: %d sealed, %d erased, %d people; want %d sealed", round, found.sealed, found.erased, len(found.opened), want)
		}
		if changing(t, at) {
			t.Fatalf("round %d: the next start does not finish it", round)
		}
	}
	out, code := nrm(t, at, "key", "rotate")
	if code != 0 || !strings.Contains(out, fmt.Sprintf("The keys of %d people", len(refs))) {
		t.Errorf("exit %d: %s", code, out)
	}
	if changing(t, at) {
		t.Error("an old key stays")
	}
	verified(t, at)
	t.Logf("%d kills in the middle", hits)
}

// TestWrongKeyFile starts with every key file but the right one. Nothing is
// touched, and afterwards the right one opens everything.
func TestWrongKeyFile(t *testing.T) {
	at := newRegister(t)
	people(t, at, 2)
	old, err := os.ReadFile(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	if out, code := nrm(t, at, "key", "rotate"); code != 0 {
		t.Fatal(out)
	}
	right, err := os.ReadFile(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(newRegister(t).keys)
	if err != nil {
		t.Fatal(err)
	}
	before := fingerprint(t, at.data)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"lost":      {nil, keyfile.ErrLost},
		"outdated":  {old, keyfile.ErrOutdated},
		"foreign":   {foreign, keyfile.ErrForeign},
		"cut short": {right[:len(right)/2], keyfile.ErrUnreadable},
	} {
		if err := os.Remove(at.keys); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if c.file != nil {
			if err := os.WriteFile(at.keys, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := openNode(t.Context(), at, quiet()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"init"}, {"verify"}, {"rebuild"}, {"key", "rotate"}} {
			if out, code := nrm(t, at, command...); code != 1 {
				t.Errorf("%s: nrm %s ended with %d: %s", name, command[0], code, out)
			}
		}
		if after := fingerprint(t, at.data); after != before {
			t.Errorf("%s: the data folder was touched:\n%s\n%s", name, before, after)
		}
	}
	if err := os.WriteFile(at.keys, right, 0o600); err != nil {
		t.Fatal(err)
	}
	verified(t, at)
}

// fingerprint lists the files of a folder with their sizes and times.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// boxesIn reads the closed boxes of a message, past the store.
func boxesIn(t *testing.T, m *jetstream.RawStreamMsg, decode func(eventstore.Message) (domain.Decision, error)) (boxes []domain.Sealed) {
	t.Helper()
	var body struct {
		ID     string
		Meta   map[string]string
		Events []eventstore.Entry
	}
	if err := json.Unmarshal(m.Data, &body); err != nil {
		t.Fatal(err)
	}
	d, err := decode(eventstore.Message{Stream: strings.TrimPrefix(m.Subject, "nrm."), ID: body.ID, Meta: body.Meta, Events: body.Events, Seq: m.Sequence})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range d.Events {
		if s, ok := e.(domain.Sealed); ok {
			boxes = append(boxes, s)
		}
	}
	return boxes
}
