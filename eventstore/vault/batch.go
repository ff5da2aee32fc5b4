package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const maxBatch = 500 // messages; the server takes 1000

// A write is a row to be stored in place of the owner's row at seq.
type write struct {
	owner string
	seq   uint64
	body  []byte
}

// publishAll stores all writes, in this order, or none. After an error they may
// be stored or not; the stream says which.
func (l *link) publishAll(ctx context.Context, writes []write) (last uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 4*l.timeout) // much is written at once
	defer cancel()
	batch := uuid.NewString()
	for i, w := range writes {
		m := &nats.Msg{Subject: prefix + w.owner, Data: w.body, Header: nats.Header{
			jetstream.ExpectedStreamHeader:      {streamName},
			jetstream.ExpectedLastSubjSeqHeader: {strconv.FormatUint(w.seq, 10)},
			"Nats-Batch-Id":                     {batch},
			"Nats-Batch-Sequence":               {strconv.Itoa(i + 1)},
		}}
		if i < len(writes)-1 {
			if err := l.nc.PublishMsg(m); err != nil {
				return 0, err // the server drops the unfinished batch after a while
			}
			continue
		}
		m.Header.Set("Nats-Batch-Commit", "1")
		answer, err := l.nc.RequestMsgWithContext(ctx, m)
		if err != nil {
			return 0, err
		}
		var ack struct {
			Error  *jetstream.APIError `json:"error"`
			Stream string              `json:"stream"`
			Seq    uint64              `json:"seq"`
		}
		if err := json.Unmarshal(answer.Data, &ack); err != nil {
			return 0, fmt.Errorf("unreadable answer: %w", err)
		}
		if ack.Error != nil {
			return 0, ack.Error
		}
		if ack.Stream != streamName || ack.Seq == 0 {
			return 0, fmt.Errorf("unexpected answer %.200q", answer.Data)
		}
		last = ack.Seq
	}
	return last, nil
}

// blankBytes is more than nats-server puts into one file: 8 MiB, or 2 MiB if
// encrypted.
const blankBytes = 9_000_000

// blank stores messages without a meaning, of so many bytes, that fill up the
// server's current file, and gives the position of the last. What is stored after it lies in
// other files than what was stored before the first. The server removes whole
// files only: if what goes and what stays shared one, the keys that the earlier
// KEK has wrapped would remain in it, readable to whoever got hold of that KEK.
func (v *Vault) blank(ctx context.Context, bytes int) (seq uint64, err error) {
	size := min(1_000_000, int(v.nc.MaxPayload())-1024)
	for left := bytes; left > 0; left -= size {
		ctx, cancel := context.WithTimeout(ctx, v.timeout)
		ack, err := v.js.Publish(ctx, blankSubject, make([]byte, min(size, left)), jetstream.WithExpectStream(streamName))
		cancel()
		if err != nil {
			return 0, err
		}
		seq = ack.Sequence
	}
	return seq, nil
}
