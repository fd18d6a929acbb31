"""Extend and prune tokenizers of every model, and look at what came of it through AutoTokenizer.

gpt2, bert-base-uncased, albert and the recipes t5 and words get 4,000 tokens of Korean film
reviews: English ids stay, and Korean takes half the tokens or fewer, or, where it was lost, less of
it is. A Japanese Unigram gets 4,000 tokens of English reviews. All are pruned to what text of their
own language takes: the same tokens, fewer rows.

    python benchmarks/extending.py ../shared/data [--only gpt2] [--only t5] ...
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tokbench.corpus import CorpusSpec
from tokbench.corpus import open as open_corpus
from tokbench.encoding import Subject, from_folder
from tokbench.recipe import load
from tokbench.values import texts
from tokbench.workbench import Failure, attempt, extended, find, pruned

RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True)
class Case:
    """What is done to a tokenizer; files below the data folder."""

    tokenizer: str
    on: str
    test: str
    column: str
    keep: str
    prune: str


KOREAN = ("classify/nsmc_train.tsv", "classify/nsmc_test.tsv", "document", "text/en_alice.txt")
ENGLISH = ("classify/movie_polarity_train.csv", "classify/movie_polarity_test.csv", "text")
NOVELS = "text/en_novels_*"
CASES = {
    "gpt2": Case("tokenizers/gpt2", *KOREAN, NOVELS),
    "bert-base-uncased": Case("tokenizers/bert-base-uncased", *KOREAN, NOVELS),
    "albert": Case("tokenizers/albert", *KOREAN, NOVELS),
    "japanese": Case(
        "tokenizers/sentencepiece_ja_unigram.model",
        *ENGLISH,
        "text/ja_aozora.txt.gz",
        "text/ja_aozora.txt.gz",
    ),
    "t5": Case("t5", *KOREAN, NOVELS),
    "words": Case("words", *KOREAN, NOVELS),
}


def trained(name: str, out: Path) -> str:
    """The folder of a recipe's tokenizer."""
    made = attempt(load(RECIPES / f"{name}.yaml"), measure=False, out=out, runs=out.parent / "runs")
    if isinstance(made, Failure):
        raise SystemExit(made.why)
    return str(out)


def documents(path: Path, text: str) -> list[str]:
    """All documents of a file."""
    source = {"type": "files", "paths": [str(path)], "text": text}
    spec = CorpusSpec.model_validate({"sources": [source], "held_out": 0.0})
    batches = open_corpus(spec, Path()).batches("all")
    return [document for batch in batches for document in texts(batch)]


def taken(subject: Subject, some: list[str]) -> tuple[int, int]:
    """How many tokens documents take, and how many of them are unknown."""
    made = subject.tokenizer.encode_batch_fast(some, add_special_tokens=False)
    return sum(len(one.ids) for one in made), sum(one.ids.count(subject.unk_id) for one in made)


def extend(name: str, tokenizer: str, case: Case, data: Path, out: Path) -> None:
    """Add tokens, and compare."""
    kept = data / case.keep
    made = extended(
        tokenizer, [str(data / case.on)], out,
        add=4000, keep=[str(kept)], text=case.column,
    )  # fmt: skip
    old, new = find(tokenizer).subject, from_folder(out)
    assert made.old is not None
    assert not made.old.differing, "other ids in the old text"
    test = documents(data / case.test, case.column)
    (before, lost), (now, still) = taken(old, test), taken(new, test)
    print(f"{name}: {made.sizes[0]:,} ids, now {made.sizes[1]:,}; {kept.name}: the same ids")
    print(f"  {made.refused:,} candidates refused; {Path(case.test).name}:")
    print(
        f"  {before:,} tokens, now {now:,} ({now / before - 1:+.1%}); unknown {lost:,}, {still:,}"
    )
    for note in made.notes:
        print(f"  {note}")
    assert 2 * now <= before or 2 * still <= lost, "less than half is saved"


def prune(name: str, tokenizer: str, case: Case, data: Path, out: Path) -> None:
    """Keep what a text takes; `pruned` itself compares all of its tokens."""
    text = sorted(map(str, data.glob(case.prune)))
    made = pruned(tokenizer, text, out)
    old, new = find(tokenizer).subject.tokenizer, from_folder(out).tokenizer
    old_ids = json.loads(made.mapping.read_bytes())["old_ids"]
    for number, before in enumerate(old_ids):
        assert new.id_to_token(number) == old.id_to_token(before), "the mapping is wrong"
    print(f"{name}: {made.sizes[0]:,} ids, now {made.sizes[1]:,} for {case.prune}")
    print(
        f"  {made.used:,} used, {made.needed:,} needed; the same {made.tokens:,} tokens", flush=True
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=CASES, action="append")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        for name in arguments.only or CASES:
            case, place = CASES[name], Path(folder) / name
            is_recipe = case.tokenizer == name
            tokenizer = trained(name, place) if is_recipe else str(arguments.data / case.tokenizer)
            extend(name, tokenizer, case, arguments.data, Path(folder) / f"{name}-more")
            prune(name, tokenizer, case, arguments.data, Path(folder) / f"{name}-fewer")
