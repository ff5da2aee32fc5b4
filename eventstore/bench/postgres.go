package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNoPostgres says that PostgreSQL 15 is not installed here.
var ErrNoPostgres = errors.New("there is no PostgreSQL 15 here")

const (
	postgresBin = "/usr/lib/postgresql/15/bin" // where Debian has it
	// Writers at once: one connection each, and no more than PostgreSQL allows
	// with its default settings.
	postgresWriters = 90
)

// Postgres is an event table in PostgreSQL 15 with its default settings, in a
// cluster of its own that only listens on a socket in its folder.
type Postgres struct {
	pool   *pgxpool.Pool
	server *exec.Cmd
	ended  chan error
}

// StartPostgres makes a cluster in dir, which the user postgres must be able to
// reach if this process is root's, and starts it. ErrNoPostgres says that it
// cannot.
func StartPostgres(ctx context.Context, dir string) (_ *Postgres, err error) {
	if _, err := os.Stat(filepath.Join(postgresBin, "postgres")); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPostgres, err)
	}
	who, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "pg")
	initdb := exec.CommandContext(ctx, filepath.Join(postgresBin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C") //nolint:gosec // G204: a folder of our own
	initdb.SysProcAttr, initdb.Dir = who, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	p := &Postgres{ended: make(chan error, 1)}
	p.server = exec.Command(filepath.Join(postgresBin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=") //nolint:gosec,noctx // G204: as above; Close ends it
	p.server.SysProcAttr, p.server.Dir = who, dir
	var said bytes.Buffer
	p.server.Stderr = &said
	if err := p.server.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.server.Wait() }()
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	config, err := pgxpool.ParseConfig(fmt.Sprintf("host=%s user=postgres database=postgres pool_max_conns=%d", dir, postgresWriters))
	if err != nil {
		return nil, err
	}
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = p.pool.Ping(ctx); err == nil {
			break
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("PostgreSQL does not answer: %w: %s", err, said.String())
		}
	}
	_, err = p.pool.Exec(ctx, `CREATE TABLE events (position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream TEXT NOT NULL, version BIGINT NOT NULL,
		id UUID NOT NULL UNIQUE, body BYTEA NOT NULL, UNIQUE (stream, version))`)
	return p, err
}

// unprivileged is how a process of PostgreSQL is started: it refuses to be root.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPostgres, err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// Append stores an event as number version of its stream. The statement is
// prepared once for each connection.
func (p *Postgres) Append(ctx context.Context, stream string, version int64, id string, body []byte) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO events (stream, version, id, body) VALUES ($1, $2, $3, $4)`, stream, version, id, body)
	var failed *pgconn.PgError
	if errors.As(err, &failed) && failed.Code == "23505" { // unique_violation
		return ErrConflict
	}
	return err
}

// Close stops the cluster.
func (p *Postgres) Close() error {
	if p.pool != nil {
		p.pool.Close()
	}
	if err := p.server.Process.Signal(os.Interrupt); err != nil { // a fast shutdown
		return err
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(20 * time.Second):
		return errors.Join(errors.New("PostgreSQL does not stop"), p.server.Process.Kill())
	}
}
