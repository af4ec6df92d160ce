"""Names from templates: safe on every system, readable, said in one sentence what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmrcam_qt.core.writers.files import OutputNames
from nmrcam_qt.core.writers.naming import (
    FIELDS,
    MAX_STEM_BYTES,
    NamingTemplate,
    TemplateError,
    safe_part,
)

VALUES: dict[str, str | int] = {
    "name": "tryptophan_hmbc",
    "experiment": "hmbc",
    "class": "indole",
    "method": "gradcam++",
    "layer": "conv4",
    "network": "kuhn-hmbc",
    "sample": "Tryptophan",
    "number": 7,
}
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(10))}


def stem(text: str, **values: str | int) -> str:
    return NamingTemplate(text).stem({**VALUES, **values})


def test_every_field_is_filled() -> None:
    text = "-".join(f"{{{field}}}" for field in FIELDS)
    made = stem(text)
    assert made == "tryptophan_hmbc-hmbc-indole-gradcam++-conv4-kuhn-hmbc-Tryptophan-7"
    assert stem("{number:04}_{name}") == "0007_tryptophan_hmbc"
    assert stem("{{{name}}}") == "{tryptophan_hmbc}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("{nam}", "unknown field {nam}"),
        ("{}", "unknown field {}"),
        ("{name[0]}", "unknown field {name[0]}"),
        ("{name.__class__}", "unknown field"),
        ("{name", "brace"),
        ("name}", "brace"),
        ("{name!r}", "more about {name}"),
        ("{name:>1000000}", "more about {name}"),
        ("{number:99999999}", "more about {number}"),
        ("{number:{name}}", "more about {number}"),
        ("a/{name}", "'/'"),
        ("..\\{name}", "'\\\\'"),
        ("{name}:x", "':'"),
        ("{name}\n", "'\\n'"),
        ("x" * 500, "longer"),
    ],
)
def test_a_wrong_template_is_said_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        NamingTemplate(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    if "field" in said:
        assert all(f"{{{field}}}" in str(caught.value) for field in FIELDS)


@pytest.mark.parametrize(
    "name", ["CON", "nul", "com1.2", "LPT¹", "aux ", "..", ".", " ", "-rf", ""]
)
def test_reserved_and_empty_names(name: str) -> None:
    made = stem("{name}", name=name)
    assert made.split(".")[0].strip().casefold() not in RESERVED | {"lpt¹"}
    assert made.strip(" .") == made != ""
    assert not made.startswith("-")


@given(name=st.text(max_size=400), sample=st.text(max_size=50))
def test_any_name_is_safe_everywhere(name: str, sample: str) -> None:
    made = stem("{name}_{sample}_{class}_{method}", name=name, sample=sample)
    assert 0 < len(made.encode("utf-8")) <= MAX_STEM_BYTES
    assert not set(made) & set('<>:"/\\|?*') and made.isprintable() | (" " in made) | (
        "\xa0" in made
    )
    assert made == made.strip(" .")
    assert made.split(".")[0].casefold() not in RESERVED


def test_long_names_keep_class_and_method() -> None:
    assert stem("{name}_{class}_{method}", name="ä" * 500).endswith("_indole_gradcam++")
    assert len(stem("x{name}" * 40, name="n" * 100).encode()) <= MAX_STEM_BYTES


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a/b\\c:d", "a_b_c_d"),
        ("\udcff\ud800", "__"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("e\u0301", "é"),
        ("中文 ñ ß", "中文 ñ ß"),
        ("x\x00\n\u2028", "x___"),
    ],
)
def test_parts(text: str, safe: str) -> None:
    assert safe_part(text) == safe


def test_collisions_are_numbered_in_order_whatever_the_file_system_thinks_is_equal() -> None:
    names = OutputNames()
    wanted = ["é", "e\u0301", "É", "é-2", "x", "X", "ß", "SS"]
    made = [names.file(name) for name in wanted]
    assert made == ["é", "e\u0301-2", "É-3", "é-2-2", "x", "X-2", "ß", "SS-2"]
    trial = names.copy()
    assert (trial.file("y"), names.file("y")) == ("y", "y")
