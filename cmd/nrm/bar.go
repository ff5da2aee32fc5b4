package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar shows how far long work has come: one line that is drawn over on a
// terminal, and a line now and then elsewhere.
type bar struct {
	w        io.Writer
	terminal bool
	shown    time.Time
	stage    string
	drawn    bool
	ended    bool
}

func newBar(w io.Writer) *bar {
	b := &bar{w: w}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			b.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return b
}

// show draws the bar. It is cheap to call often: it draws at most ten times a
// second on a terminal and every five seconds elsewhere, and always the end.
func (b *bar) show(stage string, done, total int) {
	if b.stage == stage && b.ended && done >= total {
		return
	}
	b.ended = done >= total
	pause := 5 * time.Second
	if b.terminal {
		pause = 100 * time.Millisecond
	}
	if b.stage == stage && done < total && time.Since(b.shown) < pause {
		return
	}
	if total <= 0 || b.stage != stage && !b.terminal && done < total {
		b.stage, b.shown = stage, time.Now()
		return
	}
	b.stage, b.shown = stage, time.Now()
	share := float64(done) / float64(total)
	if b.terminal {
		full := int(share * 30)
		fmt.Fprintf(b.w, "\r%-16s [%s%s] %3.0f %% of %d", stage, strings.Repeat("=", full), strings.Repeat(" ", 30-full), share*100, total)
		b.drawn = true
		return
	}
	fmt.Fprintf(b.w, "%s: %.0f %% of %d\n", stage, share*100, total)
}

// end leaves the line.
func (b *bar) end() {
	if b.drawn {
		fmt.Fprintln(b.w)
		b.drawn = false
	}
}
