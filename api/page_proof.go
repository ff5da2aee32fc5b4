package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"nrm/api/ui"
	"nrm/api/view"
)

// getProof explains in plain words that an entry of the log is what it was, and
// shows what anybody can check it with. Of the entry itself it tells the stream
// that it stands on.
func (s *Server) getProof(c echo.Context) error {
	r := s.reader(c)
	proof, err := s.prove(c.Request().Context(), r.by, c.Param("id"))
	if err != nil {
		return err
	}
	position := strconv.FormatUint(proof.Position, 10)
	title := r.T("proof.title", "Position", position)
	point := proof.Checkpoint
	return s.show(c, http.StatusOK, s.frame(c, r, title),
		ui.Heading(1, title), ui.Paragraph(r.T("proof.lead")), ui.Paragraph(r.T("proof.limits")),
		ui.SummaryList([]ui.SummaryRow{
			{Key: r.T("proof.position"), Value: position},
			{Key: r.T("proof.leaf"), Value: proof.Leaf},
			{Key: r.T("proof.signed"), Value: r.moment(point.At)},
			{Key: r.T("proof.size"), Value: r.number(point.Size)},
			{Key: r.T("proof.root"), Value: point.Root},
			{Key: r.T("proof.key"), Value: s.Witness.Key()},
		}),
		view.Section("checkpoint", r.T("proof.checkpoint"), ui.Verbatim(r.T("proof.checkpoint"), point.Note)),
		view.Section("how", r.T("proof.how"),
			ui.Paragraph(r.T("proof.record.text")), ui.Verbatim(r.T("proof.record"), proof.Record),
			ui.Paragraph(r.T("proof.how.text")), ui.Links([]ui.Link{
				{Text: r.T("proof.json"), Href: root + "/events/" + position + "/proof"},
				{Text: r.T("proof.all"), Href: root + "/checkpoints"},
			})),
	)
}
