package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"nrm/domain"
)

// heapKeys seals what a log in memory holds, as the vault would, all under one
// key.
type heapKeys struct{ aead cipher.AEAD }

func newHeapKeys() heapKeys {
	block, err := aes.NewCipher([]byte(rand.Text() + rand.Text())[:32])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return heapKeys{aead}
}

func (heapKeys) Search() []byte { return []byte(strings.Repeat("k", 32)) }

func (k heapKeys) Box(_ domain.Slot, stored []byte) domain.Box {
	sealed, err := base64.StdEncoding.DecodeString(string(stored))
	if err != nil {
		panic(err)
	}
	return heapBox{k, sealed}
}

// seal gives events as a log keeps them.
func (k heapKeys) seal(events []domain.AnyEvent) []domain.AnyEvent {
	kept := make([]domain.AnyEvent, len(events))
	for i, e := range events {
		kept[i] = e
		if spec, _ := domain.EventSpecOf(e.EventType()); spec.Personal {
			_, data, err := domain.EncodeEvent(e)
			if err != nil {
				panic(err)
			}
			kept[i] = domain.Sealed{Type: spec.Type, Box: heapBox{k, k.aead.Seal(nil, nil, data, nil)}}
		}
	}
	return kept
}

type heapBox struct {
	keys   heapKeys
	sealed []byte
}

func (b heapBox) Open() ([]byte, error) { return b.keys.aead.Open(nil, nil, b.sealed, nil) }
func (b heapBox) Stored() []byte        { return []byte(base64.StdEncoding.EncodeToString(b.sealed)) }
