"""Unigram, from opening a file to pieces and scores: tokbench beside `UnigramTrainer`.

    python benchmarks/unigram.py [novels|english|FILE] [--megabytes 60] [--rounds 3] [--size 16000]

Every training is a process of its own; the two take turns. One line in 32, by hash, is held out;
both vocabularies are measured on it: tokens, and minus log-likelihood per word over the words
without an unknown character. `UnigramTrainer` gives up on `english` ("likelihood is NAN"): its
documentation pages hold what the novels do not.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from texts import as_file
from training import batches, lines

HELD_OUT = 8  # of 256


def train_tokenizers(path: str, size: int) -> Any:
    """The library's own trainer, from text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size,
        special_tokens=["<unk>"],
        unk_token="<unk>",  # noqa: S106 - a token of a vocabulary
        show_progress=False,
    )
    tokenizer.train_from_iterator(batches(path), trainer)
    return tokenizer


def train_tokbench(path: str, size: int) -> Any:
    """Counting into an empty cache, and SentencePiece from the counts."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    from tokbench import corpus, counting, training

    blank = Tokenizer(models.Unigram())
    blank.pre_tokenizer = pre_tokenizers.Metaspace()
    with tempfile.TemporaryDirectory() as cache:
        spec = corpus.CorpusSpec.model_validate(
            {"sources": [{"type": "files", "paths": [path], "format": "txt"}], "held_out": 0.0}
        )
        words = counting.count(
            corpus.open(spec, Path()), blank, max_word_chars=None, cache=Path(cache)
        )
    trained = training.train_unigram(words, vocab_size=size, special_tokens=["<unk>"])
    made = Tokenizer(models.Unigram(list(zip(trained.tokens, trained.scores, strict=True)), 0))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    return made


WHO = {"tokenizers": train_tokenizers, "tokbench": train_tokbench}


def worker(who: str, path: str, size: int, out: str) -> None:
    """The measured process."""
    started = time.perf_counter()
    made = WHO[who](path, size)
    seconds = time.perf_counter() - started
    made.save(out)
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "processor": sum(one.ru_utime + one.ru_stime for one in used),
                "peaks": [one.ru_maxrss / 1024 for one in used],
            }
        )
    )


def measured(who: str, path: Path, size: int, out: Path) -> dict[str, Any] | None:
    """One run in a process of its own; None where the trainer gave up."""
    command = [sys.executable, __file__, "--worker", who, str(path), str(size), str(out)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        print(f"{who} gave up: {said[-1] if said else done.returncode}")
        return None
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def on_held_out(made: Path, path: Path) -> tuple[int, float]:
    """Tokens, and minus log-likelihood per word that holds no unknown character."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(made))
    scores = [score for _, score in json.loads(made.read_text("utf-8"))["model"]["vocab"]]
    tokens, words, lost = 0, 0, 0.0
    for batch in batches(str(path)):
        for encoding in tokenizer.encode_batch(batch):
            tokens += len(encoding.ids)
            of_word: dict[int | None, list[int]] = {}
            for token, word in zip(encoding.ids, encoding.word_ids, strict=True):
                of_word.setdefault(word, []).append(token)
            known = [ids for ids in of_word.values() if 0 not in ids]
            words += len(known)
            lost -= sum(scores[token] for ids in known for token in ids)
    return tokens, lost / words


def split(text: Path, train: Path, held_out: Path) -> None:
    """Lines by their hash into two files."""
    with train.open("w", encoding="utf-8") as kept, held_out.open("w", encoding="utf-8") as out:
        for line in lines(str(text)):
            held = hashlib.sha256(line.encode()).digest()[0] < HELD_OUT
            (out if held else kept).write(line + "\n")


def main() -> None:
    """Measure in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", nargs="?", default="novels")
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=16_000)
    parser.add_argument("--worker", nargs=4)
    told = parser.parse_args()
    if told.worker:
        who, path, size, out = told.worker
        worker(who, path, int(size), out)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = as_file(told.text, told.megabytes, folder)
        train, held_out = (folder / f"{part}.txt" for part in ("train", "held_out"))
        split(text, train, held_out)
        small = folder / "small.txt"
        small.write_text("low lower lowest, 12 times: it's 한국어\n" * 50)
        measured("tokbench", small, 40, folder / "small.json")
        results: dict[str, list[dict[str, Any]]] = {who: [] for who in WHO}
        for _ in range(told.rounds):
            for who in WHO:
                if found := measured(who, train, told.size, folder / f"{who}.json"):
                    results[who].append(found)
        print(f"{told.text}, {train.stat().st_size / 1e6:.1f} MB, Unigram {told.size:,}, cold")
        medians = {
            who: [statistics.median(one[key] for one in runs) for key in ("seconds", "processor")]
            for who, runs in results.items()
            if runs
        }
        base = medians.get("tokenizers", medians["tokbench"])
        for who, (seconds, processor) in medians.items():
            tokens, loss = on_held_out(folder / f"{who}.json", held_out)
            own, child = (max(one["peaks"][i] for one in results[who]) for i in (0, 1))
            print(
                f"{who:11} {seconds:7.2f} s {base[0] / seconds:5.1f} x  processor "
                f"{processor:7.2f} s {base[1] / processor:5.1f} x  peak {own:4.0f} MB, child "
                f"{child:4.0f} MB  held out: {tokens:,} tokens, {loss:.4f} a word"
            )


if __name__ == "__main__":
    main()
