"""The window's actions: one table of texts, keys and tips; disabled ones say why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon, QKeySequence

from nmrcam_qt.core.paths import resources_dir
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.checking import CHECK_KEY
from nmrcam_qt.session.shown import COMPUTE_KEY
from nmrcam_qt.ui.icons import FIRST_SIZES, themed_icon


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """Text, keys, tip and icon of an action."""

    name: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""


SPECS = (
    ActionSpec("new", "New project", "Begin an empty project", ("Ctrl+N",)),
    ActionSpec("open_project", "Open project …", "Open a .nmrcam file", ("Ctrl+Shift+O",)),
    ActionSpec(
        "save_as",
        "Save project as …",
        "Give the project a file of its own; every change is saved there at once",
        ("Ctrl+Shift+S",),
    ),
    ActionSpec("save_copy", "Save a copy …", "Write a copy of the project, and go on here"),
    ActionSpec(
        "embed",
        "Keep copies of spectra",
        "Copy spectra that are added from now on into the project; without, their files must stay "
        "where they are",
    ),
    ActionSpec("close_project", "Close project", "Close it; begin an empty one", ("Ctrl+W",)),
    ActionSpec("open", "Open files …", "Open pictures and peak lists", ("Ctrl+O",), "open"),
    ActionSpec(
        "folder", "Open folder …", "Open every spectrum of a folder", ("Ctrl+Alt+O",), "folder"
    ),
    ActionSpec("samples", "Open samples", "Open the sample spectra that come with nmrcam"),
    ActionSpec(
        "save", "Save picture …", "Save what is shown as PNG, SVG or PDF", ("Ctrl+S",), "save"
    ),
    ActionSpec(
        "export",
        "Export …",
        "Pictures of many spectra, with tables and a report",
        ("Ctrl+E",),
        "export",
    ),
    ActionSpec("print", "Print …", "Print what is shown", ("Ctrl+P",)),
    ActionSpec("quit", "Quit", "Close nmrcam", ("Ctrl+Q",)),
    ActionSpec("undo", "Undo", "Take the latest change back", ("Ctrl+Z",), "undo"),
    ActionSpec("redo", "Redo", "Make the change again", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec(
        "copy_picture",
        "Copy picture",
        "Copy what is shown, as a bitmap and as a drawing",
        ("Ctrl+Shift+C",),
    ),
    ActionSpec(
        "copy_table", "Copy table", "Copy the selected spectra and their scores", ("Ctrl+C",)
    ),
    ActionSpec(
        "remove", "Remove", "Remove the selected spectra from the project", ("Del",), "remove"
    ),
    ActionSpec("group", "Group", "Make one sample of the selected spectra", ("Ctrl+G",)),
    ActionSpec(
        "ungroup", "Ungroup", "Take the selected spectra out of their samples", ("Ctrl+Shift+G",)
    ),
    ActionSpec("flag_check", "Flag: to check", "Flag the selected spectra: to check", ("Q",)),
    ActionSpec("flag_confirmed", "Flag: confirmed", "Flag the selected spectra: confirmed", ("C",)),
    ActionSpec("flag_rejected", "Flag: rejected", "Flag the selected spectra: rejected", ("R",)),
    ActionSpec("flag_none", "No flag", "Remove the flag of the selected spectra", ("U",)),
    ActionSpec("rename", "Rename", "Edit the name of the present row", ("F2",)),
    ActionSpec("tags", "Tags …", "Edit the tags of the selected spectra", ("T",)),
    ActionSpec("note", "Note …", "Write a note on the selected spectra", ("Ctrl+Shift+N",)),
    ActionSpec("collapse_all", "Close all samples", "Hide the spectra of all samples"),
    ActionSpec("expand_all", "Open all samples", "Show the spectra of all samples"),
    ActionSpec("show_folder", "Show in folder", "Open the folder of the file that is shown"),
    ActionSpec(
        "relink",
        "Relink …",
        "Look in a folder for the files of the selected spectra that have moved",
    ),
    ActionSpec(
        "axes", "Axes of pictures …", "Say which ppm lie at the edges of the selected pictures"
    ),
    ActionSpec("analyse", "Analyse", "Analyse the selected spectra", ("A",), "analyse"),
    ActionSpec("analyse_all", "Analyse all", "Analyse every spectrum", ("Shift+A",)),
    ActionSpec(
        "compute_map",
        "Compute the map",
        "Make the chosen map alone: slow methods are not part of an analysis",
        (COMPUTE_KEY,),
    ),
    ActionSpec(
        "check_map",
        "Check the map",
        "Does it depend on the network, and is its order of peaks better than chance?",
        (CHECK_KEY,),
    ),
    ActionSpec(
        "compare",
        "Compare methods …",
        "Methods and classes of this spectrum beside each other, with figures",
        ("Ctrl+Shift+M",),
    ),
    ActionSpec("next", "Next spectrum", "Go to the next spectrum", ("N",)),
    ActionSpec("previous", "Previous spectrum", "Go to the previous spectrum", ("P",)),
    ActionSpec("next_class", "Next class", "Show the map of the next class", (".",)),
    ActionSpec("previous_class", "Previous class", "Show the map of the previous class", (",",)),
    ActionSpec("next_method", "Next method", "Show the map of the next method", ("]", "M")),
    ActionSpec(
        "previous_method",
        "Previous method",
        "Show the map of the previous method",
        ("[", "Shift+M"),
    ),
    ActionSpec("original", "Original", "Show the spectrum without a map", ("O",)),
    ActionSpec("reset", "Reset zoom", "Show the whole spectrum (or double-click)", ("F",), "reset"),
    ActionSpec("zoom_back", "Zoom back", "Show what was shown before", ("Alt+Left",)),
    ActionSpec("zoom_forward", "Zoom forward", "Undo *Zoom back*", ("Alt+Right",)),
    ActionSpec("box_zoom", "Zoom to a box", "Drag a rectangle to zoom to (or Alt+drag)", ("Z",)),
    ActionSpec("keep_zoom", "Keep the zoom", "Show the next spectra in the same window", ("K",)),
    ActionSpec("crosshair", "Crosshair", "A crosshair with ppm follows the cursor", ("X",)),
    ActionSpec(
        "contours_lower", "Lower contours", "Show weaker signals (or Shift+wheel)", ("+", "=")
    ),
    ActionSpec("contours_higher", "Higher contours", "Hide the weakest signals", ("-",)),
    ActionSpec(
        "contours_reset",
        "Contours from the noise",
        "Begin the contours just above noise and t1 ridges",
        ("Ctrl+0",),
    ),
    ActionSpec("hide_map", "Hold for the original", "Hides the map while the key is held", ("H",)),
    ActionSpec(
        "image_style", "Image instead of contours", "Draw instrument data as an image", ("I",)
    ),
    ActionSpec(
        "projections",
        "Projections",
        "Skylines of what is shown: highest and lowest signal along both axes; Ctrl+wheel scales; "
        "small panes have none",
        ("J",),
    ),
    ActionSpec(
        "traces",
        "Traces",
        "The row and the column under the cursor, along both axes; Ctrl+wheel scales",
        ("L",),
    ),
    ActionSpec(
        "pin_traces", "Pin traces", "Keep the traces at the cursor, to compare", ("Shift+L",)
    ),
    ActionSpec(
        "overlay",
        "Overlay selected spectra",
        "Draw the selected spectra over each other, each in its colour",
        ("V",),
    ),
    ActionSpec("overlay_clear", "No overlay", "Show the spectrum alone", ("Shift+V",)),
    ActionSpec(
        "difference",
        "Difference",
        "The spectrum minus the first one of the overlay, by ppm",
        ("D",),
    ),
    ActionSpec(
        "network_view",
        "What the network sees",
        "The cells that the network is fed with, in the place of the spectrum",
        ("W",),
    ),
    ActionSpec(
        "usual_places",
        "Usual places",
        "Lines around the places where the class usually has its signals: a map that only shows "
        "these knows no more than an average spectrum",
        ("Shift+W",),
    ),
    ActionSpec("layout_single", "One pane", "One spectrum with one map", ("Ctrl+1",)),
    ActionSpec("layout_classes", "Every class", "The maps of all classes", ("Ctrl+2",)),
    ActionSpec("layout_methods", "Every method", "The maps of all methods", ("Ctrl+3",)),
    ActionSpec("layout_layers", "Every layer", "The maps at all layers", ("Ctrl+4",)),
    ActionSpec("layout_sample", "HSQC and HMBC", "All spectra of the sample", ("Ctrl+5",)),
    ActionSpec("one_strip", "One row or column", "Panes in one row or column, not in a grid"),
    ActionSpec("common_scale", "Common scale", "One colour scale for panes of one method"),
    ActionSpec(
        "pick_peaks", "Pick peaks", "Pick the peaks of the selected spectra", ("Shift+P",), "peaks"
    ),
    ActionSpec(
        "edit_peaks",
        "Edit peaks",
        "Click to add a peak, drag to move one, Delete to remove the selected; Esc to stop",
        ("E",),
    ),
    ActionSpec("delete_peaks", "Delete peaks", "Delete the selected peaks"),
    ActionSpec("clear_peaks", "Clear peaks", "Take all picked peaks of the selected spectra away"),
    ActionSpec("copy_peaks", "Copy peaks", "Copy the peaks of the spectrum as a table"),
    ActionSpec(
        "export_peaks",
        "Export peaks …",
        "Write the peaks of the selected spectra to files",
        ("Ctrl+Shift+E",),
    ),
    ActionSpec("show_peaks", "Show peaks", "Mark the picked peaks", ("Shift+E",)),
    ActionSpec(
        "contributions",
        "Contributions in the table",
        "What each peak contributes to the class that is shown: the drop of its logit without it",
        ("Shift+C",),
    ),
    ActionSpec(
        "peak_ranks",
        "Show peaks by contribution",
        "Number the peaks by what they contribute to the class; hollow ones speak against it",
        ("Y",),
    ),
    ActionSpec(
        "peak_classes",
        "Colour peaks by class",
        "Give each peak the colour of the class that it speaks for most, for mixtures",
        ("Shift+Y",),
    ),
    ActionSpec("lasso", "Select with a lasso", "Draw a line around peaks; Esc to stop", ("G",)),
    ActionSpec(
        "explain_selection",
        "Explain the selection",
        "Scores with only the selected peaks, and without them",
        ("S",),
    ),
    ActionSpec(
        "pair_peaks",
        "Pairs of peaks",
        "What two peaks contribute together and each alone: of the selected peaks, or of the "
        "strongest where fewer than two are selected",
        ("Shift+T",),
    ),
    ActionSpec(
        "how_sure",
        "How sure?",
        "Repeat with shifted spectra, dropped peaks and noise: intervals of the ranks, and whether "
        "the map moves",
        ("Shift+H",),
    ),
    ActionSpec(
        "export_contributions",
        "Export contributions …",
        "Write what each peak contributes to each class, sorted, as CSV or Excel",
    ),
    ActionSpec(
        "reference",
        "Reference …",
        "Click a signal whose shift you know and type it",
        ("Shift+R",),
    ),
    ActionSpec(
        "reference_two",
        "Set axes by two peaks …",
        "Click two signals whose shifts you know: they set both axes, for pictures",
    ),
    ActionSpec(
        "reference_reset", "Axes of the file", "Set the selected spectra back to their files' ppm"
    ),
    ActionSpec(
        "solvents",
        "Solvent signals …",
        "Grey the signals of solvent, water and reference; exclude them from analysis",
        ("Shift+S",),
    ),
    ActionSpec(
        "mask_tool", "Draw a mask", "Drag a box around what is no signal; Esc to stop", ("Shift+D",)
    ),
    ActionSpec(
        "exclude_masks",
        "Exclude masked regions",
        "The networks are shown nothing where a mask lies",
        ("Shift+X",),
    ),
    ActionSpec("show_masks", "Show masks", "Grey the masked regions"),
    ActionSpec("find", "Search spectra", "Go to the search box", ("Ctrl+F", "Ctrl+K")),
    ActionSpec("import_network", "Import network …", "How to import a .keras or .h5 file"),
    ActionSpec("shortcuts", "Keyboard shortcuts", "All keys", ("F1",)),
    ActionSpec("about", "About nmrcam", "Versions and sources"),
)


def make_actions(owner: QObject, seen: Collection[str] = ()) -> dict[str, QAction]:
    """All actions by name; not connected yet.

    Parameters
    ----------
    owner : QObject
        Whose they are.
    seen : collection of str
        Those that the first paint shows have an icon already, of few sizes; the rest of the
        icons is nobody's business before a menu is opened (`PaneCommands.dress_actions`).
    """
    actions = {}
    for spec in SPECS:
        action = QAction(spec.text, owner)
        action.setObjectName(spec.name)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        if spec.icon and spec.name in seen:
            action.setIcon(themed_icon(_icon_file(spec.icon), FIRST_SIZES, FIRST_SIZES))
        actions[spec.name] = action
        enable(action, "")
    return actions


def make_class_actions(owner: QObject) -> list[QAction]:
    """Actions for the keys 1 to 9."""
    made = []
    for number in range(1, 10):
        action = QAction(f"Class {number}", owner)
        action.setShortcut(QKeySequence(str(number)))
        action.setData(number - 1)
        made.append(action)
    return made


def enable(action: QAction, reason: str) -> None:
    """Enable an action, or disable it with the reason in its tip."""
    spec = _BY_NAME.get(action.objectName())
    tip = spec.tip if spec is not None else action.text()
    keys = action.shortcut().toString()
    action.setEnabled(not reason)
    action.setToolTip(plain_tip(reason) or (f"{tip} ({keys})" if keys else tip))
    action.setStatusTip(reason or tip)


def icon(name: str) -> QIcon:
    """An icon of ours in the colours of the theme; an empty one where the file is missing."""
    return themed_icon(_icon_file(name))


def _icon_file(name: str) -> Path:
    return resources_dir() / "icons" / f"{name}.svg"


_BY_NAME = {spec.name: spec for spec in SPECS}
