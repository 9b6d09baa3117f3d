"""File > Export film...: how it looks and plays, and the lines that make it again."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QSlider, QWidget

from latentlab.parts.films import EASINGS, MAP_PLACES, FilmLook
from latentlab.session.lines import command_line, command_note, python_lines
from latentlab.session.session import Session
from latentlab.session.taking import Colours
from latentlab.views import choose
from latentlab.views.dialogs.preview import LineField, PreviewDialog
from latentlab.views.fields import ChoiceField, InvalidFieldError
from latentlab.views.forms import Form
from latentlab.views.palette import class_colors, unlabelled_color
from latentlab.views.part_words import PartWords
from latentlab.views.theme import Theme
from latentlab.views.words import duration
from latentlab.views.writing import WritingLine

MAPS = {
    "none": PartWords("None", ""),
    "inset": PartWords("In a corner", ""),
    "beside": PartWords("Beside the picture", ""),
}
PACES = {
    "linear": PartWords("Even", ""),
    "ease": PartWords("Slow at both ends", ""),
    "ease-in": PartWords("Slow at the start", ""),
    "ease-out": PartWords("Slow at the end", ""),
}
STEPS = 1000  # of the slider


class FilmDialog(PreviewDialog):
    """How the film of the path looks; one frame of it is shown.

    Args:
        session: Whose path is filmed.
        theme: The window's.
        parent: Qt's owner.
    """

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        below = "The frames are those of the film strip; the slider shows one as it will be."
        super().__init__("Export film", below, theme, parent)
        self._session = session
        self._out = "film.gif"
        self.form: Form[FilmLook] = Form(
            FilmLook,
            session.settings.film,
            makers={
                "map": partial(ChoiceField, MAP_PLACES, MAPS),
                "easing": partial(ChoiceField, EASINGS, PACES),
                "caption": partial(LineField, "none, or {frame} of {frames}"),
            },
            explained=False,
        )
        self.form.changed.connect(self.ask)
        self.add(self.form)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName("Frame that is shown")
        self.slider.setValue(STEPS // 2)
        self.slider.valueChanged.connect(self.ask)
        self.beside.insertWidget(1, self.slider)
        self.save = QPushButton("Save as...")
        self.save.clicked.connect(self._save)
        python, command = QPushButton("Copy as Python"), QPushButton("Copy as command")
        python.clicked.connect(self.copy_python)
        command.clicked.connect(self.copy_command)
        self.python, self.command = python, command
        session.taking.frame_changed.connect(self._show_frame)
        for signal in (session.path_calm, session.strip_changed, session.class_changed):
            signal.connect(self.ask)
        self.written = WritingLine(session.taking.writing)
        self.lay_out(self.save, python, command, below=self.written)

    def look(self) -> None:
        """Show a frame."""
        self.written.clear()
        session = self._session
        try:
            look = self.form.spec()
        except InvalidFieldError as error:
            self.save.setEnabled(False)
            self.say(str(error), bad=True)
            return
        session.update_settings(film=look)
        there = session.path is not None
        for button in (self.save, self.python, self.command):
            button.setEnabled(there)
        if there:
            share = self.slider.value() / STEPS
            session.taking.show_frame(look, share, map_colours(session))
        else:
            self.say("There is no path any more: drag on the map to draw one.", bad=True)

    def _show_frame(self) -> None:
        taking = self._session.taking
        if taking.trouble:
            self.say(taking.trouble, bad=True)
        elif taking.frame is not None:
            frame = taking.frame
            high, wide = frame.picture.shape[:2]
            said = f"{frame.frames} frames, {duration(frame.seconds)}, {wide} × {high} pixels"
            self.show_picture(frame.picture, said)

    def _save(self) -> None:
        path = choose.new_file(self, "Export film", self._out, choose.FILM_FILES)
        if path is None:
            return
        try:
            look = self.form.spec()
        except InvalidFieldError as error:
            self.say(str(error), bad=True)
            return
        self._out = str(path)
        if self._session.taking.export(path, look, map_colours(self._session)):
            self.written.follow()

    def copy_python(self) -> None:
        """Put the lines that make this film on the clipboard."""
        recipe = self._session.taking.recipe(self.form.spec(), self._out)
        if recipe is not None:
            self._copy(python_lines(recipe), "The lines of Python are on the clipboard.")

    def copy_command(self) -> None:
        """Put the command that makes this film on the clipboard."""
        recipe = self._session.taking.recipe(self.form.spec(), self._out)
        if recipe is not None:
            said = f"The command is on the clipboard. {command_note(recipe)}"
            self._copy(command_line(recipe), said.rstrip())

    def _copy(self, text: str, said: str) -> None:
        QApplication.clipboard().setText(text)
        if self._session.model is not None and self._session.model.path is None:
            said += " Save the model first, to the file that they name."
        self.say(said)


def map_colours(session: Session) -> Colours:
    """Colours of the data on a film's small map: of what has no class, then of each class."""
    count = len(session.label_names)
    if session.codes is not None and not count:
        count = int(session.codes.labels.max(initial=-1)) + 1
    names = (unlabelled_color("dark"), *class_colors(count, "dark"))
    return np.array([list(bytes.fromhex(name[1:])) for name in names], dtype=np.uint8)
