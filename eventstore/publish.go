package eventstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A guard is a stream and the position of its last message that a decision was
// made on.
type guard struct {
	stream string
	last   uint64
}

// A write is one message to be stored if its guard still holds.
type write struct {
	guard
	id     string // of the decision
	before string // positions of the messages before it, as in headerBefore
	body   []byte
}

// A unit is what one update writes: all or nothing, and only if the guards of
// the streams that it does not write to hold as well.
type unit struct {
	writes []write
	guards []guard

	state   atomic.Int32 // waiting, then sent or withdrawn
	unclear bool         // an earlier attempt may have stored it; owned by the committer

	done    chan struct{} // closed when the rest is set
	outcome outcome
	seq     uint64 // highest position, if stored
	err     error  // if neither stored nor in conflict
}

const (
	waiting int32 = iota
	sent
	withdrawn
)

func newUnit() *unit { return &unit{done: make(chan struct{})} }

// withdraw takes a unit back that has not been sent.
func (u *unit) withdraw() bool { return u.state.CompareAndSwap(waiting, withdrawn) }

func (u *unit) end(o outcome, seq uint64, err error) {
	u.outcome, u.seq, u.err = o, seq, err
	close(u.done)
}

type outcome int

const (
	unknown  outcome = iota // stored or not; also: not now
	stored                  // on disk
	conflict                // somebody was first: another, or an earlier attempt of ours
	refused                 // not stored, and never will be
)

const (
	codeDuplicateInBatch = 10201 // a message id of an atomic batch was stored before

	// headerBefore lists the positions of the stream's previous messages,
	// newest first, at most maxBefore, so that a history spread over a long log
	// is read in a few steps. It is a hint: the hash chain decides.
	headerBefore = "Before"
	maxBefore    = 16

	headerRoom = 2 << 10 // bytes of a message set aside for headers
)

// send publishes writes, several as one atomic batch, and calls then with the
// outcome and, if stored, the highest position. If logLast is given, it must be
// the last position of the whole log. Then must not block.
func (l *link) send(writes []write, logLast *uint64, then func(outcome, uint64, error)) {
	batch := ""
	if len(writes) > 1 {
		batch = uuid.NewString() // each attempt is a batch of its own
	}
	for i, w := range writes {
		h := nats.Header{
			"Nats-Msg-Id":                         {w.id + "/" + w.stream},
			"Nats-Expected-Stream":                {streamName},
			"Nats-Expected-Last-Subject-Sequence": {strconv.FormatUint(w.last, 10)},
			headerBefore:                          {w.before},
		}
		if logLast != nil && i == 0 {
			h["Nats-Expected-Last-Sequence"] = []string{strconv.FormatUint(*logLast, 10)}
		}
		if batch != "" {
			h["Nats-Batch-Id"] = []string{batch}
			h["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		}
		m := &nats.Msg{Subject: prefix + w.stream, Header: h, Data: w.body}
		if i == len(writes)-1 {
			if batch != "" {
				h["Nats-Batch-Commit"] = []string{"1"}
			}
			l.wire.tell(m, false, l.patience, func(answers []*nats.Msg, err error) {
				if err != nil {
					then(unknown, 0, err)
				} else {
					then(judge(answers[0]))
				}
			})
			return
		}
		if err := l.wire.nc.PublishMsg(m); err != nil {
			then(unknown, 0, err) // the server drops the unfinished batch after a while
			return
		}
	}
}

// attempt is send that waits.
func (l *link) attempt(writes []write, logLast *uint64) (o outcome, seq uint64, err error) {
	done := make(chan struct{})
	l.send(writes, logLast, func(o2 outcome, seq2 uint64, err2 error) {
		o, seq, err = o2, seq2, err2
		close(done)
	})
	<-done
	return o, seq, err
}

// judge reads the server's answer to a write.
func judge(m *nats.Msg) (outcome, uint64, error) {
	if status := m.Header.Get("Status"); status != "" {
		return unknown, 0, fmt.Errorf("status %s", status)
	}
	var ack struct {
		Error     *jetstream.APIError `json:"error"`
		Stream    string              `json:"stream"`
		Seq       uint64              `json:"seq"`
		Duplicate bool                `json:"duplicate"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return unknown, 0, fmt.Errorf("unreadable answer: %w", err)
	}
	if ack.Error == nil {
		switch {
		case ack.Stream != streamName || ack.Seq == 0:
			return unknown, 0, fmt.Errorf("unexpected answer %.200q", m.Data)
		case ack.Duplicate:
			return conflict, 0, nil // stored earlier; the history says where
		}
		return stored, ack.Seq, nil
	}
	switch ack.Error.ErrorCode {
	case jetstream.JSErrCodeStreamWrongLastSequence, // with the sequence: one server
		jetstream.JSErrCodeStreamWrongLastSequenceConstant, // without: a cluster with another write under way
		codeDuplicateInBatch:
		return conflict, 0, nil
	case 10158, // the same message id is under way in a cluster
		10176, // an atomic batch came in pieces
		10210: // too many atomic batches under way
		return unknown, 0, ack.Error
	}
	if ack.Error.Code >= 500 {
		return unknown, 0, ack.Error // trouble of the server, perhaps passing
	}
	return refused, 0, ack.Error
}
