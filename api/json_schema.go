package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"nrm/domain"
)

// describe makes the operation of a command for the API's description, from
// what the domain says of the command's fields.
func describe(doc *huma.OpenAPI, spec domain.CommandSpec, path string, status int) *huma.Operation {
	schemas := doc.Components.Schemas.Map()
	body := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"happened": {
				Description: "When it took place. A day or a time; now, if not said.",
				AnyOf:       []*huma.Schema{{Type: huma.TypeString, Format: "date-time"}, {Type: huma.TypeString, Format: "date"}},
			},
			"data": dataSchema(spec, schemas),
		},
	}
	if len(body.Properties["data"].Required) > 0 {
		body.Required = []string{"data"}
	}
	var givers []string
	for _, r := range spec.Givers() {
		givers = append(givers, string(r))
	}
	op := &huma.Operation{
		OperationID: spec.Name, Method: http.MethodPost, Path: path, Tags: []string{spec.Track},
		Summary:     strings.ToUpper(spec.Name[:1]) + strings.ReplaceAll(spec.Name[1:], "-", " "),
		Description: "Given by: " + strings.Join(givers, ", ") + ".",
		Parameters: []*huma.Param{{
			Name: keyHeader, In: "header", Description: "A request repeated under the same key is recorded once and answered the same.",
			Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(longestKey)},
		}},
		RequestBody: &huma.RequestBody{Required: len(body.Required) > 0, Content: jsonContent(body)},
		Responses: map[string]*huma.Response{
			fmt.Sprint(status): {
				Description: "It is on disk.",
				Headers:     map[string]*huma.Header{positionHeader: {Description: "The log position that includes the answer.", Schema: &huma.Schema{Type: huma.TypeInteger}}},
				Content:     jsonContent(schemaOf[given](doc)),
			},
			"default": {Description: "Nothing was recorded; after 503 that is not known: ask again with the same Idempotency-Key.", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schemaOf[problem](doc)}}},
		},
	}
	for _, name := range pathParams(path) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	return op
}

func dataSchema(spec domain.CommandSpec, schemas map[string]*huma.Schema) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: map[string]*huma.Schema{}}
	for _, f := range spec.Fields() {
		s.Properties[f.Name] = fieldSchema(f, schemas)
		if requires(f) {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

// requires mirrors the domain's check: yes or no is no when not said.
func requires(f domain.Field) bool { return !f.Optional && f.Kind != domain.YesNo }

func fieldSchema(f domain.Field, schemas map[string]*huma.Schema) *huma.Schema {
	switch f.Kind {
	case domain.OneCode:
		return codesRef(f, schemas)
	case domain.ManyCodes:
		s := &huma.Schema{Type: huma.TypeArray, Items: codesRef(f, schemas), UniqueItems: true}
		if !f.Optional {
			s.MinItems = new(1)
		}
		return s
	case domain.YesNo:
		return &huma.Schema{Type: huma.TypeBoolean, Default: false}
	case domain.Number:
		return &huma.Schema{Type: huma.TypeInteger, Minimum: new(float64(f.Min)), Maximum: new(float64(f.Max))}
	case domain.Amount:
		return &huma.Schema{Type: huma.TypeInteger, Minimum: new(float64(max(1, f.Min))), Maximum: new(float64(f.Max)), Description: "qəpik; 100 are one manat"}
	case domain.ADay:
		return &huma.Schema{Type: huma.TypeString, Format: "date", Description: "a day in Baku"}
	case domain.ATime:
		return &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeString, Format: "date-time"}, {Type: huma.TypeString, Format: "date"}}}
	case domain.ShortText, domain.LongText:
		return textSchema(f)
	case domain.AFacility:
		return &huma.Schema{Type: huma.TypeString, Pattern: "^[A-Z]{2}[0-9]{4}[A-Z]{2}$", Description: "the reference of a facility"}
	case domain.ACase:
		return otherCase()
	case domain.ManyCases:
		s := &huma.Schema{Type: huma.TypeArray, Items: otherCase(), UniqueItems: true, MaxItems: new(f.Max)}
		if requires(f) {
			s.MinItems = new(1)
		}
		return s
	case domain.AnEvent:
		return &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/(0|[1-9][0-9]?)$", Description: "an event of this case: \"at\" of its timeline"}
	case domain.AReference:
		return &huma.Schema{Type: huma.TypeString, Pattern: domain.ReferencePattern, MaxLength: new(f.Max), Description: "the number under which another body keeps something"}
	case domain.ItemBank:
		strength := codesRef(domain.Field{List: "answer"}, schemas)
		return pairsSchema(f, codesRef(f, schemas), "answer", strength)
	case domain.NumbersOf:
		return pairsSchema(f, codesRef(f, schemas), "number", &huma.Schema{Type: huma.TypeInteger, Minimum: new(float64(f.Min)), Maximum: new(float64(f.Max))})
	}
	panic("api: a field of kind " + string(f.Kind) + " has no schema") // found by a test over all commands
}

func otherCase() *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: "^[A-Z]{2}[0-9]{4}[A-Z]{2}$", Description: "the reference of another case"}
}

// pairsSchema describes a list of codes, each with what is said of it.
func pairsSchema(f domain.Field, code *huma.Schema, name string, value *huma.Schema) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeArray, UniqueItems: true, Items: &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"code", name},
		Properties: map[string]*huma.Schema{"code": code, name: value},
	}}
	if requires(f) {
		s.MinItems = new(1)
	}
	return s
}

// textSchema describes a text: how many characters it may have, and none of
// them a control character but, in prose, the ends of lines.
func textSchema(f domain.Field) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, MaxLength: new(f.Max), Pattern: "^[^\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ufffd]*$"}
	if f.Kind == domain.LongText {
		s.Pattern = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ufffd]*$"
	}
	if requires(f) {
		s.MinLength = new(1)
	}
	return s
}

// codesRef refers to the list of codes that a field takes; each list stands in
// the description once.
func codesRef(f domain.Field, schemas map[string]*huma.Schema) *huma.Schema {
	name := "codes." + f.List
	if f.Group != "" {
		name += "." + strings.ReplaceAll(f.Group, "|", "-or-")
	}
	if schemas[name] == nil {
		s := &huma.Schema{Type: huma.TypeString, Description: "The labels are at /api/v1/codes/" + f.List + "."}
		for _, c := range f.Choices() {
			s.Enum = append(s.Enum, c.Code)
		}
		schemas[name] = s
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

func jsonContent(s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: s}}
}

func pathParams(path string) (names []string) {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "{") {
			names = append(names, strings.Trim(part, "{}"))
		}
	}
	return names
}
