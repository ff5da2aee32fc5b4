package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nrm/domain"
	"nrm/eventstore"
	"nrm/eventstore/keyfile"
	"nrm/eventstore/vault"
)

// codec joins the log, which knows no event, the domain, which knows no log,
// and the vault, which knows neither. A personal event is sealed under the key
// of its case and its compartment.
func codec(v *vault.Vault) eventstore.Codec[domain.Decision] {
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
			for n, e := range m.Events {
				events[n] = domain.StoredEvent{Type: e.Type, Data: e.Data}
				if e.Sealed != nil {
					slot := domain.Slot{Stream: stream, Decision: m.ID, N: n, Type: e.Type}
					events[n].Box = &box{vault: v, slot: slot, Key: e.Key, Sealed: e.Sealed}
				}
			}
			return domain.DecisionFrom(m.Seq, m.Stream, m.ID, m.Meta, events)
		},
	}
}

// sealedCompartments are those whose keys a person gets.
func sealedCompartments() (names []string) {
	for _, c := range domain.Compartments() {
		if c.Sealed() {
			names = append(names, string(c))
		}
	}
	return names
}

// A box is the sealed data of one event.
type box struct {
	vault *vault.Vault
	slot  domain.Slot

	Key    string `json:"key"`
	Sealed []byte `json:"sealed"`
}

// patience is how long opening a box may wait for the person's keys.
const patience = 10 * time.Second

func (b *box) Open() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := b.slot
	plain, err := b.vault.Unseal(ctx, b.Key, eventstore.AD(s.Stream.String(), s.Decision, s.Type, s.N, b.Key), b.Sealed)
	switch {
	case errors.Is(err, vault.ErrErased):
		return nil, domain.ErrErased
	case errors.Is(err, vault.ErrForged), errors.Is(err, vault.ErrLost), errors.Is(err, vault.ErrDamaged):
		err = fmt.Errorf("%w: %w", domain.ErrUnreadable, err)
	}
	if err != nil {
		return nil, fmt.Errorf("event %d of decision %s on %s: %w", s.N, s.Decision, s.Stream, err)
	}
	return plain, nil
}

func (b *box) Stored() []byte {
	stored, err := json.Marshal(b)
	if err != nil {
		panic(err) // two fields that always encode
	}
	return stored
}

// keys is what the views need of what is secret.
type keys struct {
	vault *vault.Vault
	ring  *keyfile.Ring
}

func (k keys) Box(slot domain.Slot, stored []byte) domain.Box {
	b := &box{vault: k.vault, slot: slot}
	if err := json.Unmarshal(stored, b); err != nil {
		return unreadable{fmt.Errorf("event %d of decision %s is not a box: the views are damaged, run nrm rebuild", slot.N, slot.Decision)}
	}
	return b
}

func (k keys) Search() []byte { return k.ring.Search() }

// unreadable is a box that was damaged outside the log.
type unreadable struct{ err error }

func (u unreadable) Open() ([]byte, error) { return nil, u.err }
func (u unreadable) Stored() []byte        { return nil }
