package eventstore

import (
	"bytes"
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

	// For the one who made the unit: what its writes were made of, as readBack
	// needs it.
	messages []Message
	events   [][]Entry

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

// size is that of its bodies, in bytes.
func (u *unit) size() (n int) {
	for _, w := range u.writes {
		n += len(w.body)
	}
	return n
}

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
	b := batch{link: l, logLast: logLast}
	for _, w := range writes {
		b.add(w)
	}
	b.commit(then)
}

// A batch is on its way to the server while it still grows: the server sets up
// what it needs for a batch when the first message comes. Nothing is stored
// before commit. A batch of one write is a plain message.
type batch struct {
	link    *link
	logLast *uint64

	id   string
	size int
	last write // not published yet: the last message is the one that commits
	err  error // of the first message that could not be published
}

func (b *batch) add(w write) {
	if b.size == 1 {
		b.id = uuid.NewString() // each attempt is a batch of its own
	}
	if b.size > 0 && b.err == nil {
		b.err = b.link.wire.nc.PublishMsg(b.message())
	}
	b.last = w
	b.size++
}

// message is the last write, as the message with number size of the batch.
func (b *batch) message() *nats.Msg {
	h := b.last.header()
	if b.logLast != nil && b.size == 1 {
		h["Nats-Expected-Last-Sequence"] = []string{strconv.FormatUint(*b.logLast, 10)}
	}
	if b.id != "" {
		h["Nats-Batch-Id"] = []string{b.id}
		h["Nats-Batch-Sequence"] = []string{strconv.Itoa(b.size)}
	}
	return &nats.Msg{Subject: prefix + b.last.stream, Header: h, Data: b.last.body}
}

// commit sends the last message and calls then once with the outcome and, if
// stored, the highest position.
func (b *batch) commit(then func(outcome, uint64, error)) {
	if b.err != nil {
		then(unknown, 0, b.err) // the server drops the unfinished batch after a while
		return
	}
	m := b.message()
	if b.id != "" {
		m.Header["Nats-Batch-Commit"] = []string{"1"}
	}
	b.link.wire.tell(m, false, b.link.patience, func(answers []*nats.Msg, err error) {
		if err != nil {
			then(unknown, 0, err)
		} else {
			then(judge(answers[0]))
		}
	})
}

// header is what every write says of itself.
func (w write) header() nats.Header {
	v := [...]string{w.id + "/" + w.stream, streamName, strconv.FormatUint(w.last, 10), w.before}
	h := make(nats.Header, 8)
	h["Nats-Msg-Id"] = v[0:1:1]
	h["Nats-Expected-Stream"] = v[1:2:2]
	h["Nats-Expected-Last-Subject-Sequence"] = v[2:3:3]
	h[headerBefore] = v[3:4:4]
	return h
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

// acknowledged reads the answer that nearly every write gets, as the server puts
// it. Whatever else there is, judge finds out.
func acknowledged(answer []byte) (seq uint64, ok bool) {
	digits, ok := bytes.CutPrefix(answer, []byte(`{"stream":"`+streamName+`","seq":`))
	if !ok {
		return 0, false
	}
	if digits, ok = bytes.CutSuffix(digits, []byte("}")); !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(string(digits), 10, 64)
	return seq, err == nil && seq > 0
}

// judge reads the server's answer to a write.
func judge(m *nats.Msg) (outcome, uint64, error) {
	if status := m.Header.Get("Status"); status != "" {
		return unknown, 0, fmt.Errorf("status %s", status)
	}
	if seq, ok := acknowledged(m.Data); ok {
		return stored, seq, nil
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
