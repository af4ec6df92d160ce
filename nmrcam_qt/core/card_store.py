"""Which networks there are: the shipped ones and those the user imported. Reads cards only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.cards import CARD_NAME, Card, read_card
from nmrcam_qt.core.errors import CardError, NetworkError
from nmrcam_qt.core.paths import models_dir, user_networks_dir
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.spectrum import Experiment


@dataclass(frozen=True, slots=True)
class NetworkEntry:
    """A network on disk: its card, its folder, and whether nmrcam ships it."""

    card: Card
    folder: Path
    shipped: bool


@dataclass(frozen=True, slots=True)
class NetworkScan:
    """What a look at the folders found.

    Parameters
    ----------
    entries : tuple of NetworkEntry
        Usable cards: shipped ones first, each group by id.
    problems : tuple of str
        One sentence for each folder that is left out.
    """

    entries: tuple[NetworkEntry, ...]
    problems: tuple[str, ...]


def scan_networks() -> NetworkScan:
    """Read the cards of all shipped and imported networks; a broken folder never raises."""
    entries: dict[str, NetworkEntry] = {}
    problems: list[str] = []
    for root, shipped in ((models_dir(), True), (user_networks_dir(), False)):
        for folder in _folders(root, problems):
            try:
                card = read_card(folder)
            except CardError as error:
                problems.append(str(error))
                continue
            if card.id != folder.name:
                problems.append(f"{folder.name}/{CARD_NAME}: the card's id is {card.id!r}")
            elif card.id in entries:
                problems.append(f"{folder.name}: a shipped network has this id already")
            else:
                entries[card.id] = NetworkEntry(card, folder, shipped)
    return NetworkScan(tuple(entries.values()), tuple(map(one_line, problems)))


def installed_networks() -> list[NetworkEntry]:
    """All usable networks, shipped ones first; see `scan_networks` for what is left out."""
    return list(scan_networks().entries)


def find_network(id_or_path: str | Path) -> NetworkEntry:
    """The network with this id, or the one in this folder (or beside this ``card.json``).

    Raises
    ------
    NetworkError
        If there is no such network.
    CardError
        If its card is broken.
    """
    text = str(id_or_path)
    scan = scan_networks()
    for entry in scan.entries:
        if entry.card.id == text:
            return entry
    for root, shipped in ((models_dir(), True), (user_networks_dir(), False)):
        if Path(text).name == text and _has_card(root / text):
            return NetworkEntry(read_card(root / text), root / text, shipped)
    path = Path(text)
    folder = path.parent if path.name == CARD_NAME else path
    if text and _has_card(folder):
        shipped = folder.resolve().parent == models_dir().resolve()
        return NetworkEntry(read_card(folder), folder, shipped)
    if path.suffix.lower() in (".keras", ".h5", ".hdf5"):
        raise NetworkError(f"{path.name}: import it first with 'nmrcam networks import'")
    known = ", ".join(e.card.id for e in scan.entries) or "none is installed"
    raise NetworkError(f"no network {text!r}; expected a folder with {CARD_NAME} or one of {known}")


def choose_card(cards: Iterable[Card], experiments: Sequence[Experiment | None]) -> Card:
    """The network that ``auto`` means for one spectrum or an HSQC + HMBC pair.

    Parameters
    ----------
    cards : iterable of Card
        Candidates, the preferred ones first.
    experiments : sequence of Experiment or None
        One for a single spectrum, two for a pair, in any order; None where unknown.

    Returns
    -------
    Card
        Its inputs are exactly these experiments; among several the first that was
        trained on mixtures, else the first.

    Raises
    ------
    NetworkError
        If an experiment is not known or no network fits.
    """
    if not experiments:
        raise NetworkError("no spectrum to choose a network for")
    known = [e for e in experiments if e is not None]
    if len(known) < len(experiments):
        raise NetworkError(
            "the experiment is not known, so no network can be chosen; "
            "expected --experiment hsqc or --experiment hmbc"
        )
    fitting = [c for c in cards if sorted(c.experiments) == sorted(known)]
    if not fitting:
        wanted = " + ".join(e.label for e in known)
        raise NetworkError(f"no installed network takes {wanted}; see 'nmrcam networks list'")
    return next((c for c in fitting if c.trained_on_mixtures), fitting[0])


def _has_card(folder: Path) -> bool:
    """Whether there is a card; a name that cannot be a path has none."""
    try:
        return (folder / CARD_NAME).is_file()
    except (OSError, ValueError):
        return False


def _folders(root: Path, problems: list[str]) -> list[Path]:
    """Sub-folders by name; half-written ones and Python's own are passed over."""
    try:
        found = sorted(p for p in root.iterdir() if p.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(f"{root.name}: cannot be read ({error.strerror})")
        return []
    return [p for p in found if not p.name.startswith((".", "_"))]
