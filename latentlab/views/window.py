"""The window: the map in the middle, what it shows at the left, what it decodes at the right."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QWidget

from latentlab.export.report import Report
from latentlab.session.layers import LAYER_KINDS
from latentlab.session.natures import has_latents
from latentlab.session.session import Session
from latentlab.session.state import Sheet
from latentlab.views import drops, remembering
from latentlab.views.actions import Actions
from latentlab.views.colouring import ColourCommands
from latentlab.views.command_palette import CommandPalette
from latentlab.views.commands import BASIC_LAYERS, LAYERS, Commands
from latentlab.views.dialogs.report import ReportWindow
from latentlab.views.dialogs.sheet import SheetWindow
from latentlab.views.icons import app_icon
from latentlab.views.map.view import MapView
from latentlab.views.notices import Notices
from latentlab.views.panels.chart import ChartPanel
from latentlab.views.panels.colour import ColourPanel
from latentlab.views.panels.decoded import DecodedPanel
from latentlab.views.panels.film import FilmPanel
from latentlab.views.panels.filter import FilterPanel
from latentlab.views.panels.layers import LayersPanel
from latentlab.views.panels.legend import LegendPanel
from latentlab.views.panels.nearest import NearestPanel
from latentlab.views.panels.side import Scrolled, SideScroll, side
from latentlab.views.panels.status import FIRST_HINT, LEARNED_HINT, LEARNING_HINT, StatusLine
from latentlab.views.panels.training import TrainingPanel
from latentlab.views.panels.traversal import TraversalPanel
from latentlab.views.projecting import ProjectCommands
from latentlab.views.room import Room
from latentlab.views.selecting import SelectionCommands
from latentlab.views.taking import TakingCommands
from latentlab.views.theme import GRID, Theme, apply_theme, chosen_theme
from latentlab.views.topbar import TopBar
from latentlab.views.widgets import column, rule

LEFT_PX, RIGHT_PX = 208, 320
START_SIZE = QSize(1400, 900)
MOST_SHEETS = 8
ABOUT_TRAINING = (  # offers that the next training makes void
    "train",
    "resume_run",
    "resume_on_cpu",
    "train_lower",
    "look_at_run",
    "move_run",
)


class Themed(Protocol):
    """What takes a theme's colours."""

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""


class MainWindow(QMainWindow):
    """Composes the map and the panels over one session.

    Args:
        session: The window's only partner.
        parent: Qt's owner.

    Signals:
        closed: The window was closed; the session has been told.
    """

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._looks: tuple[str, float] | None = None
        self._hinted = False
        self._run: Path | None = None  # where the training was kept when it was last looked at
        self._palette: CommandPalette | None = None
        self.theme: Theme = chosen_theme(session.settings.theme)
        self._dress()  # before there are widgets: to style them twice costs a tenth of a second
        self.sheets: list[SheetWindow] = []
        self.reports: list[ReportWindow] = []
        self.setWindowTitle("latentlab")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.top = TopBar(session)
        self.setMenuWidget(self.top)
        self.actions_table = Actions(self, self.top.menus)
        self._make_panels()
        self._lay_out()
        self.notices = Notices(self.map)
        self.commands = Commands(session, self.actions_table, self)
        self.projects = ProjectCommands(session, self.actions_table, self)
        self.colours = ColourCommands(session, self.actions_table, self.filter, self)
        self._connect()
        remembering.restore(self, self._session)
        self._follow_settings()
        self._say_hint()
        self._focus_map()

    def _make_panels(self) -> None:
        session, actions = self._session, self.actions_table
        self.map = MapView(session)
        others = {kind: actions[kind] for kind in LAYER_KINDS}
        basic = tuple(actions[name] for name in BASIC_LAYERS)
        self.layers = LayersPanel(basic, others, session)
        self.chart = ChartPanel(session)
        self.filter = FilterPanel(session)
        self.colour = ColourPanel(session)
        self.legend = LegendPanel(session)
        self.decoded = DecodedPanel(session)
        self.nearest = NearestPanel(session)
        self.traversals = TraversalPanel(session)
        self.film = FilmPanel(session, actions["export_film"])
        self.training = TrainingPanel(session, actions["pause"], actions["stop"], actions["train"])
        self.selecting = SelectionCommands(session, actions, self)
        self.taking = TakingCommands(session, actions, self)
        self.status = StatusLine(session)

    def _lay_out(self) -> None:
        shown = self.filter, self.colour, self.legend
        left = column(self.layers, self.chart, rule(), *shown, spacing=2 * GRID)
        left.setContentsMargins(16, 16, 16, 8)
        left.setStretch(left.indexOf(self.legend), 1)
        self.left = Scrolled(side(left))
        beside = self.decoded, rule(), self.nearest, self.taking.panel
        right = column(*beside, spacing=2 * GRID)
        right.setContentsMargins(16, 16, 16, 8)
        right.addStretch(1)
        self.right = SideScroll(side(right), self.decoded.picture)
        self.across = _across(self.left, self.map, self.right)
        self.across.setStretchFactor(1, 1)
        self.across.setSizes([LEFT_PX, START_SIZE.width() - LEFT_PX - RIGHT_PX, RIGHT_PX])
        below = self.selecting.panel, self.traversals, self.film, self.training
        for panel in below:
            panel.setProperty("role", "side")
            panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.traversals.setVisible(self._session.settings.traversals)
        self.down = Room(self.across, *below)
        centre = QWidget()
        layout = column(self.down, self.status, spacing=0)
        layout.setStretch(0, 1)
        centre.setLayout(layout)
        self.setCentralWidget(centre)
        self.setMinimumSize(900, 600)
        self.resize(START_SIZE)
        drops.leave_to_window(self.map, self.decoded)

    def _connect(self) -> None:
        session, actions = self._session, self.actions_table
        session.notice.connect(self.notices.add)
        session.sheet_ready.connect(self._show_sheet)
        session.report_ready.connect(self._show_report)
        session.settings_changed.connect(self._follow_settings)
        session.model_changed.connect(self._say_hint)
        session.training_changed.connect(self._say_hint)
        session.data_changed.connect(self._name_window)
        session.data_changed.connect(self._withdraw_done)
        session.training_changed.connect(self._withdraw_done)
        session.codes_changed.connect(self._withdraw_done)
        session.model_changed.connect(self._name_window)
        session.project.changed.connect(self._name_window)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_settings)
        self.notices.acted.connect(self.commands.act)
        self.map.layers_changed.connect(self._show_layers)
        for name in LAYERS:
            actions[name].triggered.connect(self._set_layers)
        panels = {
            "traversals": self.traversals,
            "film": self.film,
            "training": self.training,
            "left": self.left,
            "right": self.right,
        }
        for key, panel in panels.items():
            actions[key].setChecked(not panel.isHidden())
            actions[key].toggled.connect(panel.setVisible)
        self.training.shown.connect(actions["training"].setChecked)
        actions["fit"].triggered.connect(self.map.fit)
        actions["reset"].triggered.connect(self.map.reset)
        actions["copy_z"].triggered.connect(self.decoded.latents.copy)
        actions["copy_image"].triggered.connect(self.decoded.copy_image)
        actions["full_screen"].triggered.connect(self._full_screen)
        actions["focus_map"].triggered.connect(self._focus_map)
        self.decoded.copy.follow(actions["copy_image"])
        self.top.data.clicked.connect(actions["open_data"].trigger)
        self.top.model.clicked.connect(actions["train"].trigger)
        self.top.device.clicked.connect(actions["about"].trigger)

    # Layers

    def _set_layers(self) -> None:
        actions = self.actions_table
        on = tuple(name for name in LAYERS if actions[name].isChecked())
        for name in LAYERS:
            if self.map.layer_shown(name) != (name in on):
                self.map.set_layer(name, name in on)
        self._session.update_settings(layers=on)

    def _show_layers(self) -> None:
        for name in LAYERS:
            self.actions_table[name].setChecked(self.map.layer_shown(name))

    # Look

    def _follow_settings(self) -> None:
        settings = self._session.settings
        theme = chosen_theme(settings.theme)
        looks = (theme.name, settings.text_scale)
        if looks == self._looks:
            return
        self._looks, self.theme = looks, theme
        self._dress()
        self.actions_table.set_theme(theme)
        parts: tuple[Themed, ...] = (
            self.top,
            self.map,
            self.layers,
            self.filter,
            self.legend,
            self.decoded,
            self.nearest,
            self.traversals,
            self.film,
            self.training,
            self.selecting,
            self.taking,
            self.notices,
            *self.sheets,
            *self.reports,
        )
        for part in parts:
            part.set_theme(theme)

    def _dress(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, self.theme, self._session.settings.text_scale)

    def _withdraw_done(self) -> None:
        training = self._session.training
        if training.status == "starting":
            self.notices.withdraw(*ABOUT_TRAINING)
        elif training.run != self._run:
            self.notices.withdraw("move_run")
        self._run = training.run
        if self._session.dataset is not None:
            self.notices.withdraw("open_data")
            self.notices.withdraw("read_again")
        if self._session.rows_are_data:
            self.notices.withdraw("open_its_data", "embed")

    def _name_window(self) -> None:
        dataset, model = self._session.dataset, self._session.model
        name = dataset.name if dataset is not None else (model.data_name if model else "")
        project = self._session.project.path
        parts = ("" if project is None else project.stem, name, "latentlab")
        self.setWindowTitle(" - ".join(part for part in parts if part))

    def _say_hint(self) -> None:
        model = self._session.model
        if model is not None and not has_latents(model.spec):
            self.map.hide_hint()
            return
        learns = self._session.training.active
        if model is not None and not self._hinted:
            self._hinted = True
            self.map.show_hint(LEARNING_HINT if learns else FIRST_HINT)
        elif self.map.hint == LEARNING_HINT and not learns:
            self.map.show_hint(LEARNED_HINT)

    def _full_screen(self, on: bool) -> None:
        if on:
            self.showFullScreen()
        else:
            self.showNormal()

    def _focus_map(self) -> None:
        self.map.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # Sheets and the palette

    def palette_dialog(self) -> CommandPalette:
        """The command palette, made at its first use."""
        if self._palette is None:
            self._palette = CommandPalette(self.actions_table.all(), self)
        self._palette.set_theme(self.theme)
        return self._palette

    def _show_sheet(self, sheet: object) -> None:
        if not isinstance(sheet, Sheet):
            return
        for window in self.sheets:
            if window.sheet.kind == sheet.kind and window.takes(sheet):
                window.show_sheet(sheet)
                return
        window = SheetWindow(self._session, sheet, self.theme, self)
        window.told.connect(self.notices.add)
        window.finished.connect(self._sheet_closed)
        self.sheets.append(window)
        if len(self.sheets) > MOST_SHEETS:
            self.sheets[0].close()
        window.show()

    def _show_report(self, report: object) -> None:
        if not isinstance(report, Report):
            return
        window = ReportWindow(self._session, report, self.theme, self)
        window.finished.connect(self._report_closed)
        self.reports.append(window)
        if len(self.reports) > MOST_SHEETS:
            self.reports[0].close()
        window.show()

    def _report_closed(self) -> None:
        window = self.sender()
        if isinstance(window, ReportWindow) and window in self.reports:
            self.reports.remove(window)

    def _sheet_closed(self) -> None:
        window = self.sender()
        if isinstance(window, SheetWindow) and window in self.sheets:
            self.sheets.remove(window)

    # Files dropped on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and folders."""
        if drops.paths(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Welcome files and folders."""
        if drops.paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        found = drops.paths(event.mimeData())
        if found:
            event.acceptProposedAction()
            self._session.open_path(found[0])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window's state and tell the session."""
        remembering.remember(self, self._session)
        for sheet in (*self.sheets, *self.reports):
            sheet.close()
        self.taking.close()
        self.notices.clear()
        self._session.close()
        event.accept()
        self.closed.emit()


def _across(*parts: QWidget) -> QSplitter:
    made = QSplitter(Qt.Orientation.Horizontal)
    made.setHandleWidth(1)
    made.setChildrenCollapsible(False)
    for part in parts:
        made.addWidget(part)
    return made
