package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"nrm/domain"
	"nrm/projections"
)

type (
	matchesJSON struct {
		Matches []MatchRow `json:"matches" doc:"the closest first; of the cases you may see only"`
	}
	MatchRow struct {
		CaseRow
		Closeness  float64 `json:"closeness" doc:"of the name to what was asked for, 0 to 1"`
		ByDocument bool    `json:"by_document" doc:"it has the document that was asked for"`
	}
	erasuresJSON struct {
		Erasures []erasureJSON `json:"erasures" doc:"waiting, under way and done"`
	}
	erasureJSON struct {
		Case      string      `json:"case"`
		Reason    string      `json:"reason" doc:"code list erasure_reason"`
		Asked     *momentJSON `json:"asked,omitempty"`
		AskedBy   string      `json:"asked_by,omitempty" doc:"the account; it cannot approve"`
		Hold      string      `json:"hold,omitempty" doc:"code list hold_reason: why nothing may be erased now"`
		Approved  *momentJSON `json:"approved,omitempty"`
		Completed *momentJSON `json:"completed,omitempty"`
	}
	personJSON struct {
		Identity    *identityJSON `json:"identity,omitempty"`
		Documents   []docJSON     `json:"documents"`
		Contacts    []contactJSON `json:"contacts"`
		Whereabouts []placeJSON   `json:"whereabouts"`
		Unreadable  bool          `json:"unreadable,omitempty" doc:"there is more, but the person's keys are damaged: see the timeline"`
	}
	identityJSON struct {
		FamilyName  string `json:"family_name,omitempty"`
		GivenName   string `json:"given_name,omitempty"`
		Patronymic  string `json:"patronymic,omitempty"`
		OtherNames  string `json:"other_names,omitempty"`
		BirthDate   string `json:"birth_date,omitempty"`
		BirthYear   int    `json:"birth_year,omitempty"`
		Nationality string `json:"nationality,omitempty" doc:"code list nationality"`
	}
	docJSON struct {
		Kind    string `json:"kind" doc:"code list document_kind"`
		Number  string `json:"number"`
		Country string `json:"country,omitempty" doc:"code list nationality"`
	}
	contactJSON struct {
		Kind    string `json:"kind" doc:"code list contact_kind"`
		Contact string `json:"contact"`
		Safety  string `json:"safety" doc:"code list contact_safety"`
	}
	placeJSON struct {
		District string `json:"district,omitempty" doc:"code list district"`
		Address  string `json:"address"`
	}
	erasedJSON struct {
		On        *momentJSON `json:"on,omitempty"`
		By        byJSON      `json:"by"`
		Reason    string      `json:"reason" doc:"code list erasure_reason"`
		Completed bool        `json:"completed" doc:"the keys are destroyed"`
	}
)

const (
	longestQuery = 200 // characters
	mostMatches  = 50
)

// search registers the search for a person. It is asked by POST: what is
// searched for stands in no address.
func (s *Server) search(e *echo.Echo, doc *huma.OpenAPI) {
	const path = root + "/search"
	text := &huma.Schema{Type: huma.TypeString, MaxLength: new(longestQuery)}
	body := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties:  map[string]*huma.Schema{"name": text, "document": text},
		Description: "A name in any spelling, in Azerbaijani, Russian or English letters, or the whole number of a document.",
	}
	doc.AddOperation(&huma.Operation{
		OperationID: "search", Method: http.MethodPost, Path: path, Summary: "The cases of a person", Tags: []string{"read"},
		RequestBody: &huma.RequestBody{Required: true, Content: jsonContent(body)},
		Responses: map[string]*huma.Response{
			"200":     {Description: "What was found.", Content: jsonContent(schemaOf[matchesJSON](doc))},
			"default": problemResponse(doc, "Nothing was searched."),
		},
	})
	s.route(e, http.MethodPost, path, nameView, func(c echo.Context) error {
		q, err := readQuery(c.Request())
		if err != nil {
			return err
		}
		by, _ := s.actor(c)
		position := s.Views.Position()
		found, err := s.Views.Search(c.Request().Context(), by, s.Now(), q)
		if err != nil {
			return err
		}
		c.Response().Header().Set(positionHeader, strconv.FormatUint(position, 10))
		return c.JSON(http.StatusOK, matchesJSON{each(found, matchOf)})
	})
}

// readQuery reads what is searched for, as strictly as a command is read.
func readQuery(r *http.Request) (projections.Query, error) {
	q := projections.Query{Limit: mostMatches}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return q, unreadBody(err)
	}
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "application/json" {
		return q, refuse(http.StatusUnsupportedMediaType, "json_expected", "")
	}
	fields, err := object(body, []string{"name", "document"})
	if err != nil {
		return q, err
	}
	for name, to := range map[string]*string{"name": &q.Name, "document": &q.Document} {
		if given, ok := fields[name]; ok && json.Unmarshal(given, to) != nil {
			return q, unreadable(name)
		}
	}
	return q, checkQuery(q)
}

// checkQuery refuses "too_long" and "not_text". Whether it is enough to search
// for is judged by the views.
func checkQuery(q projections.Query) error {
	for _, asked := range []struct{ field, text string }{{"name", q.Name}, {"document", q.Document}} {
		if utf8.RuneCountInString(asked.text) > longestQuery {
			return &domain.Refusal{Kind: domain.Invalid, Code: "too_long", Field: asked.field}
		}
		for _, r := range asked.text {
			if unicode.IsControl(r) || r == utf8.RuneError {
				return &domain.Refusal{Kind: domain.Invalid, Code: "not_text", Field: asked.field}
			}
		}
	}
	return nil
}

func (s *Server) readErasures(ctx context.Context, by domain.Actor, _ *nothing) (erasuresJSON, error) {
	rows, err := s.Views.Erasures(ctx, by)
	return erasuresJSON{each(rows, erasureOf)}, err
}

func matchOf(m projections.Match) MatchRow {
	return MatchRow{rowJSON(m.CaseRow), m.Closeness, m.ByDocument}
}

func erasureOf(r projections.ErasureRow) erasureJSON {
	return erasureJSON{string(r.Ref), r.Reason, moment(r.Asked), r.AskedBy, r.Hold, moment(r.Approved), moment(r.Completed)}
}

// personOf tells who the person of a case is: nil to a reader who may know none
// of it, and where nothing is recorded.
func personOf(p projections.Person) *personJSON {
	if p.Identity == nil && len(p.Documents)+len(p.Contacts)+len(p.Whereabouts) == 0 && !p.Unreadable {
		return nil
	}
	out := &personJSON{
		Unreadable: p.Unreadable,
		Documents:  each(p.Documents, func(d domain.DocumentRecorded) docJSON { return docJSON{d.Kind, string(d.Number), d.Country} }),
		Contacts: each(p.Contacts, func(c domain.ContactRecorded) contactJSON {
			return contactJSON{c.Kind, string(c.Contact), c.Safety}
		}),
		Whereabouts: each(p.Whereabouts, func(w domain.WhereaboutsRecorded) placeJSON { return placeJSON{w.District, string(w.Address)} }),
	}
	if i := p.Identity; i != nil {
		out.Identity = &identityJSON{
			string(i.FamilyName), string(i.GivenName), string(i.Patronymic), string(i.OtherNames), i.BirthDate.String(), i.BirthYear, i.Nationality,
		}
	}
	return out
}

func erasedOf(e *projections.ErasedNote) *erasedJSON {
	if e == nil {
		return nil
	}
	return &erasedJSON{moment(e.On), byJSON{e.By.User, string(e.By.Role), e.By.Organisation}, e.Reason, e.Completed}
}
