"""Seeing what a corpus is: what it holds, and what its parts have in common."""
