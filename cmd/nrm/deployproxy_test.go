package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is a client of the proxy.
func (r *rig) site(t *testing.T) (*http.Client, string) {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(read(t, filepath.Join(r.dir, "deploy", "secrets", "ca.crt")))) {
		t.Fatal("no authority")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}, DialContext: r.dial}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: 40 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client, "https://" + r.address("proxy:8443")
}

// behind is a node of the register as the proxy sees it.
type behind struct {
	name string
	t    *testing.T
	at   string

	mu      sync.Mutex
	seen    []*http.Request
	handler http.HandlerFunc
	server  *http.Server
}

func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.seen = append(b.seen, r)
	handler := b.handler
	b.mu.Unlock()
	w.Header().Set("Node", b.name)
	if handler != nil {
		handler(w, r)
	}
}

func (b *behind) do(handler http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handler, b.seen = handler, nil
}

func (b *behind) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.seen)
}

func (b *behind) start() {
	b.server = &http.Server{Handler: b}
	var l net.Listener
	eventually(b.t, 5*time.Second, b.name+" listens", func() (err error) {
		l, err = new(net.ListenConfig).Listen(context.Background(), "tcp", b.at)
		return err
	})
	go func() { _ = b.server.Serve(l) }()
}

func (b *behind) stop() { _ = b.server.Close() }

// openFiles are the files that the children of a process have open.
func openFiles(parent int) (files []string) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	for pid := range strings.FieldsSeq(string(children)) {
		all, _ := filepath.Glob("/proc/" + pid + "/fd/*")
		for _, fd := range all {
			if target, err := os.Readlink(fd); err == nil {
				files = append(files, target)
			}
		}
	}
	return files
}

// answered is an answer of the proxy whose body was read.
type answered struct {
	Status     string
	StatusCode int
	Header     http.Header
}

// TestProxy runs the real nginx on deploy/nginx.conf before two servers that
// misbehave in every way that a node of the register can.
func TestProxy(t *testing.T) {
	needs(t, "nginx", "nginx-light")
	t.Parallel()
	r := newRig(t)
	nodes := map[string]*behind{}
	for _, name := range []string{"nrm-1", "nrm-2"} {
		nodes[name] = &behind{name: name, t: t, at: r.address(name + ":8642")}
		nodes[name].start()
		t.Cleanup(nodes[name].stop)
	}
	r.start(t, "proxy")
	client, url := r.site(t)
	ask := func(method, path string, body io.Reader, header ...string) (answered, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, body)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, r.said("proxy"))
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answered{res.Status, res.StatusCode, res.Header}, string(b)
	}
	eventually(t, 10*time.Second, "the proxy", func() error {
		res, err := client.Get(url + "/")
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	res, _ := ask("GET", "/", nil)
	mine := nodes[res.Header.Get("Node")] // whom this client stays with
	other := nodes["nrm-1"]
	if mine == other {
		other = nodes["nrm-2"]
	}
	fresh := func() {
		mine.do(nil)
		other.do(nil)
	}
	whole := func(t *testing.T) { // after a node was thought to be away
		t.Helper()
		fresh()
		eventually(t, 15*time.Second, "the node is asked again", func() error {
			if res, _ := ask("GET", "/", nil); res.Header.Get("Node") != mine.name {
				return fmt.Errorf("%s answers", res.Header.Get("Node"))
			}
			return nil
		})
		fresh()
	}

	t.Run("TLS only", func(t *testing.T) {
		plain, err := http.Get("http://" + r.address("proxy:8443") + "/")
		if err == nil {
			plain.Body.Close()
			if plain.StatusCode != http.StatusBadRequest {
				t.Errorf("without TLS: %s", plain.Status)
			}
		}
		if conn, err := tls.Dial("tcp", r.address("proxy:8443"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
			conn.Close()
			t.Error("TLS 1.1 is spoken")
		}
		res, _ := ask("GET", "/", nil)
		if got := res.Header.Values("Strict-Transport-Security"); len(got) != 1 || res.Header.Get("Server") != "nginx" {
			t.Errorf("%q, %q", got, res.Header.Get("Server"))
		}
	})

	t.Run("who asks", func(t *testing.T) {
		fresh()
		mine.do(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		})
		for range 10 {
			res, _ := ask("GET", "/cases?page=2", nil, "X-Forwarded-For", "192.0.2.7", "Nrm-Position", "17")
			if len(res.Header.Values("Strict-Transport-Security")) != 1 {
				t.Error("it is said twice")
			}
		}
		if mine.count() != 10 || other.count() != 0 {
			t.Errorf("%d and %d requests: nobody stays with a node", mine.count(), other.count())
		}
		got := mine.seen[0]
		if got.Header.Get("X-Forwarded-For") != "127.0.0.1" || got.Host != strings.TrimPrefix(url, "https://") ||
			got.Header.Get("Nrm-Position") != "17" || got.RequestURI != "/cases?page=2" {
			t.Errorf("%v %v %s", got.Header, got.Host, got.RequestURI)
		}
	})

	t.Run("bodies", func(t *testing.T) {
		fresh()
		if res, _ := ask("POST", "/", bytes.NewReader(make([]byte, 128<<10+1))); res.StatusCode != http.StatusRequestEntityTooLarge || mine.count()+other.count() > 0 {
			t.Errorf("a body that is too large: %s, %d requests", res.Status, mine.count())
		}
		tmp := filepath.Join(r.dir, "containers", "proxy", "tmp")
		mine.do(func(w http.ResponseWriter, req *http.Request) {
			b, _ := io.ReadAll(req.Body)
			for _, file := range openFiles(r.running["proxy"].cmd.Process.Pid) {
				if strings.HasPrefix(file, tmp) { // it has no name any more, so only this shows it
					t.Errorf("a body was put into %s", file)
				}
			}
			_, _ = w.Write(b)
		})
		body := strings.Repeat("NUMUNESINAQOVA", 9000)
		if _, got := ask("POST", "/", strings.NewReader(body)); got != body {
			t.Errorf("%d bytes became %d", len(body), len(got))
		}
	})

	t.Run("answers go out as they come", func(t *testing.T) {
		fresh()
		first, more := make(chan struct{}), make(chan struct{})
		mine.do(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "one\n")
			w.(http.Flusher).Flush()
			<-more
			_, _ = io.WriteString(w, "two\n")
		})
		go func() {
			defer close(more)
			select {
			case <-first:
			case <-time.After(10 * time.Second):
				t.Error("what was sent first was held back")
			}
		}()
		res, err := client.Get(url + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.ReadFull(res.Body, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		close(first)
		_, _ = io.ReadAll(res.Body)
	})

	busy := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	t.Run("a node that is not ready", func(t *testing.T) {
		fresh()
		mine.do(busy)
		if res, _ := ask("GET", "/", nil); res.StatusCode != http.StatusOK || res.Header.Get("Node") != other.name {
			t.Errorf("a question was not passed on: %s", res.Status)
		}
		whole(t)
		mine.do(busy)
		res, _ := ask("POST", "/", strings.NewReader("x"))
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "7" || mine.count() != 1 || other.count() != 0 {
			t.Errorf("a command: %s, Retry-After %q, sent %d times", res.Status, res.Header.Get("Retry-After"), mine.count()+other.count())
		}
		whole(t)
	})

	t.Run("a node that dies with a command", func(t *testing.T) {
		fresh()
		cut := func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
		mine.do(cut)
		other.do(cut)
		res, body := ask("POST", "/cases", strings.NewReader("x"), "Idempotency-Key", "k")
		if n := mine.count() + other.count(); n != 1 {
			t.Errorf("the command was sent %d times", n)
		}
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || !strings.Contains(body, `"unavailable"`) ||
			len(res.Header.Values("Strict-Transport-Security")) != 1 {
			t.Errorf("it is answered %s %v %s", res.Status, res.Header, body)
		}
		whole(t)
	})

	t.Run("a node that is away", func(t *testing.T) {
		mine.stop()
		for range 5 {
			if res, _ := ask("POST", "/", strings.NewReader("x")); res.StatusCode != http.StatusOK || res.Header.Get("Node") != other.name {
				t.Errorf("a command: %s", res.Status)
			}
		}
		other.stop()
		if res, _ := ask("GET", "/", nil); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("without any node: %s", res.Status)
		}
		mine.start()
		other.start()
		whole(t)
	})

	said := r.taken("proxy")
	_ = said.cmd.Process.Signal(signals[r.Services["proxy"].StopSignal])
	select {
	case <-said.done:
	case <-time.After(10 * time.Second):
		_ = said.cmd.Process.Kill()
		t.Error("the proxy does not stop")
	}
	if text := said.out.String(); strings.Contains(text, "cases") || strings.Contains(text, "NUMUNE") {
		t.Errorf("the proxy has written what was asked:\n%s", text)
	}
}
