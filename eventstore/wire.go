package eventstore

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// wire asks questions over one subscription: many can be under way at once,
// and one can have several answers.
type wire struct {
	nc    *nats.Conn
	inbox string // with a trailing dot
	sub   *nats.Subscription

	mu    sync.Mutex
	asked uint64
	calls map[uint64]*call
}

// A call is a question under way. It ends with its first answer or, if it has
// many, with the first that carries a status, or when time is up.
type call struct {
	many    bool
	answers []*nats.Msg // written by the subscription only
	timer   *time.Timer
	then    func([]*nats.Msg, error)
}

func newWire(nc *nats.Conn) (*wire, error) {
	w := &wire{nc: nc, inbox: nc.NewInbox() + ".", calls: map[uint64]*call{}}
	sub, err := nc.Subscribe(w.inbox+"*", w.answered)
	if err != nil {
		return nil, err
	}
	// An answer dropped here would be an outcome unknown. What is asked for is
	// bounded by the questions.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, err
	}
	w.sub = sub
	return w, nil
}

func (w *wire) answered(m *nats.Msg) {
	id, err := strconv.ParseUint(m.Subject[len(w.inbox):], 36, 64)
	if err != nil {
		return
	}
	w.mu.Lock()
	c := w.calls[id]
	if c == nil {
		w.mu.Unlock()
		return // nobody waits any longer
	}
	c.answers = append(c.answers, m)
	if c.many && m.Header.Get("Status") == "" {
		w.mu.Unlock()
		return
	}
	delete(w.calls, id)
	w.mu.Unlock()
	c.timer.Stop()
	c.then(c.answers, nil)
}

// tell sends a question and calls then exactly once, with the answers, at
// least one, or with an error when patience is over or sending failed. Then
// must not block: all other answers wait for it.
func (w *wire) tell(m *nats.Msg, many bool, patience time.Duration, then func([]*nats.Msg, error)) (forget func()) {
	c := &call{many: many, then: then}
	w.mu.Lock()
	w.asked++
	id := w.asked
	w.calls[id] = c
	c.timer = time.AfterFunc(patience, func() {
		w.drop(id, fmt.Errorf("%w within %v", ErrUnavailable, patience))
	})
	w.mu.Unlock()
	m.Reply = w.inbox + strconv.FormatUint(id, 36)
	if err := w.nc.PublishMsg(m); err != nil {
		w.drop(id, unavailable(err))
	}
	return func() { w.drop(id, context.Canceled) }
}

// drop ends a call that has not ended.
func (w *wire) drop(id uint64, why error) {
	w.mu.Lock()
	c := w.calls[id]
	delete(w.calls, id)
	w.mu.Unlock()
	if c != nil {
		c.timer.Stop()
		c.then(nil, why)
	}
}

// ask sends a question and waits for the answers, until ctx ends at the most.
func (w *wire) ask(ctx context.Context, m *nats.Msg, many bool, patience time.Duration) (answers []*nats.Msg, err error) {
	done := make(chan struct{})
	forget := w.tell(m, many, patience, func(a []*nats.Msg, failed error) {
		answers, err = a, failed
		close(done)
	})
	select {
	case <-done:
		return answers, err
	case <-ctx.Done():
		forget()
		<-done
		return nil, ctx.Err()
	}
}

func (w *wire) close() { _ = w.sub.Unsubscribe() }
