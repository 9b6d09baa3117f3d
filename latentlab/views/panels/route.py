"""How the path runs: its kind, its frames' spacing, and what it is worth in numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.engine.messages import PathFigures
from latentlab.latent.standing import standing_words
from latentlab.session.natures import is_categorical
from latentlab.session.session import Session
from latentlab.views.path_actions import KIND_WORDS, SPACING_WORDS
from latentlab.views.travelling import why_no_path
from latentlab.views.widgets import ElidedLines, row


class RouteBar(QWidget):
    """Kind and spacing to choose, and the path's figures side by side.

    Args:
        session: Whose path it is.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.kind = _choice("Kind of path", [(text, tip) for _, text, tip in KIND_WORDS])
        self.spacing = _choice("Spacing of frames", [(t, tip) for _, t, tip in SPACING_WORDS])
        self.figures = ElidedLines("small")
        self.kind.activated.connect(self._set_kind)
        self.spacing.activated.connect(self._set_spacing)
        layout = row(self.kind, self.spacing, self.figures)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        session.path_calm.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.codes_changed.connect(self.refresh)
        session.travel.figures_changed.connect(self.refresh)
        session.strip_changed.connect(self._say)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's path."""
        session = self._session
        path, why = session.path, why_no_path(session)
        for box, table, now, prefix in (
            (self.kind, KIND_WORDS, None if path is None else path.kind, "kind"),
            (self.spacing, SPACING_WORDS, None if path is None else path.spacing, "spacing"),
        ):
            keys = [key for key, _, _ in table]
            box.setEnabled(path is not None)
            box.setCurrentIndex(keys.index(now) if now in keys else 0)
            for place, (key, _, tip) in enumerate(table):
                _allow(box, place, why[f"{prefix}_{key}"], tip)
        self._say()

    def _say(self) -> None:
        session = self._session
        self.figures.set_parts([*film_words(session), *route_words(session)])

    def _set_kind(self, place: int) -> None:
        self._session.waypoints.set_kind(KIND_WORDS[place][0])
        self.refresh()

    def _set_spacing(self, place: int) -> None:
        self._session.waypoints.set_spacing(SPACING_WORDS[place][0])
        self.refresh()


def _choice(name: str, entries: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    for text, _ in entries:
        box.addItem(text[:1].upper() + text[1:])
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _allow(box: QComboBox, place: int, why_not: str, tip: str) -> None:
    item = box.model().item(place)  # type: ignore[attr-defined] # a QStandardItemModel
    item.setEnabled(not why_not)
    item.setToolTip(why_not or tip)


def film_words(session: Session) -> list[str]:
    """How the frames go from A to B, where it is not straight through z."""
    if session.strip is None or session.model is None:
        return []
    if session.strip.source == "code cross-fade":
        return ["cross-fade of two real code grids: each code switches at a time of its own"]
    if is_categorical(session.model.spec):
        return ["cross-fade of two codes"]
    name = session.class_decoded
    return [f"as class {session.classes[name]}"] if name is not None else []


def route_words(session: Session) -> list[str]:
    """The path's figures; why it is not of the kind chosen, where that is so."""
    travel, path = session.travel, session.path
    if path is None:
        return []
    if travel.why_not:
        return [travel.why_not]
    if travel.figures is None:
        return []
    if travel.way is not None and travel.way.guessed:
        return ["working it out..."]
    codes = session.codes
    count = 0 if codes is None else len(codes.xy)
    standing = standing_words(path.kind, path.density, count)
    return [*figure_words(travel.figures), *([standing] if standing else [])]


def figure_words(figures: PathFigures) -> list[str]:
    """Each number of a path with what it is.

    Example:
        >>> figure_words(PathFigures(2.5, 31.25, 40.0, "pull-back metric", 1.5))
        ['length 2.50 in z', '31.2 in pixels (straight 40.0)', 'largest jump 1.50']
    """
    said = [f"length {figures.euclidean:.3g} in z"]
    if abs(figures.euclidean) >= 1.0:
        said = [f"length {figures.euclidean:.2f} in z"]
    if figures.metric is not None and figures.straight is not None:
        unit = "in pixels" if "+" not in figures.metric_name else "in pixels, near data"
        said.append(f"{figures.metric:.1f} {unit} (straight {figures.straight:.1f})")
    if figures.jump is not None:
        said.append(f"largest jump {figures.jump:.2f}")
    if figures.nearest is not None and figures.farthest is not None:
        far = figures.reach is not None and figures.farthest > figures.reach
        guess = ", a guess there" if far else ""
        said.append(
            f"nearest data {figures.nearest:.2g} away, at most {figures.farthest:.2g}{guess}"
        )
    return said
