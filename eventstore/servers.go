package eventstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// askServers is where each server answers how its JetStream is set up. It belongs
// to the system account, which must let the account of the register ask there.
const askServers = "$SYS.REQ.SERVER.PING.JSZ"

// A ServerState is what a server has said of itself.
type ServerState struct {
	Name, Version string
	Syncs         bool // each write, before it is acknowledged
}

// A Cluster is what is known of the servers that keep the log.
type Cluster struct {
	Size    int           // servers that keep JetStream's data; 0 if they were not asked
	Servers []ServerState // those that answered, by name
	Asked   time.Time
}

// Cluster tells what the servers said when they were last asked, which is every
// half a minute. Servers that are missing in it did not answer.
func (r *Remote) Cluster() Cluster {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cluster
}

// watch asks the servers again and again: one that was away comes back, perhaps
// set up in another way.
func (r *Remote) watch() {
	ticker := time.NewTicker(30 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := r.check(ctx)
		cancel()
		if err != nil {
			r.opts.Logger.Warn("NATS servers", "error", err)
		}
	}
}

// check asks the servers and judges what they say. Only what they say makes
// them unsafe later on; that too few answer is another trouble, and shows
// elsewhere.
func (r *Remote) check(ctx context.Context) error {
	if err := judgeVersion(r.nc.ConnectedServerName(), r.nc.ConnectedServerVersion()); err != nil {
		return r.found(err)
	}
	if r.opts.TrustSync {
		return nil
	}
	c, err := r.ask(ctx)
	if err != nil {
		return err
	}
	for _, s := range c.Servers {
		if err := judgeVersion(s.Name, s.Version); err != nil {
			return r.found(err)
		}
		if !s.Syncs {
			return r.found(fmt.Errorf("%w: the server %s does not sync each write to disk: what it acknowledges can be lost; set sync_interval: always", ErrUnsafe, s.Name))
		}
	}
	r.mu.Lock()
	r.cluster, r.unsafe = c, nil
	r.mu.Unlock()
	switch n := len(c.Servers); {
	case n == 0:
		return fmt.Errorf("%w: no server said whether it syncs each write to disk. The system account must export the service %s, with a stream of answers, and the account of the register import it; or say that all of them do, with --trust-nats-sync",
			ErrUnsafe, askServers)
	case n <= c.Size/2:
		return fmt.Errorf("%w: only %d of %d servers said whether they sync each write to disk; start the others", ErrUnsafe, n, c.Size)
	case n < c.Size:
		r.opts.Logger.Warn("not every NATS server answers", "servers", c.Size, "answered", n)
	}
	return nil
}

// found takes note of what makes the servers unsafe.
func (r *Remote) found(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsafe = fmt.Errorf("eventstore: %w", err)
	return err
}

// ask gathers the answers of the servers of the cluster that this node is
// connected to.
func (r *Remote) ask(ctx context.Context) (c Cluster, err error) {
	inbox := r.nc.NewInbox()
	sub, err := r.nc.SubscribeSync(inbox)
	if err != nil {
		return c, err
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := r.nc.PublishRequest(askServers, inbox, nil); err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	for c.Asked = time.Now(); c.Size == 0 || len(c.Servers) < c.Size; {
		m, err := sub.NextMsgWithContext(ctx)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders) {
			break
		}
		if err != nil {
			return c, err
		}
		c.add(m.Data, r.nc.ConnectedClusterName())
	}
	slices.SortFunc(c.Servers, func(a, b ServerState) int { return cmp.Compare(a.Name, b.Name) })
	return c, nil
}

// add reads an answer. One that makes no sense, or is of a server of another
// cluster or without JetStream, says nothing.
func (c *Cluster) add(answer []byte, cluster string) {
	var said struct {
		Server struct {
			Name    string `json:"name"`
			Cluster string `json:"cluster"`
			Version string `json:"ver"`
		} `json:"server"`
		Data struct {
			Disabled bool `json:"disabled"`
			Config   struct {
				SyncAlways bool `json:"sync_always"`
			} `json:"config"`
			Meta struct {
				Size int `json:"cluster_size"`
			} `json:"meta_cluster"`
		} `json:"data"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Server.Name == "" || said.Server.Cluster != cluster || said.Data.Disabled {
		return
	}
	if slices.ContainsFunc(c.Servers, func(s ServerState) bool { return s.Name == said.Server.Name }) {
		return
	}
	c.Size = max(c.Size, said.Data.Meta.Size, 1)
	c.Servers = append(c.Servers, ServerState{said.Server.Name, said.Server.Version, said.Data.Config.SyncAlways})
}

// judgeVersion refuses servers that are known to lose what they acknowledged:
// before 2.14.9, and before 2.15.2 on the newer line.
func judgeVersion(server, version string) error {
	v, ok := numbers(version)
	good := ok && slices.Compare(v, []int{2, 15, 2}) >= 0 ||
		ok && slices.Equal(v[:2], []int{2, 14}) && v[2] >= 9
	if !good {
		return fmt.Errorf("%w: the server %s is of version %q, must be 2.14.9 or 2.15.2 or later", ErrUnsafe, server, version)
	}
	return nil
}

// numbers reads "2.15.2". What comes before a release, as "2.15.2-RC.1" does, is
// not read.
func numbers(version string) (v []int, ok bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		v = append(v, n)
	}
	return v, len(v) == 3
}
