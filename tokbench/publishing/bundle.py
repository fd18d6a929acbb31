"""What goes up: files that are on a list, and no others.

>>> Bundle.of({"tokenizer.json": b"{}"}).files[0].size
2
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokbench.errors import PublishingError

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
)
"""What `AutoTokenizer` reads."""
MODEL_FILES = (
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "task.json",
    *TOKENIZER_FILES,
)
"""What is known of a model that was fine-tuned: what transformers and `tokbench predict` read."""
CARD, RECIPE, FACTS, REPORT = "README.md", "recipe.yaml", "tokbench.json", "report.html"
_EXPORT = r"[\w-]+\.(?:tiktoken|model)|(?:tiktoken|sentencepiece)/[\w.-]+\.(?:tiktoken|model|json)"
_ALLOWED = re.compile(
    "|".join(map(re.escape, (*TOKENIZER_FILES, CARD, RECIPE, FACTS, REPORT)))
    + f"|{_EXPORT}|models/[\\w-][\\w.-]*/(?:{'|'.join(map(re.escape, MODEL_FILES))})"
)
_BLOCK = 1 << 20


def is_ours(path: str) -> bool:
    """Whether a path is one that tokbench publishes.

    >>> is_ours("models/python_area/config.json"), is_ours("run.log"), is_ours("../recipe.yaml")
    (True, False, False)
    """
    return _ALLOWED.fullmatch(path) is not None


@dataclass(frozen=True)
class File:
    """A file that goes up.

    Attributes:
        path: in the repository.
        content: its bytes, or where they lie.
    """

    path: str
    content: bytes | Path

    @cached_property
    def size(self) -> int:
        """In bytes."""
        held = self.content
        return len(held) if isinstance(held, bytes) else held.stat().st_size

    @cached_property
    def git_hash(self) -> str:
        r"""What git knows it by: SHA-1 of its content behind a header.

        >>> File("a", b"hello\n").git_hash
        'ce013625030ba8dba906f756967f9e9ca394464a'
        """
        return self._digest(hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False))

    @cached_property
    def sha256(self) -> str:
        """What LFS knows it by."""
        return self._digest(hashlib.sha256())

    def read(self) -> bytes:
        """All of it."""
        held = self.content
        return held if isinstance(held, bytes) else held.read_bytes()

    def _digest(self, made: "hashlib._Hash") -> str:
        if isinstance(self.content, bytes):
            made.update(self.content)
            return made.hexdigest()
        with self.content.open("rb") as file:
            while block := file.read(_BLOCK):
                made.update(block)
        return made.hexdigest()


@dataclass(frozen=True)
class Bundle:
    """Everything that goes up.

    Attributes:
        files: by their paths.
    """

    files: tuple[File, ...]

    @classmethod
    def of(cls, contents: Mapping[str, bytes | Path]) -> "Bundle":
        """These files, by their paths in the repository.

        Raises:
            PublishingError: one is none that is published, or lies behind a link.
        """
        for path, content in contents.items():
            if not is_ours(path):
                raise PublishingError(f"{path}: is no file that tokbench publishes; leave it out")
            if isinstance(content, Path) and content.is_symlink():
                raise PublishingError(
                    f"{path}: is a link to another file; put the file there itself"
                )
        return cls(tuple(File(path, contents[path]) for path in sorted(contents)))

    def __getitem__(self, path: str) -> File:
        """The file of this path."""
        return next(one for one in self.files if one.path == path)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where they go."""
        return tuple(one.path for one in self.files)
