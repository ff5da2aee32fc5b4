package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// spaces are network namespaces on one bridge, one for each service of a rig,
// and one for who asks. The zero value has none: then all run on this machine's
// loopback.
type spaces struct {
	prefix string
	hosts  map[string]string // addresses by name
}

const asker, hub = "asker", "hub"

// separate gives every service of the rig a namespace of its own with the very
// names, addresses and ports of the compose file, whose files are then used as
// they are. It skips the test where that is not allowed, unless it must be.
func (r *rig) separate(t *testing.T) {
	t.Helper()
	s := spaces{prefix: fmt.Sprintf("nrm%d-", os.Getpid()), hosts: map[string]string{
		"proxy": "172.31.86.2", "nrm-1": "172.31.86.11", "nrm-2": "172.31.86.12",
		"nats-1": "172.31.86.21", "nats-2": "172.31.86.22", "nats-3": "172.31.86.23", asker: "172.31.86.30",
	}}
	if out, err := exec.Command("ip", "netns", "add", s.prefix+hub).CombinedOutput(); err != nil {
		if os.Getenv("NRM_DEPLOY") == "required" {
			t.Fatalf("no network namespaces can be made: %v: %s", err, out)
		}
		t.Skipf("NOT RUN: no network namespaces can be made: %v: %s", err, out)
	}
	made := []string{hub}
	t.Cleanup(func() { // after the services: their cleanup comes first
		for _, name := range made {
			_ = exec.Command("ip", "netns", "delete", s.prefix+name).Run()
			_ = os.RemoveAll(filepath.Join("/etc/netns", s.prefix+name))
		}
		_ = os.Remove("/etc/netns") // if nobody else has something there
	})
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", args, err, out)
		}
	}
	in := func(name string, args ...string) { t.Helper(); ip(append([]string{"-n", s.prefix + name}, args...)...) }
	in(hub, "link", "add", "bridge", "type", "bridge")
	in(hub, "link", "set", "bridge", "up")
	list := new(strings.Builder)
	for name, address := range s.hosts {
		fmt.Fprintf(list, "%s %s\n", address, name)
	}
	for name, address := range s.hosts {
		ip("netns", "add", s.prefix+name)
		made = append(made, name)
		// ip netns exec shows this to the service as /etc/hosts.
		etc := filepath.Join("/etc/netns", s.prefix+name)
		if err := os.MkdirAll(etc, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(etc, "hosts"), []byte("127.0.0.1 localhost\n"+list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		in(hub, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", s.prefix+name)
		in(hub, "link", "set", name, "master", "bridge", "up")
		in(name, "address", "add", address+"/24", "dev", "eth0")
		in(name, "link", "set", "eth0", "up")
		in(name, "link", "set", "lo", "up")
	}
	r.spaces, r.ports = s, nil
}

// cut takes a service off the network without a word; heal brings it back.
func (s spaces) cut(t *testing.T, name string)  { s.link(t, name, "down") }
func (s spaces) heal(t *testing.T, name string) { s.link(t, name, "up") }

func (s spaces) link(t *testing.T, name, state string) {
	t.Helper()
	if out, err := exec.Command("ip", "-n", s.prefix+hub, "link", "set", name, state).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, state, err, out)
	}
}

// within gives the command that runs argv in the namespace of a service.
func (s spaces) within(name string, argv []string) []string {
	if s.prefix == "" {
		return argv
	}
	if s.hosts[name] == "" { // what is started by hand
		name = asker
	}
	return append([]string{"ip", "netns", "exec", s.prefix + name}, argv...)
}

// Dial connects from where those are who ask.
func (s spaces) Dial(network, address string) (net.Conn, error) {
	return s.dial(context.Background(), network, address)
}

func (s spaces) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	if s.prefix == "" {
		return dialer.DialContext(ctx, network, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	type dialed struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialed, 1)
	go func() {
		back, err := s.enter(asker)
		if err != nil {
			done <- dialed{nil, err}
			return
		}
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(s.hosts[host], port))
		done <- dialed{conn, errors.Join(err, back())}
	}()
	d := <-done
	return d.conn, d.err
}

// enter takes the goroutine into a namespace, and back. A socket stays in the
// namespace of the thread that made it.
func (s spaces) enter(name string) (back func() error, err error) {
	runtime.LockOSThread() // for good, if there is no way back
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	there, err := os.Open("/run/netns/" + s.prefix + name)
	if err != nil {
		return nil, errors.Join(err, here.Close())
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, errors.Join(err, here.Close())
	}
	return func() error {
		defer here.Close()
		if err := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		runtime.UnlockOSThread()
		return nil
	}, nil
}
