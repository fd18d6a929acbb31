"""Are word counts, vocabulary and merges those of `tokenizers`? Every text, every pipeline, 32k.

    python benchmarks/exactness.py [FILE...]

Without files: all of the team's shared texts. The library trains on the documents that tokbench
reads; its own word counts come from the trainer's pickled state. Prints a line a file and ends with
exit status 1 if anything differs.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from texts import SHARED
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from recipes import NORMALIZERS, PRE_TOKENIZERS
from tokbench import corpus, counting, training
from tokbench.values import texts

SIZE = 32_000
PIPELINES: dict[str, tuple[Any, Any]] = {
    "gpt2": (None, PRE_TOKENIZERS["byte-level"]),
    "cl100k": (None, PRE_TOKENIZERS["cl100k"]),
    "bert": (NORMALIZERS["bert"], PRE_TOKENIZERS["bert"]),
    "metaspace": (None, json.loads(pre_tokenizers.Metaspace().__getstate__())),
    "whitespace": (None, {"type": "Whitespace"}),
}


def tokenizer(normalizer: Any, pre_tokenizer: Any) -> Tokenizer:
    """An untrained one with this pipeline."""
    state = json.loads(Tokenizer(models.BPE()).to_str())
    return Tokenizer.from_str(
        json.dumps(state | {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer})
    )


def differences(read: Any, pipeline: str, cache: Path) -> list[str]:
    """What is not the same, in words."""
    alphabet = pre_tokenizers.ByteLevel.alphabet() if pipeline in ("gpt2", "cl100k") else []
    theirs = tokenizer(*PIPELINES[pipeline])
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, show_progress=False, initial_alphabet=alphabet, special_tokens=["<s>"]
    )
    theirs.train_from_iterator((texts(batch) for batch in read.batches("all")), trainer)
    model = json.loads(theirs.to_str())["model"]
    their_words = json.loads(trainer.__getstate__())["BpeTrainer"]["words"]
    their_words.pop("", None)
    words = counting.count(
        read, tokenizer(*PIPELINES[pipeline]), split="all", cache=cache, max_word_chars=None
    )
    ours = training.train_bpe(
        words, vocab_size=SIZE, initial_alphabet=alphabet, special_tokens=["<s>"]
    )
    same = {
        "words": dict(zip(words.words.to_pylist(), words.counts.tolist(), strict=True))
        == their_words,
        "vocabulary": {token: number for number, token in enumerate(ours.tokens)} == model["vocab"],
        "merges": [list(pair) for pair in ours.merges] == model["merges"],
        "counted by chunks": words.exact_by == "chunks",
    }
    return [what for what, holds in same.items() if not holds]


def main() -> None:
    """Compare all, print as it goes."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted(SHARED.iterdir())
    failed = 0
    for path in paths:
        started = time.perf_counter()
        spec = corpus.CorpusSpec.model_validate(
            {"sources": [{"type": "files", "paths": str(path)}], "held_out": 0.0}
        )
        read = corpus.open(spec, Path())
        with tempfile.TemporaryDirectory() as cache:
            found = {name: differences(read, name, Path(cache)) for name in PIPELINES}
        said = ", ".join(f"{name} {' '.join(what) or 'same'}" for name, what in found.items())
        print(f"{path.name:34} {time.perf_counter() - started:6.1f} s  {said}", flush=True)
        failed += any(found.values())
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
