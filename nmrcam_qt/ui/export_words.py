"""What the dialog of the export says."""

from __future__ import annotations

from nmrcam_qt.core.class_words import ALL, PRESENT, TOP
from nmrcam_qt.ui.export_example import NAMED

CLASS_TIP = (
    "A spectrum of which the network says that none is present gets no picture; its scores stand "
    "in the tables and in the report."
)
CLASS_TITLES = {
    PRESENT: "every class that the network says is present",
    TOP: "the top class of each spectrum",
    ALL: "all classes",
    NAMED: "these classes:",
}
SCOPE_TITLES = {
    "selected": "the selected spectra",
    "filtered": "the spectra that the filters leave",
    "flagged": "the flagged spectra",
    "all": "all spectra",
}
TABLE_TITLES = {
    "": "No table of contributions",
    "csv": "Contributions of the peaks as CSV",
    "xlsx": "Contributions of the peaks as Excel (xlsx)",
}
TABLE_TIP = (
    "One file for each spectrum: by how much the score (logit) of each exported class drops "
    "without each peak, the highest first. The peaks are those of the list or those that you "
    "picked; where nobody picked any, they are picked by program, which takes longer."
)
USUAL_TIP = "Blue lines around where the class usually has signals, as in the window (Shift+W)"
COMMON_TIP = "One colour scale for all maps of a spectrum that were made by one method"
NO_FOLDER = "Choose a folder for the files."
NO_METHOD = "Choose at least one method."
NO_CLASS = "Choose at least one class."
NO_SPECTRUM = "There is no spectrum to export here."
