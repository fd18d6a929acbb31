"""How long `tokbench train` takes beside a plain `tokenizers` script on the same documents.

Runs both in turn on the documentation that Python carries (or on a text file given as argument),
in processes of their own, and prints medians, the ratio, and the peak memory of each.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = 3
RECIPE = """name: bench
corpus: {{held_out: 0, sources: [{source}]}}
pre_tokenizer: {{type: ByteLevel, add_prefix_space: false}}
model: BPE
trainer: {{vocab_size: 8000, min_frequency: 2}}
"""
PLAIN = """
import sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
texts = open(sys.argv[1], encoding="utf-8", newline="\\n").read().split("\\n")
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
trainer = trainers.BpeTrainer(
    vocab_size=8000, min_frequency=2, show_progress=False,
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
)
tokenizer.train_from_iterator(texts, trainer)
tokenizer.save(sys.argv[2])
"""


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds of a whole process, and the peak memory in MB of the largest so far."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def text_of_docs(path: Path) -> None:
    """Write Python's documentation as one document a line."""
    from tokbench import corpus

    spec = corpus.CorpusSpec.model_validate({"sources": ["python_docs"]})
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in corpus.open(spec, Path()).batches("all"):
            for text in batch.column("text").to_pylist():
                file.write(" ".join(text.split("\n")) + "\n")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = folder / "text.txt"
        if len(sys.argv) > 1:
            text = Path(sys.argv[1]).resolve()
        else:
            text_of_docs(text)
        recipe = folder / "bench.yaml"
        recipe.write_text(RECIPE.format(source=f"{{type: files, paths: ['{text}']}}"))
        (folder / "plain.py").write_text(PLAIN)
        plain = [sys.executable, str(folder / "plain.py"), str(text), str(folder / "plain.json")]
        ours = [sys.executable, "-m", "tokbench", "train", str(recipe), "--force"]
        ours += ["--out", str(folder / "out"), "--runs", str(folder / "runs")]
        seconds: dict[str, list[float]] = {"tokenizers": [], "tokbench": []}
        peak = dict.fromkeys(seconds, 0.0)
        for _ in range(ROUNDS):
            for who, command in (("tokenizers", plain), ("tokbench", ours)):
                took, peak[who] = timed(command)
                seconds[who].append(took)
        models = [
            json.loads(path.read_text())["model"]
            for path in (folder / "plain.json", folder / "out/tokenizer.json")
        ]
        same = all(models[0][key] == models[1][key] for key in ("vocab", "merges"))
        print(f"{text.stat().st_size / 1e6:.1f} MB, byte-level BPE 8k, {ROUNDS} rounds in turn")
        for who, all_ in seconds.items():
            print(f"{who:12} {median(all_):7.2f} s whole process, {peak[who]:6.0f} MB peak so far")
        ratio = median(seconds["tokbench"]) / median(seconds["tokenizers"])
        print(f"ratio {ratio:.2f} (wrapping and proof included); same vocabulary, merges: {same}")


if __name__ == "__main__":
    main()
