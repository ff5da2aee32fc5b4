package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"nrm/domain"
)

const (
	keyHeader  = "Idempotency-Key"
	longestKey = 200 // characters
)

// A given is the answer to a command: it is on disk.
type given struct {
	Case     string `json:"case,omitempty" doc:"the case's reference"`
	Facility string `json:"facility,omitempty" doc:"the facility's reference"`
	Action   string `json:"action,omitempty" doc:"the action's number"`
	Call     string `json:"call,omitempty" doc:"the reference of the call to a hotline"`
	Position uint64 `json:"position" doc:"the log position that includes the answer"`
	Recorded bool   `json:"recorded" doc:"false if it was already so"`

	Duplicates *foundJSON `json:"duplicates,omitempty" doc:"after it was said who a person is, for those who judge who is the same; it names nobody"`
}

// places says where the commands of each kind of stream are given.
var places = map[domain.StreamKind]string{
	domain.CaseKind:     root + "/cases",
	domain.FacilityKind: root + "/facilities",
	domain.ActionKind:   root + "/actions",
	domain.CallKind:     root + "/calls",
}

// ids names the stream in the path.
var ids = map[domain.StreamKind]string{
	domain.CaseKind:     "case",
	domain.FacilityKind: "facility",
	domain.ActionKind:   "number",
	domain.CallKind:     "call",
}

// commands registers every command that a person may give.
func (s *Server) commands(e *echo.Echo, doc *huma.OpenAPI) {
	for _, spec := range domain.CommandSpecs() {
		if !slices.ContainsFunc(domain.Roles(), spec.MayGive) {
			continue // for the register itself
		}
		path, status := places[spec.Kind]+"/{"+ids[spec.Kind]+"}/"+spec.Name, http.StatusOK
		if spec.Opens() {
			path, status = places[spec.Kind], http.StatusCreated
		}
		doc.AddOperation(describe(doc, spec, path, status))
		s.route(e, http.MethodPost, echoPath(path), gives(spec), s.command(spec, status))
	}
}

// command answers every command.
func (s *Server) command(spec domain.CommandSpec, status int) echo.HandlerFunc {
	return func(c echo.Context) error {
		stream, err := streamIn(c, spec)
		if err != nil {
			return err
		}
		key, err := keyIn(c)
		if err != nil {
			return err
		}
		happened, data, err := readAsked(c.Request(), spec)
		if err != nil {
			return err
		}
		by, _ := s.actor(c)
		out, err := s.give(c.Request().Context(), by, stream, spec, data, happened, key)
		if err != nil {
			return err
		}
		h := c.Response().Header()
		h.Set(positionHeader, strconv.FormatUint(out.Position, 10))
		if status == http.StatusCreated {
			h.Set(echo.HeaderLocation, places[spec.Kind]+"/"+out.Stream.ID)
		}
		answer := givenOf(out)
		answer.Duplicates = s.found(c.Request().Context(), by, spec, out)
		return c.JSON(status, answer)
	}
}

func givenOf(out domain.Outcome) given {
	g := given{Position: out.Position, Recorded: out.Recorded}
	switch out.Stream.Kind {
	case domain.CaseKind:
		g.Case = out.Stream.ID
	case domain.FacilityKind:
		g.Facility = out.Stream.ID
	case domain.ActionKind:
		g.Action = out.Stream.ID
	case domain.CallKind:
		g.Call = out.Stream.ID
	}
	return g
}

// streamIn reads the id in the path before anything else is done with it: it
// becomes part of a name in the log.
func streamIn(c echo.Context, spec domain.CommandSpec) (domain.Stream, error) {
	if spec.Opens() {
		return domain.Stream{Kind: spec.Kind}, nil
	}
	return domain.ParsePath(string(spec.Kind) + "/" + c.Param(ids[spec.Kind]))
}

// keyIn reads the key under which a request may be repeated; empty if there is
// none. One that is there and empty is a mistake of the program that asks.
func keyIn(c echo.Context) (string, error) {
	values := c.Request().Header.Values(keyHeader)
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1 || !validKey(values[0]):
		return "", refuse(http.StatusUnprocessableEntity, "bad_key", keyHeader)
	}
	return values[0], nil
}
