"""Counting in shards: each by itself, wherever it is done, then added up.

`counting` turns a shard of a corpus into a part, a file that `part` reads and writes; `joining`
adds parts up; `foreign` takes counts that other tools made; `on_ray` does both on a cluster.
"""
