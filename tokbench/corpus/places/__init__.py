"""Where bytes lie: this machine, a web server, or any file system that fsspec knows."""

from tokbench.corpus.places.place import Place

__all__ = ["Place"]
