"""What fine-tuning needs beside tokbench, and what to type where it is not there."""

from importlib.util import find_spec

from tokbench.errors import TokbenchError

MODULES = {
    "torch": "torch",
    "transformers": "transformers",
    "accelerate": "accelerate",
    "datasets": "datasets",
    "sklearn": "scikit-learn",
    "scipy": "scipy",
}
"""What is imported, and what it is called where it is installed from."""
SOME = {"rouge_score": "rouge-score", "sacrebleu": "sacrebleu"}
"""The same of what a few kinds of task need."""


def require(*modules: str) -> None:
    """Make sure that modules of the extra `[downstream]` are there, without importing them.

    Args:
        modules: names in `MODULES` or `SOME`; all of the first where none is named.

    Raises:
        TokbenchError: names those that are missing, and the line that installs them.
    """
    known = MODULES | SOME
    missing = [known[name] for name in modules or MODULES if find_spec(name) is None]
    if missing:
        *first, last = missing
        named = f"{', '.join(first)} and {last}" if first else last
        raise TokbenchError(
            f"training models needs {named}, not installed here: pip install 'tokbench[downstream]'"
        )


def installed() -> bool:
    """Whether all of the extra is there."""
    return all(find_spec(name) is not None for name in MODULES)
