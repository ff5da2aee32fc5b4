package projections

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"nrm/domain"
)

// A safe seals what the tests record, so that nothing plain is ever in their
// files: under a key for each stream, which can be destroyed. Safes of one seed
// seal alike, also in another process.
type safe struct {
	seed      string
	made      sync.Map // domain.Stream -> cipher.AEAD
	forgotten sync.Map // domain.Stream -> true
	damaged   sync.Map // domain.Stream -> true
	away      atomic.Bool
	opened    atomic.Int64
}

var errAway = errors.New("the store of keys is away")

func (s *safe) sum(parts ...any) []byte {
	mac := hmac.New(sha256.New, []byte(s.seed))
	fmt.Fprintf(mac, "%q", parts)
	return mac.Sum(nil)
}

func (s *safe) aead(of domain.Stream) cipher.AEAD {
	if made, ok := s.made.Load(of); ok {
		return made.(cipher.AEAD)
	}
	block, err := aes.NewCipher(s.sum("key", of.String()))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	s.made.Store(of, aead)
	return aead
}

// forget destroys the key of a stream.
func (s *safe) forget(of domain.Stream) { s.forgotten.Store(of, true) }

// damage makes the key of a stream useless until it is restored.
func (s *safe) damage(of domain.Stream)  { s.damaged.Store(of, true) }
func (s *safe) restore(of domain.Stream) { s.damaged.Delete(of) }

func (s *safe) Search() []byte { return s.sum("search") }

func (s *safe) Box(slot domain.Slot, stored []byte) domain.Box {
	return sealedBox{s, slot, string(stored)}
}

func (s *safe) seal(slot domain.Slot, plain []byte) domain.Box {
	nonce := s.sum("nonce", slot, plain)[:12]
	sealed := s.aead(slot.Stream).Seal(nonce, nonce, plain, fmt.Append(nil, slot))
	return sealedBox{s, slot, base64.StdEncoding.EncodeToString(sealed)}
}

// stored gives an event as a log would keep it.
func (s *safe) stored(slot domain.Slot, e domain.AnyEvent) domain.StoredEvent {
	typ, data, err := domain.EncodeEvent(e)
	if err != nil {
		panic(err)
	}
	if spec, _ := domain.EventSpecOf(typ); spec.Personal {
		slot.Type = typ
		return domain.StoredEvent{Type: typ, Box: s.seal(slot, data)}
	}
	return domain.StoredEvent{Type: typ, Data: data}
}

type sealedBox struct {
	safe *safe
	slot domain.Slot
	text string
}

func (b sealedBox) Stored() []byte { return []byte(b.text) }

func (b sealedBox) Open() ([]byte, error) {
	b.safe.opened.Add(1)
	if b.safe.away.Load() {
		return nil, errAway
	}
	if _, gone := b.safe.forgotten.Load(b.slot.Stream); gone {
		return nil, domain.ErrErased
	}
	if _, damaged := b.safe.damaged.Load(b.slot.Stream); damaged {
		return nil, fmt.Errorf("the key of %s: %w", b.slot.Stream, domain.ErrUnreadable)
	}
	sealed, err := base64.StdEncoding.DecodeString(b.text)
	if err != nil || len(sealed) < 12 {
		return nil, errors.New("no box")
	}
	return b.safe.aead(b.slot.Stream).Open(nil, sealed[:12], sealed[12:], fmt.Append(nil, b.slot))
}

// keysOf are the keys to a log of the tests.
func keysOf(t testing.TB, log Log) *safe {
	l, ok := log.(interface{ keys() *safe })
	if !ok {
		t.Fatalf("no keys to a %T", log)
	}
	return l.keys()
}
