// Package browsertest lets tests use pages as people do: a real Chromium, one
// private window for each person, buttons and fields found by what they say.
//
// It is for tests only. Where Chromium or the built assets are missing, a test
// that opens a person is skipped and says why; with NRM_BROWSER=required in
// the environment it fails instead.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"nrm/api/web"
)

// browser is the one Chromium of a test binary, started by the first Open.
var browser struct {
	once sync.Once
	ctx  context.Context // of the browser; every person's context is its child
	stop func()
	err  error
}

// Main runs the tests of a package and then closes the browser. A package that
// has no TestMain calling it leaves the closing to the end of the process.
func Main(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

// start answers the running browser's context, or why there is none.
func start() (context.Context, error) {
	browser.once.Do(func() {
		if !web.Built() {
			browser.err = fmt.Errorf("the pages' assets are not built into this test: run `make assets`")
			return
		}
		if _, err := os.Stat(axeFile()); err != nil {
			browser.err = fmt.Errorf("axe-core is missing: run `make assets` (%w)", err)
			return
		}
		path, err := chromium()
		if err != nil {
			browser.err = err
			return
		}
		profile, err := os.MkdirTemp("", "nrm-browser-")
		if err != nil {
			browser.err = err
			return
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path),
			chromedp.UserDataDir(profile),
			chromedp.WindowSize(1200, 900),
			chromedp.DisableGPU,
			// Nothing here may leave the machine, or wait for an answer from outside.
			chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-component-update", true),
			chromedp.Flag("lang", "en"),
		)
		if os.Geteuid() == 0 {
			options = append(options, chromedp.NoSandbox) // Chromium refuses a sandbox to root
		}
		allocator, closeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, closeBrowser := chromedp.NewContext(allocator)
		browser.ctx = ctx
		browser.stop = func() {
			closeBrowser()
			closeAllocator()
			_ = os.RemoveAll(profile) // a leftover in the temporary folder harms nobody
		}
		if err := chromedp.Do(ctx); err != nil {
			browser.err = fmt.Errorf("%s does not start: %w", path, err)
		}
	})
	return browser.ctx, browser.err
}

// chromium finds the program: NRM_CHROMIUM, or a usual name.
func chromium() (string, error) {
	if path := os.Getenv("NRM_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium: install it (Debian: apt-get install chromium fonts-noto-core) or set NRM_CHROMIUM")
}

// axeFile is the accessibility checker among the npm packages. It is found from
// the test's own folder, which lies inside this module.
func axeFile() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		file := filepath.Join(dir, "api", "web", "node_modules", "axe-core", "axe.min.js")
		if _, err := os.Stat(file); err == nil || dir == filepath.Dir(dir) {
			return file
		}
		dir = filepath.Dir(dir)
	}
}
