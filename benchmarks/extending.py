"""Extend and prune published tokenizers, and look at what came of it through AutoTokenizer.

gpt2 and bert-base-uncased get 4,000 tokens of Korean film reviews: English ids stay, Korean takes
half the tokens or fewer. gpt2 is pruned to what some English novels take: the same tokens, fewer
rows.

    python benchmarks/extending.py ../shared/data [--only gpt2|bert-base-uncased|prune]
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import Tokenizer

from tokbench.corpus import CorpusSpec
from tokbench.corpus import open as open_corpus
from tokbench.encoding import from_folder
from tokbench.values import texts
from tokbench.workbench import extended, pruned


def documents(path: Path, text: str | None = None) -> list[str]:
    """All documents of a file."""
    source = {"type": "files", "paths": [str(path)], **({"text": text} if text else {})}
    spec = CorpusSpec.model_validate({"sources": [source], "held_out": 0.0})
    batches = open_corpus(spec, Path()).batches("all")
    return [document for batch in batches for document in texts(batch)]


def tokens(tokenizer: Tokenizer, some: list[str]) -> int:
    """How many tokens documents take."""
    return sum(len(one.ids) for one in tokenizer.encode_batch_fast(some, add_special_tokens=False))


def extend(data: Path, name: str, out: Path) -> None:
    """Add Korean, and compare."""
    english, korean = data / "text" / "en_alice.txt", data / "classify"
    made = extended(
        str(data / "tokenizers" / name), [str(korean / "nsmc_train.tsv")], out,
        add=4000, keep=[str(english)], text="document",
    )  # fmt: skip
    old = from_folder(data / "tokenizers" / name).tokenizer
    new = from_folder(out).tokenizer
    whole = english.read_text("utf-8")
    assert new.encode(whole).ids == old.encode(whole).ids, "other ids in English"
    reviews = documents(korean / "nsmc_test.tsv", "document")
    before, now = tokens(old, reviews), tokens(new, reviews)
    print(f"{name}: {made.sizes[0]:,} ids, now {made.sizes[1]:,}; {english.name}: same ids")
    print(f"  nsmc_test: {before:,} tokens, now {now:,} ({now / before - 1:+.1%})")
    for note in made.notes:
        print(f"  {note}")
    assert 2 * now <= before, "less than half is saved"


def prune(data: Path, out: Path) -> None:
    """Keep what novels take; `pruned` itself compares all of their tokens."""
    novels = sorted(map(str, (data / "text").glob("en_novels_*")))
    made = pruned(str(data / "tokenizers" / "gpt2"), novels, out)
    old, new = (from_folder(one).tokenizer for one in (data / "tokenizers" / "gpt2", out))
    old_ids = json.loads(made.mapping.read_bytes())["old_ids"]
    for number, before in enumerate(old_ids):
        assert new.id_to_token(number) == old.id_to_token(before), "the mapping is wrong"
    print(f"gpt2 for {len(novels)} files of novels: {made.sizes[0]:,} ids, now {made.sizes[1]:,}")
    print(f"  {made.used:,} used, {made.needed:,} needed; the same {made.tokens:,} tokens")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", choices=["gpt2", "bert-base-uncased", "prune"])
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        for name in ("gpt2", "bert-base-uncased"):
            if arguments.only in (None, name):
                extend(arguments.data, name, Path(folder) / name)
        if arguments.only in (None, "prune"):
            prune(arguments.data, Path(folder) / "pruned")
