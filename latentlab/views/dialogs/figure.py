"""File > Figure...: a page of pictures, on screen as it is printed."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from PySide6.QtWidgets import QPushButton, QWidget

from latentlab.parts.base import tag_of
from latentlab.parts.figures import (
    ClassTable,
    Comparison,
    FigureLook,
    FigureSpec,
    Latents,
    Manifold,
    Palette,
    Reconstructions,
    Traversal,
)
from latentlab.session.session import Session
from latentlab.views import choose
from latentlab.views.dialogs.preview import LineField, PreviewDialog
from latentlab.views.fields import ChoiceField, FlagField, InvalidFieldError
from latentlab.views.forms import Form, align
from latentlab.views.part_words import PartWords
from latentlab.views.taking_words import FIGURES
from latentlab.views.theme import Theme
from latentlab.views.widgets import column, heading, words
from latentlab.views.writing import WritingLine

KINDS: tuple[type[FigureSpec], ...] = (
    Manifold,
    Palette,
    ClassTable,
    Traversal,
    Reconstructions,
    Comparison,
)
CORNERS = {
    "map": PartWords("Of the map in view", ""),
    "path": PartWords("The path's first four waypoints", ""),
    "bookmarks": PartWords("The first four bookmarks", ""),
}


class FigureDialog(PreviewDialog):
    """Which figure, and how its page looks.

    Args:
        session: Whose model and data are drawn.
        theme: The window's.
        parent: Qt's owner.
        kind: The figure that is shown first; None is the one of last time.
    """

    def __init__(
        self, session: Session, theme: Theme, parent: QWidget | None = None, kind: str = ""
    ) -> None:
        below = "The page below is the page in the file, dot for dot."
        super().__init__("Figure", below, theme, parent)
        self._session = session
        self._last: tuple[FigureSpec, FigureLook] | None = None
        self.kind = ChoiceField(tuple(FIGURES), FIGURES)
        self.kind.focus_widget().setAccessibleName("Figure")
        self.meaning = words("", "small", wrap=True)
        self.corners = ChoiceField(tuple(CORNERS), CORNERS)
        self.corners.focus_widget().setAccessibleName("Corners")
        self.here = FlagField("Around the cursor, else around 0")
        self.forms: dict[str, Form[Any]] = {}
        self.add(column(self.kind, self.meaning, spacing=2))
        for made in KINDS:
            form: Form[Any] = Form(made, _start(made, session), explained=False)
            form.changed.connect(self.ask)
            self.forms[tag_of(made)] = form
            self.add(form)
        self.add(self.corners)
        self.add(self.here)
        self.add_rule()
        self.add(heading("Page"))
        self.page: Form[FigureLook] = Form(
            FigureLook,
            session.settings.figure_look,
            makers={"title": LineField, "ground": partial(ChoiceField, ("white", "black"))},
            explained=False,
        )
        self.add(self.page)
        align(*self.forms.values(), self.page)
        self.save = QPushButton("Save as...")
        self.save.clicked.connect(self._save)
        for field in (self.page, self.corners, self.here):
            field.changed.connect(self.ask)
        self.kind.changed.connect(self._show_kind)
        self.kind.set_value(kind or tag_of(type(session.settings.figure)))
        self._disable()
        self._show_kind()
        session.taking.page_changed.connect(self._show_page)
        for signal in (session.model_changed, session.data_changed, session.class_changed):
            signal.connect(self.ask)
        session.path_calm.connect(self._follow)
        session.cursor_calm.connect(self._follow_cursor)
        session.bookmarks.bookmarks_changed.connect(self._follow)
        self.written = WritingLine(session.taking.writing)
        self.lay_out(self.save, below=self.written)

    def wanted(self) -> FigureSpec:
        """The figure that the choices describe.

        Raises:
            InvalidFieldError: A field is not valid.
        """
        made: FigureSpec = self.forms[self.kind.value()].spec()
        session = self._session
        if isinstance(made, Palette) and self.corners.value() != "map":
            z = self._points(self.corners.value())
            return msgspec.structs.replace(made, corners=(z[0], z[1], z[2], z[3]))
        if isinstance(made, Traversal) and self.here.value() and session.z is not None:
            return msgspec.structs.replace(made, at=tuple(session.z.tolist()))
        if isinstance(made, Comparison):
            ends = self._points("path")
            if len(ends) < 2:
                raise InvalidFieldError("Drag on the map first: a comparison is of a path's ends.")
            return msgspec.structs.replace(made, a=ends[0], b=ends[-1])
        return made

    def _points(self, source: str) -> list[Latents]:
        if source == "bookmarks":
            return self._session.bookmarks.points()
        path = self._session.path
        return [] if path is None else [stop.z for stop in path.stops]

    def _disable(self) -> None:
        few = "There are fewer than four."
        self.corners.disable(
            {name: few for name in ("path", "bookmarks") if len(self._points(name)) < 4}
        )

    def _follow(self) -> None:
        """Other waypoints or bookmarks: draw anew what is made of them."""
        self._disable()
        kind = self.kind.value()
        if kind == "comparison" or (kind == "palette" and self.corners.value() != "map"):
            self.ask()

    def _follow_cursor(self) -> None:
        if self.kind.value() == "traversal" and self.here.value():
            self.ask()

    def _show_kind(self) -> None:
        kind = self.kind.value()
        self.meaning.setText(FIGURES[kind].help)
        for tag, form in self.forms.items():
            form.setVisible(tag == kind)
        self.corners.setVisible(kind == "palette")
        self.here.setVisible(kind == "traversal")
        self.ask()

    def look(self) -> None:
        """Draw the page."""
        self.written.clear()
        try:
            wanted, look = self.wanted(), self.page.spec()
        except InvalidFieldError as error:
            self._last = None
            self.save.setEnabled(False)
            self.say(str(error), bad=True)
            return
        self._last = (wanted, look)
        kept: FigureSpec = self.forms[self.kind.value()].spec()
        self._session.update_settings(figure=_without_latents(kept), figure_look=look)
        self._session.taking.draw(wanted, look)

    def _show_page(self) -> None:
        taking = self._session.taking
        if self._last is None or taking.wanted is not self._last[0]:
            return  # another window's wish
        self.save.setEnabled(not taking.trouble)
        if taking.trouble:
            self.picture.set_picture(None)
            self.picture.set_words("")
            self.say(taking.trouble, bad=True)
        elif taking.page is not None:
            page, look = taking.page.page, taking.page.look
            high = page.shape[0] / look.dpi
            size = f"{look.width_in:.3g} × {high:.3g} in"
            self.show_picture(page, f"{size}, {page.shape[1]:,} × {page.shape[0]:,} dots")

    def _save(self) -> None:
        if self._last is None:
            return
        name = f"{self.kind.value()}.png"
        path = choose.new_file(self, "Save figure", name, choose.FIGURE_FILES)
        if path is not None:
            self._session.taking.write_figure(path, *self._last)
            self.written.follow()


def _start(kind: type[FigureSpec], session: Session) -> FigureSpec:
    last = session.settings.figure
    if isinstance(last, kind):
        return last
    if kind is Comparison:
        return Comparison(a=(0.0,), b=(0.0,))
    return msgspec.convert({"kind": tag_of(kind)}, kind)


def _without_latents(spec: FigureSpec) -> FigureSpec:
    """What is worth keeping for next time: no places of this model."""
    if isinstance(spec, Comparison):
        return msgspec.structs.replace(spec, a=(0.0,), b=(0.0,))
    return spec
