"""The map: what the session knows of the plane, under one hand."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.latent.cells import GridChart
from latentlab.session.layers import LAYER_KINDS
from latentlab.session.natures import has_latents, prior_look
from latentlab.session.session import Session
from latentlab.views.map.canvas import Canvas
from latentlab.views.map.colouring import cloud_of, paint_of
from latentlab.views.map.hover import Card
from latentlab.views.map.hovering import Hovering
from latentlab.views.map.interaction import Interaction
from latentlab.views.map.latticing import Latticing
from latentlab.views.map.layering import Layering
from latentlab.views.map.looking import Looking
from latentlab.views.map.moving import Transition
from latentlab.views.map.picks import Picks
from latentlab.views.map.thumbing import Thumbing
from latentlab.views.map.words import Words, empty_words
from latentlab.views.theme import DARK, Theme, system_text_scale


class MapView(QWidget):
    """Points, rings, lattice, cursor, path and hover card over one plane.

    Args:
        session: The only partner: everything shown is read from it, every gesture told to it.
        parent: Qt's owner.
    """

    datum_activated = Signal(int)  # a double click on a point; the session has been told
    hint_changed = Signal()
    layers_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme: Theme = DARK
        self._points_on = True
        self._was_training = session.training.active
        self.canvas = Canvas(self)
        self._words = Words(self.canvas)
        self._hovering = Hovering(session, self.canvas, self)
        self._interaction = Interaction(session, self.canvas)
        self._interaction.routing.row_at = self._hovering.row_at
        self._interaction.routing.said.connect(self._say_mode)
        self._looking = Looking(session, self.canvas, self._interaction, self)
        self._latticing = Latticing(session, self.canvas, self)
        self._thumbing = Thumbing(session, self.canvas, self)
        self._layering = Layering(session, self.canvas, self)
        self._transition = Transition(session, self.canvas, self)
        self._picks = Picks(session, self.canvas, self)
        self._interaction.routing.more.append(self._picks.add_to_menu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setFocusProxy(self.canvas)
        self.setMinimumSize(240, 200)
        self._connect()
        self._read_all()

    def _connect(self) -> None:
        session, hand = self._session, self._interaction
        session.codes_changed.connect(self._codes_changed)
        session.model_changed.connect(self._model_changed)
        session.data_changed.connect(self._data_changed)
        session.classes_changed.connect(self._classes_changed)
        session.colouring.changed.connect(self._classes_changed)
        session.selection_changed.connect(self._refresh_points)
        session.cursor_changed.connect(self._cursor_changed)
        session.path_changed.connect(self._path_changed)
        session.training_changed.connect(self._training_changed)
        session.prior_changed.connect(self._prior_changed)
        session.busy_changed.connect(self._busy_changed)
        self.canvas.points.when = session.slack.do
        self.canvas.camera_changed.connect(self._hovering.refresh)
        self.canvas.resized.connect(self._words.place)
        hand.hovered.connect(self._hovering.move)
        self._hovering.row_changed.connect(self._layering.hover)
        hand.hovered.connect(self._latticing.hover)
        hand.activated.connect(self._activate)
        hand.drawn.connect(self.hide_hint)
        self._latticing.shown_changed.connect(self.layers_changed)
        self._thumbing.changed.connect(self._hovering.refresh)

    def _read_all(self) -> None:
        self.set_theme(self._theme)
        self._model_changed()
        self._codes_changed()
        self._cursor_changed()
        self._path_changed()
        self._latticing.refresh()
        self._prior_changed()

    # Look

    def set_theme(self, theme: Theme) -> None:
        """Take another theme's colours, and the text size of the settings."""
        scale = self._session.settings.text_scale * system_text_scale()
        self._theme = theme
        self.canvas.set_theme(theme, scale)
        self._words.set_theme(theme, scale)
        self._hovering.card.set_theme(theme, scale)
        self._picks.set_theme(theme, scale)
        self._refresh_points()

    def set_layer(self, name: str, on: bool) -> None:
        """Show or hide the points, the lattice, the rings, or a layer of the session's."""
        if name in LAYER_KINDS:
            self._session.layers.set_on(name, on)
        elif name == "lattice":
            self._session.show_lattice(on)
        elif name == "points":
            self._points_on = on
            self.canvas.points.setVisible(on)
            self._hovering.refresh()
        elif name == "thumbnails":
            self._thumbing.set_on(on)
        elif name == "gaps":
            self.canvas.gaps.set_on(on)
        else:
            self.canvas.rings.set_on(on)
            self.canvas.contours.set_on(on)
        self.layers_changed.emit()

    def layer_shown(self, name: str) -> bool:
        """Whether a layer is on."""
        if name in LAYER_KINDS:
            return self._session.layers.on(name)
        if name == "lattice":
            return self._session.lattice_shown
        if name == "thumbnails":
            return self._thumbing.on
        if name == "gaps":
            return self.canvas.gaps.on
        return self._points_on if name == "points" else self.canvas.rings.on

    def show_hint(self, text: str) -> None:
        """Say one quiet line at the bottom, until the first drag."""
        self._words.show_hint(text)
        self.hint_changed.emit()

    def _say_mode(self, text: str) -> None:
        self.show_hint(text) if text else self.hide_hint()

    def hide_hint(self) -> None:
        """Take the quiet line away."""
        if self._words.hint:
            self._words.show_hint("")
            self.hint_changed.emit()

    @property
    def hint(self) -> str:
        """The quiet line that is shown; empty where none is."""
        return self._words.hint

    @property
    def visible_count(self) -> int:
        """Points that are not hidden, on screen or not."""
        cloud = self.canvas.points.cloud
        return 0 if cloud is None or not self.layer_shown("points") else cloud.shown_count()

    @property
    def card(self) -> Card | None:
        """What the hover card says; None where it is not shown."""
        return self._hovering.card.card

    def picture(self) -> QPixmap:
        """The map as it is on screen, drawn to the end."""
        self._transition.finish()
        self.canvas.points.prepare(self.canvas.devicePixelRatioF())
        self.canvas.points.settle()
        self._latticing.settle()
        self._thumbing.settle()
        self.canvas.refresh()
        return self.canvas.grab()

    @property
    def sharp(self) -> bool:
        """Whether the decoded plane is on screen as it should be at this zoom."""
        return self._latticing.settled

    def sizeHint(self) -> QSize:
        """As large as it may."""
        return QSize(900, 700)

    # Camera

    def fit(self) -> None:
        """Show all points but a few outliers, with a margin; follow the training again."""
        self._looking.fit()

    def reset(self) -> None:
        """Show the prior's square of three sigma; all cells of a grid."""
        self._looking.reset()

    @property
    def _grid(self) -> GridChart | None:
        plane = self._session.plane
        return plane if isinstance(plane, GridChart) else None

    def _training_changed(self) -> None:
        was, self._was_training = self._was_training, self._session.training.active
        if was != self._was_training:
            self._say_empty()

    # Points

    def _model_changed(self) -> None:
        model = self._session.model
        self._looking.model_changed()
        plane = self._session.plane
        dims = 2 if model is None else model.spec.latent_dim
        known = model is not None and prior_look(model) == "rings"
        known = known and (self._session.plane is None or not self._session.plane.mixes)
        self.canvas.rings.set_known(known)
        self.canvas.cells.set_chart(self._grid)
        self._latticing.model_changed()
        if plane is not None and not plane.steps:
            x, y = plane.project(np.zeros(plane.latent_dim))
            self.canvas.rings.set_prior((float(x), float(y)), dims)
        names, bare = ("z1", "z2"), model is not None and not has_latents(model.spec)
        if plane is not None or bare:
            names = plane.names if plane is not None else ("", "")
        bare = bare or (plane is not None and plane.mixes)
        self.canvas.set_names(names, whole=bare or self._grid is not None)
        self._say_empty()

    def _prior_changed(self) -> None:
        self.canvas.contours.set_lines(self._session.prior_lines)

    def _codes_changed(self) -> None:
        codes = self._session.codes
        self._transition.leave(codes)
        self._model_changed()
        self.canvas.gaps.set_gaps(None if codes is None else codes.gaps)
        if codes is None:
            self._transition.show(None)
        else:
            self._refresh_points()
        self._looking.codes_changed()
        self._transition.go()
        self._latticing.codes_changed()
        self._hovering.refresh()

    def _data_changed(self) -> None:
        self._refresh_points()
        self._say_empty()

    def _busy_changed(self) -> None:
        if self._session.codes is None:
            self._say_empty()

    def _say_empty(self) -> None:
        said = empty_words(self._session)
        self._words.show_empty(said, clear=self._session.cursor is not None)
        count = 0 if self._session.codes is None else len(self._session.codes.xy)
        self.canvas.setAccessibleName("Map of the latent space")
        self.canvas.setAccessibleDescription(
            f"{count:,} points. Arrow keys move the cursor, L shows the lattice, T thumbnails, "
            "F fits the view, Home shows the prior, Space plays the path, Escape clears it."
            if count
            else said.replace("\n", " ")
        )

    def _refresh_points(self) -> None:
        codes = self._session.codes
        if codes is None:
            return
        attribute, scale = self._session.colouring.attribute, self._session.colouring.scale
        if attribute is None or len(attribute) != len(codes.xy):
            attribute, scale = self._session.attributes.find("class"), None
        if attribute is None:
            return
        paint = paint_of(attribute, scale, self._theme.name)
        picked = self._session.selected if len(self._session.selected) else None
        cloud = cloud_of(codes, paint, self._session.filter.sieve, picked)
        self._transition.show(cloud)

    def _classes_changed(self) -> None:
        self._refresh_points()
        self._hovering.refresh()

    # Cursor and path

    def _cursor_changed(self) -> None:
        self.canvas.show_cursor(self._session.cursor)

    def _path_changed(self) -> None:
        travel = self._session.travel
        self.canvas.path.set_path(travel.path, travel.way, travel.point)
        self.canvas.show_cursor(self._session.cursor)

    # Hover

    def _activate(self, plot_px: QPointF) -> None:
        row = self._hovering.row_at(plot_px)
        if row is not None:
            self._session.show_datum(row)
            self.datum_activated.emit(row)
