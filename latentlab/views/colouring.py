"""The actions that colour and filter the points, and what they do."""

from __future__ import annotations

from functools import partial
from typing import get_args

from PySide6.QtCore import QObject

from latentlab.data.scales import ScaleKind
from latentlab.session.session import Session
from latentlab.views.actions import Actions
from latentlab.views.colour_actions import COLOUR_ACTIONS
from latentlab.views.panels.colour import NO_COLOUR
from latentlab.views.panels.filter import FilterPanel

NO_SCALE = "The colours are not of numbers."
NOTHING_HIDDEN = "Nothing is hidden."
NO_FILTER = "There is no filter."
NO_COLUMNS = "The open data have no further columns."


class ColourCommands(QObject):
    """Connects them, and enables each while it can do something.

    Args:
        session: Whom the commands go to.
        actions: The actions.
        line: Where a filter is typed.
        parent: Qt's owner.
    """

    def __init__(
        self, session: Session, actions: Actions, line: FilterPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._actions = actions
        colouring = session.colouring
        for spec in COLOUR_ACTIONS:
            word = spec.key.partition("_")[2]
            if spec.group == "colour":
                actions[spec.key].triggered.connect(partial(self._colour, word))
        for kind in get_args(ScaleKind):
            actions[f"scale_{kind}"].triggered.connect(partial(self._scale, kind))
        actions["colour_next"].triggered.connect(self.next_column)
        actions["scale_reset"].triggered.connect(colouring.reset_ends)
        actions["filter"].triggered.connect(line.ask)
        actions["clear_filter"].triggered.connect(line.clear)
        actions["show_all"].triggered.connect(session.show_all)
        for signal in (colouring.changed, colouring.told_changed, session.filter.told_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is chosen, and what could be."""
        actions, colouring = self._actions, self._session.colouring
        whys = {offer.name: offer.why_not for offer in self._session.attributes.offers()}
        for spec in COLOUR_ACTIONS:
            word = spec.key.partition("_")[2]
            if spec.group == "colour":
                actions.allow(spec.key, whys.get(word, ""))
                actions[spec.key].setChecked(word == colouring.by)
            elif spec.group == "scale":
                why = NO_SCALE if colouring.scale is None else ""
                actions.allow(spec.key, why or (colouring.why_no_log if word == "log" else ""))
                actions[spec.key].setChecked(word == colouring.kind)
        actions.allow("colour_next", "" if self._columns() else NO_COLUMNS)
        actions.allow("scale_reset", "" if colouring.moved else NO_SCALE)
        actions.allow("filter", "")
        actions.allow("clear_filter", "" if self._session.filter.where else NO_FILTER)
        actions.allow("show_all", "" if self._session.filter.hidden else NOTHING_HIDDEN)

    def _columns(self) -> tuple[str, ...]:
        offers = self._session.attributes.offers()
        return tuple(o.name for o in offers if o.kind == "data" and o.name not in NO_COLOUR)

    def next_column(self) -> None:
        """Colour by the next column of the data set."""
        names, now = self._columns(), self._session.colouring.by
        if names:
            place = names.index(now) + 1 if now in names else 0
            self._session.colouring.set_by(names[place % len(names)])

    def _colour(self, name: str) -> None:
        self._session.colouring.set_by(name)

    def _scale(self, kind: ScaleKind) -> None:
        self._session.colouring.set_kind(kind)
