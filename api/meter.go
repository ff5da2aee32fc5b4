package api

import "time"

// A Meter counts what happens at the edge. What it hears names nobody and no
// case. It is called from many goroutines at once.
type Meter interface {
	// Request was answered. The route is its pattern, "-" for none.
	Request(method, route string, status int, took time.Duration)
	// Command was recorded and is shown, so long after it was given.
	Command(took time.Duration)
	// SignIn was "accepted", "refused", or "held_back" unread after too many
	// that were refused.
	SignIn(outcome string)
}

func (s *Server) meter() Meter {
	if s.Meter == nil {
		return noMeter{}
	}
	return s.Meter
}

type noMeter struct{}

func (noMeter) Request(string, string, int, time.Duration) {}
func (noMeter) Command(time.Duration)                      {}
func (noMeter) SignIn(string)                              {}
