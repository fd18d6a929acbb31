"""Real child processes: killed ones, and two that train together."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from training_examples import SPEC, text_task, trained

from tokbench.downstream import finetuning

TWO = SPEC.model_copy(update={"seeds": 2, "patience": 2})


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def in_this_process(monkeypatch):
    """What is killed has a process of its own; what it is held against needs none."""

    def train(*given, **options):
        with monkeypatch.context() as patched:
            patched.setattr(finetuning, "run_in_child", call)
            return trained(*given, **options)

    def call(function, job, watch, environment):
        import torch

        assert environment
        torch.set_num_threads(1)
        return function(job, watch)

    return train


class Killed(BaseException):
    """Leaves the watcher, and with it the child gets SIGKILL."""


def killed_at(stage, step):
    def watch(told):
        if told.stage == stage and told.done >= step:
            raise Killed

    return watch


def weights(out):
    return (out / "model" / "model.safetensors").read_bytes()


def log(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def alike(outcome):
    """All but what depends on the clock and the machine's memory."""
    return [
        {
            name: value
            for name, value in vars(seed).items()
            if name not in {"seconds", "peak_memory"}
        }
        for seed in outcome.seeds
    ]


def test_a_killed_training_goes_on_to_the_same_end(tmp_path, in_this_process):
    few = text_task((80, 20, 20))
    whole = in_this_process(tmp_path / "whole", few, TWO)
    out = tmp_path / "killed"
    with pytest.raises(Killed):
        trained(out, few, TWO, every=0.0, watch=killed_at("seed 2 of 2", 7))
    assert list(out.glob("work/*/checkpoint-*"))
    told = []
    resumed = in_this_process(out, few, TWO, every=0.0, watch=told.append)
    assert told[0].done > 5
    assert {one.stage for one in told} == {"seed 2 of 2"}
    assert alike(resumed) == alike(whole)
    assert weights(out) == weights(tmp_path / "whole")
    assert log(out) == log(tmp_path / "whole")
    assert not (out / "work").exists()


SCRIPT = """
import os
import pickle
import sys
import time
from pathlib import Path
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from tokbench.downstream import finetuning, seed
from tokbench.downstream.worker import work
from training_examples import SPEC, tokenizer, trained

def forked(function, job, watch, environment):
    read, write = os.pipe()
    if os.fork() == 0:
        with os.fdopen(write, "wb") as messages:
            told = []
            pickle.dump((work(job, told.append), told), messages)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as messages:
        outcome, told = pickle.load(messages)
    for one in told:
        watch(one)
    os.wait()
    return outcome

def rank(out):
    finetuning.run_in_child = forked
    told = []
    short = SPEC.model_copy(update={"epochs": 0.5})
    trained(out.with_name("letters"), given=tokenizer(parted=True), spec=short)
    time.sleep(int(os.environ["RANK"]))  # the first would find where the second was, not is
    outcome = trained(out, watch=told.append)
    assert bool(told) == (os.environ["RANK"] == "0")
    said = f"said-{outcome.processes}-{os.environ['RANK']}"
    (out / said).write_text(repr(outcome.seeds[0].predictions))

config = LaunchConfig(
    1, 1, 2, run_id="two", rdzv_backend="c10d", rdzv_endpoint="localhost:0", start_method="fork"
)
elastic_launch(config, rank)(Path(sys.argv[1]))
"""


def test_two_processes_answer_as_one(tmp_path):
    """The second training of two; each of 101 examples is answered once, as one answers it.

    What `torchrun` calls starts them, with all that it tells processes; forked, as their children
    are, so that torch is imported once.
    """
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    paths = [str(Path(__file__).parent), *sys.path]
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "out")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "ACCELERATE_USE_CPU": "true", "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.returncode == 0, done.stderr
    said = [(tmp_path / "out" / f"said-2-{rank}").read_text() for rank in (0, 1)]
    assert said[0] == said[1]
    assert len(list((tmp_path / "out" / "seeds").iterdir())) == 1
    kept = json.loads((tmp_path / "out" / "seeds" / "seed-0-rate-0.01.json").read_bytes())
    outcome = kept["outcome"]
    assert (outcome["steps"], outcome["examples"]) == (40, 320)
    assert outcome["scores"]["accuracy"] > 0.9
    assert answered_alone(tmp_path / "out") == outcome["predictions"]


def answered_alone(out):
    import torch
    from transformers import AutoModelForSequenceClassification

    from tokbench.downstream import batching, kinds
    from tokbench.downstream.answers import answers
    from tokbench.downstream.tokenized import tokenized

    data = text_task()
    kind = kinds.of(data)
    rows = batching.Rows(tokenized(out / "tokenizer", data, "test", SPEC))
    model = AutoModelForSequenceClassification.from_pretrained(out / "model")
    collate = batching.Collator(kind, model.config.pad_token_id, batching.Padding(), index=True)
    device = torch.device("cpu")
    return answers(model, kind, rows, collate, batch_size=SPEC.batch_size, device=device)
