package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"nrm/domain"
	"nrm/eventstore"
)

// A vault keeps the keys of a test's persons in memory and seals as the real
// one does: nothing personal gets to the log or to the views in clear.
type vault struct {
	search []byte

	mu      sync.Mutex
	keys    map[string]cipher.AEAD // by name: owner/compartment
	erased  map[string]bool        // by owner
	damaged map[string]bool        // by owner
	away    error                  // what every question answers, if set
	opened  int
}

var errAway = errors.New("the vault is away")

func newVault() *vault {
	v := &vault{search: make([]byte, 32), keys: map[string]cipher.AEAD{}, erased: map[string]bool{}, damaged: map[string]bool{}}
	_, _ = rand.Read(v.search)
	return v
}

func (v *vault) Search() []byte { return v.search }

func (v *vault) key(name string, create bool) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	owner, _, _ := strings.Cut(name, "/")
	switch {
	case v.away != nil:
		return nil, v.away
	case v.erased[owner]:
		return nil, domain.ErrErased
	case v.damaged[owner]:
		return nil, fmt.Errorf("keys of %s: %w", owner, domain.ErrUnreadable)
	case v.keys[name] != nil:
		return v.keys[name], nil
	case !create:
		return nil, errors.New("there is no key")
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	v.keys[name], err = cipher.NewGCMWithRandomNonce(block)
	return v.keys[name], err
}

// Seal is what the log asks for.
func (v *vault) Seal(_ context.Context, key string, ad, plain []byte) ([]byte, error) {
	k, err := v.key(key, true)
	if err != nil {
		return nil, err
	}
	return k.Seal(nil, nil, plain, ad), nil
}

// erase destroys an owner's keys for ever.
func (v *vault) erase(owner string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erased[owner] = true
}

// damage makes an owner's keys useless, or restores them.
func (v *vault) damage(owner string, damaged bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.damaged[owner] = damaged
}

// away makes the vault answer nothing but this; nil brings it back.
func (v *vault) goAway(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.away = err
}

type box struct {
	vault  *vault
	slot   domain.Slot
	Key    string `json:"key"`
	Sealed []byte `json:"sealed"`
}

func (b box) Open() ([]byte, error) {
	k, err := b.vault.key(b.Key, false)
	if err != nil {
		return nil, err
	}
	b.vault.mu.Lock()
	b.vault.opened++
	b.vault.mu.Unlock()
	return k.Open(nil, nil, b.Sealed, eventstore.AD(b.slot.Stream.String(), b.slot.Decision, b.slot.Type, b.slot.N, b.Key))
}

func (b box) Stored() []byte {
	kept, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	return kept
}

// Box is what the views ask for.
func (v *vault) Box(slot domain.Slot, stored []byte) domain.Box {
	b := box{vault: v, slot: slot}
	if err := json.Unmarshal(stored, &b); err != nil {
		panic(fmt.Sprintf("box of %d bytes: %v", len(stored), err))
	}
	return b
}

// codec joins the log and the domain as the program does.
func (v *vault) codec() eventstore.Codec[domain.Decision] {
	return eventstore.Codec[domain.Decision]{
		Encode: func(d domain.Decision) (eventstore.Message, error) {
			m := eventstore.Message{Stream: d.Stream.String(), ID: d.ID, Meta: d.Meta()}
			for _, e := range d.Events {
				typ, data, err := domain.EncodeEvent(e)
				if err != nil {
					return m, err
				}
				entry := eventstore.Entry{Type: typ, Data: data}
				if spec, _ := domain.EventSpecOf(typ); spec.Personal {
					entry.Key = d.Stream.ID + "/" + string(spec.Compartment)
				}
				m.Events = append(m.Events, entry)
			}
			return m, nil
		},
		Decode: func(m eventstore.Message) (domain.Decision, error) {
			stream, err := domain.StreamNamed(m.Stream)
			if err != nil {
				return domain.Decision{}, err
			}
			events := make([]domain.StoredEvent, len(m.Events))
			for i, e := range m.Events {
				events[i] = domain.StoredEvent{Type: e.Type, Data: e.Data}
				if e.Key != "" {
					slot := domain.Slot{Stream: stream, Decision: m.ID, N: i, Type: e.Type}
					events[i] = domain.StoredEvent{Type: e.Type, Box: box{v, slot, e.Key, e.Sealed}}
				}
			}
			return domain.DecisionFrom(m.Seq, m.Stream, m.ID, m.Meta, events)
		},
	}
}

// A notary witnesses a test's log. Its proofs have the shape of real ones; that
// those prove anything is tested where they are made.
type notary struct {
	log     *eventstore.Store[domain.Decision]
	damaged []int64 // sizes of checkpoints that cannot be read
}

const notaryKey = "nrm/test+00000000+AAAA"

func hashOf(what string, n uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", what, n))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// leafOf is the hash of a record by RFC 6962.
func leafOf(record string) string {
	sum := sha256.Sum256([]byte("\x00" + record))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (n notary) checkpoint(size int64) Checkpoint {
	root := hashOf("root", uint64(size))
	return Checkpoint{Size: size, Root: root, At: today.Add(time.Duration(size) * time.Second), Note: fmt.Sprintf("nrm/test\n%d\n%s\n\n— nrm/test signed\n", size, root)}
}

func (n notary) Checkpoints(ctx context.Context, before int64, limit int) ([]Checkpoint, error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	var list []Checkpoint
	for size := int64(last); size > 0 && limit > 0; size-- {
		if before != 0 && size >= before {
			continue
		}
		limit--
		if slices.Contains(n.damaged, size) {
			err = errors.Join(err, fmt.Errorf("checkpoint %d is damaged", size))
			continue
		}
		list = append(list, n.checkpoint(size))
	}
	return list, err
}

func (n notary) Prove(ctx context.Context, position uint64) (Proof, error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return Proof{}, err
	}
	if position == 0 || position > last {
		return Proof{}, ErrNoSuchPosition
	}
	p := Proof{Position: position, Hashes: []string{hashOf("node", 1)}, Checkpoint: n.checkpoint(int64(last))}
	err = n.log.Leaves(ctx, position-1, position, func(leaves []eventstore.Leaf) error {
		p.Record, p.Leaf = string(leaves[0].Record()), leafOf(string(leaves[0].Record()))
		return nil
	})
	return p, err
}

func (n notary) Consistency(ctx context.Context, older, newer int64) (Consistency, error) {
	last, err := n.log.Last(ctx)
	if err != nil {
		return Consistency{}, err
	}
	if newer > int64(last) {
		return Consistency{}, ErrNoSuchPosition
	}
	return Consistency{Older: older, Newer: newer, Hashes: []string{hashOf("node", 2)}}, nil
}

func (notary) Key() string { return notaryKey }
