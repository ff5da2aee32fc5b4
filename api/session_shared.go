package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// sharedSessions lets sessions be kept by a SessionStore. That it does not
// answer says nothing about who is signed in, so nobody is signed out by it:
// its errors become answers to ask again.
type sharedSessions struct{ store SessionStore }

func sessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (s sharedSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, found, err := s.store.Find(ctx, sessionKey(token))
	if err != nil {
		return nil, false, unavailable(err)
	}
	return data, found, nil
}

func (s sharedSessions) CommitCtx(ctx context.Context, token string, data []byte, until time.Time) error {
	trouble, _ := ctx.Value(sessionTroubleKey{}).(*sessionTrouble)
	if trouble != nil && trouble.failed {
		return nil
	}
	if err := s.store.Commit(ctx, sessionKey(token), data, until); err != nil {
		if trouble != nil {
			trouble.failed = true
		}
		return unavailable(err)
	}
	return nil
}

// A session is kept when the answer's first byte is written. If that fails, the
// answer is that it failed, with which it must not be tried again.
type (
	sessionTrouble    struct{ failed bool } // of one request
	sessionTroubleKey struct{}
)

func (s sharedSessions) DeleteCtx(ctx context.Context, token string) error {
	if token == "" { // of who had no session
		return nil
	}
	if err := s.store.Delete(ctx, sessionKey(token)); err != nil {
		return unavailable(err)
	}
	return nil
}

// The methods without a context are never called, since there are those above.

func (s sharedSessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sharedSessions) Commit(token string, data []byte, until time.Time) error {
	return s.CommitCtx(context.Background(), token, data, until)
}

func (s sharedSessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// sessionCodec writes the same session always in the same way, so that a store
// sees when nothing has changed.
type sessionCodec struct{}

type sessionData struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"` // strings
}

func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionData{deadline.UTC(), values})
}

func (sessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	err := json.Unmarshal(b, &d)
	if d.Values == nil {
		d.Values = map[string]any{}
	}
	return d.Deadline, d.Values, err
}
