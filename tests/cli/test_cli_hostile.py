"""What the command line prints of strangers cannot drive the terminal."""

from __future__ import annotations

import io
import json

from window_builders import make_card

from nmrcam_qt.cli.main import main
from nmrcam_qt.cli.output import Printer
from nmrcam_qt.cli.progress import ConsoleProgress
from nmrcam_qt.core.cards import card_to_json

BAD = "\x1b[2J\x9b2J\u202e"


def harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_file_names_in_the_progress():
    stream = Terminal()
    ConsoleProgress(stream).step(1, 2, f"a{BAD}.csv\nb")
    assert harmless(stream.getvalue().removeprefix("\r\x1b[2K"))


def test_footnotes(capsys):
    printer = Printer(as_json=False, progress=ConsoleProgress(quiet=True))
    number = printer.note([f"a warning {BAD}"])
    printer.result({"error": None}, [{"file": f"x{BAD}", "notes": number}])
    printer.close()
    assert harmless(capsys.readouterr().out)


def test_card_and_folder_of_a_network(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path))
    for name in ("good", f"bad{BAD}"):
        folder = tmp_path / "networks" / name
        folder.mkdir(parents=True)
        card = json.loads(card_to_json(make_card("good")))
        card["training"] = {f"key{BAD}": f"value{BAD}"}
        (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    for command in (["list"], ["show", "good"], ["show", str(folder)]):
        main(["networks", *command])
        said = capsys.readouterr()
        assert "good" in said.out
        assert harmless(said.out) and harmless(said.err)


def test_missing_files(tmp_path, capsys):
    main(["predict", str(tmp_path / f"no{BAD}.csv")])
    said = capsys.readouterr()
    assert "no such file" in said.err
    assert harmless(said.out) and harmless(said.err)
