package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	patience = 15 * time.Second       // for anything a page should do
	reaction = 2 * time.Second        // for a link or button that leads somewhere to begin
	glance   = 300 * time.Millisecond // for any other button: a script may still navigate
)

// Person is somebody at a window of their own: their cookies are nobody
// else's. Every method fails the test when the page does not let them do it.
type Person struct {
	t   testing.TB
	ctx context.Context // of the tab

	mu        sync.Mutex
	problems  []chromedp.ConsoleMessage // errors in the console
	documents map[string]bool           // addresses that answered as pages
}

// Open gives the test a person with an empty window. It is closed at the end of
// the test.
func Open(t testing.TB) *Person {
	t.Helper()
	parent, err := start()
	if err != nil {
		if os.Getenv("NRM_BROWSER") == "required" {
			t.Fatalf("browser test: %v", err)
		}
		t.Skipf("BROWSER TEST NOT RUN: %v. Set NRM_BROWSER=required to make this a failure.", err)
	}
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	p := &Person{t: t, ctx: ctx, documents: map[string]bool{}}
	p.listen()
	// Several windows are open; each must believe it is the one in front, or
	// the keyboard moves nothing.
	p.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})
	return p
}

// listen collects what the pages complain about, until the tab closes.
func (p *Person) listen() {
	// A tab lives as long as the context it is first used with.
	if err := chromedp.Do(p.ctx); err != nil {
		p.t.Fatalf("browser test: open a tab: %v", err)
	}
	responses := chromedp.Events(p.ctx, network.ResponseReceived)
	go func() {
		for r, err := range responses {
			if err != nil {
				return
			}
			if r.Type == network.ResourceTypeDocument {
				p.mu.Lock()
				p.documents[r.Response.URL] = true
				p.mu.Unlock()
			}
		}
	}()
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type != chromedp.ConsoleError && m.Type != chromedp.ConsoleException && m.Source != "security" {
				continue
			}
			p.mu.Lock()
			p.problems = append(p.problems, m)
			p.mu.Unlock()
		}
	}()
}

// Context is the tab's, for what has no method here (chromedp.Run and Do).
func (p *Person) Context() context.Context { return p.ctx }

func (p *Person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("browser test: %v\n%s", err, p.scene())
	}
}

// ask evaluates an expression in the page.
func ask[A any](p *Person, expression string) A {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	a, err := chromedp.Run(ctx, chromedp.Evaluate[A](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("browser test: %v\n%s", err, p.scene())
	}
	return a
}

// scene describes the page for a failure message.
func (p *Person) scene() string {
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	defer cancel()
	url, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	return fmt.Sprintf("at %s the person sees:\n%s", url, text)
}

// Goto opens an address; one that begins with "/" is on the site they are at.
func (p *Person) Goto(url string) {
	p.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = ask[string](p, "location.origin") + url
	}
	p.do(chromedp.Navigate(url))
}

// URL is where they are.
func (p *Person) URL() string { p.t.Helper(); return ask[string](p, "location.href") }

// Title is what the window is called.
func (p *Person) Title() string { p.t.Helper(); return ask[string](p, "document.title") }

// Text is all they can read, with white space folded.
func (p *Person) Text() string {
	p.t.Helper()
	return ask[string](p, `document.body.innerText.replace(/\s+/g, " ").trim()`)
}

// MustSee waits for a text to show.
func (p *Person) MustSee(text string) { p.t.Helper(); p.wait(text, true) }

// MustNotSee waits for a text to be gone; one that never was passes.
func (p *Person) MustNotSee(text string) { p.t.Helper(); p.wait(text, false) }

func (p *Person) wait(text string, want bool) {
	p.t.Helper()
	text = strings.Join(strings.Fields(text), " ")
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if strings.Contains(p.Text(), text) == want {
			return
		}
		if time.Now().After(deadline) {
			if want {
				p.t.Fatalf("browser test: %q does not show\n%s", text, p.scene())
			}
			p.t.Fatalf("browser test: %q still shows\n%s", text, p.scene())
		}
	}
}

//go:embed find.js
var finder string

// find is the expression for an element that find.js knows how to look for.
func find(how string, args ...string) string {
	quoted, err := json.Marshal(args)
	if err != nil { // strings always encode
		panic(err)
	}
	return fmt.Sprintf("(%s)(%q, ...%s)", strings.TrimSpace(finder), how, quoted)
}

// must fails the test, in the person's words, when there is no such element.
func (p *Person) must(how string, args ...string) chromedp.JSPath {
	p.t.Helper()
	expression := find(how, args...)
	for deadline := time.Now().Add(reaction); ; time.Sleep(50 * time.Millisecond) {
		if ask[bool](p, "!!"+expression) {
			return chromedp.JSPath(expression)
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("browser test: no %s %q\n%s", how, args, p.scene())
		}
	}
}

// Fill types a value into the field with this label, or this name, in place of
// what was there.
func (p *Person) Fill(field, value string) {
	p.t.Helper()
	at := p.must("field", field)
	p.do(chromedp.Focus(at), chromedp.Evaluate[chromedp.Void](string(at)+".select()"))
	if value == "" {
		p.Key(kb.Backspace)
		return
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: value})
		return err
	}))
}

// FillDate types a day, "2026-05-03", into the date with this question; with a
// time, "2026-05-03T10:05", its time too.
func (p *Person) FillDate(question, day string) {
	p.t.Helper()
	date, clock, timed := strings.Cut(day, "T")
	parts := strings.Split(date, "-")
	if len(parts) != 3 {
		p.t.Fatalf("browser test: %q is no day", day)
	}
	name := ask[string](p, string(p.must("question", question))+`.querySelector("input").name.replace(/-day$/, "")`)
	p.Fill(name+"-day", parts[2])
	p.Fill(name+"-month", parts[1])
	p.Fill(name+"-year", parts[0])
	if timed {
		p.Fill(name+"-time", clock)
	}
}

// Choose clicks the radio or checkbox with this label.
func (p *Person) Choose(label string) {
	p.t.Helper()
	p.do(chromedp.Click(p.must("choice", label)))
}

// ChooseIn does so within the question that reads so: several may offer "Yes".
func (p *Person) ChooseIn(question, label string) {
	p.t.Helper()
	p.do(chromedp.Click(p.must("choice", label, question)))
}

// Select takes the option with this text from the list with this label.
func (p *Person) Select(field, option string) {
	p.t.Helper()
	at := p.must("field", field)
	p.must("option", field, option)
	p.do(chromedp.Focus(at), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`(s => { s.value = %s.value; for (const e of ["input", "change"]) s.dispatchEvent(new Event(e, {bubbles: true})) })(%s)`,
		find("option", field, option), at)))
}

// Press clicks the button or link with this text and waits for what it does: a
// new page, or the part that htmx brings.
func (p *Person) Press(text string) { p.t.Helper(); p.click(p.must("button", text)) }

// Follow clicks the link with this text.
func (p *Person) Follow(text string) { p.t.Helper(); p.click(p.must("link", text)) }

func (p *Person) click(at chromedp.JSPath) {
	p.t.Helper()
	p.leave(p.expect(string(at)), chromedp.Click(at))
}

// expect is how long to wait for a new page to begin after an element is
// clicked, or Enter is pressed on it: long only where one must come.
func (p *Person) expect(element string) time.Duration {
	p.t.Helper()
	if ask[bool](p, fmt.Sprintf(`(e => {
		const byHTMX = x => x && x.closest("[hx-get], [hx-post], [hx-put], [hx-delete], [hx-boost=true]")
		if (!e || byHTMX(e) || byHTMX(e.form)) return false
		if (e.tagName === "A") return !e.getAttribute("href").startsWith("#")
		return !!e.form && e.type !== "button" && e.tagName !== "TEXTAREA"
	})(%s)`, element)) {
		return reaction
	}
	return glance
}

// leave runs an action and, if it makes the page leave, waits for the next one.
// If nothing has begun after the given time, the action stayed on the page.
func (p *Person) leave(begin time.Duration, action chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	began, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	starts, stops := chromedp.Events(ctx, page.FrameStartedLoading), chromedp.Events(ctx, page.FrameStoppedLoading)
	go signal(starts, began)
	go signal(stops, ended)
	p.do(action)
	select {
	case <-began:
	case <-time.After(begin):
		p.settle()
		return
	}
	select {
	case <-ended:
	case <-ctx.Done():
		p.t.Fatalf("browser test: the next page does not come\n%s", p.scene())
	}
}

func signal[E any](events func(func(E, error) bool), to chan<- struct{}) {
	for _, err := range events {
		if err != nil {
			return
		}
		select {
		case to <- struct{}{}:
		default:
		}
	}
}

// settle waits until htmx has nothing under way.
func (p *Person) settle() {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ask[bool](p, `!!document.querySelector(".htmx-request, .htmx-settling, .htmx-swapping")`); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("browser test: a part of the page does not come\n%s", p.scene())
		}
	}
}

// Key presses one key after another: letters, or the keys named in package kb
// of chromedp (kb.Tab, kb.Enter, ...). A key that leads to another page is
// waited for.
func (p *Person) Key(keys string) {
	p.t.Helper()
	for _, r := range keys {
		key, ok := kb.Keys[r]
		if !ok {
			p.t.Fatalf("browser test: no key for %q", r)
		}
		wait := time.Millisecond
		if r == '\r' {
			wait = p.expect("document.activeElement")
		}
		p.leave(wait, press(key))
	}
}

// press is one key, down and up. The character is part of going down, as on a
// real keyboard: a page that moves the focus at that moment must not find the
// character in the next field.
func press(key *kb.Key) chromedp.Action[chromedp.Void] {
	down := input.DispatchKeyEventParams{
		Type: kb.KeyRawDown, Key: key.Key, Code: key.Code,
		NativeVirtualKeyCode: key.Native, WindowsVirtualKeyCode: key.Windows,
	}
	if key.Print {
		down.Type, down.Text, down.UnmodifiedText = kb.KeyDown, key.Text, key.Unmodified
	}
	if key.Shift {
		down.Modifiers = int64(kb.ModifierShift)
	}
	up := down
	up.Type, up.Text, up.UnmodifiedText = kb.KeyUp, "", ""
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, e := range []input.DispatchKeyEventParams{down, up} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Focused is the id of the element that has the keyboard, or else its text.
func (p *Person) Focused() string {
	p.t.Helper()
	return ask[string](p, `(e => !e || e === document.body ? "" : e.id || e.innerText.trim())(document.activeElement)`)
}

// WithoutScript switches JavaScript off for the pages that come.
func (p *Person) WithoutScript() {
	p.t.Helper()
	p.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// Window gives the window a size in CSS pixels.
func (p *Person) Window(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

func (p *Person) call(f func(context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := f(ctx); err != nil {
		p.t.Fatalf("browser test: %v", err)
	}
}

// Screenshot saves the whole page as a PNG in the folder NRM_SCREENSHOTS, or
// nowhere lasting if that is not set, and answers the file's path.
func (p *Person) Screenshot(file string) string {
	p.t.Helper()
	dir := os.Getenv("NRM_SCREENSHOTS")
	if dir == "" {
		dir = p.t.TempDir()
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = save(dir, filepath.Base(file), picture)
	}
	if err != nil {
		p.t.Fatalf("browser test: screenshot: %v", err)
	}
	return filepath.Join(dir, filepath.Base(file))
}

func save(dir, name string, data []byte) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), data, 0o600)
}

// In is the same person in a subtest: failures go to it.
func (p *Person) In(t testing.TB) *Person {
	t.Helper()
	sub := &Person{t: t, ctx: p.ctx, documents: map[string]bool{}}
	sub.listen()
	return sub
}

// Script runs an expression in the page and answers its value as text: for what
// people cannot do by hand.
func (p *Person) Script(expression string) string {
	p.t.Helper()
	return ask[string](p, "String("+expression+")")
}
