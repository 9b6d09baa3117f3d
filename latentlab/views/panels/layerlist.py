"""The map's layers as a list: what is on, how opaque, in which unit, from where to where."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QMenu, QPushButton, QSizePolicy, QSlider, QWidget

from latentlab.session.calm import Calm
from latentlab.session.layer_reasons import LayerKind
from latentlab.session.layers import LAYER_KINDS, OPAQUE
from latentlab.session.session import Session
from latentlab.views.layer_words import SHAPES, end_words, layer_words
from latentlab.views.map.inks import bar_of
from latentlab.views.theme import CORNER, DARK, GRID, Theme
from latentlab.views.widgets import column, plain_tip, row, words

BAR_PX = 8
SLIDER_PX = 56


class ActionBox(QCheckBox):
    """A check box that is an action: the same text, state and shortcut.

    Args:
        action: Whose.
        rare: Whether it is shown only while the action can be used.
        cut: Whether its text may be cut, so that the column is as wide with it as without.
    """

    def __init__(self, action: QAction, *, rare: bool = False, cut: bool = False) -> None:
        self._name = action.text().replace("&", "")
        super().__init__(self._name)
        self._action = action
        self.rare = rare
        self._cut = cut
        if cut:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self.setAccessibleName(self._name)
        self._follow()
        self.toggled.connect(self._tell)
        action.changed.connect(self._follow)

    def _tell(self, on: bool) -> None:
        if on != self._action.isChecked():
            self._action.trigger()

    def _follow(self) -> None:
        self.setChecked(self._action.isChecked())
        self.setEnabled(self._action.isEnabled())
        if self.rare:
            self.setVisible(self._action.isEnabled())
        shortcut = self._action.shortcut().toString()
        keys = f" ({shortcut})" if shortcut and self.isEnabled() else ""
        self.setToolTip(plain_tip(f"{self._action.toolTip()}{keys}"))

    def minimumSizeHint(self) -> QSize:
        """The least room it needs."""
        hint = super().minimumSizeHint()
        return QSize(0, hint.height()) if self._cut else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much of its name as there is room for."""
        super().resizeEvent(event)
        if self._cut:
            metrics = self.fontMetrics()
            room = self.width() - self.sizeHint().width() + metrics.horizontalAdvance(self.text())
            self.setText(metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, room))


class ColourBar(QWidget):
    """A layer's colours from its lower to its upper end."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image = QImage()
        self.setFixedHeight(BAR_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Colours of {name}")

    def set_image(self, image: QImage) -> None:
        """Show other colours."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as it may."""
        return QSize(80, BAR_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """The colours, with a line around what may be clear."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(self.rect()), self._image, QRectF(self._image.rect()))
        painter.setPen(self.palette().mid().color())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class OpacitySlider(QSlider):
    """How opaque a layer is.

    Args:
        kind: Which layer.
        name: What a person calls it.
        session: Who keeps it.
    """

    def __init__(self, kind: str, name: str, session: Session) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._kind, self._layers = kind, session.layers
        self.setRange(5, 100)
        self.setFixedWidth(SLIDER_PX)
        self.setAccessibleName(f"Opacity of {name}")
        self.valueChanged.connect(self._tell)

    def follow(self) -> None:
        """Show what is kept."""
        value = round(100 * self._layers.opacity(self._kind))
        if value != self.value():
            self.blockSignals(True)  # it follows; it does not ask
            self.setValue(value)
            self.blockSignals(False)
        self.setToolTip(f"Opacity: {value} %")

    def _tell(self, value: int) -> None:
        self._layers.set_opacity(self._kind, value / 100)


class PictureRow(QWidget):
    """The box of a layer of pictures, with its opacity while it is on.

    Args:
        action: Switches it.
        box: Its box.
        session: Who keeps its opacity.
    """

    def __init__(self, action: QAction, box: ActionBox, session: Session) -> None:
        super().__init__()
        self._action, self._box = action, box
        self.opacity = OpacitySlider(action.objectName(), box.text(), session)
        policy = self.opacity.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else the column would be wider with it
        self.opacity.setSizePolicy(policy)
        self.setLayout(row(box, None, self.opacity))
        action.changed.connect(self.refresh)
        session.layers.switched.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the slider while it has something to do."""
        self.setHidden(self._box.rare and not self._action.isEnabled())
        self.opacity.follow()
        self.opacity.setVisible(self._action.isChecked() and self._action.isEnabled())


class LayerRow(QWidget):
    """One layer: its box and opacity, its colours with what they mean, and its words.

    Args:
        kind: Which layer.
        action: Switches it.
        session: Whose layer it is.
    """

    def __init__(self, kind: LayerKind, action: QAction, session: Session) -> None:
        super().__init__()
        self.kind = kind
        self._action = action
        self._session = session
        name = action.text().replace("&", "")
        self.box = ActionBox(action, cut=True)
        self.opacity = OpacitySlider(kind, name, session)
        self.bar = ColourBar(name)
        self.low, self.high = words("", "small"), words("", "small")
        self.words = words("", "small", wrap=True)
        self.words.setAccessibleName(f"About {name}")
        self._scale = QWidget()
        colours = column(self.bar, row(self.low, None, self.high), spacing=2)
        colours.setContentsMargins(0, (self.opacity.sizeHint().height() - BAR_PX) // 2, 0, 0)
        self._scale.setLayout(colours)
        beside = row(self._scale, self.opacity)
        beside.setAlignment(self.opacity, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        lines = column(self.box, beside, self.words, spacing=2)
        lines.setContentsMargins(0, 0, 0, CORNER)
        self.setLayout(lines)
        action.changed.connect(self._follow)
        self._follow()
        self.refresh()

    def _follow(self) -> None:
        shown = self._action.isChecked() and self._action.isEnabled()
        if self.isHidden() == shown:
            self.setVisible(shown)
            self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        if self.kind not in SHAPES:
            self.bar.set_image(bar_of(self.kind, theme))

    def refresh(self) -> None:
        """Say what the layer shows."""
        if self.isHidden():
            return
        layers = self._session.layers
        self.opacity.follow()
        field = layers.field(self.kind)
        low, high = ("", "") if field is None else end_words(field)
        self._scale.setVisible(bool(high))
        self.low.setText(low)
        self.high.setText(high)
        said = layer_words(self._session, self.kind)
        if said != self.words.text():
            self.words.setText(said)
        self.words.setVisible(bool(said))


class LayerList(QWidget):
    """Boxes of the layers that every map has, rows of the others that are on, and a menu of these.

    Args:
        basic: Actions of the layers that are always listed.
        rare: Names of those among them that few maps have.
        others: Actions of the session's layers, by name.
        session: Whose layers they are.
    """

    def __init__(
        self,
        basic: tuple[QAction, ...],
        rare: tuple[str, ...],
        others: dict[LayerKind, QAction],
        session: Session,
    ) -> None:
        super().__init__()
        self._theme = DARK
        self.boxes = tuple(ActionBox(a, rare=a.objectName() in rare) for a in basic)
        self.rows = tuple(LayerRow(kind, others[kind], session) for kind in LAYER_KINDS)
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        for action in others.values():
            self.menu.addAction(action)
        self.more = QPushButton("More layers...")
        self.more.setProperty("role", "link")
        self.more.setToolTip("Densities, magnification, decision regions, posteriors")
        self.more.clicked.connect(self._open_menu)
        self.pictures = {
            action.objectName(): PictureRow(action, box, session)
            for action, box in zip(basic, self.boxes, strict=True)
            if action.objectName() in OPAQUE
        }
        first = [
            self.pictures.get(a.objectName(), b) for a, b in zip(basic, self.boxes, strict=True)
        ]
        self.setLayout(column(*first, *self.rows, self.more, spacing=GRID // 2))
        calm = Calm(session, self._refresh_all, self)
        session.layers.changed.connect(self._refresh)
        for kind in SHAPES:
            session.posteriors.changed.connect(partial(self._refresh, kind))
        session.cursor_calm.connect(self._refresh_all)
        session.layers.here_changed.connect(calm.ask)
        session.layers.switched.connect(self._refresh_all)
        session.engine_changed.connect(self._refresh_all)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for one in self.rows:
            one.set_theme(theme)

    def _open_menu(self) -> None:
        self.menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _refresh(self, kind: str) -> None:
        for one in self.rows:
            if one.kind == kind:
                one.refresh()

    def _refresh_all(self) -> None:
        for one in self.rows:
            one.refresh()
