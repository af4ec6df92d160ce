"""Hostile network files: each is refused with one sentence, and nothing of it runs."""

from __future__ import annotations

import base64
import copy
import io
import json
import marshal
import struct
import zipfile

import h5py
import keras
import numpy as np
import pytest
from importing_files import (
    SHAPE,
    bend,
    bend_weights,
    keras2_config,
    keras_config,
    linear,
    save,
    sequential,
    write_keras,
)

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.builder import plan
from nmrcam_qt.ml.importing.importer import examine, load_foreign
from nmrcam_qt.ml.importing.reader import read_file


@pytest.fixture(scope="module")
def genuine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("genuine")
    model = sequential()
    return save(model, folder / "net.keras"), save(model, folder / "net.h5")


@pytest.fixture
def canary(tmp_path):
    """A file that exists when something hostile ran."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists()


def refused(path, message):
    """The file is refused, whole path, with one sentence that says why."""
    with pytest.raises(NetworkError, match=message) as caught:
        load_foreign(examine(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value)


def refused_config(config, message):
    with pytest.raises(NetworkError, match=message) as caught:
        plan(config)
    assert "\n" not in str(caught.value)


def functional(*layers, inputs=None, outputs=None):
    """A Keras 2 functional configuration of (class, config, fed by) triples."""
    entries = [
        {
            "class_name": "InputLayer",
            "config": {"batch_input_shape": [None, *SHAPE], "name": "in"},
            "name": "in",
            "inbound_nodes": [],
        }
    ]
    for class_name, config, *fed in layers:
        node = [[name, 0, 0, {}] for name in fed]
        entries.append(
            {
                "class_name": class_name,
                "config": config,
                "name": config["name"],
                "inbound_nodes": [node] if node else [],
            }
        )
    return {
        "class_name": "Functional",
        "config": {
            "name": "m",
            "layers": entries,
            "input_layers": inputs or [["in", 0, 0]],
            "output_layers": outputs or [[entries[-1]["name"], 0, 0]],
        },
    }


CONV = {"name": "conv", "filters": 2, "kernel_size": [3, 3], "activation": "relu"}
OUT = {"name": "out", "units": 3, "activation": "softmax"}
GOOD = (
    ("Conv2D", CONV, "in"),
    ("Flatten", {"name": "flat"}, "conv"),
    ("Dense", OUT, "flat"),
)


def test_the_plain_configuration_is_fine():
    checked = plan(functional(*GOOD))
    assert (checked.head, checked.n_outputs, checked.map_layers) == ("softmax", 3, ("conv",))


def test_lambda_with_marshalled_code(genuine, tmp_path, canary):
    code = marshal.dumps(compile(f"open({str(canary)!r}, 'w').close()", "x", "exec"))
    payload = base64.b64encode(code).decode()

    def change(config):
        config["config"]["layers"].insert(
            1,
            {
                "module": "keras.layers",
                "class_name": "Lambda",
                "config": {
                    "name": "evil",
                    "function": {"class_name": "__lambda__", "config": {"code": payload}},
                },
                "registered_name": None,
            },
        )

    refused(bend(genuine[0], tmp_path / "evil.keras", change), "'Lambda' is not allowed")


def test_lambda_in_an_old_h5(tmp_path, canary):
    model = keras.Sequential(
        [
            keras.layers.Input(SHAPE),
            keras.layers.Conv2D(2, 3),
            keras.layers.Lambda(lambda x: x * 2),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    refused(save(model, tmp_path / "lambda.h5"), "'Lambda' is not allowed")
    refused(save(model, tmp_path / "lambda.keras"), "'Lambda' is not allowed")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"module": "os", "class_name": "system"}, "module 'os'"),
        ({"module": "builtins", "class_name": "eval"}, "module 'builtins'"),
        ({"module": "keras.src.legacy"}, "module 'keras.src.legacy'"),
        ({"module": ["keras.layers"]}, "module a list"),
        ({"module": "keras.models"}, "module 'keras.models'"),
        ({"registered_name": "package>Evil"}, "registered object 'package>Evil'"),
        ({"class_name": "TFSMLayer"}, "'TFSMLayer' is not allowed"),
        ({"class_name": "TorchModuleWrapper"}, "not allowed"),
        ({"class_name": "__init__"}, "not allowed"),
        ({"class_name": "Conv2D.__class__"}, "not allowed"),
        ({"class_name": "GetItem"}, "not allowed"),
        ({"class_name": 7}, "without a class name"),
    ],
)
def test_foreign_code_by_name(genuine, tmp_path, change, message):
    def bent(config):
        config["config"]["layers"][1].update(change)

    refused(bend(genuine[0], tmp_path / "bent.keras", bent), message)


@pytest.mark.parametrize("place", ["activation", "kernel_initializer", "kernel_regularizer"])
def test_foreign_objects_inside_a_layer(genuine, tmp_path, place, canary):
    evil = {"module": "os", "class_name": "system", "config": {"command": f"touch {canary}"}}

    def change(config):
        config["config"]["layers"][1]["config"][place] = evil

    refused(bend(genuine[0], tmp_path / "bent.keras", change), "module 'os'")


@pytest.mark.parametrize(
    "activation",
    [
        "os.system",
        "my>act",
        {"class_name": "function", "config": "relu"},
        ["relu"],
        3,
        "hard_sigmoid",
    ],
)
def test_activations_are_names_from_the_list(activation):
    bad = ("Conv2D", {**CONV, "activation": activation}, "in")
    refused_config(functional(bad, *GOOD[1:]), "activation")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({**CONV, "filters": 10**9}, "filters"),
        ({**CONV, "filters": True}, "filters"),
        ({**CONV, "filters": -1}, "filters"),
        ({**CONV, "filters": "2"}, "filters"),
        ({**CONV, "kernel_size": [3, 3, 3]}, "kernel_size"),
        ({**CONV, "kernel_size": [30, 40]}, "cannot be built|leaves nothing"),
        ({**CONV, "data_format": "channels_first"}, "data_format"),
        ({**CONV, "padding": "causal"}, "padding"),
        ({**CONV, "strides": [2, 2], "dilation_rate": [2, 2]}, "cannot be built"),
        ({**CONV, "filters": 3, "groups": 2}, "cannot"),
        ({**CONV, "lora_rank": 4}, "'lora_rank' is not allowed"),
        ({**CONV, "dtype": {"class_name": "Q", "config": {"name": "int8_from_float32"}}}, "number"),
        ({"name": "conv", "kernel_size": 3}, "filters is missing"),
        ({**CONV, "name": "x" * 1000}, "name"),
    ],
)
def test_arguments_are_checked(layer, message):
    config = functional(("Conv2D", layer, "in"), ("Flatten", {"name": "flat"}, layer["name"]))
    refused_config(config, message)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_stride_that_tensorflow_computes_wrongly(padding):
    """One column left of one channel: oneDNN reads behind the end of the map."""
    columns = SHAPE[1]

    def config(kernel, strides, filters=1):
        first = {**CONV, "kernel_size": 1, "filters": filters}
        wide = {**CONV, "name": "wide", "padding": padding}
        wide |= {"kernel_size": kernel, "strides": strides}
        layers = [("Conv2D", first, "in"), ("Conv2D", wide, "conv")]
        return functional(*layers, ("Flatten", {"name": "f"}, "wide"), ("Dense", OUT, "f"))

    wrong = [3, columns], [1, columns]
    refused_config(config(*wrong), f"wide makes one column of {columns} columns of one channel")
    refused_config(config([3, columns - 1], [1, columns]), "TensorFlow computes that wrongly")
    for right in ([*wrong, 2], ([3, columns], [1, 1]), ([3, columns // 2], [1, columns // 2])):
        assert plan(config(*right)).n_outputs == 3


def test_a_huge_dense_is_refused_before_it_is_allocated(monkeypatch):
    def allocates(*args, **kwargs):
        raise AssertionError("a weight was made")

    monkeypatch.setattr(keras.layers.Layer, "add_weight", allocates)
    huge = [
        ("Dense", {"name": f"d{i}", "units": 65536}, f"d{i - 1}" if i else "flat") for i in (0, 1)
    ]
    config = functional(*GOOD[:2], *huge, ("Dense", OUT, "d1"))
    refused_config(config, "100,000,000 weights")


def test_huge_tensors_and_endless_work():
    grown = ("UpSampling2D", {"name": "up", "size": [64, 64]}, "conv")
    config = functional(
        GOOD[0],
        grown,
        ("UpSampling2D", {"name": "up2", "size": [64, 64]}, "up"),
        ("Flatten", {"name": "flat"}, "up2"),
        ("Dense", OUT, "flat"),
    )
    refused_config(config, "too large")
    slow = [
        ("Conv2D", {**CONV, "name": f"c{i}", "filters": 999, "padding": "same"}) for i in range(9)
    ]
    chain = [(*layer, f"c{i - 1}" if i else "in") for i, layer in enumerate(slow)]
    chain[0] = ("UpSampling2D", {"name": "c0", "size": [8, 8]}, "in")
    config = functional(
        *chain, ("GlobalAveragePooling2D", {"name": "g"}, "c8"), ("Dense", OUT, "g")
    )
    refused_config(config, "too long to compute")


def test_nested_networks_that_unfold_without_end():
    """Eight levels, each calling the next one a hundred times, with nothing in the last."""
    inner = functional(("Dropout", {"name": "d"}, "in"))["config"]
    for level in range(7):
        config = functional()
        config["config"]["layers"].append(
            {
                "class_name": "Functional",
                "config": inner,
                "name": "n",
                "inbound_nodes": [[["in", 0, 0, {}]]] + [[["n", i, 0, {}]] for i in range(1, 100)],
            }
        )
        config["config"]["output_layers"] = [["n", 100, 0]]
        config["config"]["name"] = f"level{level}"
        inner = config["config"]
    refused_config({"class_name": "Functional", "config": inner}, "intricate|more than 1000")


def test_networks_nested_too_deeply():
    inner = {"name": "s", "layers": [{"class_name": "Flatten", "config": {"name": "f"}}]}
    for _ in range(20):
        inner = {"name": "s", "layers": [{"class_name": "Sequential", "config": inner}]}
    refused_config({"class_name": "Sequential", "config": inner}, "nested deeper")


def test_recursion_bomb_of_json(genuine, tmp_path):
    bomb = '{"class_name": "Sequential", "config": ' + "[" * 200_000 + "]" * 200_000 + "}"
    refused(write_keras(tmp_path / "deep.keras", bomb), "nested")
    shallow = '{"a": ' * 80 + "1" + "}" * 80
    refused(write_keras(tmp_path / "deep2.keras", shallow), "nested deeper")


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "3", '{"class_name": NaN}', '{"a": 1, "a": 2}', "\x00", '{"layers": {}}'],
)
def test_json_that_is_no_network(text, tmp_path):
    refused(write_keras(tmp_path / "odd.keras", text or " "), "configuration|expected|without")


def test_graph_cycles_missing_and_duplicate_layers():
    loop = (("Conv2D", {**CONV, "padding": "same"}, "again"), ("ReLU", {"name": "again"}, "conv"))
    refused_config(functional(*loop, outputs=[["again", 0, 0]]), "depends on itself")
    refused_config(functional(("Flatten", {"name": "flat"}, "nowhere")), "'nowhere' is missing")
    refused_config(functional(*GOOD, outputs=[["nowhere", 0, 0]]), "'nowhere' is missing")
    refused_config(functional(*GOOD, outputs=[["out", 5, 0]]), "no call 5")
    refused_config(functional(*GOOD, outputs=[["out", 0, 1]]), "no output 1")
    refused_config(functional(*GOOD, outputs=[["out", 0, 0], ["flat", 0, 0]]), "2 outputs")
    refused_config(functional(*GOOD, GOOD[0]), "share a name")
    refused_config(functional(*GOOD[:2], ("Dense", OUT)), "no call 0|fed by nothing")


def test_missing_inbound_nodes():
    config = functional(*GOOD)
    for entry in config["config"]["layers"]:
        entry.pop("inbound_nodes")
    refused_config(config, "no call 0")
    config = functional(*GOOD)
    config["config"]["layers"][1]["inbound_nodes"] = [[]]
    refused_config(config, "unknown way")
    config["config"]["layers"][1]["inbound_nodes"] = [{"args": {"class_name": "__tuple__"}}]
    refused_config(config, "unknown way")
    config["config"]["layers"][1]["inbound_nodes"] = [[["in", 0, 0, {"training": True}]]]
    refused_config(config, "training")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b/c", "/root", "..", "名前", "a\x00b", "é" * 99]
)
def test_odd_names_become_plain_ones(name):
    config = functional(
        ("Conv2D", {**CONV, "name": name}, "in"),
        ("Flatten", {"name": "flat"}, name),
        ("Dense", OUT, "flat"),
    )
    (found,) = plan(config).map_layers
    assert found.isascii()
    assert found[0].isalnum()
    assert not set(found) & set("/\\\x00 ")
    assert len(found) <= 120


def test_names_that_differ_only_in_what_is_replaced_stay_apart():
    config = functional(
        ("Conv2D", {**CONV, "name": "a/b"}, "in"),
        ("Conv2D", {**CONV, "name": "a:b"}, "a/b"),
        ("Flatten", {"name": "A_B"}, "a:b"),
        ("Dense", OUT, "A_B"),
    )
    names = [c.name.lower() for c in plan(config).network.calls]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([*GOOD[:2], ("Dense", {**OUT, "activation": "relu"}, "flat")], "ends in 'relu'"),
        ([*GOOD, ("Flatten", {"name": "after"}, "out")], "changed after its softmax"),
        (
            [
                ("Conv2D", {**CONV, "activation": None}, "in"),
                ("Softmax", {"name": "s", "axis": 2}, "conv"),
            ],
            "does not run over",
        ),
        ([GOOD[0]], "expected softmax|one number per class"),
        ([*GOOD[:2], ("Dense", OUT, "flat"), ("Softmax", {"name": "s"}, "out")], "before softmax"),
        ([*GOOD, ("Dense", {**OUT, "name": "two"}, "out")], None),
    ],
)
def test_heads(layers, message):
    if message is None:
        assert plan(functional(*layers)).head == "softmax"
    else:
        refused_config(functional(*layers), message)


def test_a_pickle_is_no_network(tmp_path, canary):
    import pickle

    class Evil:
        def __reduce__(self):
            return open, (str(canary), "w")

    path = tmp_path / "net.h5"
    path.write_bytes(pickle.dumps(Evil()))
    refused(path, "neither a .keras archive nor")
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([Evil()], dtype=object))
    (tmp_path / "npz.keras").write_bytes(buffer.getvalue())
    refused(tmp_path / "npz.keras", "'a.npy', which is not allowed")


def test_pickled_weights_npz_inside_the_archive(genuine, tmp_path):
    config = keras_config(genuine[0])
    path = write_keras(tmp_path / "p.keras", config, extra={"model.weights.npz": b"\x80\x04"})
    refused(path, "model.weights.npz")


@pytest.mark.parametrize("name", ["../evil", "/etc/cron.d/evil", "assets/x", "config.json\\x"])
def test_zip_members_that_do_not_belong(genuine, tmp_path, name):
    path = write_keras(tmp_path / "z.keras", keras_config(genuine[0]), extra={name: b"x"})
    refused(path, "which is not allowed")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(genuine, tmp_path):
    path = write_keras(tmp_path / "z.keras", keras_config(genuine[0]), extra={"config.json": b"{}"})
    refused(path, "twice")


def test_zip_bomb(genuine, tmp_path):
    path = tmp_path / "bomb.keras"
    write_keras(path, " " * 30_000_000 + "{}")
    refused(path, "blown up")
    write_keras(path, {}, weights=b"\0" * 50_000_000)
    refused(path, "blown up")


def test_zip_that_lies_about_its_sizes(genuine, tmp_path):
    blob = bytearray(genuine[0].read_bytes())
    at = blob.rfind(b"PK\x01\x02")
    struct.pack_into("<I", blob, at + 24, 10)  # declared size of the last member
    path = tmp_path / "lie.keras"
    path.write_bytes(blob)
    refused(path, "damaged")


def test_an_archive_without_weights(tmp_path):
    path = tmp_path / "no.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    refused(path, "no model.weights.h5")


def _replace(file, target):
    """Take the dense kernel out of a .keras file's weights to put something else there."""
    place = "layers/dense/vars/0"
    shape = file[place].shape
    del file[place]
    return target(file, place, shape)


def _external_link(file, place, shape):
    file[place] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft_link(file, place, shape):
    file[place] = h5py.SoftLink("/layers/dense/vars/1")


def _hard_link(file, place, shape):
    file[place] = file["layers/dense/vars/1"]


def _external_storage(file, place, shape):
    file.create_dataset(place, shape, "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def _virtual(file, place, shape):
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape)
    file.create_virtual_dataset(place, layout)


def _nothing_stored(file, place, shape):
    file.create_dataset(place, (30_000, 30_000), "f4", chunks=(100, 100), fillvalue=1.0)


def _bomb(file, place, shape):
    data = np.zeros((4000, 4000), "f4")
    file.create_dataset(place, data=data, compression="gzip", compression_opts=9)


def _text(file, place, shape):
    file.create_dataset(place, data="text")


def _wrong_shape(file, place, shape):
    file.create_dataset(place, data=np.zeros((2, 2), "f4"))


def _whole(file, place, shape):
    file.create_dataset(place, data=np.zeros(shape, "i4"))


def _nan(file, place, shape):
    file.create_dataset(place, data=np.full(shape, np.nan, "f4"))


def _too_large(file, place, shape):
    file.create_dataset(place, data=np.full(shape, 1e300))


def _type(file, place, shape):
    file[place] = np.dtype("f4")


def _group(file, place, shape):
    file.create_group(place)


def _none(file, place, shape):
    pass


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (_external_link, "link to elsewhere"),
        (_soft_link, "link to elsewhere"),
        (_hard_link, "two links to one object"),
        (_external_storage, "kept in another file"),
        (_virtual, "kept in another file"),
        (_nothing_stored, "too large|declares .* and stores"),
        (_bomb, "declares .* and stores"),
        (_text, "no plain numbers"),
        (_wrong_shape, "expected float"),
        (_whole, "expected float"),
        (_nan, "not finite"),
        (_too_large, "not finite"),
        (_type, "no array"),
        (_group, "missing"),
        (_none, "1 weights; expected 2"),
    ],
)
def test_hostile_hdf5(genuine, tmp_path, target, message):
    path = bend_weights(genuine[0], tmp_path / "w.keras", lambda f: _replace(f, target))
    refused(path, message)


def test_links_in_a_whole_model_h5(genuine, tmp_path):
    path = tmp_path / "links.h5"
    path.write_bytes(genuine[1].read_bytes())
    with h5py.File(path, "r+") as file:
        file["outside"] = h5py.ExternalLink("/etc/passwd", "/")
    refused(path, "link to elsewhere")


def test_a_group_that_holds_itself(genuine, tmp_path):
    def change(file):
        file["layers/loop"] = file["layers"]

    refused(bend_weights(genuine[0], tmp_path / "loop.keras", change), "two links")


def test_h5_without_a_model(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["x"] = [1.0]
    refused(path, "without the weights")
    with h5py.File(path, "w") as file:
        file.create_group("model_weights")
    refused(path, "no model")
    with h5py.File(path, "w") as file:
        file.create_group("model_weights")
        file.attrs["model_config"] = np.arange(9)
    refused(path, "no text")


def test_h5_with_swapped_or_missing_weights(genuine, tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes(genuine[1].read_bytes())
    with h5py.File(path, "r+") as file:
        # Keras numbers its layers on through a whole test run.
        (name,) = (n for n in file["model_weights"] if n.startswith("dense"))
        group = file["model_weights"][name]
        group.attrs["weight_names"] = group.attrs["weight_names"][::-1]
    refused(path, "expected float")
    with h5py.File(path, "r+") as file:
        weights = file["model_weights"]
        weights.attrs["layer_names"] = [n for n in weights if n.startswith("conv2d")]
    refused(path, "missing")


@pytest.mark.parametrize("size", [0, 1, 100, 600, 3000])
def test_cut_off_files(genuine, tmp_path, size):
    for number, source in enumerate(genuine):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(source.read_bytes()[:size])
        refused(path, "damaged|neither")


def test_not_a_file(tmp_path):
    refused(tmp_path, "cannot be read")
    refused(tmp_path / "none.keras", "cannot be read")


def test_too_large_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 100)
    path = tmp_path / "big.keras"
    path.write_bytes(b"PK" + b"\0" * 200)
    with pytest.raises(NetworkError, match="larger than"):
        read_file(path)


def test_what_the_training_left_is_never_read(genuine, tmp_path):
    """A hostile loss in compile_config does no harm: nobody looks at it."""

    def change(config):
        config["compile_config"] = {"loss": {"module": "os", "class_name": "system"}}

    path = bend(genuine[0], tmp_path / "c.keras", change)
    assert examine(path).plan.n_outputs == 3


def test_an_open_input_size_is_refused():
    config = functional(*GOOD)
    config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, None, 32, 1]
    refused_config(config, "size of the input is not fixed")
    config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 24, 32, 7]
    refused_config(config, "1 or 3")
    config["config"]["layers"][0]["config"].pop("batch_input_shape")
    refused_config(config, "not stated")


def test_keras_2_configuration_is_fine_and_stays_as_it_was():
    config = keras2_config()
    before = copy.deepcopy(config)
    plan(config)
    assert config == before
    assert json.dumps(config)


def test_no_convolution(tmp_path):
    model = keras.Sequential(
        [keras.layers.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    with pytest.raises(NetworkError, match="no convolution"):
        examine(save(model, tmp_path / "dense.keras"))


def test_a_linear_head_is_none(tmp_path):
    assert examine(save(linear(), tmp_path / "l.keras")).plan.head is None
