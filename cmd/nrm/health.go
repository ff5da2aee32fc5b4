package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

type healthCommand struct {
	URL string `arg:"" help:"What to ask, as http://127.0.0.1:8642/readyz." default:"http://127.0.0.1:8642/readyz"`
}

// Run succeeds if the answer is 200, and otherwise tells what it was.
func (cmd healthCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, cmd.URL, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: &http.Transport{Proxy: nil}}).Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 500))
	err = errors.Join(err, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("%s: %s", res.Status, body), err)
	}
	return err
}
