package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestComposeAsProcesses starts what docker-compose.yml describes, in the order
// that it describes, and goes on working while parts of it are stopped as
// containers are, one after the other.
func TestComposeAsProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers take seconds to elect their leaders")
	}
	needs(t, "nginx", "nginx-light")
	t.Parallel()
	r := newRig(t)
	w := r.walk(t)
	w.meanwhile("nothing happens", func() { time.Sleep(500 * time.Millisecond) })
	w.meanwhile("a NATS server is stopped", func() { r.stop(t, "nats-1"); w.alarm("nrm_log_copies_current", 2) })
	r.start(t, "nats-1")
	w.alarm("nrm_log_copies_current", 3)
	w.meanwhile("a node is stopped", func() { r.stop(t, "nrm-1") })
	r.start(t, "nrm-1")
	w.ready("nrm-1")
	w.meanwhile("a node is killed", func() { r.kill("nrm-2") })
	r.start(t, "nrm-2")
	w.ready("nrm-2")
	w.compare()
	for _, name := range []string{"proxy", "nrm-1", "nrm-2", "nats-1", "nats-2", "nats-3"} {
		r.stop(t, name)
	}
}

// TestComposeCutOff runs the services in network namespaces of their own, from
// the configuration files as they are, and takes one after the other off the
// network: nothing says goodbye, everybody must notice.
func TestComposeCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("three servers take seconds to elect their leaders")
	}
	needs(t, "nginx", "nginx-light")
	needs(t, "ip", "iproute2")
	t.Parallel()
	r := newRig(t)
	r.separate(t)
	w := r.walk(t)
	if conn, err := r.Dial("tcp", "nats-1:8222"); err == nil {
		conn.Close()
		t.Error("what a NATS server says about itself can be read from outside")
	}
	for range 2 {
		name := w.leader() // of the log: it hurts most
		w.meanwhile(name+" is cut off", func() {
			r.cut(t, name)
			w.alarm("nrm_log_copies_current", 2)
		})
		r.heal(t, name)
		w.alarm("nrm_log_copies_current", 3)
	}
	w.meanwhile("a node is cut off", func() {
		r.cut(t, "nrm-1")
		time.Sleep(time.Second)
	})
	r.heal(t, "nrm-1")
	w.ready("nrm-1")
	w.meanwhile("nothing happens", func() { time.Sleep(time.Second) })
	w.compare()
}

// A walk is a register that works, and clients that write to it and keep what
// they were told.
type walk struct {
	t      *testing.T
	r      *rig
	client *http.Client
	site   string
	token  string

	mu   sync.Mutex
	told map[string]answer // by Idempotency-Key
	when map[string]bool   // keys asked for and not answered yet
}

// walk sets a register up as the head of docker-compose.yml says.
func (r *rig) walk(t *testing.T) *walk {
	t.Helper()
	r.once(t, "keys")
	r.startNATS(t)
	r.once(t, "init")
	said := r.once(t, "account", "add", "police", "referrer", "police-baki")
	secret := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + ` +(\S+)$`).FindStringSubmatch(said)
		if m == nil {
			t.Fatalf("no %s in %q", name, said)
		}
		return m[1]
	}
	for _, name := range []string{"nrm-1", "nrm-2", "proxy"} {
		r.start(t, name)
	}
	w := &walk{t: t, r: r, token: secret("token"), told: map[string]answer{}, when: map[string]bool{}}
	w.client, w.site = r.site(t)
	w.ready("nrm-1")
	w.ready("nrm-2")
	eventually(t, 20*time.Second, "the proxy", func() error { return w.get(w.site + "/readyz") })
	w.signIn(secret("password"))
	return w
}

// signIn signs in with a browser's means.
func (w *walk) signIn(password string) {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Transport: w.client.Transport, Jar: jar, CheckRedirect: w.client.CheckRedirect}
	for _, step := range []struct {
		form   url.Values
		path   string
		status int
	}{
		{nil, "/", http.StatusSeeOther},
		{url.Values{"user": {"police"}, "password": {"wrong wrong"}}, "/sign-in", http.StatusUnauthorized},
		{url.Values{"user": {"police"}, "password": {password}}, "/sign-in", http.StatusSeeOther},
		{nil, "/", http.StatusOK},
	} {
		var res *http.Response
		if step.form == nil {
			res, err = browser.Get(w.site + step.path)
		} else {
			res, err = browser.PostForm(w.site+step.path, step.form)
		}
		if err != nil {
			w.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != step.status {
			w.t.Fatalf("%s: %s, expected %d\n%s", step.path, res.Status, step.status, w.r.said("nrm-1"))
		}
	}
	at, _ := url.Parse(w.site)
	if cookies := jar.Cookies(at); len(cookies) == 0 || !strings.HasPrefix(cookies[0].Name, "__Host-") {
		w.t.Errorf("%v: cookies are not bound to TLS", cookies)
	}
}

func (w *walk) get(url string) error {
	res, err := w.client.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s", res.Status, b)
	}
	return nil
}

// ready waits for a node.
func (w *walk) ready(name string) {
	w.t.Helper()
	eventually(w.t, 40*time.Second, name+" is ready", func() error {
		if err := w.get("http://" + w.r.address(name+":8642") + "/readyz"); err != nil {
			return fmt.Errorf("%w: %s", err, w.r.said(name))
		}
		return nil
	})
}

// alarm waits until some node has a metric with a value.
func (w *walk) alarm(metric string, value float64) {
	w.t.Helper()
	eventually(w.t, 40*time.Second, fmt.Sprintf("%s %v", metric, value), func() error {
		var got []float64
		for _, name := range []string{"nrm-1", "nrm-2"} {
			found, _, err := scrapeWith(w.t.Context(), w.client, "http://"+w.r.address(name+":9464"))
			if err != nil {
				continue
			}
			v, ok := sum(found[metric], nil)
			if got = append(got, v); ok && v == value {
				return nil
			}
		}
		return fmt.Errorf("%v", got)
	})
}

// leader is the NATS server that leads the log.
func (w *walk) leader() string {
	w.t.Helper()
	return streamOf(w.t, w.t.Context(), w.r.mustConnect(w.t, "app", natsNodes...)).Cluster.Leader
}

const walkedReferral = `{"data": {"source": "police", "circumstances": ["raid"], "status": "presumed", "age": "adult", "sex": "female", "citizenship": "az",
	"district": "AZ-BA", "immediate_danger": false, "basis": "consent", "family_name": "Sınaqova", "given_name": "Nümunə"}}`

// meanwhile has eight clients write while something happens, and afterwards until
// each of them was answered again. A client asks again, under the same key, until
// it is answered.
func (w *walk) meanwhile(what string, f func()) {
	w.t.Helper()
	w.mu.Lock()
	before := len(w.told)
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(w.t.Context(), 90*time.Second)
	defer cancel()
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for last := false; ctx.Err() == nil && !last; {
				select {
				case <-stop:
					last = true // one more, to see that it works again
				default:
				}
				w.refer(ctx)
			}
		})
	}
	f()
	begun := time.Now()
	close(stop)
	clients.Wait()
	if ctx.Err() != nil {
		for name := range w.r.Services {
			w.t.Logf("%s: %s", name, w.r.said(name))
		}
		w.t.Fatalf("%s: not all clients were answered", what)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Logf("%s: %d commands answered, the last ones %v after", what, len(w.told)-before, time.Since(begun).Round(time.Millisecond))
}

// refer registers a referral and keeps the answer.
func (w *walk) refer(ctx context.Context) {
	key := uuid.NewString()
	w.mu.Lock()
	w.when[key] = true
	w.mu.Unlock()
	for ctx.Err() == nil {
		a, err := w.post(ctx, w.site, key)
		if err == nil {
			w.mu.Lock()
			w.told[key] = a
			w.mu.Unlock()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (w *walk) post(ctx context.Context, site, key string) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second) // a program asks again sooner than a person
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, site+"/api/v1/cases", strings.NewReader(walkedReferral))
	if err != nil {
		return a, err
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := w.client.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return a, err
	case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "":
		w.t.Errorf("503 without Retry-After: %s", b)
	case res.StatusCode/100 == 5 && res.StatusCode != http.StatusServiceUnavailable:
		w.t.Errorf("%s: %s", res.Status, b)
	}
	if res.StatusCode/100 != 2 {
		return a, fmt.Errorf("%s: %s", res.Status, b)
	}
	return a, json.Unmarshal(b, &a)
}

// compare asks both nodes again for everything that was ever asked for: the
// answers are the same, and the log holds each decision once.
func (w *walk) compare() {
	w.t.Helper()
	if len(w.told) < 100 {
		w.t.Errorf("only %d commands were answered: the test shows little", len(w.told))
	}
	if len(w.told) != len(w.when) {
		w.t.Errorf("%d commands asked for, %d answered", len(w.when), len(w.told))
	}
	for _, name := range []string{"nrm-1", "nrm-2"} {
		site := "http://" + w.r.address(name+":8642")
		keys := make(chan string)
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				for key := range keys {
					if a, err := w.post(w.t.Context(), site, key); err != nil || a != w.told[key] {
						w.t.Errorf("%s: %+v was told, now %+v, %v", name, w.told[key], a, err)
					}
				}
			})
		}
		for key := range w.told {
			keys <- key
		}
		close(keys)
		clients.Wait()
		found, _, err := scrapeWith(w.t.Context(), w.client, "http://"+w.r.address(name+":9464"))
		if err != nil {
			w.t.Fatal(err)
		}
		if last, _ := sum(found["nrm_log_position"], nil); last != float64(len(w.told)) {
			w.t.Errorf("%s: %d commands make %v decisions", name, len(w.told), last)
		}
		if expiry, _ := sum(found["nrm_nats_certificate_expiry_timestamp_seconds"], nil); time.Until(time.Unix(int64(expiry), 0)) < 300*24*time.Hour {
			w.t.Errorf("%s: the certificate expires at %v", name, expiry)
		}
		for metric := range alarmedMetrics(w.t) {
			if found[metric] == nil {
				w.t.Errorf("%s: an alarm asks for %s, which there is not", name, metric)
			}
		}
	}
	held := 0.0
	for _, name := range []string{"nrm-1", "nrm-2"} {
		found, _, err := scrapeWith(w.t.Context(), w.client, "http://"+w.r.address(name+":9464"))
		if err != nil {
			w.t.Fatal(err)
		}
		n, _ := sum(found["nrm_duty_held"], []string{"duty", "signer"})
		held += n
	}
	if held > 1 {
		w.t.Errorf("%v nodes sign", held)
	}
	w.unreadable()
}

// unreadable: no name is in any file of any service, but in secrets nobody looks.
func (w *walk) unreadable() {
	files := 0
	_ = filepath.WalkDir(w.r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // files come and go
		}
		files++
		if b, err := os.ReadFile(path); err == nil && (bytes.Contains(b, []byte("Sınaqova")) || bytes.Contains(b, []byte("Nümunə"))) {
			w.t.Errorf("a name can be read in %s", path)
		}
		return nil
	})
	if files < 50 {
		w.t.Errorf("only %d files", files)
	}
}
