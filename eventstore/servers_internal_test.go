package eventstore

import (
	"fmt"
	"testing"
)

// TestServersAreJudged: a server of a version that loses what it acknowledged is
// not let near the log, and neither is one that answers for another cluster.
func TestServersAreJudged(t *testing.T) {
	for version, good := range map[string]bool{
		"2.15.2": true, "2.15.10": true, "2.16.0": true, "3.0.0": true, "2.14.9": true, "2.14.10": true, "v2.15.2": true,
		"2.15.1": false, "2.15.0": false, "2.14.8": false, "2.13.9": false, "2.9.25": false, "1.99.99": false,
		"2.15.2-RC.1": false, "": false, "2.15": false, "dev": false,
	} {
		if err := judgeVersion("n", version); (err == nil) != good {
			t.Errorf("%q: %v", version, err)
		}
	}
	answer := func(name, cluster string, disabled, syncs bool) []byte {
		return fmt.Appendf(nil, `{"server":{"name":%q,"cluster":%q,"ver":"2.15.2"},"data":{"disabled":%t,"config":{"sync_always":%t},"meta_cluster":{"cluster_size":3}}}`,
			name, cluster, disabled, syncs)
	}
	var c Cluster
	for _, a := range [][]byte{
		answer("a", "ours", false, true), answer("a", "ours", false, true), answer("b", "ours", false, false),
		answer("c", "theirs", false, true), answer("d", "ours", true, false), []byte("?"), nil,
	} {
		c.add(a, "ours")
	}
	if c.Size != 3 || len(c.Servers) != 2 || !c.Servers[0].Syncs || c.Servers[1].Syncs {
		t.Errorf("%+v", c)
	}
}
