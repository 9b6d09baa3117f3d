"""The charts that a person can choose: their words, why some can't be shown, and their actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from latentlab.data.dataset import UNLABELLED
from latentlab.engine.messages import ChartSpec
from latentlab.engine.values import MOST_LAID_OUT, ChartKind
from latentlab.latent.layouts import NO_UMAP, Layout, has_umap
from latentlab.session.natures import (
    NO_LATENTS,
    NO_PLANES,
    ONE_PLANE,
    has_latents,
    is_categorical,
    is_quantised,
    planes,
)
from latentlab.session.session import Session
from latentlab.session.state import Notice

# Kind, words in the panel, key of its action.
KINDS: tuple[tuple[ChartKind, str, str], ...] = (
    ("axes", "Two latents", "axes"),
    ("principal", "Principal components", "principal"),
    ("discriminant", "Discriminants (LDA)", "discriminant"),
    ("points", "Through three points", "three_points"),
    ("tsne", "t-SNE layout", "tsne"),
    ("umap", "UMAP layout", "umap"),
)
ACTION_OF: dict[ChartKind, str] = {kind: key for kind, _, key in KINDS}
ALL = 10_000_000  # data that are laid out where a person wants all
NO_CODES = "There are no codes on the map yet."
LEARNING = "The codes move while the model learns: stop the training first."
NO_CLASSES = "The data have no labels of two classes."
NO_PLANE = "A layout has no plane: its places are mixes of the codes around them."
PICK = "Put the cursor on a place and pick it; the plane is shown with the third."
DISTANCES = "Neighbours stay together; distances between groups and axes mean nothing."


def why_one_chart(session: Session) -> str:
    """Why there is no other chart to choose; nothing where there is."""
    model = session.model
    if model is None:
        return "There is no model yet: train one, or open one."
    if planes(model.spec):
        return ""
    if not has_latents(model.spec):
        return NO_LATENTS
    if is_quantised(model.spec):
        return ONE_PLANE
    return NO_PLANES if is_categorical(model.spec) else "Two latents fill the map."


def why_no_chart(session: Session) -> dict[str, str]:
    """For each action of charts: why it can't be used, or nothing.

    Args:
        session: What is open.
    """
    one = why_one_chart(session)
    codes = "" if session.codes is not None else NO_CODES
    still = LEARNING if session.training.active else codes
    found = {
        "axes": one,
        "next_axes": one,
        "principal": one,
        "discriminant": one or codes or _no_classes(session),
        "three_points": one,
        "tsne": one or still,
        "umap": one or ("" if has_umap() else NO_UMAP) or still,
        "pick_cursor": one or ("" if session.z is not None else "There is no cursor on the map."),
    }
    selected = "" if len(session.selected) else "Nothing is selected: drag with Shift held."
    found["pick_mean"] = one or selected
    found["traversals"] = "" if session.latents.count else one or NO_LATENTS
    return found


def _no_classes(session: Session) -> str:
    codes = session.codes
    if codes is None:
        return NO_CODES
    # The first rows tell in nearly every case; a whole look at many labels would be felt.
    few = codes.labels[:4096]
    known = few[few != UNLABELLED]
    some = len(session.label_names) >= 2 or (len(known) and bool((known != known[0]).any()))
    return "" if some else NO_CLASSES


def chart_words(session: Session) -> str:
    """What a person should know of a layout; nothing of a plane."""
    plane = session.plane
    if not isinstance(plane, Layout):
        return ""
    total, said = len(plane.xy), ""
    if plane.fitted < total:
        said = (
            f"{plane.fitted:,} of {total:,} points are laid out, the others lie among their"
            " nearest of those. "
        )
    return said + DISTANCES


class ChartCommands:
    """What the actions of charts do.

    Args:
        session: Whom the commands go to.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Callable[..., object]]:
        """By the key of the action."""
        return {
            "axes": self.axes,
            "principal": partial(self.show, "principal"),
            "discriminant": partial(self.show, "discriminant"),
            "three_points": self.three_points,
            "tsne": partial(self.lay_out, "tsne"),
            "umap": partial(self.lay_out, "umap"),
            "next_axes": self.next_axes,
            "pick_cursor": self._session.plane_points.pick_cursor,
            "pick_mean": self.pick_mean,
        }

    def show(self, kind: ChartKind) -> None:
        """Show a plane that needs nothing but its name."""
        self._session.set_chart(ChartSpec(kind))

    def lay_out(self, kind: ChartKind) -> None:
        """Show a layout of as many points as were laid out last, or as are quick."""
        chart = self._session.chart
        most = chart.most if chart.layout else MOST_LAID_OUT
        self._session.set_chart(ChartSpec(kind, most=most))

    def axes(self) -> None:
        """Show two latents."""
        chart = self._session.chart
        self._session.set_chart(ChartSpec("axes", chart.first, chart.second))

    def next_axes(self) -> None:
        """Show the next two latents."""
        model, chart = self._session.model, self._session.chart
        if model is not None and planes(model.spec):
            count = model.spec.latent_dim
            first, second = (chart.first + 1) % count, (chart.second + 1) % count
            self._session.set_chart(ChartSpec("axes", first, second))

    def three_points(self) -> None:
        """Show the plane through the points that are picked, or say how to pick some."""
        points = self._session.plane_points.points
        if len(points) == 3:
            self._session.set_chart(ChartSpec("points", points=points))
            return
        count = ("Three", "Two more", "One more")[len(points)]
        self._session.notice.emit(
            Notice("info", f"{count} to pick for a plane.", PICK, "pick_cursor", "Pick the cursor")
        )

    def pick_mean(self) -> None:
        """Pick the mean of what is selected."""
        codes = self._session.codes
        if codes is not None:
            self._session.plane_points.pick_mean(codes.z, self._session.selected)
