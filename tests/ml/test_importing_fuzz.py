"""Damaged and random network files: nothing but NetworkError or CardError escapes."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import hdf5_damage
import pytest
from hdf5_damage import damage, small_h5
from hypothesis import given, settings
from hypothesis import strategies as st
from importing_files import keras2_config, keras_config, randomise, save, shared, write_keras

from nmrcam_qt.core.cards import card_from_json, card_to_json, read_card
from nmrcam_qt.core.errors import CardError, NetworkError
from nmrcam_qt.core.paths import models_dir
from nmrcam_qt.ml.importing import importer
from nmrcam_qt.ml.importing.answers import ImportAnswers
from nmrcam_qt.ml.importing.builder import build, plan
from nmrcam_qt.ml.importing.probe import probe
from nmrcam_qt.ml.importing.reader import read_file

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    path = save(randomise(shared()), tmp_path_factory.mktemp("fuzz") / "net.keras")
    return keras_config(path), keras2_config()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"class_name": "__tuple__", "items": [3, 3]}),
    st.just({"class_name": "__tuple__"}),
    st.just({"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}}),
    st.sampled_from(["Conv2D", "Functional", "Sequential", "InputLayer", "Add", "conv", "hsqc"]),
)


def places(value, path=()):
    """Every place in a JSON tree."""
    yield path
    if isinstance(value, (dict, list)):
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in children:
            yield from places(child, (*path, key))


def changed(config, path, value, how):
    config = json.loads(json.dumps(config))
    if not path:
        return value
    parent = config
    for key in path[:-1]:
        parent = parent[key]
    if how == "replace":
        parent[path[-1]] = value
    elif how == "drop":
        del parent[path[-1]]
    elif isinstance(parent, list):
        parent.insert(path[-1], parent[path[-1]])
    else:
        parent[str(value)[:10]] = parent[path[-1]]
    return config


@SETTINGS
@given(data=st.data(), which=st.integers(0, 1), how=st.sampled_from(["replace", "drop", "copy"]))
def test_bent_configurations(configs, data, which, how):
    config = configs[which]
    path = data.draw(st.sampled_from(list(places(config))))
    try:
        checked = plan(changed(config, path, data.draw(VALUES), how))
        if checked.parameters < 100_000:
            build(checked)
    except NetworkError as error:
        assert "\n" not in str(error)


@SETTINGS
@given(config=st.recursive(VALUES, lambda s: st.lists(s) | st.dictionaries(st.text(), s)))
def test_random_json(config):
    with pytest.raises(NetworkError):
        plan(config)


@SETTINGS
@given(data=st.data(), value=VALUES, how=st.sampled_from(["replace", "drop", "copy"]))
def test_bent_cards(data, value, how):
    if not (models_dir() / "kuhn-hsqc" / "card.json").is_file():
        pytest.skip("the shipped networks are not here")
    card = json.loads(card_to_json(read_card(models_dir() / "kuhn-hsqc")))
    bent = changed(card, data.draw(st.sampled_from(list(places(card)))), value, how)
    try:
        read = card_from_json(json.dumps(bent))
    except CardError as error:
        assert "\n" not in str(error)
    else:
        for spec in read.inputs:
            assert spec.f1.size * spec.f2.size == spec.shape[0] * spec.shape[1]
        assert card_from_json(card_to_json(read)) == read


@SETTINGS
@given(data=st.data())
def test_damaged_archives(configs, data, tmp_path):
    """Bytes of the zip itself; the HDF5 inside is damaged in a process of its own below."""
    path = tmp_path / "net.keras"
    if not path.exists():
        write_keras(path, configs[0])
    blob = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    target = tmp_path / "bent.keras"
    target.write_bytes(blob[: data.draw(st.integers(len(blob) // 2, len(blob)))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_file(target)
        except NetworkError as error:
            assert "\n" not in str(error)


def test_damaged_hdf5(tmp_path):
    """300 damaged files in processes of their own: the HDF5 library hangs on some of them.

    Where it crashes or hangs (seed 202 does with HDF5 1.14.6: a damaged heap of
    texts), the probe must have refused the file before.
    """
    said: list[str] = []
    seed = 0
    while seed < 300:
        lines, code = damaged_until_it_ends(seed)
        said += [line for line in lines if not line.isdigit()]
        seeds = [int(line) for line in lines if line.isdigit()]
        seed = 1 + (seeds[-1] if seeds else seed)
        if code != 0:
            assert code < 0, "an error that is no NetworkError"
            path = tmp_path / f"{seeds[-1]}.h5"
            path.write_bytes(damage(small_h5(), seeds[-1]))
            with pytest.raises(NetworkError, match=r"damaged|longer than"):
                probe(path, timeout_s=5)
    assert said.count("refused") > 100
    assert len(said) > 290


def damaged_until_it_ends(first):
    """Lines of the reader from seed `first` on, and its exit status; looping, it kills itself."""
    process = subprocess.Popen(
        [sys.executable, str(Path(hdf5_damage.__file__)), str(first), "300"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    lines = queue.Queue()
    reader = threading.Thread(target=lambda: [lines.put(x.strip()) for x in process.stdout])
    reader.start()
    found = []
    try:
        while process.poll() is None or not lines.empty() or reader.is_alive():
            found.append(lines.get(timeout=60))
    except queue.Empty:
        process.kill()
    code = process.wait()
    reader.join()
    process.stdout.close()
    return found, code


def test_a_file_that_crashes_the_reader_is_refused(tmp_path, monkeypatch):
    """The probe's process dies by a signal, hangs, or is refused: always one sentence."""
    path = tmp_path / "net.h5"
    path.write_bytes(small_h5())
    probe(path)

    def dies(command, **kwargs):
        return subprocess.CompletedProcess(command, -11, b"", b"")

    with monkeypatch.context() as patch:
        patch.setattr("nmrcam_qt.ml.importing.probe.subprocess.run", dies)
        with pytest.raises(NetworkError, match="damaged"):
            importer.examine(path)
    with pytest.raises(NetworkError, match="longer than"):
        probe(path, timeout_s=0.001)


def test_the_probe_takes_no_module_of_the_current_folder(tmp_path, monkeypatch):
    """A hostile download folder may hold an h5py.py beside the network."""
    (tmp_path / "h5py.py").write_text("open('ran', 'w').close()")
    (tmp_path / "nmrcam_qt").mkdir()
    (tmp_path / "nmrcam_qt" / "__init__.py").write_text("open('ran', 'w').close()")
    path = tmp_path / "net.h5"
    path.write_bytes(small_h5())
    monkeypatch.chdir(tmp_path)
    probe(path)
    assert not (tmp_path / "ran").exists()


@SETTINGS
@given(
    title=st.text(max_size=30),
    classes=st.lists(st.text(max_size=20), min_size=3, max_size=3),
    network_id=st.none() | st.text(max_size=20),
    background=st.integers(-1, 2),
    window=st.tuples(st.floats(), st.floats()),
)
def test_any_answers(configs, title, classes, network_id, background, window):
    checked = plan(configs[1])
    file = type("File", (), {"name": "n.keras", "sha256": "0" * 64, "format": "keras"})()
    examined = importer.Examined(file, checked)
    answers = ImportAnswers(
        id=network_id,
        title=title,
        classes=tuple(classes),
        experiments=tuple(importer.guess_experiments(["hsqc", "hmbc"])),
        background=background,
        f2_window=window,
        accept_defaults=True,
    )
    try:
        done = importer.complete(examined, answers)
        importer._card(examined, done, network_id or "x", _model())
    except (NetworkError, CardError) as error:
        assert "\n" not in str(error)


def _model(cache=[]):  # noqa: B006
    if not cache:
        cache.append(build(plan(keras2_config())))
    return cache[0]
