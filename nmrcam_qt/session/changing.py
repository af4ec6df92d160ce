"""What the user does as changes: pure functions from what there is to a `Change`.

Each gives None where nothing would change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, SourceKind
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.contents import Contents
from nmrcam_qt.session.drafts import Draft, each, known, said
from nmrcam_qt.session.grouping import MAX_NAME, sample_name, tidy_line
from nmrcam_qt.session.items import NAVIGATION, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum, with_windows
from nmrcam_qt.session.records import Flag, ProjectOptions, SampleRecord, SpectrumRecord
from nmrcam_qt.session.referencing import with_reference

MAX_TAG = 60
"""Characters of a tag."""
MAX_TAGS = 50
"""Tags of one spectrum."""
MAX_NOTE = 20_000
"""Characters of a note."""
_VIEW_WORDS = {
    "colour_map": "colours of the map",
    "opacity": "opacity of the map",
    "threshold": "threshold of the map",
    "smooth": "smoothing of the map",
    "heat_style": "style of the map",
    "class_colours": "class colours",
    "contour_ratio": "ratio of the contours",
    "contour_levels": "number of contours",
}


def added(
    contents: Contents,
    spectra: Sequence[PackedSpectrum],
    options: Sequence[ReadOptions] = (),
    merge_key: str = "",
) -> tuple[Change | None, tuple[int, ...]]:
    """Append spectra; those of one folder and name but for the experiment make a sample.

    Parameters
    ----------
    contents : Contents
        What there is.
    spectra : sequence of PackedSpectrum
        In their order.
    options : sequence of ReadOptions
        How each was read; may be shorter.
    merge_key : str
        Of the change.

    Returns
    -------
    change : Change or None
        None for no spectra.
    ids : tuple of int
        Ids of the spectra.
    """
    draft = Draft(contents)
    first = draft.new_ids(len(spectra))
    position = max(contents.next_position, first)
    for n, packed in enumerate(spectra):
        draft.put(
            SpectrumRecord(
                id=first + n,
                position=position + n,
                packed=packed,
                embedded=contents.options.embed,
                options=options[n] if n < len(options) else ReadOptions(),
            )
        )
    ids = tuple(range(first, first + len(spectra)))
    draft.pair(ids)
    change = draft.change(said("Add", [packed.name for packed in spectra]))
    return None if change is None else replace(change, merge_key=merge_key), ids


def removed(contents: Contents, ids: Iterable[int]) -> Change | None:
    """Take spectra out; a sample goes with its last spectrum."""
    draft = Draft(contents)
    found = known(contents, ids)
    for record in found:
        draft.drop(record.id)
    return draft.change(said("Remove", [record.name for record in found]))


def renamed(contents: Contents, record_id: int, title: str) -> Change | None:
    """Another title; empty, or the file's own name, for the name of the file."""
    wanted = tidy_line(title, MAX_NAME)

    def rename(record: SpectrumRecord) -> SpectrumRecord:
        return replace(record, title="" if wanted == record.packed.name else wanted)

    return each(contents, (record_id,), "Rename", rename)


def tagged(
    contents: Contents, ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Change | None:
    """Add and remove tags.

    Raises
    ------
    ValueError
        If a spectrum would have too many.
    """
    new = {tag for tag in (tidy_line(text, MAX_TAG) for text in add) if tag}
    old = {tidy_line(text, MAX_TAG) for text in remove}

    def tag(record: SpectrumRecord) -> SpectrumRecord:
        tags = tuple(sorted((set(record.tags) - old) | new))
        if len(tags) > max(MAX_TAGS, len(record.tags)):
            raise ValueError(f"{record.name} would have {len(tags)} tags; at most {MAX_TAGS}")
        return replace(record, tags=tags)

    return each(contents, ids, "Tag", tag)


def noted(contents: Contents, ids: Iterable[int], text: str) -> Change | None:
    """Another note; lines stay lines."""
    lines = text.replace("\t", " ").splitlines()
    note = "\n".join(one_line(line).rstrip() for line in lines).strip()[:MAX_NOTE]
    return each(contents, ids, "Edit note of", lambda r: replace(r, note=note))


def flagged(contents: Contents, ids: Iterable[int], flag: Flag) -> Change | None:
    """Another mark."""
    verb = "Flag" if flag else "Remove flag of"
    return each(contents, ids, verb, lambda r: replace(r, flag=Flag(flag)))


def of_experiment(contents: Contents, ids: Iterable[int], experiment: Experiment) -> Change | None:
    """The user says what spectra are; that can complete a sample, as when they are added."""
    draft = Draft(contents)
    found = [r for r in known(contents, ids) if r.packed.experiment is not experiment]
    for record in found:
        packed = replace(record.packed, experiment=experiment)
        options = replace(record.options, experiment=experiment)
        draft.put(replace(record, packed=packed, options=options))
    draft.pair([record.id for record in found if record.sample is None])
    return draft.change(said(f"Set {experiment.label} for", [record.name for record in found]))


def on_windows(
    contents: Contents,
    ids: Iterable[int],
    f2_window: tuple[float, float],
    f1_window: tuple[float, float],
) -> Change | None:
    """The user says which ppm lie at the outer edges of pictures; the others are passed over.

    Raises
    ------
    ValueError
        If a window has no extent.
    """

    def place(record: SpectrumRecord) -> SpectrumRecord:
        if record.packed.provenance.kind is not SourceKind.PICTURE:
            return record
        packed = with_windows(record.packed, f2_window, f1_window)
        if (packed.f1, packed.f2, packed.provenance) == (
            record.packed.f1,
            record.packed.f2,
            record.packed.provenance,
        ):
            return record
        options = replace(record.options, f2_window=f2_window, f1_window=f1_window)
        return replace(record, packed=packed, options=options)

    return each(contents, ids, "Set axes of", place)


def relinked(
    contents: Contents, record_id: int, packed: PackedSpectrum, merge_key: str = ""
) -> Change | None:
    """The same spectrum from another file; what the user said of it stays.

    That is the experiment, the reference, masks and picked peaks.
    """

    def relink(record: SpectrumRecord) -> SpectrumRecord:
        old = record.packed
        new = with_reference(packed, old.reference)
        experiment = packed.experiment or old.experiment
        if (new.experiment, new.masks) != (experiment, old.masks):
            new = replace(new, experiment=experiment, masks=old.masks)
        return replace(record, packed=new)

    change = each(contents, (record_id,), "Relink", relink)
    return None if change is None else replace(change, merge_key=merge_key)


def grouped(
    contents: Contents, ids: Iterable[int], sample: int | None = None, name: str = ""
) -> tuple[Change | None, int]:
    """Put spectra into a sample, a new one where none is given; returns its id too.

    Raises
    ------
    ValueError
        If there is no such sample, or no spectrum for a new one.
    """
    found = known(contents, ids)
    if sample is None and not found:
        raise ValueError("no spectrum to group")
    if sample is not None and sample not in contents.samples:
        raise ValueError(f"there is no sample {sample}")
    draft = Draft(contents)
    title = tidy_line(name, MAX_NAME)
    if sample is None:
        sample = draft.new_ids(1)
        draft.put_sample(SampleRecord(sample, title or sample_name(found[0].packed)))
    elif title:
        draft.put_sample(SampleRecord(sample, title))
    for record in found:
        draft.put(replace(record, sample=sample))
    return draft.change(said("Group", [record.name for record in found])), sample


def ungrouped(contents: Contents, ids: Iterable[int]) -> Change | None:
    """Take spectra out of their samples."""
    return each(contents, ids, "Ungroup", lambda r: replace(r, sample=None))


def sample_renamed(contents: Contents, sample_id: int, name: str) -> Change | None:
    """Another name for a sample; empty for that of its files."""
    if sample_id not in contents.samples:
        return None
    draft = Draft(contents)
    first = contents.records[contents.members(sample_id)[0]]
    draft.put_sample(
        SampleRecord(sample_id, tidy_line(name, MAX_NAME) or sample_name(first.packed))
    )
    return draft.change("Rename sample")


def with_options(contents: Contents, options: ProjectOptions) -> Change | None:
    """Other options of the project."""
    if options == contents.options:
        return None
    return Change("Change project options", options=Replaced(contents.options, options))


def looked_at(contents: Contents, changes: dict[str, Any]) -> tuple[ViewSettings, Change | None]:
    """Other view settings: where the user looks, and the change for those that can be undone.

    Returns
    -------
    view : ViewSettings
        The present settings with the new ones of `NAVIGATION`.
    change : Change or None
        From `view` to all the new ones. Changes of the same settings that follow each
        other are one step: a slider that is dragged.

    Raises
    ------
    TypeError
        For an unknown name.
    """
    after = replace(contents.view, **changes)
    view = replace(
        contents.view, **{name: getattr(after, name) for name in NAVIGATION if name in changes}
    )
    names = [f.name for f in fields(view) if getattr(view, f.name) != getattr(after, f.name)]
    if not names:
        return view, None
    words = ", ".join(_VIEW_WORDS.get(name, name) for name in names)
    key = "view:" + ",".join(names)
    return view, Change(f"Change {words}", view=Replaced(view, after), merge_key=key)
