"""A monkey at the real window: random hands, keys and commands, and nothing may break.

5,000 steps on each change; LATENTLAB_MONKEY says how many. What step n does comes from the seed and
n alone, so that LATENTLAB_MONKEY_SEED with the printed seed does the same again.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import shutil
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QWidget,
)

from latentlab.engine import messages as m
from latentlab.specs import Mlp, TrainSpec, replace
from latentlab.views import choose
from latentlab.views.dialogs.open_data import OpenDataDialog
from latentlab.views.dialogs.save_model import SaveModelDialog
from latentlab.views.dialogs.train import TrainDialog

STEPS = int(os.environ.get("LATENTLAB_MONKEY", "5000"))
# The same walk on each change, so that a red run is the change's own; another one in the long run.
LONG = bool(os.environ.get("LATENTLAB_LONG"))
SEED = int(
    os.environ.get("LATENTLAB_MONKEY_SEED")
    or (random.SystemRandom().randrange(10**6) if LONG else 10)
)
REMEMBERED = 40  # steps that a failure tells of

Key = Qt.Key
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
ARROWS = (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down)
NONSENSE = ("", "moon", "1", "1, 2, 3, 4, 5", "nan, nan", "inf 0", "1e999, 2", "0,,0;;", "\u2212")
TYPED = ("fit", "rings", "dark", "light", "next latents", "larger", "smaller", "undo", "zzz")
TRIGGERED = {
    "points": 2, "lattice": 2, "rings": 2, "film": 1, "training": 1, "left": 1, "right": 1,
    "play": 3, "loop": 1, "clear_path": 1, "fit": 1, "reset": 1, "undo": 3, "redo": 2,
    "copy_z": 1, "copy_image": 1, "axes": 3, "principal": 3, "next_axes": 4, "focus_map": 2,
    "sample": 1, "reconstruct_view": 1, "reconstruct_any": 1, "datum": 2, "pause": 6, "stop": 6,
    "theme_dark": 0.5, "theme_light": 0.5, "theme_system": 0.3, "larger": 0.2, "smaller": 0.3,
    "full_screen": 0.3, "export_film": 0.5, "open_model": 0.5, "open_run": 0.3, "save_model": 0.6,
    "open_data": 0.6, "train": 0.6, "preferences": 0.5, "shortcuts": 0.4, "about": 0.4,
    "figure": 0.3, "compare": 0.4, "bookmark_point": 1, "bookmark_path": 1, "next_bookmark": 1.5,
    "brush": 1, "grow": 0.6, "selection": 0.8, "outliers": 0.4, "duplicates": 0.3,
    "export_folder": 0.2,
}  # fmt: skip
OFFERS = {"train", "embed", "fit", "stop_training", "train_lower", "resume_run", "save_model"}


class Monkey:
    """Does one random thing at a time.

    Args:
        whole: The real program.
        files: Models to open; the last is damaged.
        make_hand: For other widgets.
    """

    def __init__(self, whole: Any, files: list[Path], make_hand: Callable[[QWidget], Any]) -> None:
        self.whole, self.files, self.make_hand = whole, files, make_hand
        self.session, self.window = whole.session, whole.window
        self.canvas = self.window.map.canvas
        self.hand = make_hand(self.canvas.viewport())
        self.rng = random.Random()  # noqa: S311
        self.log: deque[str] = deque(maxlen=REMEMBERED)
        self.done = Counter[str]()
        self.table: dict[str, tuple[float, Callable[[], object]]] = {
            "press": (6, self.press), "move": (30, self.move), "release": (8, self.release),
            "drag": (6, self.drag), "handle": (6, self.handle), "twice": (1, self.click_twice),
            "pan": (3, self.pan), "wheel": (6, self.wheel), "leave": (1, self.hand.leave),
            "arrow": (8, self.arrow), "map key": (7, self.map_key), "undo key": (7, self.undo_key),
            "legend": (5, self.legend), "colour by": (1, self.colour_by), "plane": (2, self.plane),
            "frames": (3, self.frames), "strip": (4, self.strip), "type z": (4, self.type_z),
            "slide": (2, self.slide), "trigger": (24, self.trigger), "palette": (1, self.palette),
            "notice": (3, self.notice), "sheet": (3, self.sheet), "resize": (1.5, self.resize),
            "digits": (0.7, self.digits), "open": (1.5, self.open_file), "drop": (0.5, self.drop),
            "train": (3, self.train), "save": (0.5, self.save), "cancel": (0.7, self.cancel),
        }  # fmt: skip
        self.names = list(self.table)
        self.weights = [weight for weight, _ in self.table.values()]

    def step(self, number: int) -> None:
        """Do what the seed says for step `number`."""
        self.rng = random.Random(f"{SEED}:{number}")  # noqa: S311
        name = self.rng.choices(self.names, self.weights)[0]
        modal = QApplication.activeModalWidget()
        if modal is not None:
            name = "dialog"
        self.log.append(f"{number} {name}")
        self.done[name] += 1
        if isinstance(modal, QDialog):
            self.dialog(modal)
        else:
            self.table[name][1]()

    # Mouse and keys on the map

    def place(self) -> QPointF:
        size = self.hand.widget.size()
        x, y = (self.rng.uniform(-0.05, 1.05) for _ in "xy")
        return QPointF(x * size.width(), y * size.height())

    def press(self) -> None:
        self.hand.press(self.place(), self.rng.choice((LEFT, LEFT, LEFT, MIDDLE)))

    def move(self) -> None:
        self.hand.move(self.place())

    def release(self) -> None:
        self.hand.release(self.place())

    def drag(self) -> None:
        self.hand.press(self.place())
        for _ in range(self.rng.randrange(1, 8)):
            self.hand.move(self.place())
        if self.rng.random() < 0.8:
            self.hand.release(self.place())

    def handle(self) -> None:
        end = self.rng.choice("ab")
        if self.session.path is not None:
            self.hand.press(self.canvas.to_canvas(self.canvas.path.handles[end].pos()))
            self.hand.move(self.place())
            self.hand.move(self.place())
            self.hand.release(self.place())

    def click_twice(self) -> None:
        at = self.place()
        for twice in (False, True):
            self.hand.press(at, twice=twice)
            self.hand.release(at)

    def pan(self) -> None:
        self.hand.press(self.place(), MIDDLE)
        self.hand.move(self.place())
        self.hand.release(self.place())

    def wheel(self) -> None:
        self.hand.turn(self.place(), self.rng.choice((-1200, -120, -15, 15, 120, 1200)))

    def arrow(self) -> None:
        QTest.keyClick(self.canvas, self.rng.choice(ARROWS), self.rng.choice((NONE, SHIFT)))

    def map_key(self) -> None:
        keys = (Key.Key_L, Key.Key_F, Key.Key_Home, Key.Key_Escape, Key.Key_Space, Key.Key_Space)
        QTest.keyClick(self.canvas, self.rng.choice(keys))

    def undo_key(self) -> None:
        QTest.keyClick(self.canvas, Key.Key_Z, self.rng.choice((CONTROL, CONTROL | SHIFT)))

    # Panels

    def legend(self) -> None:
        rows = self.window.legend.list
        index = self.rng.randrange(12)
        if index >= rows.count():
            self.window.legend.all.click()
            return
        at = rows.visualItemRect(rows.item(index)).center()
        way = self.rng.random()
        if way < 0.2:
            QTest.mouseDClick(rows.viewport(), LEFT, NONE, at)
        else:
            QTest.mouseClick(rows.viewport(), LEFT, ALT if way < 0.4 else NONE, at)

    def colour_by(self) -> None:
        self.choose(self.window.colour.by)

    def plane(self) -> None:
        if self.window.chart.isVisible():
            self.choose(self.rng.choice(self.window.chart.findChildren(QComboBox)))

    def choose(self, box: QComboBox) -> None:
        if box.count() and box.isEnabled():
            index = self.rng.randrange(box.count())
            box.setCurrentIndex(index)
            box.activated.emit(index)

    def frames(self) -> None:
        if self.window.film.frames.isEnabled():
            self.window.film.frames.setValue(self.rng.choice((2, 3, 10, 60, 61, 200)))

    def strip(self) -> None:
        strip = self.window.film.strip
        at = QPoint(self.rng.randrange(-9, strip.width() + 9), strip.height() // 2)
        keys = (Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown, Key.Key_Space, *ARROWS)
        if self.rng.random() < 0.5:
            QTest.mousePress(strip, LEFT, NONE, at)
            QTest.mouseRelease(strip, LEFT, NONE, at + QPoint(40, 0))
        else:
            QTest.keyClick(strip, self.rng.choice(keys))

    def type_z(self) -> None:
        edit = self.window.decoded.latents.edit
        text = self.rng.choice(NONSENSE)
        if self.rng.random() < 0.6 and self.session.plane is not None:
            wide = (self.rng.gauss(0.0, 2.0) for _ in range(self.session.plane.latent_dim))
            text = ", ".join(f"{value:.3f}" for value in wide)
        edit.setFocus()
        edit.selectAll()
        _type(edit, text)
        QTest.keyClick(edit, self.rng.choice((Key.Key_Return, Key.Key_Return, Key.Key_Escape)))

    def slide(self) -> None:
        for slider in self.window.decoded.latents.sliders.rows:
            slider.slider.setValue(self.rng.randrange(-400, 401))

    def trigger(self) -> None:
        name = self.rng.choices(list(TRIGGERED), list(TRIGGERED.values()))[0]
        self.log.append(f"  {name}")
        self.window.actions_table[name].trigger()

    def palette(self) -> None:
        self.window.actions_table["palette"].trigger()
        dialog = self.window.palette_dialog()
        QTest.keyClicks(dialog.field, self.rng.choice(TYPED))
        for _ in range(self.rng.randrange(3)):
            QTest.keyClick(dialog.field, Key.Key_Down)
        if self.rng.random() < 0.5 and "quit" not in _texts(dialog):
            QTest.keyClick(dialog.field, Key.Key_Return)
        if dialog.isVisible():
            QTest.keyClick(dialog, Key.Key_Escape)

    def notice(self) -> None:
        for banner in self.window.notices.banners[:1]:
            if banner.notice.action in OFFERS and self.rng.random() < 0.4:
                self.log.append(f"  {banner.notice.action}")
                banner.action_button.click()
            else:
                banner.close_button.click()

    def sheet(self) -> None:
        for sheet in self.window.sheets[:1]:
            if self.rng.random() < 0.6:
                sheet.close()
            else:
                self.rng.choice(sheet.findChildren(QAbstractButton)).click()

    def resize(self) -> None:
        self.window.resize(self.rng.randrange(300, 1900), self.rng.randrange(300, 1200))

    # Work

    def digits(self) -> None:
        self.session.open_data(m.DataSpec(source="digits"))

    def open_file(self) -> None:
        self.session.open_path(self.rng.choice(self.files))

    def drop(self) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.rng.choice(self.files)))])
        event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, NONE)
        self.window.dropEvent(event)

    def train(self) -> None:
        if self.session.suggest() is None:
            return
        self._forget_runs()
        model, _ = self.session.suggest()
        model = replace(model, network=Mlp(hidden=(16,)), latent_dim=self.rng.choice((2, 2, 3)))
        steps = self.rng.choice((2, 2, 2, 40, 100_000))
        spec = TrainSpec(steps=steps, batch_size=64, precision="float32", device="cpu", threads=1)
        self.session.train(model, spec, warm_start=self.rng.random() < 0.2)

    def _forget_runs(self) -> None:
        if not self.session.training.active:
            runs = sorted((self.whole.folder / "runs").glob("*"), key=os.path.getmtime)
            for old in runs[:-8]:
                shutil.rmtree(old)

    def save(self) -> None:
        self.session.save_model(self.whole.folder / "saved.safetensors", self.rng.random() < 0.5)

    def cancel(self) -> None:
        self.session.cancel_busy()

    # Dialogs that keep the window from being used

    def dialog(self, dialog: QDialog) -> None:
        """Use what is in it, but for what would download or train for minutes."""
        asks = isinstance(dialog, OpenDataDialog | TrainDialog)
        if self.rng.random() < 0.4:
            if isinstance(dialog, SaveModelDialog) and self.rng.random() < 0.7:
                dialog.path.setText(str(self.whole.folder / "by-dialog"))
                dialog.accept()
            else:
                QTest.keyClick(dialog, Key.Key_Escape)
            return
        part = self.rng.choice(dialog.findChildren(QWidget))
        if not part.isVisible() or not part.isEnabled():
            return
        if isinstance(part, QAbstractButton) and not (asks and _accepts(dialog, part)):
            part.click()
        elif isinstance(part, QComboBox):
            self.choose(part)
        elif isinstance(part, QAbstractSpinBox):
            part.stepBy(self.rng.choice((-1000, -1, 1, 1000)))
        elif isinstance(part, QLineEdit):
            _type(part, self.rng.choice(NONSENSE))
        elif not asks:
            QTest.keyClick(part, self.rng.choice((Key.Key_Tab, Key.Key_Space, *ARROWS)))


def _type(edit: QLineEdit, text: str) -> None:
    if text.isascii():
        QTest.keyClicks(edit, text)
    else:
        edit.insert(text)  # QTest has no key for it, and aborts


def _accepts(dialog: QDialog, button: QAbstractButton) -> bool:
    role = QDialogButtonBox.ButtonRole.AcceptRole
    boxes = dialog.findChildren(QDialogButtonBox)
    return any(box.buttonRole(button) == role for box in boxes if button in box.buttons())


def _texts(palette: Any) -> str:
    return " ".join(action.text().lower() for action in palette.actions_listed)


def run(whole: Any, monkey: Monkey) -> None:
    """Step after step in Qt's own loop, so that everything that waits gets its turn."""
    loop, timer = QEventLoop(), QTimer()
    bursts = itertools.cycle((1, 4, 2, 1, 3))  # steps in one turn of the loop
    faults: list[BaseException] = []

    def turn() -> None:
        try:
            for _ in range(next(bursts)):
                monkey.step(monkey.done.total())
                whole.check()
        except BaseException as fault:  # noqa: BLE001 - told below, with what was done
            faults.append(fault)
        if faults or monkey.done.total() >= STEPS:
            loop.quit()

    timer.timeout.connect(turn)
    timer.start(0)
    loop.exec()
    timer.stop()
    if faults:
        heard = "\n".join(whole.ears.heard)
        steps = "\n".join(monkey.log)
        raise AssertionError(f"LATENTLAB_MONKEY_SEED={SEED}\n{steps}\n{heard}") from faults[0]


@pytest.mark.timeout(120 + STEPS // 10)
def test_a_monkey_at_the_window_breaks_nothing(
    whole, flat_model, deep_model, make_hand, monkeypatch, tmp_path, qtbot
):
    print(f"LATENTLAB_MONKEY_SEED={SEED}")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(flat_model.read_bytes()[:5000])
    files = [flat_model, deep_model, deep_model, damaged, tmp_path / "gone.safetensors"]
    answers = itertools.cycle([None, *files])
    monkeypatch.setattr(choose, "existing_file", lambda *_: next(answers))
    monkeypatch.setattr(choose, "folder", lambda *_: next(answers))
    monkeypatch.setattr(choose, "new_file", lambda *_: tmp_path / "film.npz")
    monkeypatch.setattr(choose, "new_folder", lambda *_: tmp_path / "pictures")
    did = Counter[str]()
    session = whole.session
    for name in ("decoded", "strip", "chart", "model", "codes", "training", "lattice", "data"):
        getattr(session, f"{name}_changed").connect(lambda name=name: did.update([name]))
    session.sheet_ready.connect(lambda _: did.update(["sheet"]))
    session.open_data(m.DataSpec(source="digits"))
    session.open_model(flat_model)
    qtbot.waitUntil(lambda: session.engine.live and session.dataset is not None, timeout=60_000)
    run(whole, Monkey(whole, files, make_hand))
    print(dict(did))
    assert not whole.freezes
    if STEPS >= 5000:
        assert not [name for name in did if did[name] < 3]
        assert len(did) == 9
    assert whole.close()
    assert not shiboken6.isValid(whole.window)
    gc.collect()  # what is left of a closed window goes without harm
