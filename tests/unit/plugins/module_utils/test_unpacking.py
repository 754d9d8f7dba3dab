# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import unpacking
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm
from hypothesis import given
from hypothesis import strategies as st

PACKED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data)[2:-4],  # without its header
    "identity": bytes,
    None: bytes,
}


def unpacked(encoding, content, size=7):
    unpack = unpacking.unpacker(encoding)
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(part for piece in pieces for part in unpack(piece))


@pytest.mark.parametrize("encoding", PACKED)
@calm.CALM
@given(data=st.binary(max_size=300), size=st.integers(1, 100))
def test_what_was_packed_comes_out_whatever_the_pieces(encoding, data, size):
    assert unpacked(encoding, PACKED[encoding](data), size) == data


def test_members_one_behind_the_other_are_one_body():
    assert (
        unpacked("gzip", gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"
    )


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "gzip,deflate", "\x1b[31m"])
def test_any_other_packing_is_refused_and_named_on_one_line(encoding):
    with pytest.raises(unpacking.Odd, match="packed as") as refused:
        unpacking.unpacker(encoding)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_packed_is_refused(encoding):
    with pytest.raises(unpacking.Odd, match="cannot be unpacked"):
        unpacked(encoding, b"\xff\xffno packing at all")


def test_a_piece_grows_to_a_bounded_size():
    bomb = gzip.compress(bytes(8 * unpacking.PIECE))
    sizes = [len(part) for part in unpacking.unpacker("gzip")(bomb)]
    assert max(sizes) <= unpacking.PIECE
    assert sum(sizes) == 8 * unpacking.PIECE


def nested(depth):
    return b"[" * depth + b"]" * depth


def test_json_is_nested_a_hundred_deep_at_the_most():
    unpacking.decoded(nested(unpacking.DEPTH))
    with pytest.raises(unpacking.Odd, match="more than 100 deep"):
        unpacking.decoded(nested(unpacking.DEPTH + 1))


def test_brackets_in_texts_count_for_nothing():
    text = json.dumps({"log": '[{"\\' * 500})
    assert unpacking.decoded(text.encode())["log"].startswith("[{")
    flat = json.dumps([{} for _n in range(500)])
    assert len(unpacking.decoded(flat.encode())) == 500


@pytest.mark.parametrize("text", ["", "[", '"', "\\", '\\"[', '"]}', '\\\\"{', '\n"['])
def test_a_text_hides_no_nesting_and_makes_none(text):
    for depth, holds in ((unpacking.DEPTH - 1, True), (unpacking.DEPTH, False)):
        inner = "[" * depth + "]" * depth
        content = f"[{json.dumps(text)},{inner},{json.dumps(text)}]".encode()
        if holds:
            assert unpacking.decoded(content) == json.loads(content)
        else:
            with pytest.raises(unpacking.Odd, match="nested"):
                unpacking.decoded(content)


def test_a_million_lists_are_too_many():
    content = b"[" + b"[]," * unpacking.MOST + b"[]]"
    with pytest.raises(unpacking.Odd, match="more than 1000000"):
        unpacking.decoded(content)


HALVES = {
    '"\\ud800"': "\ufffd",
    '"\\uDFFF x"': "\ufffd x",
    '"\\ud83d\\ude00"': "\U0001f600",
    '{"\\ud800": ["\\udc00"]}': {"\ufffd": ["\ufffd"]},
    '{"__ansible_type": 1}': {"ansible_type": 1},
    '{"a": [{"__ansible_unsafe": "x"}]}': {"a": [{"ansible_unsafe": "x"}]},
}


@pytest.mark.parametrize("text, value", HALVES.items())
def test_what_ansible_gives_up_results_for_is_replaced(text, value):
    assert unpacking.decoded(text.encode()) == value


names = st.text().filter(lambda name: "__ansible_" not in name)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(names, inner),
)


@calm.CALM
@given(json_values)
def test_all_other_json_is_as_it_was(value):
    assert unpacking.decoded(json.dumps(value).encode()) == json.loads(
        json.dumps(value)
    )
