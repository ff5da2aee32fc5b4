package main

import (
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// A meter counts what happens while the register serves. No label of it has a
// value that comes from a request or from the register: what is asked is known
// by the pattern of its route alone.
type meter struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	signIns   *prometheus.CounterVec
	append    prometheus.Histogram
	commands  prometheus.Histogram
}

func newMeter() *meter {
	m := &meter{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nrm_http_requests_total", Help: "Requests answered, by method, pattern of the route and status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nrm_http_request_seconds", Help: "How long requests took, by method and pattern of the route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"method", "route"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nrm_sign_ins_total", Help: "Attempts to sign in: accepted, refused, or held back unread after too many that were refused.",
		}, []string{"outcome"}),
		append: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nrm_append_seconds", Help: "How long writes took from being ready until they were on disk.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}),
		commands: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nrm_command_seconds", Help: "How long commands took from being given until they were recorded and shown.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20},
		}),
	}
	for _, outcome := range []string{"accepted", "refused", "held_back"} {
		m.signIns.WithLabelValues(outcome) // 0 is a value too
	}
	m.registry.MustRegister(m.requests, m.durations, m.signIns, m.append, m.commands, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// methods that are counted by name; a client can invent others without end.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (m *meter) Request(method, route string, status int, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(method, route).Observe(took.Seconds())
}

func (m *meter) Command(took time.Duration) { m.commands.Observe(took.Seconds()) }

func (m *meter) SignIn(outcome string) { m.signIns.WithLabelValues(outcome).Inc() }

func (m *meter) appended(took time.Duration) { m.append.Observe(took.Seconds()) }

// buildInfo tells what program this is.
func buildInfo() prometheus.Collector {
	version, revision, golang := "unknown", "unknown", "unknown"
	if b, ok := debug.ReadBuildInfo(); ok {
		version, golang = b.Main.Version, b.GoVersion
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "nrm_build_info", Help: "1; the labels say what program this is.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision, "go": golang},
	}, func() float64 { return 1 })
}
