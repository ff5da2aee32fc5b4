package eventstore_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"nrm/eventstore"
	"nrm/eventstore/eventstoretest"
)

// While the answer to a batch is awaited no other is stored: nobody overtakes those
// whose outcome is still open. Whatever becomes of the answer, everything is stored
// once, and those who wait are told so.
func TestAnswerToBatchLateOrLost(t *testing.T) {
	const clients, each = 300, 6
	for name, end := range map[string]func(*eventstoretest.Faults){
		"answer late": (*eventstoretest.Faults).Heal,
		"answer lost": (*eventstoretest.Faults).Cut,
	} {
		t.Run(name, func(t *testing.T) {
			srv := eventstoretest.Server(t)
			whole := eventstoretest.Open(t, srv, notes(), eventstore.Options{})
			nc, f := eventstoretest.Faulty(t, srv)
			s, err := eventstore.Open(t.Context(), nc, notes(), eventstore.Options{Timeout: 3 * time.Second, Sole: true})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var wg sync.WaitGroup
			halfway := make(chan struct{}, clients)
			for c := range clients {
				wg.Go(func() {
					for i := range each {
						add(t, s, fmt.Sprint("s.", c), fmt.Sprint(i))
						if i == each/2 {
							halfway <- struct{}{}
						}
					}
				})
			}
			for range clients / 2 {
				<-halfway
			}
			f.HoldAnswers()
			held, err := whole.Last(t.Context())
			for before := uint64(0); before != held && err == nil; { // what was committed is stored
				time.Sleep(300 * time.Millisecond)
				before = held
				held, err = whole.Last(t.Context())
			}
			if err != nil || held == clients*each {
				t.Errorf("stored up to %d of %d without an answer, %v", held, clients*each, err)
			}
			end(f)
			wg.Wait()
			if all := everything(t, whole); len(all) != clients*each {
				t.Errorf("%d are stored, want %d", len(all), clients*each)
			}
			if s := s.Stats(); s.Batches < 4 || s.Stored+s.Conflicts < clients*each {
				t.Errorf("%+v", s)
			}
		})
	}
}
