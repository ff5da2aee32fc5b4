// Command nrm is the register of a National Referral Mechanism for victims of
// trafficking in human beings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program. It returns the exit code: 0 when all went well, 1 when
// something was refused or failed, 2 when it was called wrongly.
func run(ctx context.Context, args, environ []string, out, errs io.Writer) int {
	fail := func(code int, err error) int {
		fmt.Fprintln(errs, "nrm:", err)
		return code
	}
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("nrm"),
		kong.Description("The register of a National Referral Mechanism for victims of trafficking in human beings."),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.Configuration(configFile),
	)
	if err != nil {
		return fail(1, err)
	}
	if err := knownSettings(parser, environ); err != nil {
		return fail(2, err)
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help was given and answered
		return exited
	}
	if err != nil {
		return fail(2, err)
	}
	command.Bind(&screen{out: out, errs: errs})
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(&c.settings); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return 0 // asked to stop, and stopped
		}
		return fail(1, err)
	}
	return 0
}

// screen is where a subcommand writes: what was asked for to out, everything
// else to errs.
type screen struct{ out, errs io.Writer }
