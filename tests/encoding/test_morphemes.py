"""Token boundaries against gold ones, and how canonical morphemes are laid over words."""

import itertools

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.encoding import Gold, from_folder, morphology, parallel, subject
from tokbench.encoding.morphemes import boundaries
from tokbench.metrics.morphology import boundary_f1
from tokbench.values import Encoded


def spelling(*pieces: str):
    """A tokenizer that knows these pieces and all letters of them; the longest come first."""
    every = dict.fromkeys([*pieces, *"".join(pieces), "a"])
    vocabulary = {one: number for number, one in enumerate(["<u>", *every])}
    vocabulary |= {f"##{one}": len(vocabulary) + number for number, one in enumerate(every)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="<u>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return subject("x", made.to_str(), "x")


@pytest.mark.parametrize(
    ("pieces", "f1"), [("gathered", 0.25), (("gather", "ed"), 1.0), (("gathered",), 0.0)]
)
def test_published_f1(pieces, f1):
    from dataclasses import replace

    found = morphology(spelling(*pieces), Gold.of([("gathered", "gather @@ed")]))
    one = replace(Encoded.of(["a"], [["a"]]), morphology=found)
    assert boundary_f1(one).value == f1


def slow(word, morphemes):
    """Every way to cut the word, and the distance of the parts; None if the best is not one."""

    def distance(left, right):
        if not left or not right:
            return len(left) + len(right)
        return min(
            distance(left[1:], right) + 1,
            distance(left, right[1:]) + 1,
            distance(left[1:], right[1:]) + (left[0] != right[0]),
        )

    ways = {}
    for cut in itertools.combinations_with_replacement(range(len(word) + 1), len(morphemes) - 1):
        ends = [0, *cut, len(word)]
        parts = [word[a:b] for a, b in itertools.pairwise(ends)]
        ways[cut] = sum(map(distance, parts, morphemes))
    least = min(ways.values())
    best = [cut for cut, cost in ways.items() if cost == least]
    inside = len(best) == 1 and all(0 < one < len(word) for one in best[0])
    return best[0] if inside and len(set(best[0])) == len(best[0]) else None


@pytest.mark.parametrize(
    ("word", "segments"),
    [
        ("taping", "tape ing"), ("flies", "fly s"), ("went", "go ed"), ("cats", "cat s"),
        ("aab", "a a"), ("bus", "b us s"), ("ran", "run ed"), ("x", "xa b"),
    ],
)  # fmt: skip
def test_alignment_is_that_of_trying_every_cut(word, segments):
    found = boundaries(word, segments.split())
    if found is None:
        expected = slow(word, segments.split())
        assert expected is None or word in {"went", "ran", "x", "flies"}  # refused: too far off
    else:
        assert found == slow(word, segments.split())


def test_words_are_counted_once_and_the_refused_are_counted():
    rows = [("cats", "cat s"), ("cats", "ca ts"), ("went", "go @@ed"), ("taping", "tape @@ing")]
    found = Gold.of(rows)
    assert (found.words, found.aligned, found.refused) == (("cats", "taping"), 1, 1)


def test_boundaries_in_published_tokenizers(shared):
    gold = Gold.of([("unhappiness", "un happi ness"), ("조선일보를", "조선일보 를")])
    for name in ("gpt2", "bert-base-uncased", "phi3_mini"):
        one = from_folder(shared / "tokenizers" / name)
        found = morphology(one, gold)
        cut = one.tokenizer.encode("the unhappiness", add_special_tokens=False).tokens[1:]
        assert found.predicted[0] == len(cut) - 1
        assert (found.hits <= found.predicted).all()
        assert (found.hits <= found.gold).all()
        assert found.gold.tolist() == [2, 1]


def test_parallel_text_is_counted_line_by_line():
    one = spelling("ab", "cd")
    found = parallel(one, {"ko": ["ab cd", "a"], "en": ["abcd", "ab"]}, "en")
    assert found.languages == ("en", "ko")
    assert found.tokens.tolist() == [[2, 2], [1, 1]]
