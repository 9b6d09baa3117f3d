"""The session: the one owner of what is true now. Commands in, signals out.

Views read its properties, call its commands and listen to its signals; nothing else. It runs in
the GUI thread, never touches torch, and never waits for the engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Slot

from latentlab.engine import messages as m
from latentlab.session import opening
from latentlab.session.answers import Answers
from latentlab.session.brush import Brush
from latentlab.session.charting import PlanePoints
from latentlab.session.directing import Directing
from latentlab.session.latents import Latents
from latentlab.session.pointing import Pointing
from latentlab.session.ports import EngineLike
from latentlab.session.sheets import Sheets
from latentlab.session.state import Notice, PictureState, Point, Undoable
from latentlab.session.study import Study

SLIDE_S = 0.7  # between two changes of z that are undone apart


class Session(Sheets):
    """All commands; what they change is in `Facts`.

    Args:
        engine: Where requests go.
        settings_path: The settings' JSON file; None keeps them in memory.
        runs_folder: Where trainings without a folder of their own are kept; None keeps none.
        parent: Qt's owner.
    """

    def __init__(
        self,
        engine: EngineLike,
        settings_path: Path | None = None,
        *,
        runs_folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(engine, settings_path, runs_folder=runs_folder, parent=parent)
        self._slid_s = -SLIDE_S
        self._changes = 0
        self._closed = False
        self._answers = Answers(
            self._contents,
            self._hand,
            self._learning,
            self._desk,
            self._telling,
            self._prior,
            self.layers,
            self.posteriors,
            self.attributes,
            self.tiles,
            self.thumbnails,
        )
        self.training_changed.connect(self._note_training)
        self.model_changed.connect(self._history_ends)
        self.plane_points = PlanePoints(lambda: self.z, self.set_chart, self)
        self.latents = Latents(engine, self._tickets, self._contents, self._at_cursor, self)
        self._follow_latents()
        self.brush = Brush(self._preferences, self)
        self.pointing = Pointing(self._contents, self)
        self.study = Study(
            self._contents,
            self._choice,
            self.filter,
            self._desk,
            engine,
            lambda: self.training.active,
            self,
        )
        self._answers.also(self.study.takers, self.study.let_go)
        self._answers.also(
            {
                m.StripDecoded: self.travel.take_strip,
                m.PathTraced: self.travel.take_traced,
                m.NearFound: self.neighbours.take,
            },
            self.travel.let_go,
        )
        self.directing = Directing(engine, self._tickets, self, self.set_z, self._path_ends, self)
        self._answers.also(
            {m.ChangesFound: self.directing.take_changes},
            self.directing.let_go,
            self._let_go_of_data,
        )
        self.project = self._new_project(settings_path, self.directing)
        self.model_changed.connect(self.directing.follow_model)
        self.cursor_calm.connect(self.directing.moved)
        self._answers.also(
            {
                m.FigureDrawn: self.taking.take_page,
                m.FrameShown: self.taking.take_frame,
                m.ProjectOpened: self.project.take_opened,
            },
            self.taking.let_go,
            self.project.let_go,
        )

    def _path_ends(self) -> dict[str, NDArray[np.float64]]:
        path = self.path
        return {} if path is None else {"A": path.z[0], "B": path.z[-1]}

    def _follow_latents(self) -> None:
        points, latents = self.plane_points, self.latents
        points.notice.connect(self.notice)
        self.chart_changed.connect(lambda: points.follow(self.chart))
        self.model_changed.connect(lambda: points.fit(self.plane))
        self.cursor_calm.connect(latents.moved)
        self.class_changed.connect(latents.moved)
        self.engine_changed.connect(latents.look_again)
        self.data_changed.connect(latents.look_again)
        self._answers.also(
            {m.LatentsMeasured: latents.take_measured, m.FramesDecoded: latents.take_frames}
        )

    def _at_cursor(self) -> tuple[NDArray[np.float64] | None, int | None]:
        return self.z, self.class_decoded

    @Slot(object)
    def apply(self, event: m.Event) -> None:
        """Take one event of the engine; the bridge's signal is connected to this."""
        if isinstance(event, m.Decoded | m.StripDecoded):  # what the hand waits for
            self._take(event)
        else:
            self.slack.do(lambda: self._take(event))

    def _take(self, event: m.Event) -> None:
        if not self._closed:
            self._preferences.remember_source(event)
            self._answers.take(event)

    # The hand

    def begin_drag(self, xy: Point) -> None:
        """Press: A is here, and it decodes."""
        self.waypoints.begin_drag(xy)

    def drag_to(self, xy: Point) -> None:
        """The drag goes on (past 4 px): the path runs from A to here, and B decodes live."""
        self.waypoints.drag_to(xy)

    def end_drag(self) -> None:
        """Release, of a drag or a handle."""
        self.waypoints.end_drag()

    def move_handle(self, handle: str, xy: Point) -> None:
        """Move the path's "a" or "b", its first or its last waypoint."""
        if self.path is not None and handle in ("a", "b"):
            self.waypoints.move(0 if handle == "a" else len(self.path.stops) - 1, xy)

    def move_cursor(self, xy: Point) -> None:
        """Decode here, without a path."""
        self._hand.move_cursor(xy)

    def set_z(self, z: ArrayLike) -> None:
        """Decode at latents (d,), in and off the plane."""
        plane = self.plane
        latents = np.asarray(z, dtype=np.float64).reshape(-1)  # (d,)
        if plane is None or len(latents) != plane.latent_dim or not np.isfinite(latents).all():
            count = plane.latent_dim if plane else 0
            self._say_no("This is not a point of the latent space.", f"Give {count} numbers.")
            return
        if not np.isfinite(plane.project(latents)).all():
            self._say_no("This code has no cell on the map.", "Choose one of the cells.")
            return
        now_s = time.monotonic()
        if now_s - self._slid_s > SLIDE_S:
            self._mark()  # the moves of one slide are one change
            self._changes += 1
            self._typed = self._changes
        self._slid_s = now_s
        self._hand.set_z(latents)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the cursor by map units."""
        self._hand.nudge(dx, dy)

    def clear_path(self) -> None:
        """Take the path away."""
        self.waypoints.clear()

    def set_frames(self, count: int) -> None:
        """Cut the path into another number of frames."""
        self.travel.set_frames(count)

    def set_position(self, t: float) -> None:
        """Move the scrubber: 0 at A, 1 at B."""
        self.travel.go_to(t)

    def set_playing(self, on: bool) -> None:
        """Play or pause the path."""
        self.player.set_playing(on)

    def set_loop(self, on: bool) -> None:
        """Whether play goes round."""
        self.player.set_mode("loop" if on else "once")

    def request_lattice(self, rect: m.Rect, n: int = 20) -> None:
        """Decode a grid over `rect`, n cells a side; `lattice_changed` follows, more than once."""
        self.tiles.request_lattice(rect, n)

    def choose_class(self, label: int | None) -> None:
        """Decode as one class, for a model that knows them; None follows the nearest datum."""
        self._telling.choose(label)
        decoded = self.decoded
        if label is None and decoded is not None:
            self._telling.follow(decoded, self.codes)

    def show_lattice(self, on: bool) -> None:
        """Turn the lattice layer on or off."""
        self.tiles.show(on)

    # Data on the map

    def picture(self, row: int) -> PictureState:
        """A row's picture, or its reconstruction where the data are not open."""
        return self._contents.picture(row)

    def set_hidden(self, labels: Iterable[int]) -> None:
        """Hide these label values (-1 is unlabelled), show all others."""
        self.filter.set_hidden("class", labels)

    def toggle_class(self, label: int) -> None:
        """Hide or show one class."""
        self.filter.toggle("class", label)

    def isolate_class(self, label: int) -> None:
        """Show one class alone; again, and all are shown."""
        self.filter.isolate("class", label)

    def show_all(self) -> None:
        """Hide no category; an expression stays."""
        self.filter.show_all()

    def select(self, rows: ArrayLike) -> None:
        """Select these rows of the map, and no others; `selection_changed` follows."""
        self._choice.select(rows)

    def clear_selection(self) -> None:
        """Select nothing."""
        self.select(())

    def select_all(self) -> None:
        """Select everything that is shown."""
        self._choice.select_all()

    def select_class(self, label: int) -> None:
        """Select what is shown of a class (-1 is unlabelled)."""
        self._choice.select_class(label)

    def invert_selection(self) -> None:
        """Select what is shown and was not selected."""
        self._choice.invert()

    def set_chart(self, chart: m.ChartSpec) -> None:
        """Show another chart; `chart_changed` follows when the codes are there."""
        if chart != self.chart:
            self._mark()
        elif not self.chart_on_its_way:
            return
        self._contents.set_chart(chart)

    def set_view(self, rect: m.Rect, *, remember: bool = True) -> None:
        """The map tells which part it shows; with `remember`, undo brings the former back."""
        if rect == self._view:
            return
        if remember and self._view is not None:
            self._mark()
        self._view = rect

    # Undo

    def undo(self) -> None:
        """Take back the last change of path, classes, chart or view."""
        self._restore(self._history.undo(self._undoable()))

    def redo(self) -> None:
        """Bring back what was undone."""
        self._restore(self._history.redo(self._undoable()))

    def _restore(self, state: Undoable | None) -> None:
        if state is None:
            return
        self.filter.restore(state.hidden, state.where)
        self.colouring.restore_ends(state.colour_ends)
        if state.chart != self.chart or self.chart_on_its_way:
            self._contents.set_chart(state.chart)
        if state.path is None or self.path is None or state.path != self.path.at_rest:
            self.travel.put(state.path)
        self._hand.restore(state.z)
        self.travel.stand_at(state.z)
        self._choice.set(state.selection)
        self.bookmarks.restore(state.bookmarks)
        self.relabelling.restore(state.relabelled)
        self._typed, self._slid_s = state.typed, -SLIDE_S
        if state.view is not None and state.view != self._view:
            self._view = state.view
            self.view_changed.emit()
        self.history_changed.emit()

    def _history_ends(self) -> None:
        self._history.clear()
        self.history_changed.emit()

    # Settings and notices

    def update_settings(self, **changes: Any) -> None:
        """Change settings by name; they are written a moment later."""
        self._preferences.update(changes)

    def start(self) -> None:
        """Tell what was found at the start: damaged settings, a run that a crash cut short."""
        if self._preferences.trouble:
            self.notice.emit(Notice("warn", self._preferences.trouble))
        self.project.start()
        left = self.settings.unfinished_run
        if left and opening.can_go_on(Path(left)):
            self.notice.emit(opening.cut_short(Path(left)))

    def act(self, notice: Notice) -> bool:
        """Run a notice's action; False where it is a dialog of the window."""
        if notice.action == "resume_run":
            self.resume_run(Path(notice.argument))
        elif notice.action == "resume_on_cpu":
            self.resume_run(Path(notice.argument), device="cpu")
        elif notice.action == "open_project" and notice.argument:
            self.open_project(Path(notice.argument))
        elif notice.action == "look_at_run":
            self.open_model(Path(notice.argument))
        elif notice.action == "train_lower":
            self.train_lower()
        elif notice.action == "stop_training":
            self.stop_training()
        elif notice.action == "embed":
            self.embed()
        elif notice.action == "open_its_data" and self.model is not None and self.model.data:
            self.open_data(self.model.data)
        else:
            return False
        return True

    def close(self) -> None:
        """The window is gone: stop play, write the settings, take no more answers."""
        self._closed = True
        self.player.set_playing(False)
        self.project.close()
        self._preferences.flush()

    def _note_training(self) -> None:
        self.latents.set_learning(self.training.active)
        self._hand.wishes.beside_training = self.training.active
        self._preferences.remember_run(self.training)
        self._preferences.remember_speed(self.training, self.model)
