"""Whatever a recipe says: checking never fails, and repairs leave nothing to repair."""

from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokbench.errors import RecipeError
from tokbench.recipe import parsed_all
from tokbench.recipe.editing import flow
from tokbench.rules import Sample, check, mend

GPT2: dict[str, Any] = {"type": "Split", "pattern": {"named": "gpt2"}, "behavior": "isolated"}
NORMALIZERS = [
    *("NFC", "NFD", "NFKC", "Lowercase", "StripAccents", "Nmt", "BertNormalizer", "ByteLevel"),
    {"type": "Replace", "pattern": "\\s+", "content": " "},
    {"type": "Prepend", "prepend": "▁"},
]
PRE_TOKENIZERS = [
    *("ByteLevel", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "Metaspace", GPT2),
    {"type": "ByteLevel", "add_prefix_space": False},
    {"type": "Split", "pattern": "[a-z]+", "behavior": "removed"},
    {"type": "CharDelimiterSplit", "delimiter": " "},
]
DECODERS = ["ByteLevel", "WordPiece", "Metaspace", "ByteFallback", "Fuse", "CTC"]
MODELS = {
    "BPE": "{vocab_size: 640, min_frequency: 2, limit_alphabet: 99}",
    "{type: BPE, dropout: 0.1}": '{vocab_size: 300, end_of_word_suffix: "</w>"}',
    "{type: BPE, byte_fallback: true}": "{vocab_size: 640}",
    "{type: Unigram, alpha: 0.1, nbest_size: 4}": "{vocab_size: 320}",
    "{type: Unigram, byte_fallback: true}": "{vocab_size: 640}",
    "WordPiece": '{vocab_size: 640, continuing_subword_prefix: "@"}',
    "WordLevel": "{vocab_size: 64}",
}
TEXTS = [
    (),
    ("low lower lowest", ""),
    ("ภาษาไทยเป็นภาษาที่ไม่มีช่องว่าง", "हिन्दी में", "한국어"),
    ("def f(x):\n\treturn  x", "\x00\x1b[31m") * 20,
    ("word " * 400, "<s> <unk> 日本語日本語日本語日本語"),
]


def parts(of: list[Any], most: int = 3) -> st.SearchStrategy[str]:
    """A section of some components: alone, as a list in one line, or as a block."""
    chosen = st.lists(st.sampled_from(of), min_size=1, max_size=most)

    def written(components: list[Any], style: str) -> str:
        if style == "block":
            return "\n" + "\n".join(f"  - {flow(one)}  # kept" for one in components)
        return flow(components[0] if style == "alone" else components) + "  # kept"

    return st.builds(written, chosen, st.sampled_from(["alone", "line", "block"]))


@settings(max_examples=100, derandomize=True)
@given(
    normalizer=st.none() | parts(NORMALIZERS),
    pre_tokenizer=st.none() | parts(PRE_TOKENIZERS),
    decoder=st.none() | parts(DECODERS),
    model=st.sampled_from(sorted(MODELS)),
    wrap=st.sampled_from(["{clean_up_tokenization_spaces: true}", "{model_max_length: 9}"]),
    texts=st.sampled_from(TEXTS),
)
def test_any_recipe_is_checked_and_mended(
    normalizer: str | None,
    pre_tokenizer: str | None,
    decoder: str | None,
    model: str,
    wrap: str,
    texts: tuple[str, ...],
) -> None:
    text = (
        f"name: x\ncorpus: {{sources: [python_docs]}}\nmodel: {model}  # kept\n"
        f"trainer: {MODELS[model]}\nspecial_tokens: {{unk: <unk>, sep: low}}\nwrap: {wrap}\n"
    )
    sections = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "decoder": decoder}
    text += "".join(f"{key}: {value}\n" for key, value in sections.items() if value)
    path, sample = Path("x.yaml"), Sample(texts, chosen=True)
    try:
        found = check(parsed_all(text, path)[0], sample)
    except RecipeError:
        assume(False)
    assert all(one.where.file == "x.yaml" and one.where.line for one in found.findings)
    mended = mend(text, path, sample)
    assert bool(mended.done) == bool(found.fixes)
    left = check(parsed_all(mended.text, path)[0], sample)
    assert not left.fixes
    lost = text.count("# kept") - mended.text.count("# kept")
    assert lost <= (decoder or "").count("# kept")  # a decoder is replaced as a whole
