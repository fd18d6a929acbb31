"""Where no home can be written, training works; what is kept elsewhere is made anew each time."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tokbench import kernels

BODY = """
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 320, min_frequency: 2}
special_tokens: {eos: <e>}
wrap: {model_max_length: 512}
"""


def test_without_a_home_that_can_be_written(
    write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    hidden = ("TOKBENCH_CACHE", "XDG_CACHE_HOME", "HF_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    ran = subprocess.run(
        [sys.executable, "-m", "tokbench", "train", write_recipe(BODY).name, "--out", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={
            **environment,
            "HOME": "/dev/null",
            "TOKBENCH_KERNELS": str(kernels.cache_folder()),  # compiling is not what this is about
        },
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["corpus.txt", "out", "tiny.yaml"]
