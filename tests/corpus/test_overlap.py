"""Shared passages, against a search that looks at every one."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokbench.corpus.looking.hashes import Hashes, hashed
from tokbench.corpus.looking.overlap import (
    LEAST,
    WINDOW,
    Evaluated,
    K,
    Search,
    named,
    place_of,
    prints,
)

SMALL_K, SMALL_WINDOW = 4, 3
SMALL_LEAST = SMALL_K + SMALL_WINDOW - 1

texts = st.text(st.sampled_from("ab \n\té각"), max_size=40)


def array(documents):
    return pa.array(documents, pa.large_string())


def names(count, source=0):
    return named(source, np.arange(1, count + 1))


def searched(evaluated, others, *, k=K, window=WINDOW, common=20, most=1 << 20, parts=1):
    """What of `evaluated` stands in `others`, both read in so many batches."""
    held = Evaluated("test", ["test.txt"], most=most, k=k, window=window)
    numbers = names(len(evaluated))
    size = -(-len(evaluated) // parts) or 1
    for first in range(0, len(evaluated), size):
        held.add(array(evaluated[first : first + size]), numbers[first : first + size])
    search = Search(held.seal(), "training", ["train.txt"], common=common)
    numbers = names(len(others))
    size = -(-len(others) // parts) or 1
    for first in range(0, len(others), size):
        some = array(others[first : first + size])
        search.see(hashed(some), prints(some, k, window), numbers[first : first + size])
    return search.result([(array(evaluated), names(len(evaluated)))])


def solid(text):
    """The bytes without ASCII white space."""
    return text.encode().translate(None, b" \t\n\v\f\r")


def passages(text, length):
    data = solid(text)
    return {data[place : place + length] for place in range(len(data) - length + 1)}


@given(st.lists(texts, max_size=6), st.lists(texts, max_size=6), st.integers(1, 3))
def test_every_long_passage_is_found_and_no_short_one(evaluated, others, parts):
    found = searched(evaluated, others, k=SMALL_K, window=SMALL_WINDOW, common=1000, parts=parts)
    elsewhere = set(others)
    surely = maybe = same = same_bytes = 0
    long_ones = set().union(*(passages(text, SMALL_LEAST) for text in others))
    short_ones = set().union(*(passages(text, SMALL_K) for text in others))
    for text in evaluated:
        if text in elsewhere:
            same += 1
            same_bytes += len(text.encode())
            continue
        surely += not passages(text, SMALL_LEAST).isdisjoint(long_ones)
        maybe += not passages(text, SMALL_K).isdisjoint(short_ones)
    assert (found.same, found.same_bytes) == (same, same_bytes)
    assert surely <= found.partly <= maybe
    assert (found.documents, found.looked) == (len(evaluated), len(evaluated))
    assert found.bytes == sum(len(text.encode()) for text in evaluated)


@pytest.mark.parametrize("seed", range(20))
def test_a_passage_of_the_least_length_is_found_wherever_it_lies(seed):
    chance = random.Random(seed)

    def noise(size):
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz \n", k=size))

    passage = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=LEAST))
    wrapped = " ".join(passage[n : n + 13] for n in range(0, LEAST, 13))
    evaluated = [noise(chance.randint(0, 300)) + passage + noise(chance.randint(0, 300))]
    others = [noise(500), noise(chance.randint(0, 300)) + wrapped + noise(50)]
    found = searched(evaluated, others)
    assert found.partly == 1
    assert K <= found.partly_bytes <= LEAST
    [example] = found.examples
    assert (example.document.number, example.other, example.whole) == (1, ("train.txt", 2), False)
    assert example.passage[:20] in evaluated[0]
    shorter = [evaluated[0].replace(passage, passage[: K - 1])]
    assert searched(shorter, others).partly == 0


def test_bytes_of_a_copied_part_are_nearly_all_counted():
    chance = random.Random(1)
    part = "".join(chance.choices("abcdefghij", k=5000))
    found = searched(["x" * 3000 + part], ["y" * 3000 + part])
    assert 5000 - 2 * WINDOW <= found.partly_bytes <= 5000


def test_what_many_have_is_told_apart():
    licence = "".join(random.Random(2).choices("abcdefghij", k=300))
    others = [licence + f" {number} " * 40 for number in range(8)]
    evaluated = [licence + " and something of its own", "nothing"]
    assert searched(evaluated, others, common=8).partly == 1
    found = searched(evaluated, others, common=7)
    assert (found.partly, found.common, found.partly_bytes) == (0, 1, 0)
    alike = [licence + str(number) for number in range(9)]
    assert searched(alike, others[:1], common=8).common == 9  # a form of the evaluated side


def test_a_ruler_gives_one_fingerprint_a_window():
    ruler = array(["-" * 10_000])
    assert len(prints(ruler).hashes) <= 10_000 // WINDOW + 1


def test_of_more_text_than_there_is_room_whole_documents_are_still_found():
    passage = "".join(random.Random(3).choices("abcdefghij", k=200))
    evaluated = ["first " * 10, "same", f"{passage} tail"]
    found = searched(evaluated, ["same", passage], most=20, parts=3)
    assert (found.looked, found.same, found.partly) == (1, 1, 0)
    assert searched(evaluated, ["same", passage], parts=3).partly == 1


def test_the_source_of_each_is_told():
    held = Evaluated("test", ["a", "b"])
    held.add(array(["one", "two"]), names(2, 0))
    held.add(array(["three"]), names(1, 1))
    search = Search(held.seal(), "training", ["c"])
    others = array(["three", "two", "three"])
    search.see(hashed(others), prints(others), names(3))
    found = search.result([(array(["one", "two", "three"]), np.r_[names(2, 0), names(1, 1)])])
    assert found.sources == {"a": 1, "b": 1}
    told = [(each.document.source, each.document.number, each.other) for each in found.examples]
    assert told == [("a", 2, ("c", 2)), ("b", 1, ("c", 1))]


def test_a_document_of_many_fingerprints_gets_room():
    text = "".join(random.Random(4).choices("ab", k=200_000))
    found = prints(array([text]), 8, 1)  # one for each place
    assert len(found.hashes) == 200_000 - 7


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60), st.integers(1, 9))
def test_hashes_are_a_set(pairs, size):
    known, seen = Hashes(), set()
    for first in range(0, len(pairs), size):
        some = [(one, two * 2**40) for one, two in pairs[first : first + size]]
        found = known.add(np.array(some, np.uint64).ravel()).tolist()
        for each, new in zip(some, found, strict=True):
            pair = (1, 0) if each == (0, 0) else each  # zeros mark an empty slot
            assert bool(new) == (pair not in seen)
            seen.add(pair)


def test_a_set_grows():
    chance = np.random.default_rng(5)
    numbers = chance.integers(0, 2**63, 40_000).astype(np.uint64)
    known = Hashes()
    assert known.add(numbers).all()
    assert known.size <= 20_000 * 16 * 2 / 0.625
    assert not known.add(numbers).any()
    assert len(set(known.find(numbers).tolist())) == 20_000
    assert (known.find(numbers + np.uint64(1)) == -1).all()


def test_names_hold_source_and_number():
    assert place_of(int(names(3, 5)[2])) == (5, 3)
