"""On an XLA device, for which the CPU does: PJRT_DEVICE=CPU, and torch_xla with its torch."""

from importlib.util import find_spec

import pytest
from training_examples import SPEC, text_task, trained
from transformers import AutoModelForSequenceClassification

from tokbench.errors import TokbenchError

pytestmark = pytest.mark.skipif(
    find_spec("torch_xla") is None,
    reason="needs torch_xla and the torch that belongs to it; benchmarks/xla.py installs both",
)
SHORT = SPEC.model_copy(update={"epochs": 1.0, "patience": 2})


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch):
    monkeypatch.setenv("PJRT_DEVICE", "CPU")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


class Killed(BaseException):
    """Leaves the watcher, and with it the child gets SIGKILL."""


def test_shapes_are_few_and_a_killed_training_goes_on_to_the_same_end(tmp_path):
    def watch(told):
        if told.done >= 13:
            raise Killed

    out = tmp_path / "killed"
    with pytest.raises(Killed):
        trained(out, spec=SHORT, every=0.0, watch=watch)
    assert list(out.glob("work/*/checkpoint-*"))
    told = []
    resumed = trained(out, spec=SHORT, every=0.0, watch=told.append).seeds[0]
    assert told[0].done > 10
    whole = trained(tmp_path / "whole", spec=SHORT)
    (seed,) = whole.seeds
    assert (whole.device, whole.precision, whole.static) == ("xla: CPU", "fp32", True)
    assert seed.shapes == 1
    assert 1 < seed.programs < 15
    assert seed.compiling > 0
    assert resumed.predictions == seed.predictions
    assert resumed.loss == pytest.approx(seed.loss, rel=1e-5)
    model = AutoModelForSequenceClassification.from_pretrained(out / "model")
    assert model.device.type == "cpu"


def test_bfloat16_is_for_multiplying_alone(tmp_path):
    halves = SHORT.model_copy(update={"precision": "bf16"})
    outcome = trained(tmp_path, text_task((80, 16, 16)), spec=halves)
    assert outcome.precision == "bf16"
    saved = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model", dtype="auto")
    assert {str(one.dtype) for one in saved.parameters()} == {"torch.float32"}


def test_several_processes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(TokbenchError, match="without torchrun"):
        trained(tmp_path)
