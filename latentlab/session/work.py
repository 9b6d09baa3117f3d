"""The commands that ask the work lane: files, and the training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject

from latentlab.data.dataset import Dataset
from latentlab.engine import messages as m
from latentlab.errors import LatentlabError
from latentlab.export.report import Report
from latentlab.parts.evaluation import EvaluationSpec
from latentlab.parts.films import FilmLook
from latentlab.session import opening
from latentlab.session.directing import Directing
from latentlab.session.estimate import estimate_s
from latentlab.session.facts import Facts
from latentlab.session.keeping import Parts
from latentlab.session.natures import has_latents
from latentlab.session.ports import EngineLike
from latentlab.session.project import Project
from latentlab.session.relabelling import Relabelling
from latentlab.session.state import Notice
from latentlab.session.taking import Taking
from latentlab.specs import DataSpec, Device, ModelSpec, RunConfig, TrainSpec, replace

LOWER = 0.1  # of the learning rate, after a training that diverged


class Work(Facts):
    """What takes its time: opening, saving, training.

    Args:
        engine: Where requests go.
        settings_path: The settings' JSON file; None keeps them in memory.
        runs_folder: Where trainings without a folder of their own are kept; None keeps none.
        parent: Qt's owner.
    """

    project: Project  # made by `Session`, which knows its last parts

    def __init__(
        self,
        engine: EngineLike,
        settings_path: Path | None = None,
        *,
        runs_folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(engine, settings_path, parent)
        self._runs_folder = runs_folder
        self.taking = Taking(
            engine,
            self._contents,
            self._hand,
            self.travel,
            self._telling,
            self._choice,
            self._desk,
            lambda: self._view,
            self,
        )
        self._resume_wanted: tuple[Path, RunConfig] | None = None
        self._resume_ticket = 0  # of the data that it waits for
        self._contents.data_changed.connect(self._resume_now)
        self._contents.data_missed.connect(self._find_data)
        self.relabelling = Relabelling(self._contents, self._desk, self._may_open, self._mark, self)
        self.relabelling.notice.connect(self.notice)

    def _new_project(self, settings_path: Path | None, directing: Directing) -> Project:
        parts = Parts(
            self._contents,
            self._hand,
            self.travel,
            self.bookmarks,
            self.filter,
            self._choice,
            self._telling,
            self._preferences,
            directing,
            self.colouring,
            self.relabelling,
            lambda: self._view,
            self._look_at,
        )
        runs = self._runs_folder
        models = runs.parent / "project-models" if runs else Path(gettempdir()) / "latentlab-models"
        folder = None if settings_path is None else settings_path.parent / "sessions"
        self._preferences.unlisted = models
        project = Project(parts, self._desk, folder, models, self)
        project.notice.connect(self.notice)
        return project

    def _look_at(self, rect: m.Rect) -> None:
        self._view = rect
        self.view_changed.emit()

    # Files

    def open_path(self, path: Path) -> None:
        """Open a project, a model, a run or data, by looking."""
        kind = opening.kind_of(path)
        if kind == "project":
            self.open_project(path)
        elif kind == "model":
            self.open_model(path)
        else:
            self.open_data(opening.data_spec(path))

    def open_project(self, path: Path) -> None:
        """Open a project: its model, its data, and how they were looked at."""
        if self._may_open():
            self._wish()
            self.project.open(path)

    def open_data(self, spec: DataSpec) -> None:
        """Open a data set; `data_changed` follows."""
        if self._may_open():
            self._wish()
            self._desk.open_data(spec)

    @property
    def not_opened(self) -> DataSpec | None:
        """The newest data that could not be opened, as they were to be read."""
        return self._desk.not_opened

    def _wish(self) -> None:
        """A person opens or trains something: what was still on its way waits for it no more."""
        self._resume_wanted = None
        self.project.give_up()

    def open_model(self, path: Path) -> None:
        """Open a model file or a run folder; `model_changed` follows."""
        if self._may_open():
            self._wish()
            self._desk.ask(lambda ticket: m.OpenModel(ticket, path), f"Opening {path.name}")

    def save_model(self, path: Path, with_map: bool = True) -> None:
        """Write the open model to one file; `saved` follows."""
        if self.model is None:
            self._say_no("There is no model to save.", "Train or open one.", "train", "Train...")
            return
        codes = self.codes if with_map else None
        self._desk.ask(lambda ticket: m.SaveModel(ticket, path, codes), "Saving")

    def export_path(self, path: Path) -> None:
        """Write the path's frames: GIF, WebP, MP4, PNG strip or npz by the ending."""
        if not self.taking.export(path, FilmLook()):
            self._say_no("There is no path to export.", "Drag on the map to draw one.")

    def export_selection(self, path: Path) -> None:
        """Write the selected rows with z and labels: npz, CSV or Parquet by the ending."""
        codes, rows = self.codes, self.selected
        if codes is None or not len(rows):
            self._say_no("Nothing is selected.", "Draw around points on the map with Shift held.")
            return
        names = self.label_names
        self._desk.ask(
            lambda ticket: m.ExportRows(ticket, path, codes, rows, names), f"Writing {path.name}"
        )

    def export_pictures(self, path: Path) -> None:
        """Write the selected pictures: one sheet (.png, .webp), else a folder."""
        codes, rows = self.codes, self.selected
        if codes is None or not len(rows):
            self._say_no("Nothing is selected.", "Draw around points on the map with Shift held.")
            return
        names = self.label_names
        dataset = self.dataset if self.rows_are_data else None
        self._desk.ask(
            lambda ticket: m.ExportPictures(ticket, path, codes, rows, dataset, names),
            f"Writing {path.name}",
        )

    def write_table(self, path: Path, columns: Mapping[str, NDArray[Any]], what: str) -> None:
        """Write columns by the ending: npz, CSV or Parquet; `saved` follows."""
        self._desk.ask(
            lambda ticket: m.WriteTable(ticket, path, columns, what), f"Writing {path.name}"
        )

    def evaluate(self, wanted: EvaluationSpec) -> None:
        """Judge the open model on the open data; `report_ready` follows."""
        dataset = self.dataset
        if self.model is None:
            self._say_no("There is no model to judge.", "Train or open one.", "train", "Train...")
        elif dataset is None:
            self._say_no(
                "There are no data to judge on.", "Open some.", "open_data", "Open data..."
            )
        elif self._may_open():
            self._desk.ask(lambda ticket: m.Evaluate(ticket, dataset, wanted), "Evaluating")

    def write_report(self, path: Path, report: Report) -> None:
        """Write a report by the ending: .json, .csv, .png, .svg or .pdf; `saved` follows."""
        self._desk.ask(lambda ticket: m.WriteReport(ticket, path, report), f"Writing {path.name}")

    def embed(self) -> None:
        """Embed the open data with the open model."""
        self._contents.embed()

    # Training

    def suggest(self) -> tuple[ModelSpec, TrainSpec] | None:
        """Good defaults for the open data; None without data."""
        return None if self.dataset is None else opening.suggest(self.dataset)

    def estimate_s(self, model: ModelSpec, train: TrainSpec) -> float | None:
        """About how long a training takes, in seconds; None without data."""
        if self.dataset is None:
            return None
        return estimate_s(model, train, self.dataset, self.settings.flops_per_s)

    def train(
        self,
        model: ModelSpec,
        train: TrainSpec,
        run: Path | None = None,
        warm_start: bool = False,
    ) -> None:
        """Train on the open data."""
        if self.dataset is None:
            self._say_no(
                "There are no data to train on.", "Open some.", "open_data", "Open data..."
            )
            return
        if not self._may_open():
            return
        self._wish()
        self._begin(self.dataset, model, train, run=run, warm_start=warm_start)

    def resume_run(self, path: Path, device: Device = "auto") -> None:
        """Go on with a run where it was left; opens its data first where need be.

        Args:
            path: The run folder.
            device: Where to compute; "auto" is where it was.
        """
        if not self._may_open():
            return
        try:
            config = opening.read_run(path)
        except LatentlabError as error:
            self.notice.emit(Notice("bad", error.what, error.do))
            return
        if device != "auto":
            config = replace(config, train=replace(config.train, device=device))
        self._wish()
        self._resume_wanted = (path, config)
        self._resume_ticket = self._contents.data_ticket
        if self.dataset is not None and dict(self.dataset.checksums) == config.checksums:
            self._resume_now()
        else:
            self._resume_ticket = self._desk.open_data(config.data)

    def _let_go_of_data(self, ticket: int, _sentence: str) -> None:
        """A request came to nothing: a run that waited for its data does not go on."""
        if ticket == self._resume_ticket:
            self._resume_wanted = None

    def _resume_now(self) -> None:
        if self._resume_wanted is None or self.dataset is None:
            return
        if self._contents.data_ticket != self._resume_ticket:
            return  # other data, asked for before
        (path, config), self._resume_wanted = self._resume_wanted, None
        self._learning.start(
            self.dataset,
            config.model,
            config.train,
            chart=self._contents.chart_for(config.model).while_learning(),
            run=path,
            resume=True,
        )

    def move_run(self, folder: Path) -> None:
        """Keep the training in another place from now on: in a new run folder inside `folder`."""
        if self.training.status not in ("running", "paused"):
            self._say_no(
                "No training is under way.", "Save the model to a file.", "save_model", "Save..."
            )
            return
        name = self.model.data_name if self.model is not None else ""
        run = opening.new_run_folder(folder, name)
        self._desk.ask(lambda ticket: m.MoveRun(ticket, run), f"Moving to {folder.name}")

    def train_lower(self) -> None:
        """Train on from the last good state of a diverged training, at a lower learning rate."""
        dataset, kept = self._learning.dataset, self._learning.kept
        if not self._may_open():
            return
        if dataset is None or kept is None or kept.train is None or kept is not self.model:
            self._say_no("Another model is open now.", "Train it anew.", "train", "Train...")
            return
        train = replace(kept.train, learning_rate=LOWER * kept.train.learning_rate)
        self._begin(dataset, kept.spec, train, warm_start=True)

    def _begin(
        self,
        dataset: Dataset,
        model: ModelSpec,
        train: TrainSpec,
        *,
        run: Path | None = None,
        warm_start: bool,
    ) -> None:
        if run is None and self._runs_folder is not None:
            run = opening.new_run_folder(self._runs_folder, dataset.name)
        self._learning.start(
            dataset,
            model,
            train,
            chart=self._contents.chart_for(model).while_learning(),
            run=run,
            warm_start=warm_start,
        )

    def pause_training(self) -> None:
        """Hold the training between two steps."""
        self._learning.pause()

    def resume_training(self) -> None:
        """Go on with a paused training."""
        self._learning.resume()

    def stop_training(self) -> None:
        """End the training within one batch; the model is kept."""
        self._learning.stop()

    def cancel_busy(self) -> None:
        """Call off the work that is shown as busy."""
        self._desk.cancel()

    def _find_data(self, info: object) -> None:
        """A model came without its map: its data are opened where a run's are at hand."""
        if not isinstance(info, m.ModelInfo):
            return
        data = info.data
        if info.run and data and self.dataset is None and opening.is_at_hand(data):
            if self._may_open():
                self._desk.open_data(data)
        elif has_latents(info.spec):
            self.notice.emit(opening.data_wanted("This model came without its map.", info))

    def _may_open(self) -> bool:
        if not self.training.active:
            return True
        self.notice.emit(
            Notice("info", "A training is under way.", "Stop it first.", "stop_training", "Stop")
        )
        return False

    def _say_no(self, text: str, do: str, action: str | None = None, label: str = "") -> None:
        self.notice.emit(Notice("info", text, do, action, label))
