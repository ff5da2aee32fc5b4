// Package mirror copies a register's streams to another machine, where they
// can take over: with the same positions, times and hashes, because JetStream
// copies message by message.
//
// The side that has the register offers its streams to followers (Offer), a
// follower copies them for as long as it runs (Follow), the register is closed
// when it is to move (HandOver), and a copy that has everything is promoted
// (Promote). All of it works between servers embedded in a program and the
// servers of a cluster, in either direction.
package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"nrm/eventstore"
	"nrm/eventstore/role"
	"nrm/eventstore/vault"
)

// streams are what a register consists of: the log and the keys.
func streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{eventstore.Settings(1), vault.Settings(1)}
}

// isLog tells the stream of which every position is there from that of which
// messages are deleted.
func isLog(stream string) bool { return stream == eventstore.Settings(1).Name }

var (
	// ErrUnreachable says that the register does not answer.
	ErrUnreachable = errors.New("the register that this is a copy of does not answer")
	// ErrDenied says that the servers do not let this key do what was asked.
	ErrDenied = errors.New("this key may not do that")
)

const askTimeout = 5 * time.Second

// An Origin is the register that is copied, as its follower may ask it.
type Origin struct {
	nc     *nats.Conn
	domain string // of its JetStream, as seen from nc; empty for that of nc itself
	key    string // public NKey of the follower; of no matter without domain

	mu      sync.Mutex
	deleted map[string][]gap // by stream; where the register was found to have nothing
}

// NewOrigin asks over a connection that reaches the register's JetStream in
// this domain, as the follower with this public NKey.
func NewOrigin(nc *nats.Conn, domain, key string) *Origin {
	return &Origin{nc: nc, domain: domain, key: key, deleted: map[string][]gap{}}
}

// An Info is how a stream is.
type Info struct {
	Config jetstream.StreamConfig `json:"config"`
	State  jetstream.StreamState  `json:"state"`
}

// Info tells how a stream is. It fails with ErrUnreachable if nobody answers.
func (o *Origin) Info(ctx context.Context, stream string) (Info, error) {
	var i Info
	return i, o.ask(ctx, "STREAM.INFO."+stream, nil, &i)
}

// details tells how a stream is, with every position that is deleted.
func (o *Origin) details(ctx context.Context, stream string) (Info, error) {
	var i Info
	return i, o.ask(ctx, "STREAM.INFO."+stream, map[string]any{"deleted_details": true}, &i)
}

// HandedOver tells whether the register was closed: nothing is appended any more.
func (o *Origin) HandedOver(ctx context.Context) (bool, error) {
	for _, s := range streams() {
		if i, err := o.Info(ctx, s.Name); err != nil || !role.HandedOver(i.Config) {
			return false, err
		}
	}
	return true, nil
}

// A message as it is stored, without the headers that a copy does not keep.
type message struct {
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Data    []byte    `json:"data"`
	Time    time.Time `json:"time"`
}

// at gives the message at a position, nil if there is none.
func (o *Origin) at(ctx context.Context, stream string, seq uint64) (*message, error) {
	return o.message(ctx, stream, map[string]any{"seq": seq})
}

// after gives the first message after a position, nil if there is none.
func (o *Origin) after(ctx context.Context, stream string, seq uint64) (*message, error) {
	return o.message(ctx, stream, map[string]any{"seq": seq + 1, "next_by_subj": ">"})
}

func (o *Origin) message(ctx context.Context, stream string, question any) (*message, error) {
	var answer struct {
		Message *message `json:"message"`
	}
	err := o.ask(ctx, "STREAM.MSG.GET."+stream, question, &answer)
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound {
		return nil, nil
	}
	if err == nil && answer.Message == nil {
		err = errors.New("the answer holds no message")
	}
	return answer.Message, err
}

// reset has the follower's consumer deliver from a position on.
func (o *Origin) reset(ctx context.Context, stream string, seq uint64) error {
	return o.ask(ctx, "CONSUMER.RESET."+stream+"."+eventstore.CopyConsumer(o.key), map[string]any{"seq": seq}, nil)
}

// ask puts a question to the JetStream API. The answer comes on a subject that
// the follower may listen to; the client library's own inboxes do not cross the
// link.
func (o *Origin) ask(ctx context.Context, api string, question, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := o.tryAsk(ctx, api, question, answer); err != nil {
		return fmt.Errorf("mirror: ask for %s: %w", strings.ToLower(api), err)
	}
	return nil
}

func (o *Origin) tryAsk(ctx context.Context, api string, question, answer any) error {
	var body []byte
	var err error
	if question != nil {
		if body, err = json.Marshal(question); err != nil {
			return err
		}
	}
	prefix, inbox := "$JS.API.", o.nc.NewInbox()
	if o.domain != "" {
		prefix, inbox = "$JS."+o.domain+".API.", eventstore.CopySubject(o.key, "inbox."+nuid.Next())
	}
	sub, err := o.nc.SubscribeSync(inbox)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }() // of a connection that has ended
	if err := o.nc.PublishRequest(prefix+api, inbox, body); err != nil {
		return err
	}
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		err = denied(o.nc, prefix+api, err)
	}
	if errors.Is(err, ErrDenied) {
		return err // which says nothing of whether the register runs
	}
	if errors.Is(err, nats.ErrNoResponders) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if err != nil {
		return err
	}
	var failed struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &failed); err != nil {
		return err
	}
	if failed.Error != nil {
		return failed.Error
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(m.Data, answer)
}
