"""Measuring work in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measured(script: str, *arguments: object) -> Any:
    """What `script --worker ARGUMENTS` prints as JSON in its last line."""
    command = [sys.executable, script, "--worker", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def peak_memory() -> int:
    """The most memory this process had, in MB; ru_maxrss would begin with what its parent had."""
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(status.split()[0]) // 1024
