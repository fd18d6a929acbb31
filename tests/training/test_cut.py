from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from oracles import word_counts

from tokbench.training import Demands, cut, from_counts
from tokbench.training.spec import TRAINERS
from tokbench.values import Trained

WORDS = st.dictionaries(
    st.text(st.sampled_from("abcdé#< 0x4>"), min_size=1, max_size=8),
    st.integers(1, 30),
    min_size=1,
    max_size=25,
)


@given(
    st.sampled_from(["BPE", "WordPiece", "WordLevel"]),
    WORDS,
    st.integers(1, 80),
    st.integers(1, 80),
    st.integers(0, 3),
    st.sampled_from([(), ("<s>",), ("ab", "#")]),
    st.booleans(),
)
def test_a_cut_is_what_training_gives(model, words, one, other, frequency, special, byte_fallback):
    small, large = sorted((one, other))
    demands = Demands(
        special_tokens=special,
        byte_tokens=("<0x00>", "<0x41>") if byte_fallback and model == "BPE" else (),
    )
    options = {"min_frequency": frequency}
    if demands.byte_tokens:  # else the limit follows from the size
        options["limit_alphabet"] = 5
    counts = word_counts(words)

    def trained(size):
        spec = TRAINERS[model](vocab_size=size + len(demands.byte_tokens), **options)
        return from_counts(spec, demands, counts)

    try:
        wanted = trained(small)
    except Exception:  # noqa: BLE001 - nothing learned at all
        return
    found = cut(trained(large), small + len(demands.byte_tokens))
    assert found in {None, wanted}
    if model != "BPE" or not special or special == ("<s>",):
        assert found == wanted


def test_what_only_training_can_tell():
    reused = Trained("BPE", ("ab", "a", "b", "abb"), (("a", "b"), ("ab", "b")), initial=3)
    assert cut(reused, 3) is None
    assert cut(replace(reused, model="Unigram", merges=()), 3) is None
