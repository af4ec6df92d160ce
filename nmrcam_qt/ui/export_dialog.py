"""What to export, how, and where to: checked as it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.class_words import PRESENT
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.writers.export_types import ExportSettings
from nmrcam_qt.core.writers.naming import (
    DEFAULT_TEMPLATE,
    FIELDS,
    NamingTemplate,
    TemplateError,
)
from nmrcam_qt.core.writers.request import (
    DEFAULT_DPI,
    DEFAULT_SIZE_MM,
    FORMATS,
    MAX_DPI,
    MAX_MM,
    MIN_DPI,
    MIN_MM,
    PageOptions,
)
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.pictured import PICTURES_SHOW
from nmrcam_qt.ui.check_list import CheckList
from nmrcam_qt.ui.export_example import NAMED, Example
from nmrcam_qt.ui.export_words import (
    CLASS_TIP,
    CLASS_TITLES,
    COMMON_TIP,
    NO_CLASS,
    NO_FOLDER,
    NO_METHOD,
    NO_SPECTRUM,
    SCOPE_TITLES,
    TABLE_TIP,
    TABLE_TITLES,
    USUAL_TIP,
)
from nmrcam_qt.workers.export_job import ExportRequest


class ExportDialog(QDialog):
    """Asks what an export is; not modal. `chosen` carries the answer.

    Parameters
    ----------
    scopes : mapping
        Ids of spectra by the keys of `SCOPE_TITLES`.
    cards : sequence of Card
        The installed networks.
    view : ViewSettings
        How the map is painted in the window: the pictures look alike.
    example : Example
        For the name that is shown.
    settings : QSettings
        Remembers what was chosen last.
    parent : QWidget, optional
        Owner.
    """

    chosen = Signal(object)
    """`ExportRequest`"""

    def __init__(
        self,
        scopes: Mapping[str, Sequence[int]],
        cards: Sequence[Card],
        view: ViewSettings,
        example: Example,
        settings: QSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export pictures")
        self._scopes = {name: tuple(ids) for name, ids in scopes.items()}
        self._view = view
        self._example = example
        self._settings = settings
        self._make_choices(cards)
        self._make_page()
        self._make_place()
        self._arrange()
        self._restore()
        self._connect()
        self.check()

    # Widgets

    def _make_choices(self, cards: Sequence[Card]) -> None:
        self.scope = QComboBox()
        for name, title in SCOPE_TITLES.items():
            count = len(self._scopes.get(name, ()))
            self.scope.addItem(f"{title} ({count})", name)
        self.classes = QComboBox()
        for name, title in CLASS_TITLES.items():
            self.classes.addItem(title, name)
        self.classes.setItemData(0, CLASS_TIP, Qt.ItemDataRole.ToolTipRole)
        titles = {c.id: c.title for card in cards for c in card.classes}
        self.class_list = CheckList(titles, "classes")
        methods = {m.id: m.title for m in METHODS.values()}
        self.method_list = CheckList(methods, "methods")
        for row, info in enumerate(METHODS.values()):
            self.method_list.item(row).setToolTip(info.caveat)

    def _make_page(self) -> None:
        self.format = QComboBox()
        for name in FORMATS:
            self.format.addItem(name.upper(), name)
        self.dpi = QSpinBox()
        self.dpi.setRange(MIN_DPI, MAX_DPI)
        self.dpi.setSuffix(" dpi")
        self.width_mm, self.height_mm = QDoubleSpinBox(), QDoubleSpinBox()
        for box in (self.width_mm, self.height_mm):
            box.setRange(MIN_MM, MAX_MM)
            box.setDecimals(0)
            box.setSuffix(" mm")
        self.usual = QCheckBox("Usual places of the class")
        self.usual.setToolTip(USUAL_TIP)
        self.usual.setChecked(self._view.usual_places)
        self.common = QCheckBox("Common scale")
        self.common.setToolTip(COMMON_TIP)
        self.table = QCheckBox("Tables of scores (scores.csv, scores.xlsx)")
        self.contributions = QComboBox()
        for name, title in TABLE_TITLES.items():
            self.contributions.addItem(title, name)
        self.contributions.setToolTip(TABLE_TIP)
        self.report = QCheckBox("Report with thumbnails for a web browser (report.html)")

    def _make_place(self) -> None:
        self.template = QLineEdit()
        self.template.setToolTip("Fields: " + ", ".join(f"{{{field}}}" for field in FIELDS))
        self.example = QLabel()
        self.example.setTextFormat(Qt.TextFormat.PlainText)
        self.example.setObjectName("caveat")
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("Folder; it is made where it is missing")
        self.browse = QPushButton("Choose …")
        self.reason = QLabel()
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setObjectName("caveat")
        self.reason.setWordWrap(True)
        ok, cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
        self.pictured = QLabel(PICTURES_SHOW)
        self.pictured.setObjectName("caveat")
        self.pictured.setWordWrap(True)
        self.buttons = QDialogButtonBox(ok | cancel)
        self.ok = self.buttons.button(ok)
        self.ok.setText("Export")

    def _arrange(self) -> None:
        form = QFormLayout()
        form.addRow("Spectra", self.scope)
        form.addRow("Classes", self.classes)
        form.addRow("", self.class_list)
        form.addRow("Methods", self.method_list)
        form.addRow("Pictures", _row(self.format, self.dpi, self.width_mm, "×", self.height_mm))
        form.addRow("", _row(self.usual, self.common))
        form.addRow("Names", self.template)
        form.addRow("", self.example)
        form.addRow("Also", self.table)
        for also in (self.report, self.contributions):
            form.addRow("", also)
        form.addRow("Folder", _row(self.folder, self.browse, stretch=False))
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.pictured)
        layout.addWidget(self.reason)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(560)

    def _connect(self) -> None:
        for combo in (self.scope, self.classes, self.format):
            combo.currentIndexChanged.connect(self.check)
        for choices in (self.class_list, self.method_list):
            choices.itemChanged.connect(self.check)
        for spin in (self.dpi, self.width_mm, self.height_mm):
            spin.valueChanged.connect(self.check)
        for line in (self.template, self.folder):
            line.textChanged.connect(self.check)
        self.browse.clicked.connect(self._on_browse)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    # What is chosen

    def request(self) -> ExportRequest:
        """The choice.

        Raises
        ------
        ValueError, TemplateError
            Why it is none; one sentence.
        """
        items = self._scopes.get(str(self.scope.currentData()), ())
        if not items:
            raise ValueError(NO_SPECTRUM)
        methods = self.method_list.checked()
        if not methods:
            raise ValueError(NO_METHOD)
        word = str(self.classes.currentData())
        named = self.class_list.checked()
        if word == NAMED and not named:
            raise ValueError(NO_CLASS)
        template = NamingTemplate(self.template.text())
        text = self.folder.text().strip()
        if not text:
            raise ValueError(NO_FOLDER)
        folder = Path(text).expanduser()
        if not folder.is_absolute():
            raise ValueError(f"This is no full path of a folder: {text}")
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"This is a file, no folder: {folder.name}")
        settings = ExportSettings(
            methods=methods,
            classes=named if word == NAMED else word,
            page=self._page(),
            template=template,
            network=self._view.network,
            layer=self._view.layer,
            table=self.table.isChecked(),
            report=self.report.isChecked(),
            contributions=str(self.contributions.currentData()),
        )
        return ExportRequest(items, settings, folder)

    def _page(self) -> PageOptions:
        view = self._view
        return PageOptions(
            format=str(self.format.currentData()),
            dpi=self.dpi.value(),
            width_mm=self.width_mm.value(),
            height_mm=self.height_mm.value(),
            opacity=view.opacity,
            threshold=view.threshold,
            smooth=view.smooth,
            colormap=view.colour_map,
            heat_style=view.heat_style,
            class_colours=view.class_colours,
            signal_style=view.signal_style,
            contour_ratio=view.contour_ratio,
            contour_levels=view.contour_levels,
            usual_places=self.usual.isChecked(),
            common_scale=self.common.isChecked(),
        )

    @Slot()
    def check(self) -> None:
        """Show an example of a name; say why *Export* is not possible."""
        self.class_list.setVisible(self.classes.currentData() == NAMED)
        self.classes.setToolTip(CLASS_TIP if self.classes.currentData() == PRESENT else "")
        self.dpi.setToolTip("Of PNG pictures, and of the map inside SVG and PDF")
        said = ""
        try:
            self._show_example()
            self.request()
        except (ValueError, TemplateError) as error:
            said = str(error)
        self.reason.setText(said[:1].upper() + said[1:])
        self.ok.setEnabled(not said)
        self.ok.setToolTip(said)

    def _show_example(self) -> None:
        example = self._example
        self.example.setText("")
        methods = self.method_list.checked()
        stem = NamingTemplate(self.template.text()).stem(
            {
                "name": example.name,
                "experiment": example.experiment,
                "class": example.class_of(
                    str(self.classes.currentData()), self.class_list.checked()
                ),
                "method": methods[0] if methods else "hirescam",
                "layer": example.layer,
                "network": example.network,
                "sample": example.sample or example.name,
                "number": 1,
            }
        )
        self.example.setText(f"for example {stem}.{self.format.currentData()}")

    # Buttons

    @Slot()
    def _on_browse(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, "Export to", self.folder.text()):
            self.folder.setText(name)

    def accept(self) -> None:
        """Hand over the choice; what lies in the folder is looked at elsewhere."""
        request = self.request()
        self._remember()
        super().accept()
        self.chosen.emit(request)

    # Remembering

    def _restore(self) -> None:
        value = self._settings.value
        _select(self.scope, str(value("export/scope", self._likely_scope())))
        _select(self.classes, str(value("export/classes", PRESENT)))
        _select(self.format, str(value("export/format", "png")))
        self.class_list.check(str(value("export/class_ids", "")).split(","))
        self.method_list.check(str(value("export/methods", self._view.method)).split(","))
        self.dpi.setValue(_number(value("export/dpi"), DEFAULT_DPI))
        self.width_mm.setValue(_number(value("export/width_mm"), int(DEFAULT_SIZE_MM[0])))
        self.height_mm.setValue(_number(value("export/height_mm"), int(DEFAULT_SIZE_MM[1])))
        self.template.setText(str(value("export/template", DEFAULT_TEMPLATE)))
        self.folder.setText(str(value("export/folder", "")))
        self.table.setChecked(str(value("export/table", "true")) == "true")
        self.common.setChecked(str(value("export/common_scale", "false")) == "true")
        self.report.setChecked(str(value("export/report", "true")) == "true")
        _select(self.contributions, str(value("export/contributions", "")))
        if not self._scopes.get(str(self.scope.currentData())):
            _select(self.scope, self._likely_scope())

    def _likely_scope(self) -> str:
        """What somebody means who has just opened the dialog."""
        return "selected" if len(self._scopes.get("selected", ())) > 1 else "all"

    def _remember(self) -> None:
        values = {
            "scope": self.scope.currentData(),
            "classes": self.classes.currentData(),
            "class_ids": ",".join(self.class_list.checked()),
            "methods": ",".join(self.method_list.checked()),
            "format": self.format.currentData(),
            "dpi": self.dpi.value(),
            "width_mm": int(self.width_mm.value()),
            "height_mm": int(self.height_mm.value()),
            "template": self.template.text(),
            "folder": self.folder.text().strip(),
            "table": "true" if self.table.isChecked() else "false",
            "common_scale": "true" if self.common.isChecked() else "false",
            "report": "true" if self.report.isChecked() else "false",
            "contributions": self.contributions.currentData(),
        }
        for name, value in values.items():
            self._settings.setValue(f"export/{name}", value)


def _select(combo: QComboBox, data: str) -> None:
    combo.setCurrentIndex(max(0, combo.findData(data)))


def _number(value: object, default: int) -> int:
    """A number of the settings file, which anybody may have edited."""
    try:
        return int(str(value))
    except ValueError:
        return default


def _row(*widgets: QWidget | str, stretch: bool = True) -> QHBoxLayout:
    layout = QHBoxLayout()
    for widget in widgets:
        layout.addWidget(QLabel(widget) if isinstance(widget, str) else widget)
    if stretch:
        layout.addStretch(1)
    return layout
