package domain

import (
	"reflect"
	"strings"
)

// A Site is the facility that an event of the compartment [Location] is about:
// one that hosts the person or was asked to.
type Site struct {
	Facility     Ref
	Organisation string // who runs it
	District     string // if the event says so itself
}

// Where a person lives can cost their life, so each field of a case's event that
// could tell says so in its tag "place":
//
//	host      the organisation that runs the facility which the event is about
//	facility  that facility
//	district  the district of that facility
//	beside    an organisation or a facility that the event names beside its own matter: it may be the one that hosts
//	with      says something about what is named beside, and is hidden with it
//	none      tells nothing about where the person lives now
//
// The first three only stand in events of the compartment [Location]. A test
// finds the field that has no tag.
const placeTag = "place"

// SiteOf gives the facility that an event is about. It is empty for an event that
// is not about one, and for a sealed one.
func SiteOf(e AnyEvent) (s Site) {
	if e == nil {
		return s
	}
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		switch v.Type().Field(i).Tag.Get(placeTag) {
		case "host":
			s.Organisation = v.Field(i).String()
		case "facility":
			s.Facility = Ref(v.Field(i).String())
		case "district":
			s.District = v.Field(i).String()
		}
	}
	return s
}

// WithoutPlaces is an event without the facilities, and the organisations that
// run some, which it names beside its own matter. What the reader may know stays:
// their own organisation, and the facilities in own.
func WithoutPlaces(e AnyEvent, organisation string, own map[string]bool) AnyEvent {
	if e == nil {
		return nil
	}
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	hidden := false
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Tag.Get(placeTag) == "beside" {
			hidden = hide(v.Field(i), namesOrganisation(f), organisation, own) || hidden
		}
	}
	for i := range v.NumField() {
		if hidden && v.Type().Field(i).Tag.Get(placeTag) == "with" {
			v.Field(i).SetZero()
		}
	}
	return v.Interface().(AnyEvent)
}

// FlowOf is what whoever sees the course of a case, but not where the person
// lives, may know of an event about a facility: the fields with the tag "flow",
// such as why an admission was refused. It is nil when there are none.
func FlowOf(e AnyEvent) AnyEvent {
	if e == nil {
		return nil
	}
	from := reflect.ValueOf(e)
	v := reflect.New(from.Type()).Elem()
	some := false
	for i := range v.NumField() {
		if from.Type().Field(i).Tag.Get("flow") != "" {
			v.Field(i).Set(from.Field(i))
			some = true
		}
	}
	if !some {
		return nil
	}
	return v.Interface().(AnyEvent)
}

// hide empties a field of what the reader may not know, and reports whether an
// organisation was hidden.
func hide(v reflect.Value, isOrganisation bool, organisation string, own map[string]bool) bool {
	secret := func(name string) bool {
		if isOrganisation {
			return Houses(name) && name != organisation
		}
		return !own[name]
	}
	if v.Kind() != reflect.Slice {
		if !secret(v.String()) {
			return false
		}
		v.SetZero()
		return isOrganisation
	}
	kept := reflect.MakeSlice(v.Type(), 0, v.Len())
	for i := range v.Len() {
		if !secret(v.Index(i).String()) {
			kept = reflect.Append(kept, v.Index(i))
		}
	}
	fewer := kept.Len() < v.Len()
	if fewer {
		v.Set(kept)
	}
	return fewer && isOrganisation
}

// Houses reports whether an organisation runs shelters or centres: to name it as
// the one who acted is to say where the person lives.
func Houses(organisation string) bool {
	o, _ := OrganisationOf(organisation)
	return o.Kind == "shelter" || o.Kind == "assistance_centre"
}

func namesOrganisation(f reflect.StructField) bool {
	list, _, _ := strings.Cut(f.Tag.Get("code"), "/")
	return list == "organisation"
}

// placeFault says what is wrong with how an event of a case covers the place
// where the person lives, or nothing.
func placeFault(e AnyEvent, c Compartment) string {
	t := reflect.TypeOf(e)
	host := c != Location
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get(placeTag)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("flow") != "" && (tag != "" || couldTellPlace(f)):
			return name + " could tell where the person lives and has the tag flow"
		case tag == "" && couldTellPlace(f):
			return name + " could tell where the person lives and has no tag " + placeTag
		case (tag == "host" || tag == "facility" || tag == "district") && c != Location:
			return name + " tells where the person lives, and the event is of compartment " + string(c)
		case !strings.Contains(" host facility district beside with none ", " "+tag+" ") && tag != "":
			return name + " has an unknown tag " + tag
		}
		host = host || tag == "host"
	}
	if !host {
		return "the event is of compartment location and does not say whose facility it is about"
	}
	return ""
}

// couldTellPlace reports whether a field names a facility, an organisation, its
// kind or a district.
func couldTellPlace(f reflect.StructField) bool {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	list, _, _ := strings.Cut(f.Tag.Get("code"), "/")
	of := f.Type
	if of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	return of == reflect.TypeFor[Ref]() && f.Tag.Get("ref") != "case" || list == "organisation" || list == "organisation_kind" || list == "district" || name == "key"
}
