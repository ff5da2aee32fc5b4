package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// link reads the log. Every question it asks ends within timeout.
type link struct {
	js         jetstream.JetStream
	wire       *wire
	replicated bool // answers may come from a copy that lags; what must be fresh is asked of the leader
	timeout    time.Duration
	patience   time.Duration // with one attempt at an exchange: what is asked while servers elect a leader is never answered
}

// errNotDirect says that direct questions are not answered. The JetStream API
// is asked instead.
var errNotDirect = errors.New("no direct answer")

const (
	direct       = "$JS.API.DIRECT.GET." + streamName // any copy of the log answers
	readMessages = 1000                               // of one question
	readBytes    = 8 << 20                            // of one question
)

// dial finds the log and checks its settings.
func dial(ctx context.Context, nc *nats.Conn, timeout time.Duration, lookOnly bool) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, streamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	info := stream.CachedInfo()
	if info.State.NumDeleted > 0 { // then we want to say which
		if info, err = stream.Info(ctx, jetstream.WithDeletedDetails(true)); err != nil {
			return nil, err
		}
	}
	if info.Config, err = checkRole(info.Config, lookOnly); err != nil {
		return nil, err
	}
	if err := checkSettings(info); err != nil {
		return nil, err
	}
	wire, err := newWire(nc)
	if err != nil {
		return nil, err
	}
	l := &link{js: js, wire: wire, replicated: info.Config.Replicas > 1, timeout: timeout, patience: timeout}
	if l.replicated {
		l.patience = timeout / 4
	}
	return l, nil
}

func (l *link) close() { l.wire.close() }

// line tells connections to the server apart: it changes when one is lost and
// made anew.
func (l *link) line() uint64 { return l.wire.nc.Stats().Reconnects }

// ask returns the answers to a question, at least one.
func (l *link) ask(ctx context.Context, subject string, question []byte, many bool) ([]*nats.Msg, error) {
	for end := time.Now().Add(l.timeout); ; {
		answers, err := l.wire.ask(ctx, &nats.Msg{Subject: subject, Data: question}, many, l.patience)
		if err == nil && answers[0].Header.Get("Status") != noResponders || !l.again(ctx, end) {
			return answers, err
		}
	}
}

const (
	noResponders = "503"                 // the status of who gets no answer because nobody is there
	againAfter   = 50 * time.Millisecond // until the next attempt
)

// again tells whether another attempt is worth it and there is time for it, after
// waiting a little. One server alone has no leader to elect.
func (l *link) again(ctx context.Context, end time.Time) bool {
	if !l.replicated {
		return false
	}
	pause(ctx, againAfter)
	return ctx.Err() == nil && time.Now().Before(end)
}

// last returns the last position of the log.
func (l *link) last(ctx context.Context) (uint64, error) {
	for end := time.Now().Add(l.timeout); ; {
		attempt, cancel := context.WithTimeout(ctx, l.patience)
		s, err := l.js.Stream(attempt, streamName)
		cancel()
		if err == nil {
			return s.CachedInfo().State.LastSeq, nil
		}
		if !l.again(ctx, end) {
			return 0, unavailable(err)
		}
	}
}

// lastSince is last for whoever knows that the log has reached a position: a
// leader that was cut off and does not know it yet may say less for a moment.
func (l *link) lastSince(ctx context.Context, known uint64) (uint64, error) {
	for end := time.Now().Add(l.timeout); ; {
		last, err := l.last(ctx)
		if err != nil || last >= known || !l.replicated || time.Now().After(end) {
			return last, err
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// A record is a message and its headerBefore.
type record struct {
	Message
	before string
}

// lastOf returns the newest message of a stream, a zero record if there is
// none.
func (l *link) lastOf(ctx context.Context, stream string) (record, error) {
	if l.replicated {
		return l.ofLeader(ctx, map[string]any{"last_by_subj": prefix + stream})
	}
	answers, err := l.ask(ctx, direct+"."+prefix+stream, nil, false)
	if err != nil {
		return record{}, err
	}
	found, _, err := records(answers)
	if err != nil || len(found) == 0 {
		return record{}, err
	}
	return found[0], nil
}

// back returns the messages of a stream after position after, up to newest, by
// going back from it. It fails with errNotDirect if some of them cannot be had
// this way.
func (l *link) back(ctx context.Context, newest record, after uint64) ([]Message, error) {
	all := []Message{newest.Message}
	for oldest := newest; oldest.before != ""; {
		var questions [][]byte
		for f := range strings.FieldsSeq(oldest.before) {
			if seq, err := strconv.ParseUint(f, 10, 64); err == nil && seq > after && seq < oldest.Seq {
				questions = append(questions, fmt.Appendf(nil, `{"seq":%d}`, seq))
			}
		}
		if len(questions) == 0 {
			break
		}
		found, err := l.askAll(ctx, questions)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if r.Seq >= oldest.Seq {
				return nil, errNotDirect
			}
			all = append(all, r.Message)
			oldest = r
		}
	}
	slices.Reverse(all)
	return all, nil
}

// askAll asks direct questions for one message each, all at once.
func (l *link) askAll(ctx context.Context, questions [][]byte) ([]record, error) {
	found := make([]record, len(questions))
	errs := make([]error, len(questions))
	var wg sync.WaitGroup
	wg.Add(len(questions))
	for i, q := range questions {
		l.wire.tell(&nats.Msg{Subject: direct, Data: q}, false, l.timeout, func(answers []*nats.Msg, err error) {
			defer wg.Done()
			if errs[i] = err; err != nil {
				return
			}
			rs, _, err := records(answers)
			if err == nil && len(rs) == 0 {
				err = errNotDirect
			}
			if errs[i] = err; err == nil {
				found[i] = rs[0]
			}
		})
	}
	wg.Wait() // no longer than the timeout
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// at returns the message at a position, a zero Message if there is none.
func (l *link) at(ctx context.Context, seq uint64) (Message, error) {
	r, err := l.ofLeader(ctx, map[string]any{"seq": seq})
	return r.Message, err
}

// since returns the messages of a stream from position from on, in order. The
// server looks for them through all that lies between.
func (l *link) since(ctx context.Context, stream string, from uint64) ([]Message, error) {
	var all []Message
	for {
		q, err := json.Marshal(map[string]any{
			"seq": from, "next_by_subj": prefix + stream, "batch": readMessages, "max_bytes": readBytes,
		})
		if err != nil {
			return nil, err
		}
		answers, err := l.ask(ctx, direct, q, true)
		if err != nil {
			return nil, err
		}
		found, more, err := records(answers)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			all = append(all, r.Message)
			from = r.Seq + 1
		}
		if !more || len(found) == 0 {
			return all, nil
		}
	}
}

// sinceOfLeader is since one message at a time, and never late.
func (l *link) sinceOfLeader(ctx context.Context, stream string, from uint64) ([]Message, error) {
	var all []Message
	for {
		r, err := l.ofLeader(ctx, map[string]any{"seq": from, "next_by_subj": prefix + stream})
		if err != nil || r.Seq == 0 {
			return all, err
		}
		all = append(all, r.Message)
		from = r.Seq + 1
	}
}

// holds tells whether each stream ends where it is expected to, and at which
// last position of the log that was so. Any copy may answer: if it lags, so
// does the position, and the server will refuse it.
func (l *link) holds(ctx context.Context, expected []guard) (last uint64, ok bool, err error) {
	positions := map[string]uint64{}
	var subjects []string
	empty := true
	for _, g := range expected {
		subjects = append(subjects, prefix+g.stream)
		empty = empty && g.last == 0
	}
	if empty { // then the answer has no position
		if last, err = l.last(ctx); err != nil {
			return 0, false, err
		}
	}
	q, err := json.Marshal(map[string]any{"multi_last": subjects})
	if err != nil {
		return 0, false, err
	}
	answers, err := l.ask(ctx, direct, q, true)
	if err != nil {
		return 0, false, err
	}
	for _, a := range answers {
		switch status := a.Header.Get("Status"); status {
		case "":
			seq, err := strconv.ParseUint(a.Header.Get("Nats-Sequence"), 10, 64)
			if err != nil {
				return 0, false, err
			}
			positions[a.Header.Get("Nats-Subject")] = seq
		case "204":
			if last, err = strconv.ParseUint(a.Header.Get("Nats-UpTo-Sequence"), 10, 64); err != nil {
				return 0, false, err
			}
		case "404":
		default:
			return 0, false, fmt.Errorf("%w: status %s %s", ErrUnavailable, status, a.Header.Get("Description"))
		}
	}
	for _, g := range expected {
		if positions[prefix+g.stream] != g.last {
			return last, false, nil
		}
	}
	return last, true, nil
}

// records reads the answers to a direct question. It tells whether more is
// waiting beyond them.
func records(answers []*nats.Msg) (found []record, more bool, err error) {
	for _, a := range answers {
		switch status := a.Header.Get("Status"); status {
		case "":
		case "204":
			return found, a.Header.Get("Nats-Num-Pending") != "0", nil
		case "404":
			return found, false, nil
		default:
			return nil, false, fmt.Errorf("%w: %w: status %s %s", ErrUnavailable, errNotDirect, status, a.Header.Get("Description"))
		}
		seq, err := strconv.ParseUint(a.Header.Get("Nats-Sequence"), 10, 64)
		if err != nil {
			return nil, false, err
		}
		at, err := time.Parse(time.RFC3339Nano, a.Header.Get("Nats-Time-Stamp"))
		if err != nil {
			return nil, false, err
		}
		m, err := readBody(received{a.Header.Get("Nats-Subject"), seq, at, a.Data})
		if err != nil {
			return nil, false, err
		}
		found = append(found, record{m, a.Header.Get(headerBefore)})
	}
	return found, false, nil
}

// ofLeader asks for one message through the JetStream API, which only the
// leader of the log answers. It returns a zero record if there is none.
func (l *link) ofLeader(ctx context.Context, question map[string]any) (record, error) {
	for end := time.Now().Add(l.timeout); ; {
		r, err := l.ofLeaderOnce(ctx, question)
		var api *jetstream.APIError
		if !errors.As(err, &api) || api.Code != http.StatusServiceUnavailable || !l.again(ctx, end) {
			return r, err
		}
	}
}

func (l *link) ofLeaderOnce(ctx context.Context, question map[string]any) (record, error) {
	data, err := json.Marshal(question)
	if err != nil {
		return record{}, err
	}
	answers, err := l.ask(ctx, "$JS.API.STREAM.MSG.GET."+streamName, data, false)
	if err != nil {
		return record{}, err
	}
	if status := answers[0].Header.Get("Status"); status != "" {
		return record{}, fmt.Errorf("%w: status %s", ErrUnavailable, status)
	}
	var r struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Headers []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(answers[0].Data, &r); err != nil {
		return record{}, err
	}
	if r.Error != nil {
		if r.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return record{}, nil
		}
		return record{}, r.Error
	}
	m, err := readBody(received{r.Message.Subject, r.Message.Seq, r.Message.Time, r.Message.Data})
	if err != nil {
		return record{}, err
	}
	h := nats.Header{}
	if len(r.Message.Headers) > 0 {
		if h, err = nats.DecodeHeadersMsg(r.Message.Headers); err != nil {
			return record{}, fmt.Errorf("%w: headers of position %d: %w", ErrDamaged, m.Seq, err)
		}
	}
	return record{m, h.Get(headerBefore)}, nil
}
