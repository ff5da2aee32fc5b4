package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nrm/domain"
	"nrm/eventstore/keyfile"
)

// nrm runs a subcommand in this process and gives what it wrote.
func nrm(t *testing.T, at places, args ...string) (out string, code int) {
	t.Helper()
	var b bytes.Buffer
	args = append(args, "--data", at.data, "--keys", at.keys, "--checkpoints", at.checkpoints)
	code = run(t.Context(), args, nil, &b, &b)
	return b.String(), code
}

// verified expects nrm verify to find the register whole.
func verified(t *testing.T, at places, args ...string) {
	t.Helper()
	if out, code := nrm(t, at, append([]string{"verify"}, args...)...); code != 0 || !strings.Contains(out, "The log is whole") {
		t.Fatalf("exit %d: %s", code, out)
	}
}

// found expects nrm verify to fail and to say all of this.
func found(t *testing.T, at places, args []string, want ...string) {
	t.Helper()
	out, code := nrm(t, at, append([]string{"verify"}, args...)...)
	if code != 1 {
		t.Errorf("nrm verify ended with %d: %s", code, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("nrm verify does not say %q: %s", w, out)
		}
	}
}

// people records n referrals with a name and signs a checkpoint.
func people(t *testing.T, at places, n int) (refs []domain.Ref) {
	t.Helper()
	node, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	err = node.witnessed(t.Context(), unseen(), func() error {
		for i := range n {
			cmd := domain.RegisterReferral{
				Source: "police", Circumstances: []string{"raid"}, Status: "presumed", Age: "adult", Sex: "female",
				Citizenship: "az", District: "AZ-BA", Basis: "consent",
				IdentityFields: domain.IdentityFields{FamilyName: domain.Words(fmt.Sprintf("Sınaqova %d", i)), GivenName: "Nümunə"},
				DocumentFields: domain.DocumentFields{DocumentKind: "passport", DocumentNumber: domain.Words(fmt.Sprintf("X%07d", i))},
				Notes:          "a note that nobody else may read",
			}
			by := domain.Actor{User: "duty", Role: domain.DutyOfficer, Organisation: "spu"}
			out, err := domain.Open(t.Context(), node.log, domain.Request{By: by, Now: time.Now()}, cmd)
			if err != nil {
				return err
			}
			refs = append(refs, out.Stream.Ref())
		}
		return nil
	})
	if err = errors.Join(err, node.close()); err != nil {
		t.Fatal(err)
	}
	return refs
}

// kept copies the latest checkpoint to where the register cannot reach it.
func kept(t *testing.T, at places) (file string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(at.checkpoints, "latest.txt"))
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "checkpoint.txt")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func verifier(t *testing.T, at places) string {
	t.Helper()
	ring, err := keyfile.Read(at.keys)
	if err != nil {
		t.Fatal(err)
	}
	return ring.VerifierKey()
}

// TestHistoryRewritten has somebody with every key of the operator write the
// whole log anew, with valid chains, and remove all that remembers the old one
// on this machine. Only a checkpoint that was copied elsewhere tells.
func TestHistoryRewritten(t *testing.T) {
	at := newRegister(t)
	people(t, at, 3)
	early := kept(t, at)
	people(t, at, 5)
	late := kept(t, at)
	key := verifier(t, at)
	verified(t, at, "--checkpoint", early, "--checkpoint", late, "--key", key)

	rewrite(t, at, true, func(seq uint64, body map[string]any) {
		if seq == 6 {
			body["meta"].(map[string]any)["user"] = "somebody-else"
		}
	})
	found(t, at, nil, "positions 4 to 8", "the first changed one is 6")
	for _, path := range []string{at.tree(), filepath.Join(at.data, "highwater.json"), filepath.Join(at.data, "views.db"), at.checkpoints} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	verified(t, at) // nothing here speaks against it
	found(t, at, []string{"--checkpoint", late, "--key", key}, "does not agree with the log", "positions 1 to 8")
	found(t, at, []string{"--checkpoint", early, "--checkpoint", late, "--key", key}, "positions 4 to 8")
	verified(t, at, "--checkpoint", early, "--key", key) // what came before is what it was
}

// TestMessageReplaced has one message replaced by somebody who does not write
// the rest anew: the chain of its stream ends there.
func TestMessageReplaced(t *testing.T) {
	at := newRegister(t)
	refs := people(t, at, 4)
	note(t, at, refs[1], "one more")
	note(t, at, refs[1], "and another")
	verified(t, at)
	rewrite(t, at, false, func(seq uint64, body map[string]any) {
		if seq == 5 {
			body["meta"].(map[string]any)["user"] = "somebody-else"
		}
	})
	_ = os.RemoveAll(at.checkpoints) // even without any checkpoint
	_ = os.RemoveAll(at.tree())
	found(t, at, nil, "position 6", "case."+string(refs[1]), "restore the log from a backup")
}

// TestCiphertextMoved puts what was sealed of one person into the history of
// another, and of one event into another of the same person.
func TestCiphertextMoved(t *testing.T) {
	for name, move := range map[string]func(seq uint64, body map[string]any, carried *any){
		"to another person": func(seq uint64, body map[string]any, carried *any) {
			if e := event(body, "NoteAdded"); seq == 1 {
				*carried = map[string]any{"key": e["key"], "sealed": e["sealed"]}
			} else if seq == 2 {
				from := (*carried).(map[string]any)
				e["key"], e["sealed"] = from["key"], from["sealed"]
			}
		},
		"to another person under their own key": func(seq uint64, body map[string]any, carried *any) {
			if e := event(body, "NoteAdded"); seq == 1 {
				*carried = e["sealed"]
			} else if seq == 2 {
				e["sealed"] = *carried
			}
		},
		"to another event of the same person": func(seq uint64, body map[string]any, carried *any) {
			if e := event(body, "NoteAdded"); seq == 1 {
				*carried = e["sealed"]
			} else if seq == 4 {
				e["sealed"] = *carried
			}
		},
		"a single byte of it": func(seq uint64, body map[string]any, _ *any) {
			if e := event(body, "NoteAdded"); seq == 2 {
				b, err := base64.StdEncoding.DecodeString(e["sealed"].(string))
				if err != nil {
					panic(err)
				}
				b[20] ^= 1
				e["sealed"] = base64.StdEncoding.EncodeToString(b)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := newRegister(t)
			refs := people(t, at, 3)
			note(t, at, refs[0], "a later note")
			verified(t, at)
			var carried any
			rewrite(t, at, true, func(seq uint64, body map[string]any) { move(seq, body, &carried) })
			for _, path := range []string{at.tree(), at.checkpoints, filepath.Join(at.data, "highwater.json")} {
				_ = os.RemoveAll(path)
			}
			bad := "position 2"
			if strings.Contains(name, "same person") {
				bad = "position 4"
			}
			found(t, at, nil, bad, "changed, or moved there from another place")
		})
	}
}

// TestOlderCopyPutBack exchanges the store, and then everything, for a copy of
// an earlier day.
func TestOlderCopyPutBack(t *testing.T) {
	at := newRegister(t)
	people(t, at, 3)
	old := filepath.Join(t.TempDir(), "copy")
	copyFolder(t, old, at.data)
	people(t, at, 2)

	put := func(part string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(at.data, part)); err != nil {
			t.Fatal(err)
		}
		copyFolder(t, filepath.Join(at.data, part), filepath.Join(old, part))
	}
	put("jetstream")
	found(t, at, nil, "it got shorter", "ends at position 3, but had reached 5", "restore the log from a backup")
	put("") // also what remembered how far it went
	found(t, at, nil, "the log ends at position 3, but", "write nothing")
	node, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer node.close()
	if _, err := node.witness(t.Context(), unseen(), newSigning(node)); err == nil || !strings.Contains(err.Error(), "position 3") {
		t.Errorf("the older copy would be served: %v", err)
	}
}

// TestForgedCheckpoint hands over checkpoints that nobody signed.
func TestForgedCheckpoint(t *testing.T) {
	at := newRegister(t)
	people(t, at, 3)
	file, key := kept(t, at), verifier(t, at)
	signed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for what, forged := range map[string]string{
		"another size": strings.Replace(string(signed), "\n3\n", "\n2\n", 1),
		"no signature": strings.Split(string(signed), "\n\n")[0] + "\n",
		"nothing":      "",
	} {
		if err := os.WriteFile(file, []byte(forged), 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := nrm(t, at, "verify", "--checkpoint", file, "--key", key)
		if code != 1 || !strings.Contains(out, file) {
			t.Errorf("%s: exit %d, %s", what, code, out)
		}
	}
	other := newRegister(t)
	people(t, other, 3)
	found(t, at, []string{"--checkpoint", kept(t, other), "--key", verifier(t, other)}, "of another register")
	found(t, at, []string{"--checkpoint", kept(t, other), "--key", key}, "checkpoint.txt")
	verified(t, at)
}

func note(t *testing.T, at places, ref domain.Ref, text string) {
	t.Helper()
	node, err := openNode(t.Context(), at, quiet())
	if err != nil {
		t.Fatal(err)
	}
	by := domain.Actor{User: "officer", Role: domain.CaseOfficer, Organisation: "spu"}
	err = node.witnessed(t.Context(), unseen(), func() error {
		_, err := domain.Execute(t.Context(), node.log, domain.Request{By: by, Now: time.Now()}, domain.CaseStream(ref), domain.AddNote{Text: domain.Prose(text)})
		return err
	})
	if err = errors.Join(err, node.close()); err != nil {
		t.Fatal(err)
	}
}

func event(body map[string]any, typ string) map[string]any {
	for _, e := range body["events"].([]any) {
		if e := e.(map[string]any); e["type"] == typ {
			return e
		}
	}
	return map[string]any{}
}
