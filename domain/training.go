package domain

import "slices"

// HoldTraining records a training of those who work with victims (plan action
// 4.7.4: officials, also on the right of victims to compensation).
type HoldTraining struct {
	Topics        []string `json:"topics" code:"training_topic"`
	Organisations []string `json:"organisations" code:"organisation"` // whose staff took part
	Persons       int      `json:"persons" min:"1" max:"100000"`
}

// TrainingHeld says who was trained in what, and how many they were.
type TrainingHeld struct {
	Topics        []string `json:"topics" code:"training_topic"`
	Organisations []string `json:"organisations" code:"organisation"`
	Persons       int      `json:"persons"`
}

func (TrainingHeld) EventType() string    { return "TrainingHeld" }
func (TrainingHeld) apply(*Action, Times) {}
func (HoldTraining) givers() []Role       { return []Role{Coordinator} }
func (cmd HoldTraining) decide(*Action, Request) ([]Event[Action], error) {
	if cmd.Persons < len(cmd.Organisations) {
		return nil, invalid("answers_contradict", "persons") // of each at least one took part
	}
	return []Event[Action]{TrainingHeld{slices.Clone(cmd.Topics), slices.Clone(cmd.Organisations), cmd.Persons}}, nil
}
