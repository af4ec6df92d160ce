"""Which spectra are evaluated, what they are mixed with, and what is left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.datasets import CLASSES, GUESSED, Dataset, Entry, open_dataset
from nmrcam_qt.core.errors import NetworkError, ReadError
from nmrcam_qt.core.mixtures import Mixture, draw_foreign, mix
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.evaluation_settings import NONE, STUDY, Settings
from nmrcam_qt.ml.mix_folds import is_mix_run
from nmrcam_qt.ml.recipes import RECIPES

STUDY_DOI = "10.1002/mrc.5212"
SEEN_NOTE = (
    "The network was trained on these compounds: the classification figures say what it "
    "remembers, not what it recognises. With --folds each compound is scored by a network "
    "that never saw it."
)
SEEN_REASON = "the compound was in the network's training data"
FOLDS_NOTE = "each compound of a class was scored by the network of the fold that never saw it"
FOREIGN_NOTE = (
    "foreign pictures come from another folder too: they are drawn in another style, and where "
    "one side's ppm axes are assumed the two are shifted against each other"
)
UNKNOWN_NOTE = (
    "Which compounds the network was trained on is not known here; --trained-on DIR leaves them out"
)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An entry with the dataset that can load it."""

    dataset: Dataset
    entry: Entry

    def mixture(self, others: Sequence[Source], experiment: Experiment) -> Mixture:
        """This entry mixed with others, for one experiment."""
        return mix(
            self.dataset.load(self.entry, experiment),
            [o.dataset.load(o.entry, experiment) for o in others],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What is evaluated.

    Parameters
    ----------
    dataset : Dataset
        The folder.
    entries : tuple of Entry
        What is scored.
    pool : tuple of Source
        Foreign compounds.
    rule : str
        Which those are, one of `nmrcam_qt.ml.evaluation_settings.FOREIGN_RULES`.
    training : tuple of Source
        What the class prior is made from (without the target's own compound).
    study : bool
        Whether the study's published classes apply (a folder of kuhn2021's layout).
    left_out : mapping of str to int
        Reason to number of spectra.
    notes : tuple of str
        One sentence each.
    """

    dataset: Dataset
    entries: tuple[Entry, ...]
    pool: tuple[Source, ...]
    rule: str
    training: tuple[Source, ...]
    study: bool
    left_out: Counter[str]
    notes: tuple[str, ...]

    def target_classes(self, entry: Entry, card: Card) -> list[str]:
        """Classes of the card that this entry is taken to carry."""
        if self.study:
            return [entry.published_class] if entry.published_class in card.class_ids else []
        return [c for c in card.class_ids if entry.labels.get(c, False)]

    @property
    def pool_compounds(self) -> int:
        """Number of foreign compounds."""
        return len({s.entry.compound for s in self.pool})

    def foreign(
        self, entry: Entry, n: int, seed: int, unseen: Callable[[Entry], bool] | None = None
    ) -> list[Source]:
        """The foreign compounds of a target.

        Parameters
        ----------
        entry : Entry
            The target.
        n : int
            How many.
        seed : int
            Of the draw.
        unseen : callable, optional
            Which entries the network never saw (`evaluation_networks.Group.unseen`); others are
            skipped, the order of the draw stays.

        Raises
        ------
        ReadError
            If there are not enough.
        """
        by_entry = {id(s.entry): s for s in self.pool}
        try:
            seen = [s.entry for s in self.pool if unseen is not None and not unseen(s.entry)]
            barred = frozenset(name for e in seen for name in e.names)
            drawn = draw_foreign(entry, [s.entry for s in self.pool], n, seed, barred)
        except ValueError as error:
            raise ReadError(
                self.dataset.folder, f"not enough foreign compounds ({error})"
            ) from None
        return [by_entry[id(e)] for e in drawn]


def select(card: Card, settings: Settings) -> Selection:
    """Open the folders and choose what is scored, mixed in and used for the prior.

    Raises
    ------
    ReadError
        If a folder cannot be read or has nothing for this network.
    NetworkError
        If folds are given for another dataset than the study's.
    """
    dataset = open_dataset(settings.data)
    study = dataset.kind == "kuhn2021"
    if settings.folds is not None and not study and not is_mix_run(settings.folds):
        raise NetworkError(
            f"--folds are networks of the study; expected a folder of the layout of kuhn2021, "
            f"found {dataset.kind}"
        )
    left_out = Counter(dataset.left_out)
    usable = dataset.having(card.experiments)
    wanted = " + ".join(e.label for e in card.experiments)
    if not usable:
        raise ReadError(settings.data, f"has no entry with {wanted}", f"what {card.id} eats")
    if len(usable) < len(dataset.entries):
        left_out[f"no {wanted} spectrum"] += len(dataset.entries) - len(usable)
    trained_on = [open_dataset(folder) for folder in settings.trained_on]
    entries, notes = _unseen(card, usable, trained_on, settings, study)
    if len(entries) < len(usable):
        left_out[SEEN_REASON] += len(usable) - len(entries)
    chosen = _limited(entries, settings, left_out)
    if not chosen:
        raise ReadError(settings.data, f"has no spectrum that {card.id} was not trained on")
    training = [Source(d, e) for d in trained_on or [dataset] for e in d.having(card.experiments)]
    foreign = [open_dataset(folder) for folder in settings.foreign]
    rule = rule_of(card, settings)
    without = foreign_classes(card, rule)
    pool = _pool(card, without, dataset, entries, foreign, [*trained_on], settings)
    notes = [*limits_of(card), *dataset.notes, *notes]
    found = Selection(
        dataset, tuple(chosen), tuple(pool), rule, tuple(training), study, left_out, tuple(notes)
    )
    said = f"foreign compounds are drawn from {found.pool_compounds} compounds "
    said += "of no class" if rule == NONE else "that carry none of the study's three classes"
    return replace(found, notes=(*notes, said, *[FOREIGN_NOTE] * bool(foreign)))


def rule_of(card: Card, settings: Settings) -> str:
    """Which compounds count as foreign: what was asked for, or what fits the card.

    Few compounds carry none of twelve classes, and those are small: a network that knows
    the study's three and more is judged on the same foreign compounds as one of the three.
    """
    if settings.foreign_rule is not None:
        return settings.foreign_rule
    return STUDY if set(CLASSES) < set(card.class_ids) else NONE


def foreign_classes(card: Card, rule: str) -> tuple[str, ...]:
    """Classes that no foreign compound carries.

    Raises
    ------
    NetworkError
        If there is no such rule.
    """
    if rule == STUDY:
        return CLASSES
    if rule == NONE:
        return card.class_ids
    raise NetworkError(f"no rule {rule!r} for foreign compounds; expected {STUDY} or {NONE}")


def joint_labels(entries: Sequence[Entry]) -> Mapping[str, bool]:
    """Classes of a mixture: one compound that carries it is enough, absence needs all known."""
    classes = {c: None for e in entries for c in e.labels}
    found = {}
    for class_id in classes:
        known = [e.labels.get(class_id) for e in entries]
        if any(known) or None not in known:
            found[class_id] = any(known)
    return found


def limits_of(card: Card) -> tuple[str, ...]:
    """What the network cannot be trusted with, by its card or else by its recipe."""
    known = RECIPES.get(card.id)
    return card.limits or (known.limits if known else ())


def of_the_study(card: Card) -> bool:
    """Whether a network was trained on the pictures of Kuhn et al. 2021."""
    return card.id in RECIPES or STUDY_DOI in str(card.training.get("data", ""))


def _unseen(
    card: Card,
    usable: Sequence[Entry],
    trained_on: Sequence[Dataset],
    settings: Settings,
    study: bool,
) -> tuple[list[Entry], list[str]]:
    """Entries the network was not trained on; on the study's own folder all, with a note."""
    if settings.folds is not None:
        return list(usable), [FOLDS_NOTE]
    if study and (of_the_study(card) or _same_folder(settings)):
        return list(usable), [SEEN_NOTE]
    names = {name for d in trained_on for e in d.entries if _trained(d, e) for name in e.names}
    studied = of_the_study(card)
    kept = [
        e
        for e in usable
        if not e.names & names and not (studied and e.published_class and not study)
    ]
    return kept, [] if trained_on else [UNKNOWN_NOTE]


def _same_folder(settings: Settings) -> bool:
    return settings.data.resolve() in {f.resolve() for f in settings.trained_on}


def _trained(dataset: Dataset, entry: Entry) -> bool:
    """Whether a network trained on this dataset saw the entry: the study left "none" out."""
    return dataset.kind != "kuhn2021" or bool(entry.published_class)


def _limited(entries: Sequence[Entry], settings: Settings, left_out: Counter[str]) -> list[Entry]:
    """At most `limit` entries, drawn by the seed, in their order."""
    if settings.limit is None or len(entries) <= settings.limit:
        return list(entries)
    left_out["--limit"] += len(entries) - settings.limit
    rng = np.random.default_rng(settings.seed)
    return [entries[i] for i in sorted(rng.permutation(len(entries))[: settings.limit])]


def _pool(
    card: Card,
    without: Collection[str],
    dataset: Dataset,
    entries: Sequence[Entry],
    foreign: Sequence[Dataset],
    trained_on: Sequence[Dataset],
    settings: Settings,
) -> list[Source]:
    """Compounds without these classes, unseen in training."""
    pool: list[Source] = []
    own = [] if settings.only_foreign else entries
    pool += [Source(dataset, e) for e in own if _foreign(e, without)]
    # What the data themselves or the training hold under another picture is not foreign.
    barred = {name for d in (dataset, *trained_on) for e in d.entries for name in e.names}
    for other in foreign:
        pool += [
            Source(other, e)
            for e in other.having(card.experiments)
            if _foreign(e, without) and not e.names & barred
        ]
    return pool


def _foreign(entry: Entry, without: Collection[str]) -> bool:
    """Of none of these classes, and not with ppm that are a guess."""
    return entry.of_no_class(without) and entry.note != GUESSED
