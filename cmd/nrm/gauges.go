package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"nrm/api"
	"nrm/eventstore/keyfile"
	"nrm/projections"
)

// readyParts are the parts that readiness is told of one by one.
var readyParts = []string{"log", "views", "keys", "witness", "accounts"}

// gauges are what is found by looking at the register when somebody asks.
type gauges struct {
	mu      sync.Mutex // held while the service is looked at
	service *service
}

// look changes what is looked at. It waits for a look that is under way.
func (g *gauges) look(r *service) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.service = r
}

// Describe describes nothing: which gauges there are depends on how the
// register is set up.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect looks. What cannot be found out in time is left out.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	to := sink{ch}
	to.flag("nrm_starting", "1 while the register is being opened or closed.", g.service == nil)
	if g.service == nil {
		to.flag("nrm_ready", "1 if questions can be asked now.", false)
		return
	}
	for _, look := range []func(context.Context, sink){
		g.service.gaugeReadiness, g.service.gaugeLog, g.service.gaugeViews, g.service.gaugeTrust,
		g.service.gaugeDuties, g.service.gaugeKeys, g.service.gaugeDisks, g.service.gaugeBackup, g.service.gaugeServers,
	} {
		look(ctx, to)
	}
}

// A sink takes values.
type sink struct{ ch chan<- prometheus.Metric }

func (s sink) send(kind prometheus.ValueType, name, help string, value float64, labels ...string) {
	var names, values []string
	for pair := range slices.Chunk(labels, 2) {
		names, values = append(names, pair[0]), append(values, pair[1])
	}
	s.ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
}

func (s sink) gauge(name, help string, value float64, labels ...string) {
	s.send(prometheus.GaugeValue, name, help, value, labels...)
}

func (s sink) counter(name, help string, value uint64, labels ...string) {
	s.send(prometheus.CounterValue, name, help, float64(value), labels...)
}

func (s sink) flag(name, help string, on bool, labels ...string) {
	value := 0.0
	if on {
		value = 1
	}
	s.gauge(name, help, value, labels...)
}

// moment gives a time, and 0 for one that never was.
func (s sink) moment(name, help string, at time.Time, labels ...string) {
	value := 0.0
	if !at.IsZero() {
		value = float64(at.UnixMilli()) / 1000
	}
	s.gauge(name, help, value, labels...)
}

func (r *service) gaugeReadiness(ctx context.Context, to sink) {
	err := r.ready(ctx)
	to.flag("nrm_ready", "1 if questions can be asked now.", err == nil)
	to.flag("nrm_drill", "1 if this is a copy to be looked at, in which nothing is recorded.", r.node.drill)
	var not []string
	if err != nil {
		not = api.Parts(err)
	}
	for _, part := range readyParts {
		to.flag("nrm_part_ready", "1 if the part can do its work; see /readyz.", !slices.Contains(not, part), "part", part)
	}
}

func (r *service) gaugeLog(ctx context.Context, to sink) {
	to.flag("nrm_log_healthy", "1 if the server that keeps the log says that it can store.", r.node.server.Healthy() == nil)
	to.flag("nrm_high_water_healthy", "1 if how far the log goes can be remembered outside it.", r.node.log.Healthy() == nil)
	s := r.node.log.Stats()
	to.gauge("nrm_queue_length", "Writes that wait to be sent.", float64(s.Queue))
	to.gauge("nrm_queue_capacity", "Writes that may wait to be sent; more are turned away.", float64(s.QueueRoom))
	for outcome, n := range map[string]uint64{"stored": s.Stored, "busy": s.Busy, "unavailable": s.Unavailable, "failed": s.Failed} {
		to.counter("nrm_updates_total", "Updates of the log: stored, or turned away because it is busy, does not answer, or fails.", n, "outcome", outcome)
	}
	to.counter("nrm_writes_single_total", "Writes sent by themselves.", s.Singles)
	to.counter("nrm_writes_batched_total", "Updates stored in batches that several shared.", s.Batched)
	to.counter("nrm_batches_total", "Batches that several updates shared.", s.Batches)
	to.counter("nrm_conflicts_total", "Writes that came second and were decided again.", s.Conflicts)
	wanted, current, led, err := r.node.log.Copies(ctx)
	to.flag("nrm_log_led", "1 if the servers that keep the log answer and have a leader.", err == nil && led)
	if err == nil {
		to.gauge("nrm_log_copies_wanted", "Servers that are to keep the log.", float64(wanted))
		to.gauge("nrm_log_copies_current", "Servers that have all of the log now.", float64(current))
	}
}

func (r *service) gaugeViews(ctx context.Context, to sink) {
	position := r.views.Position()
	to.gauge("nrm_views_position", "Position of the log up to which the views go.", float64(position))
	to.moment("nrm_views_applied_timestamp_seconds", "When the views last took in a decision; 0 for not since the start.", r.views.Applied())
	to.flag("nrm_views_following", "0 if the views have stopped following the log.", r.views.Err() == nil)
	if last, err := r.node.log.Last(ctx); err == nil {
		to.gauge("nrm_log_position", "Last position of the log.", float64(last))
		to.gauge("nrm_views_lag", "Positions of the log that the views lack.", float64(last-min(last, position)))
		signed := uint64(r.proofs.Latest().Size)
		to.gauge("nrm_checkpoint_lag", "Positions of the log that no checkpoint covers.", float64(last-min(last, signed)))
	}
	people, err := r.views.Unfinished(ctx)
	to.flag("nrm_views_mending", "1 while damaged views are made anew from the log.", errors.Is(err, projections.ErrMending))
	if err == nil {
		to.gauge("nrm_erasures_pending", "Erasures that are approved and not completed.", float64(len(people)))
	}
}

func (r *service) gaugeTrust(_ context.Context, to sink) {
	latest := r.proofs.Latest()
	to.gauge("nrm_checkpoint_position", "Position up to which the latest checkpoint goes.", float64(latest.Size))
	at := latest.Time
	if latest.Size == 0 {
		at = time.Time{}
	}
	to.moment("nrm_checkpoint_timestamp_seconds", "When the latest checkpoint was signed; 0 for never.", at)
}

func (r *service) gaugeDuties(_ context.Context, to sink) {
	for name, held := range map[string]bool{
		"clock":  r.duties.clock.held.Load(),
		"signer": r.duties.signer.held.Load() && !r.node.drill && (r.node.cluster == nil || r.signs.active.Load()),
	} {
		to.flag("nrm_duty_held", "1 if this node does what one node does for all.", held, "duty", name)
	}
	clock := &r.duties.clock
	ran := time.Time{}
	if at := clock.ran.Load(); at > 0 {
		ran = time.Unix(at, 0)
	}
	to.moment("nrm_clock_run_timestamp_seconds", "When this node last recorded what is overdue; 0 for never.", ran)
	to.gauge("nrm_clock_run_seconds", "How long that took.", time.Duration(clock.took.Load()).Seconds())
}

func (r *service) gaugeKeys(ctx context.Context, to sink) {
	to.flag("nrm_key_file_readable", "1 if the key file is there and can be read.", r.node.ring.Reload() == nil)
	to.flag("nrm_key_file_outdated", "1 if another node has changed the keys and this node's key file does not have them yet.", errors.Is(r.node.confirm(ctx), keyfile.ErrOutdated))
	to.gauge("nrm_key_generation", "Generation of the key file; nodes of one register must agree.", float64(r.node.ring.Generation()))
}

// gaugeServers tells what a node knows of NATS servers on other machines.
func (r *service) gaugeServers(_ context.Context, to sink) {
	if r.node.cluster == nil {
		return
	}
	remote := r.node.cluster.remote
	known := remote.Cluster()
	to.gauge("nrm_nats_servers_known", "NATS servers that there are, 0 if they are not asked.", float64(known.Size))
	to.gauge("nrm_nats_servers_answering", "NATS servers that answered when they were last asked, within the last minute.", float64(len(known.Servers)))
	if state, err := remote.Conn().TLSConnectionState(); err == nil && len(state.PeerCertificates) > 0 {
		to.moment("nrm_nats_certificate_expiry_timestamp_seconds", "Until when the certificate of the NATS server that this node talks to is valid.",
			state.PeerCertificates[0].NotAfter)
	}
}

func (r *service) gaugeDisks(_ context.Context, to sink) {
	for place, dir := range map[string]string{
		"data": r.node.at.data, "keys": filepath.Dir(r.node.at.keys), "checkpoints": r.node.at.checkpoints,
	} {
		var s unix.Statfs_t
		if unix.Statfs(dir, &s) != nil {
			continue
		}
		to.gauge("nrm_disk_free_bytes", "Room that is left where the register keeps its data, keys and checkpoints.", float64(s.Bavail)*float64(s.Bsize), "place", place)
		to.gauge("nrm_disk_size_bytes", "All room there.", float64(s.Blocks)*float64(s.Bsize), "place", place)
	}
}

func (r *service) gaugeBackup(_ context.Context, to sink) {
	last := readLastBackup(r.node.at.data)
	to.moment("nrm_backup_timestamp_seconds", "When the last backup was finished; 0 for never.", last.At)
	to.gauge("nrm_backup_position", "Position of the log up to which it goes.", float64(last.Position))
}
