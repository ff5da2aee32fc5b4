package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"nrm/domain"
)

const root = "/api/v1"

// json registers the API for programs and its description.
func (s *Server) json(e *echo.Echo) error {
	speakOurWay()
	config := huma.DefaultConfig("National Referral Mechanism register", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // served below, like every route
	config.CreateHooks = nil                                             // no "$schema" in answers
	config.RejectUnknownQueryParameters = true
	config.Info.Description = "What happened to a case is recorded by commands; what was recorded is read as of a position of the log. " +
		"A command that was refused, or that says what is already so, records nothing."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	api := humaecho.New(e, config)

	s.commands(e, api.OpenAPI())
	s.reads(api)
	s.readsOfPlan(api)
	s.readsOfWitness(e, api)
	s.search(e, api.OpenAPI())
	s.readsOfAccess(api)

	doc, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return err
	}
	s.route(e, http.MethodGet, "/openapi.json", anyone, func(c echo.Context) error {
		return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, doc)
	})
	return nil
}

// An answer is the body of a read with the position of the log it includes.
type answer[O any] struct {
	Position uint64 `header:"Nrm-Position" doc:"The log position that the answer includes, at least."`
	Body     O
}

// read registers a question. Path is below the API's root.
func read[I, O any](s *Server, api huma.API, path, summary string, p policy, f func(context.Context, domain.Actor, *I) (O, error)) {
	op := huma.Operation{
		OperationID: strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path), "-"),
		Method:      http.MethodGet, Path: root + path, Summary: summary, Tags: []string{"read"},
		Parameters: []*huma.Param{{
			Name: positionHeader, In: "header", Description: "The answer waits until it includes this position of the log.",
			Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0)},
		}},
	}
	s.policies[http.MethodGet+" "+echoPath(op.Path)] = p
	huma.Register(api, op, func(ctx context.Context, in *I) (*answer[O], error) {
		by, _ := actorIn(ctx)
		position := s.Views.Position()
		body, err := f(ctx, by, in)
		if err != nil {
			p := s.problemOf(err)
			s.report(ctx, p)
			return nil, p
		}
		return &answer[O]{position, body}, nil
	})
}

func echoPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// speakOurWay makes the library answer with our problems, which do not repeat
// what was submitted. It has no other place for this than a global.
var speakOurWay = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		code, field := edgeCodes[status], ""
		if code == "" {
			status, code = http.StatusInternalServerError, "fault"
		}
		var d *huma.ErrorDetail
		if status == http.StatusUnprocessableEntity && len(errs) > 0 && errors.As(errs[0], &d) && d.Message != "unknown query parameter" {
			if place, name, ok := strings.Cut(d.Location, "."); ok && place != "body" {
				field = name
			}
		}
		return refuse(status, code, field)
	}
})

func schemaOf[T any](doc *huma.OpenAPI) *huma.Schema {
	return doc.Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}
