package vault

import (
	"container/list"
	"crypto/cipher"
	"sync"
)

// keys are an owner's, unwrapped, or say that there are none any more. They
// never change once made.
type keys struct {
	erased bool
	aeads  map[string]cipher.AEAD // by compartment
}

// A cache holds the keys of the owners that were last worked on.
type cache struct {
	limit int

	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // of cached, last used first
	// epoch grows with every drop. What was read before a drop must not be put
	// after it: it may be what the drop is about.
	epoch  uint64
	closed bool
}

type cached struct {
	owner string
	keys  *keys
}

func newCache(limit int) *cache {
	return &cache{limit: limit, byName: map[string]*list.Element{}, recent: list.New()}
}

// get gives nil if the owner is not in memory.
func (c *cache) get(owner string) (*keys, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	e := c.byName[owner]
	if e == nil {
		return nil, nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cached).keys, nil
}

func (c *cache) now() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch
}

// put keeps what was read at epoch or later.
func (c *cache) put(owner string, k *keys, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || epoch != c.epoch {
		return
	}
	if e := c.byName[owner]; e != nil {
		e.Value.(*cached).keys = k
		c.recent.MoveToFront(e)
		return
	}
	c.byName[owner] = c.recent.PushFront(&cached{owner, k})
	for len(c.byName) > c.limit {
		c.remove(c.recent.Back())
	}
}

func (c *cache) drop(owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	if e := c.byName[owner]; e != nil {
		c.remove(e)
	}
}

func (c *cache) dropAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	c.byName, c.recent = map[string]*list.Element{}, list.New()
}

func (c *cache) remove(e *list.Element) {
	delete(c.byName, c.recent.Remove(e).(*cached).owner)
}

func (c *cache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.epoch++
	c.byName, c.recent = map[string]*list.Element{}, list.New()
}

func (c *cache) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
