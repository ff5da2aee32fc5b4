package main

import (
	"context"
	"net"
)

// spaces are the network namespaces that the services of a rig run in, one for
// each. The zero value has none: then all run on this machine's loopback.
type spaces struct{ prefix string }

// within gives the command that runs argv in the namespace of a service.
func (s spaces) within(name string, argv []string) []string {
	if s.prefix == "" {
		return argv
	}
	return append([]string{"ip", "netns", "exec", s.prefix + name}, argv...)
}

// dial connects from where the rig's clients are.
func (s spaces) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}
