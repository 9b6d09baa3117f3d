"""The session's commands that end in a sheet of pictures: samples, reconstructions, one datum."""

from __future__ import annotations

from collections.abc import Iterable

from latentlab.session import opening
from latentlab.session.natures import draws_z, has_latents
from latentlab.session.work import Work


class Sheets(Work):
    """Asks for pictures of many at once; `sheet_ready` follows."""

    _draws = 0  # how often the prior was drawn from: each time other samples

    def sample(self, count: int = 64) -> None:
        """Draw from the prior, a row for each class that the model knows; `sheet_ready` follows."""
        if self.model is None:
            self._say_no("There is no model to draw from.", "Train or open one.")
            return
        self._draws += 1
        title = "samples from the prior" if has_latents(self.model.spec) else "samples"
        self._desk.sample(count, self._draws, self.classes, title)

    def reconstruct(self, rows: Iterable[int]) -> None:
        """Originals beside reconstructions; `sheet_ready` follows."""
        chosen = tuple(int(row) for row in rows)
        if chosen and self.dataset is not None and self._has_pictures():
            self._desk.reconstruct(self.dataset, chosen)

    def show_datum(self, row: int, samples: int = 8) -> None:
        """One datum's original, reconstruction and samples; `sheet_ready` follows."""
        if self.dataset is not None and self._has_pictures():
            drawn = self.model is not None and draws_z(self.model.spec)
            self._desk.show_datum(self.dataset, row, samples if drawn else 0)
        elif self.dataset is None:
            self._has_pictures()

    def _has_pictures(self) -> bool:
        if self.model is None:
            self._say_no("There is no model yet.", "Train or open one.", "train", "Train...")
            return False
        if not self.rows_are_data:
            self.notice.emit(
                opening.data_wanted("The pictures of this map are not open.", self.model)
            )
            return False
        return True
