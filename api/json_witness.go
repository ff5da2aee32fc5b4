package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"nrm/domain"
)

type (
	checkpointsIn struct {
		Before int64 `query:"before" minimum:"0" doc:"only those of a smaller size; from the newest, if not said"`
		Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	consistencyIn struct {
		Older int64 `query:"older" required:"true" minimum:"1" doc:"the size of a checkpoint kept since earlier"`
		Newer int64 `query:"newer" required:"true" minimum:"1" doc:"the size of a later one"`
	}
	eventIn struct {
		ID string `path:"id" doc:"the log position of the event's decision"`
	}

	checkpointsJSON struct {
		Key         string           `json:"key" doc:"checks the signatures: a verifier key of signed notes"`
		Checkpoints []checkpointJSON `json:"checkpoints" doc:"the newest first"`
		Incomplete  bool             `json:"incomplete,omitempty" doc:"some are left out: their files are damaged and cannot be read"`
	}
	checkpointJSON struct {
		Size int64     `json:"size" doc:"decisions it covers"`
		Root string    `json:"root" doc:"base64"`
		At   time.Time `json:"at" doc:"when it was signed"`
		Note string    `json:"note" doc:"the signed text"`
	}
	proofJSON struct {
		Position   uint64         `json:"position"`
		Record     string         `json:"record" doc:"the decision's stream and the hex SHA-256 of its stored text, with the line break at the end"`
		Leaf       string         `json:"leaf" doc:"the hash of the record by RFC 6962: SHA-256 of a zero byte and the record, base64"`
		Hashes     []string       `json:"hashes" doc:"from the leaf up to the root, base64"`
		Checkpoint checkpointJSON `json:"checkpoint"`
		Key        string         `json:"key" doc:"checks the checkpoint's signature"`
	}
	consistencyJSON struct {
		Older  int64    `json:"older"`
		Newer  int64    `json:"newer"`
		Hashes []string `json:"hashes" doc:"base64"`
	}
)

// readsOfWitness registers the questions by which anybody who has signed in can
// check that nobody has written the past anew.
func (s *Server) readsOfWitness(e *echo.Echo, api huma.API) {
	read(s, api, "/checkpoints", "Signed statements of what the log holds, the newest first", signedIn, s.readCheckpoints)
	read(s, api, "/checkpoints/consistency", "The proof that a later log begins with an earlier one", signedIn, s.readConsistency)
	read(s, api, "/events/{id}/proof", "The proof that a decision stands in the log", signedIn, s.readProof)

	const latest = root + "/checkpoints/latest"
	doc := api.OpenAPI()
	doc.AddOperation(&huma.Operation{
		OperationID: "checkpoints-latest", Method: http.MethodGet, Path: latest, Summary: "The newest checkpoint that can be read, as it was signed", Tags: []string{"read"},
		Responses: map[string]*huma.Response{
			"200":     {Description: "A signed note.", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}},
			"default": problemResponse(doc, "There is none."),
		},
	})
	s.route(e, http.MethodGet, latest, signedIn, s.getLatestCheckpoint)
}

func problemResponse(doc *huma.OpenAPI, description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schemaOf[problem](doc)}}}
}

func (s *Server) readCheckpoints(ctx context.Context, _ domain.Actor, in *checkpointsIn) (checkpointsJSON, error) {
	w, err := s.witness()
	if err != nil {
		return checkpointsJSON{}, err
	}
	list, incomplete, err := s.checkpoints(ctx, w, in.Before, in.Limit)
	return checkpointsJSON{w.Key(), each(list, checkpointOf), incomplete}, err
}

func (s *Server) getLatestCheckpoint(c echo.Context) error {
	w, err := s.witness()
	if err != nil {
		return err
	}
	list, _, err := s.checkpoints(c.Request().Context(), w, 0, 1)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return &domain.Refusal{Kind: domain.NotFound, Code: "no_such_checkpoint"}
	}
	return c.String(http.StatusOK, list[0].Note)
}

func (s *Server) readConsistency(ctx context.Context, _ domain.Actor, in *consistencyIn) (consistencyJSON, error) {
	w, err := s.witness()
	if err != nil {
		return consistencyJSON{}, err
	}
	if in.Newer < in.Older {
		return consistencyJSON{}, refuse(http.StatusUnprocessableEntity, "bad_parameter", "newer")
	}
	proof, err := w.Consistency(ctx, in.Older, in.Newer)
	if errors.Is(err, ErrNoSuchPosition) {
		return consistencyJSON{}, &domain.Refusal{Kind: domain.NotFound, Code: "no_such_checkpoint"}
	}
	return consistencyJSON{proof.Older, proof.Newer, each(proof.Hashes, strings.Clone)}, err
}

func (s *Server) readProof(ctx context.Context, by domain.Actor, in *eventIn) (proofJSON, error) {
	p, err := s.prove(ctx, by, in.ID)
	if err != nil {
		return proofJSON{}, err
	}
	return proofJSON{p.Position, p.Record, p.Leaf, each(p.Hashes, strings.Clone), checkpointOf(p.Checkpoint), s.Witness.Key()}, nil
}

func checkpointOf(c Checkpoint) checkpointJSON { return checkpointJSON(c) }
