package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// A Sealer encrypts the data of an event under the key with a name, so that it
// can be opened only with that key and the same additional data. The key must
// be kept safe before Seal returns: what is sealed is stored next. Seal is
// called from several goroutines at once and must end when ctx does. It must
// not call the store.
type Sealer interface {
	Seal(ctx context.Context, key string, ad, plain []byte) (box []byte, err error)
}

// AD is the additional data of a sealed entry: where it stands, so that what
// was sealed in one place cannot be passed off in another. N is the place in
// the decision, from 0. Whoever opens the entry makes it anew from the message.
//
// It is "nrm1," and then each of the five as its length in bytes, a colon, its
// text and a comma.
func AD(stream, decision, typ string, n int, key string) []byte {
	ad := []byte("nrm1,")
	for _, part := range []string{stream, decision, typ, strconv.Itoa(n), key} {
		ad = strconv.AppendInt(ad, int64(len(part)), 10)
		ad = append(append(append(ad, ':'), part...), ',')
	}
	return ad
}

// seal gives the events of a message as they are stored.
func (s *Store[D]) seal(ctx context.Context, m Message) ([]Entry, error) {
	events := slices.Clone(m.Events)
	for i, e := range events {
		if e.Sealed != nil {
			return nil, fmt.Errorf("event %d (%.40s) is sealed already", i, e.Type)
		}
		if e.Key == "" {
			continue
		}
		if s.opts.Sealer == nil {
			return nil, fmt.Errorf("event %d (%.40s) has a key, and the store has nothing to seal with", i, e.Type)
		}
		if !json.Valid(e.Data) {
			return nil, fmt.Errorf("event %d (%.40s) has no valid data", i, e.Type)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		box, err := s.opts.Sealer.Seal(ctx, e.Key, AD(m.Stream, m.ID, e.Type, i, e.Key), e.Data)
		if err == nil && len(box) == 0 {
			err = errors.New("nothing came of it")
		}
		if err != nil {
			return nil, fmt.Errorf("seal event %d (%.40s): %w", i, e.Type, err)
		}
		events[i] = Entry{Type: e.Type, Key: e.Key, Sealed: box}
	}
	return events, nil
}
