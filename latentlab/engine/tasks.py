"""What the work lane does for each kind of request. torch is loaded when it is first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentlab.data.dataset import to_picture
from latentlab.engine.charting import place_layout, show_chart
from latentlab.engine.decoders import Decoder, StoredLattice, Walker
from latentlab.engine.dimensioning import measure
from latentlab.engine.embedding import (
    chart_for,
    embed_all,
    fitting,
    has_gaps,
    labels_for,
    make_codes,
)
from latentlab.engine.faults import failed
from latentlab.engine.fielding import Fielding
from latentlab.engine.jobs import Job
from latentlab.engine.leaving import Leaving
from latentlab.engine.live import LiveLane
from latentlab.engine.messages import (
    Cancelled,
    DataOpened,
    Embed,
    Embedded,
    EngineReady,
    Evaluate,
    Event,
    MapPrior,
    Measure,
    MeasureLatents,
    ModelOpened,
    ModelReady,
    MoveRun,
    OpenData,
    OpenModel,
    PlaceLayout,
    PriorLine,
    PriorMapped,
    Rechart,
    Reconstruct,
    Reconstructed,
    RecoverLabels,
    RunMoved,
    Sample,
    Sampled,
    Saved,
    SaveModel,
    Train,
    WriteLabels,
    WriteReport,
)
from latentlab.engine.nearest import Nearest
from latentlab.engine.reading import Found, read_model, stored_lattice, stored_map
from latentlab.engine.selecting import Selecting
from latentlab.engine.values import ChartSpec, Codes
from latentlab.engine.work import WorkLane
from latentlab.errors import UsageError
from latentlab.latent.charts import Plane
from latentlab.models.grids import Grids
from latentlab.models.units import in_units_of
from latentlab.specs import Device

if TYPE_CHECKING:
    import torch

    from latentlab.engine.placing import Layouts
    from latentlab.engine.teaching import Lesson
    from latentlab.models.model import Model


class Tasks:
    """The open model, and one method for each request; used by the work lane's thread alone.

    Args:
        post: Where answers go.
        live: The lane that decodes; it is told of new models and codes.
        device: Where models compute.
    """

    def __init__(self, post: Callable[[Event], None], live: LiveLane, device: Device) -> None:
        self._post = post
        self.live = live
        self._device_name = device
        self._device: torch.device | None = None
        self.model: Model | None = None
        self.codes: Codes | None = None
        self.chart = ChartSpec()
        self.layouts: Layouts | None = None  # where charts are laid out
        self._decoder: Decoder | None = None
        self.lesson: Lesson | None = None  # the training under way
        self._performers: dict[type, Callable[[Job, Any], None]] = {
            OpenData: self._open_data,
            OpenModel: self._open_model,
            Embed: self._embed,
            Rechart: self._rechart,
            PlaceLayout: self._place_layout,
            Sample: self._sample,
            Reconstruct: self._reconstruct,
            SaveModel: self._save_model,
            MoveRun: self._move_run,
            Evaluate: self._evaluate,
            WriteReport: self._write_report,
            RecoverLabels: self._recover_labels,
            WriteLabels: self._write_labels,
            MapPrior: self._map_prior,
            Measure: self._measure,
            MeasureLatents: self._measure_latents,
            **Selecting(self).performers(),
            **Fielding(self).performers(),
            **Leaving(self).performers(),
        }

    def perform(self, job: Job, lane: WorkLane) -> None:
        """Do one job, and post its answers."""
        if isinstance(job.request, Train):
            self.load_torch()
            from latentlab.engine.teaching import teach

            teach(job, job.request, self, lane)
        else:
            self._performers[type(job.request)](job, job.request)

    def load_torch(self) -> torch.device:
        """Import torch, once, and tell what can be chosen; returns where models compute."""
        if self._device is None:
            import torch

            from latentlab.models.devices import available_devices, choose_device

            self._device = choose_device(self._device_name)
            versions = {"torch": torch.__version__, "numpy": np.__version__}
            self._post(EngineReady(str(self._device), available_devices(), versions))
        return self._device

    def warm_up(self) -> None:
        """Load torch while nothing else is asked."""
        try:
            self.load_torch()
        except Exception as error:  # noqa: BLE001 - whatever it was, files can still be looked at
            self._post(failed(Sample(0, 0, 0), error))

    def take_codes(self, codes: Codes | None) -> None:
        """Look for the nearest datum among `codes` from now on."""
        self.codes = codes
        if self.layouts is not None:
            self.layouts.look_at(codes)
        self.live.look_among(None if codes is None else Nearest(codes))
        self._tell_grids()

    def decode_with(self, decoder: Decoder | None) -> None:
        """Decode with another decoder from now on."""
        self._decoder = decoder
        if not isinstance(decoder, Walker):
            self.live.use(decoder)
        self._tell_grids()

    def _tell_grids(self) -> None:
        """Let a decoder of grids know those of the data; without any, requests wait."""
        codes, decoder = self.codes, self._decoder
        grids = None
        if codes is not None and codes.tokens is not None:
            grids = Grids(codes.z, codes.tokens)
        if self.model is not None and self.model.quantised:
            self.model.grids = grids
        if isinstance(decoder, Walker):
            if grids is not None:
                decoder.look_among(grids)
            self.live.use(decoder if grids is not None else None)

    # One method for each request

    def _open_data(self, job: Job, request: OpenData) -> None:
        from latentlab.data.open import open_dataset

        dataset = open_dataset(request.spec, report=job.report, cancelled=lambda: job.called_off)
        self._post(DataOpened(job.ticket, dataset))

    def _open_model(self, job: Job, request: OpenModel) -> None:
        found = read_model(request.path)
        job.check()
        if self._device is None:
            # The window is waiting for its first picture, and torch takes a second or two.
            self._show_stored(job.ticket, found)
            self._make_live(job.ticket, found, None)
        else:
            model = self._build(found)  # a file that does not fit leaves what is open as it is
            self._show_stored(job.ticket, found)
            self._make_live(job.ticket, found, model)

    def _show_stored(self, ticket: int, found: Found) -> None:
        self.model = None
        stored = None
        if found.lattice is not None and found.codes is not None:
            stored = StoredLattice(found.lattice, found.codes.plane)
        self.decode_with(stored)
        self.take_codes(found.codes)
        self._post(ModelOpened(ticket, found.info, found.codes, found.lattice))

    def _make_live(self, ticket: int, found: Found, model: Model | None) -> None:
        model = model or self._build(found)
        from latentlab.engine.grids import decoder_for

        self.model = model
        self.decode_with(decoder_for(model.vae, model.device))
        self._post(ModelReady(ticket, str(model.device)))

    def _build(self, found: Found) -> Model:
        device = self.load_torch()
        from latentlab.models.model import Model

        model = Model.from_file(found.file, self._device_name)
        model.vae.to(device)
        return model

    def _embed(self, job: Job, request: Embed) -> None:
        model, dataset = self.open_model(), request.dataset

        def go_on(fraction: float) -> bool:
            job.check()
            job.report(f"Embedding {dataset.name}", fraction)
            return True

        if not model.code_dim:
            self._post(Cancelled(job.ticket))  # nothing to show, and nothing went wrong
            return
        found = embed_all(model, dataset, go_on)
        if found is None:
            return
        self.chart = fitting(request.chart, model.code_dim, grids=model.quantised)
        plane = chart_for(self.chart, found.z, model.spec, dataset.labels)
        codes = make_codes(
            found.z,
            dataset.labels,
            dataset.split,
            plane,
            tokens=found.tokens,
            gaps=has_gaps(model.spec),
        )
        self.tell_codes(job, codes)

    def _rechart(self, job: Job, request: Rechart) -> None:
        show_chart(self, job, request)

    def _place_layout(self, job: Job, request: PlaceLayout) -> None:
        place_layout(self, job, request)

    def tell_codes(self, job: Job, codes: Codes) -> None:
        """Show codes, as the answer to a request."""
        self.take_codes(codes)
        self._post(Embedded(job.ticket, codes))

    def _sample(self, job: Job, request: Sample) -> None:
        def report(fraction: float) -> None:
            job.check()
            job.report("Drawing pictures", fraction)

        model = self.open_model()
        classes = model.decoded_classes if request.each_class else 0
        if not classes:
            pictures = model.sample(request.count, request.seed, report=report)
            self._post(Sampled(job.ticket, to_picture(pictures)))
            return
        drawn = []
        for label in range(classes):
            report(label / classes)
            drawn.append(model.sample(request.count, request.seed, label))
        self._post(Sampled(job.ticket, to_picture(np.concatenate(drawn)), classes))

    def _measure(self, job: Job, request: Measure) -> None:
        from latentlab.engine.measuring import measure_data

        self._post(measure_data(job, request, self.open_model()))

    def _map_prior(self, job: Job, request: MapPrior) -> None:
        from latentlab.analysis.contours import prior_contours

        model, plane = self.open_model(), request.plane
        if not isinstance(plane, Plane) or plane.latent_dim != model.code_dim:
            self._post(Cancelled(job.ticket))  # it was asked of another model
            return
        started_s = time.perf_counter()
        found = prior_contours(model.vae, plane)
        lines = tuple(PriorLine(line.share, line.pieces) for line in found)
        self._post(PriorMapped(job.ticket, lines, time.perf_counter() - started_s))

    def _reconstruct(self, job: Job, request: Reconstruct) -> None:
        model = self.open_model()
        dataset = in_units_of(model.header, request.dataset)
        if not request.rows:
            raise UsageError("No data are chosen.", do="Choose some points on the map.")
        x = dataset.inputs(np.asarray(request.rows))  # (n, C, H, W)
        known = labels_for(model, dataset)
        labels = None if known is None else known[np.asarray(request.rows)]
        z = model.encode(x, labels=labels)
        shape = (len(x), request.samples, *model.spec.shape)
        draws = np.zeros(shape, np.float32)
        if request.samples:
            latents = model.posterior_samples(x, request.samples, job.ticket)  # (n, S, d)
            draws = model.decode(latents.reshape(-1, latents.shape[-1])).reshape(shape)
        self._post(
            Reconstructed(
                job.ticket,
                request.rows,
                to_picture(x),
                to_picture(model.reconstruct(x, labels=labels)),
                to_picture(draws),
                z,
            )
        )

    def _save_model(self, job: Job, request: SaveModel) -> None:
        from latentlab.engine.lattices import decode_lattice, rect_of
        from latentlab.models.files import write_model_file

        # The window's codes may be older than the weights: the newest go into the file.
        # Where there are none yet, those of the window are another model's.
        model, codes = self.open_model(), self.codes
        if request.codes is None or codes is None:
            file = model.to_file(None, None)
        else:
            lattice = decode_lattice(model, codes.plane, rect_of(codes))
            file = model.to_file(stored_map(codes), stored_lattice(lattice))
        write_model_file(request.path, file)
        self._post(Saved(job.ticket, Path(request.path), "the model"))

    def _move_run(self, job: Job, request: MoveRun) -> None:
        if self.lesson is None:
            raise UsageError("The training is over.", do="Save the model to a file.")
        kept = self.lesson.move_to(request.path)
        self._post(RunMoved(job.ticket, request.path, kept))

    def _recover_labels(self, job: Job, request: RecoverLabels) -> None:
        self.load_torch()
        from latentlab.engine.recovering import recover_labels

        model = self.open_model() if request.open_model else None
        recover_labels(job, request, model, self._device_name)

    def _write_labels(self, job: Job, request: WriteLabels) -> None:
        from latentlab.engine.recovering import write_labels

        write_labels(job, request)

    def _measure_latents(self, _job: Job, request: MeasureLatents) -> None:
        self._post(measure(request, self.model))

    def _evaluate(self, job: Job, request: Evaluate) -> None:
        from latentlab.engine.judging import judge

        self._post(judge(job, request, self.open_model()))

    def _write_report(self, job: Job, request: WriteReport) -> None:
        from latentlab.engine.judging import write

        self._post(write(job, request))

    def open_model(self) -> Model:
        """The open model.

        Raises:
            UsageError: There is none.
        """
        if self.model is None:
            raise UsageError("No model is open.", do="Train one, or open one.")
        return self.model
