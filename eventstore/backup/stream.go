package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The server sends and takes snapshots of streams in chunks, through subjects
// of its own.

const (
	chunkBytes  = 128 << 10
	windowBytes = 8 << 20 // sent and not acknowledged: what is held in memory
	silence     = 30 * time.Second
	// keepAlive is how long a chunk may wait for the disk before the server is
	// told to go on nevertheless: it gives up on who is silent for 5 seconds.
	keepAlive = 2 * time.Second
	maxHeld   = 512 // chunks, when the disk does not write at all
)

// snapshot writes a snapshot of a stream to w, and says what is in it. What is
// stored meanwhile is not. It keeps little in memory, however slow w is.
func snapshot(ctx context.Context, nc *nats.Conn, stream string, w io.Writer) (jetstream.StreamState, error) {
	// Older servers make archives that are unpacked in clear when they are restored.
	if v := nc.ConnectedServerVersion(); strings.HasPrefix(v, "2.14.") {
		return jetstream.StreamState{}, fmt.Errorf("backups need nats-server 2.15.2 or later, and %s is %s", nc.ConnectedServerName(), v)
	}
	in := &intake{nc: nc, news: make(chan struct{}, 1)}
	deliver := nats.NewInbox()
	sub, err := nc.Subscribe(deliver, in.take)
	if err != nil {
		return jetstream.StreamState{}, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := sub.SetPendingLimits(-1, -1); err != nil { // the window is the limit
		return jetstream.StreamState{}, err
	}
	var r struct {
		Error *jetstream.APIError   `json:"error"`
		State jetstream.StreamState `json:"state"`
	}
	if err := ask(ctx, nc, "$JS.API.STREAM.SNAPSHOT."+stream, map[string]any{
		"deliver_subject": deliver, "no_consumers": true, "chunk_size": chunkBytes, "window_size": windowBytes,
	}, &r); err != nil {
		return r.State, err
	}
	if r.Error != nil {
		return r.State, r.Error
	}
	stop := make(chan struct{})
	var beat sync.WaitGroup
	beat.Go(func() { in.keepAlive(stop) })
	defer beat.Wait()
	defer close(stop)
	for n := 1; ; n++ {
		m, err := in.next(ctx)
		if err != nil {
			return r.State, err
		}
		if len(m.Data) == 0 {
			if status := m.Header.Get("Status"); status != "" && status != "204" {
				return r.State, fmt.Errorf("the server gave up: %s %s", status, m.Header.Get("Description"))
			}
			return r.State, nil
		}
		if err := inOrder(m, n); err != nil {
			return r.State, err
		}
		if _, err := w.Write(m.Data); err != nil {
			return r.State, err
		}
		in.done(m)
	}
}

// inOrder refuses a chunk if one before it is missing. The server numbers all but
// the last; its subject for acknowledgements ends with size and number.
func inOrder(m *nats.Msg, n int) error {
	if m.Reply == "" {
		return nil
	}
	words := strings.Split(m.Reply, ".")
	if len(words) < 2 || words[len(words)-1] != strconv.Itoa(n) || words[len(words)-2] != strconv.Itoa(len(m.Data)) {
		return fmt.Errorf("chunk %d of the snapshot was lost on the way", n)
	}
	return nil
}

// intake holds the chunks that have come.
type intake struct {
	nc   *nats.Conn
	news chan struct{}

	mu    sync.Mutex
	queue []*chunk // the first may be being written
	busy  bool     // it is
	last  time.Time
}

type chunk struct {
	*nats.Msg
	acked bool
}

func (in *intake) take(m *nats.Msg) {
	in.mu.Lock()
	in.queue = append(in.queue, &chunk{Msg: m})
	in.mu.Unlock()
	select {
	case in.news <- struct{}{}:
	default:
	}
}

// next waits for the first chunk.
func (in *intake) next(ctx context.Context) (*nats.Msg, error) {
	patience := time.NewTimer(silence)
	defer patience.Stop()
	for {
		in.mu.Lock()
		if len(in.queue) > 0 {
			in.busy, in.last = true, time.Now()
			m := in.queue[0].Msg
			in.mu.Unlock()
			return m, nil
		}
		in.mu.Unlock()
		select {
		case <-in.news:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience.C:
			return nil, fmt.Errorf("the server sent nothing for %v", silence)
		}
	}
}

// done lets the server send another chunk in the place of the first.
func (in *intake) done(*nats.Msg) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ack(in.queue[0])
	in.queue[0] = nil
	in.queue, in.busy = in.queue[1:], false
}

func (in *intake) ack(c *chunk) {
	if c.acked || c.Reply == "" {
		return
	}
	c.acked, in.last = true, time.Now()
	_ = in.nc.Publish(c.Reply, nil) // the server gives up if it does not come
}

// keepAlive acknowledges a chunk ahead of time now and then while one is being
// written for long.
func (in *intake) keepAlive(stop <-chan struct{}) {
	tick := time.NewTicker(keepAlive / 4)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		in.mu.Lock()
		if in.busy && time.Since(in.last) > keepAlive && len(in.queue) < maxHeld {
			for _, c := range in.queue {
				if !c.acked {
					in.ack(c)
					break
				}
			}
		}
		in.mu.Unlock()
	}
}

// restore makes a stream of a snapshot, with these settings and not those that
// it had. There must be none of that name. Begun tells whether there is one now.
func restore(ctx context.Context, nc *nats.Conn, config jetstream.StreamConfig, r io.Reader) (begun bool, err error) {
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Deliver string              `json:"deliver_subject"`
	}
	if err := ask(ctx, nc, "$JS.API.STREAM.RESTORE."+config.Name, map[string]any{
		"config": config, "state": jetstream.StreamState{},
	}, &answer); err != nil {
		return false, err
	}
	if answer.Error != nil {
		return false, refusal(answer.Error)
	}
	size := min(int64(chunkBytes), nc.MaxPayload())
	chunk := make([]byte, size)
	for {
		n, err := io.ReadFull(r, chunk)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			// A chunk that asks for no answer ends it; otherwise the server
			// would wait for more.
			_ = nc.Publish(answer.Deliver, []byte("given up"))
			return true, errors.Join(err, nc.Flush())
		}
		if err := send(ctx, nc, answer.Deliver, chunk[:n], time.Minute); err != nil {
			return true, err
		}
	}
	return true, send(ctx, nc, answer.Deliver, nil, time.Hour) // it has to store the rest
}

// send gives a chunk to the server, and waits until it wants the next.
func send(ctx context.Context, nc *nats.Conn, to string, b []byte, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, to, b)
	if err != nil {
		return fmt.Errorf("the server does not take the snapshot: %w", err)
	}
	if len(m.Data) == 0 && len(b) > 0 {
		return nil
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return fmt.Errorf("unreadable answer: %w", err)
	}
	if answer.Error != nil {
		return refusal(answer.Error)
	}
	return nil
}

// refusal says what the server's number for a full disk means: it never admits
// more than three quarters of what was free when it was started.
func refusal(err *jetstream.APIError) error {
	const noStorage = 10047
	if err.ErrorCode == noStorage {
		return fmt.Errorf("there is no space left on the device for what is to be restored: %w", err)
	}
	return err
}

// ask puts a question to the JetStream API.
func ask(ctx context.Context, nc *nats.Conn, subject string, question, answer any) error {
	b, err := json.Marshal(question)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, subject, b)
	if err != nil {
		return fmt.Errorf("%s: %w", subject, err)
	}
	return json.Unmarshal(m.Data, answer)
}
