package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// TestMetrics asks a real server for its metrics: they count what was done, they
// name nobody, and every one that an alarm asks for is there.
func TestMetrics(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := newRegister(t)
	crowd := newCrowd(t, ctx, at)
	address := freeAddress(t)
	s := serveProcess(t, ctx, at, "--metrics", address)

	crowd.client(withStop(ctx, 300*time.Millisecond), s.url, 0)
	for _, r := range []struct{ method, path, token string }{
		{"GET", "/cases/KW5219EZ", ""}, {"GET", "/sinaqova-numune?name=sinaqova", ""}, {"SINAQOVA", "/", ""}, {"GET", "/api/v1/cases", crowd.duty},
	} {
		req, _ := http.NewRequestWithContext(ctx, r.method, s.url+r.path, nil)
		if r.token != "" {
			req.Header.Set("Authorization", "Bearer "+r.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	res, err := http.PostForm(s.url+"/sign-in", map[string][]string{"user": {"sinaqova"}, "password": {"wrong wrong wrong"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()

	found, text := scrape(t, ctx, address)
	for _, want := range []struct {
		name   string
		atMost float64 // 0: as much as there is
		atLeas float64
		labels []string
	}{
		{"nrm_updates_total", 0, 4, []string{"outcome", "stored"}},
		{"nrm_append_seconds", 0, 4, nil},
		{"nrm_command_seconds", 0, 4, nil},
		{"nrm_http_requests_total", 0, 1, []string{"method", "POST", "route", "/api/v1/cases", "status", "201"}},
		{"nrm_http_requests_total", 0, 1, []string{"method", "other"}},
		{"nrm_sign_ins_total", 1, 1, []string{"outcome", "refused"}},
		{"nrm_sign_ins_total", 0.5, 0, []string{"outcome", "accepted"}},
		{"nrm_log_position", 0, 4, nil},
		{"nrm_views_lag", 0.5, 0, nil},
		{"nrm_ready", 1, 1, nil},
		{"nrm_part_ready", 1, 1, []string{"part", "log"}},
		{"nrm_starting", 0.5, 0, nil},
		{"nrm_log_copies_current", 1, 1, nil},
		{"nrm_duty_held", 1, 1, []string{"duty", "clock"}},
		{"nrm_clock_run_timestamp_seconds", 0, 1.7e9, nil},
		{"nrm_key_file_readable", 1, 1, nil},
		{"nrm_disk_free_bytes", 0, 1, []string{"place", "data"}},
		{"nrm_build_info", 1, 1, nil},
	} {
		value, ok := sum(found[want.name], want.labels)
		if !ok || value < want.atLeas || want.atMost > 0 && value > want.atMost {
			t.Errorf("%s%v is %v (%t)", want.name, want.labels, value, ok)
		}
	}

	for name, family := range found {
		for _, m := range family.Metric {
			for _, l := range m.Label {
				if v := strings.ToLower(l.GetValue()); strings.Contains(v, "sinaqova") || strings.Contains(v, "kw5219ez") || v == "duty" || v == "spu" ||
					strings.Contains(v, strings.ToLower(string(crowd.house))) {
					t.Errorf("%s has a label %s = %s", name, l.GetName(), l.GetValue())
				}
			}
		}
	}
	if strings.Contains(strings.ToLower(text), "sinaqova") {
		t.Error("a name is in the metrics")
	}

	for name := range alarmedMetrics(t) {
		if found[name] == nil && !slices.Contains(clusterOnly, name) {
			t.Errorf("an alarm asks for %s, which there is not", name)
		}
	}

	if value, _ := sum(found["nrm_backup_timestamp_seconds"], nil); value != 0 {
		t.Errorf("a backup at %v, before there was one", value)
	}
	if err := noteBackup(at.data, 17); err != nil {
		t.Fatal(err)
	}
	found, _ = scrape(t, ctx, address)
	if value, _ := sum(found["nrm_backup_timestamp_seconds"], nil); time.Since(time.Unix(int64(value), 0)) > time.Minute {
		t.Errorf("the last backup was at %v", value)
	}

	// Without its key file the register says so.
	if err := os.Rename(at.keys, at.keys+".away"); err != nil {
		t.Fatal(err)
	}
	found, _ = scrape(t, ctx, address)
	for _, name := range []string{"nrm_key_file_readable", "nrm_ready"} {
		if value, _ := sum(found[name], nil); value != 0 {
			t.Errorf("without a key file %s is %v", name, value)
		}
	}
	if value, _ := sum(found["nrm_part_ready"], []string{"part", "keys"}); value != 0 {
		t.Error("without a key file the part keys is ready")
	}
}

// clusterOnly are metrics that a register with the log inside it does not have.
var clusterOnly = []string{"nrm_nats_certificate_expiry_timestamp_seconds"}

func withStop(ctx context.Context, after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	time.AfterFunc(after, cancel)
	return ctx
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// scrape asks for metrics as Prometheus does.
func scrape(t *testing.T, ctx context.Context, address string) (map[string]*dto.MetricFamily, string) {
	t.Helper()
	found, text, err := scrapeWith(ctx, http.DefaultClient, "http://"+address)
	if err != nil {
		t.Fatal(err)
	}
	return found, text
}

func scrapeWith(ctx context.Context, client *http.Client, site string) (map[string]*dto.MetricFamily, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/metrics", nil)
	if err != nil {
		return nil, "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("%s, %w: %s", res.Status, err, b)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(string(b)))
	return found, string(b), err
}

// sum adds up what a family has with these labels.
func sum(family *dto.MetricFamily, labels []string) (total float64, ok bool) {
	for _, m := range family.GetMetric() {
		has := true
		for pair := range slices.Chunk(labels, 2) {
			has = has && slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool { return l.GetName() == pair[0] && l.GetValue() == pair[1] })
		}
		if has {
			ok = true
			total += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return total, ok
}

type alarm struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func alarms(t *testing.T) []alarm {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alarm } }
	if err := yaml.Unmarshal([]byte(read(t, inRepository("deploy", "alerts.yml"))), &file); err != nil {
		t.Fatal(err)
	}
	var all []alarm
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 20 {
		t.Fatalf("only %d alarms: the test is blind", len(all))
	}
	return all
}

// alarmedMetrics are the metrics that alarms ask for.
func alarmedMetrics(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, a := range alarms(t) {
		for _, name := range regexp.MustCompile(`\b(nrm|go|process)_[a-z_]+\b`).FindAllString(a.Expr, -1) {
			names[strings.TrimSuffix(name, "_bucket")] = true
		}
	}
	return names
}

// TestAlarms: each alarm says how bad it is and has a section that says what to
// do, and no section is left of one that is gone.
func TestAlarms(t *testing.T) {
	operations := read(t, inRepository("docs", "operations.md"))
	var names []string
	for _, a := range alarms(t) {
		if slices.Contains(names, a.Alert) {
			t.Errorf("%s is there twice", a.Alert)
		}
		names = append(names, a.Alert)
		if !slices.Contains([]string{"critical", "warning"}, a.Labels["severity"]) || a.Annotations["summary"] == "" || a.For == "" || a.Expr == "" {
			t.Errorf("%s is not complete: %+v", a.Alert, a)
		}
		if want := "docs/operations.md#alarm-" + strings.ToLower(a.Alert); a.Annotations["runbook"] != want {
			t.Errorf("%s: the runbook is %s, expected %s", a.Alert, a.Annotations["runbook"], want)
		}
		_, section, there := strings.Cut(operations, fmt.Sprintf("\n### Alarm: %s\n", a.Alert))
		section, _, _ = strings.Cut(section, "\n### ")
		if !there || !strings.Contains(section, "**Do:** ") || !strings.Contains(section, a.Annotations["summary"]) ||
			!strings.Contains(strings.ToLower(section), "*"+a.Labels["severity"]) {
			t.Errorf("docs/operations.md has no section that says what %s is and what to do", a.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### Alarm: (.*)$`).FindAllStringSubmatch(operations, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("docs/operations.md has a section on %s, which there is not", m[1])
		}
	}
}

// TestAlarmRules has Prometheus' own tool check and try the rules.
func TestAlarmRules(t *testing.T) {
	needs(t, "promtool", "prometheus")
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}, {"check", "config", "prometheus.yml"}} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = inRepository("deploy")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// needs skips a test that needs a program that is not there, unless it must be.
func needs(t *testing.T, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("NRM_DEPLOY") == "required" {
		t.Fatalf("there is no %s (Debian: apt-get install %s)", program, debian)
	}
	t.Skipf("NOT RUN: there is no %s (Debian: apt-get install %s)", program, debian)
}
