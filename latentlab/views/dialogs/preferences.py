"""Edit > Preferences...: theme and pictures; they apply at once."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from latentlab.session.session import Session
from latentlab.views.dialogs.base import Dialog
from latentlab.views.widgets import column, row, words

MOTIONS = (("system", "Like the system"), ("full", "Full"), ("less", "Less motion"))
THEMES = (("system", "Like the system"), ("dark", "Dark"), ("light", "Light"))


class PreferencesDialog(Dialog):
    """A few choices, kept in the session's settings."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Preferences", parent)
        self._session = session
        settings = session.settings
        self.theme = QComboBox()
        self.theme.setAccessibleName("Theme")
        for value, text in THEMES:
            self.theme.addItem(text, value)
        self.theme.setCurrentIndex([value for value, _ in THEMES].index(settings.theme))
        self.smooth = QCheckBox("Smooth pictures instead of crisp pixels")
        self.smooth.setChecked(settings.smooth)
        self.motion = QComboBox()
        self.motion.setAccessibleName("Motion")
        for value, text in MOTIONS:
            self.motion.addItem(text, value)
        self.motion.setCurrentIndex([value for value, _ in MOTIONS].index(settings.motion))
        self.motion.setToolTip("Whether points move to where another chart has them")
        self.motion.currentIndexChanged.connect(self._apply)
        self.theme.currentIndexChanged.connect(self._apply)
        self.smooth.toggled.connect(self._apply)
        self.add_title("Preferences")
        self.body.addLayout(row(words("Theme"), self.theme, None, spacing=16))
        self.body.addLayout(row(words("Motion"), self.motion, None, spacing=16))
        self.body.addLayout(column(self.smooth))
        self.body.addStretch(1)
        self.add_away("Close")

    def _apply(self) -> None:
        self._session.update_settings(
            theme=self.theme.currentData(),
            smooth=self.smooth.isChecked(),
            motion=self.motion.currentData(),
        )
