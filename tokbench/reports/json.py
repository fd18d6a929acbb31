"""The measurements as plain data, for scripts and for reading back. The keys are stable."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tokbench.errors import SubjectError
from tokbench.reports.downstream import json as models
from tokbench.reports.registry import REPORTS
from tokbench.reports.warning import NOTE
from tokbench.values import Comparison, Cut, Measurement, Row, Sample

FORMAT = 1
"""Rises when a key is taken away or means something else; new keys leave it."""


@REPORTS.register("json")
def render(comparison: Comparison, rows: Mapping[str, Row] | None = None) -> dict[str, Any]:  # noqa: ARG001 - every format takes them
    """`{"tokenizers": [{"name": ..., "metrics": {...}}]}` and what they were measured on."""
    return {
        "format": FORMAT,
        "on": comparison.on,
        "documents": comparison.documents,
        "bytes": comparison.bytes,
        "baseline": comparison.tokenizers[comparison.baseline].name,
        "signature": comparison.signature,
        "repeat": comparison.repeat,
        "warning": NOTE,
        "tokenizers": [
            {
                "name": one.name,
                "letters_lost": one.letters_lost,
                "encoded_by": one.encoded_by and asdict(one.encoded_by),
                "metrics": {name: _plain(value) for name, value in one.measurements.items()},
                "shape": one.shape and asdict(one.shape),
            }
            for one in comparison.tokenizers
        ],
        "samples": [_sample(one) for one in (*comparison.samples, *comparison.scripts)],
        "downstream": comparison.downstream and models.render(comparison.downstream),
    }


def _plain(measurement: Measurement) -> dict[str, Any]:
    if measurement.value is None:
        return {"value": None, "why": measurement.why}
    plain: dict[str, Any] = {
        "value": measurement.value,
        "interval": measurement.interval,
        "n": measurement.n,
        "of": measurement.of,
        "unit": measurement.unit,
        "better": measurement.better,
        "best": measurement.best,
    }
    if measurement.no_interval:
        plain["no_interval"] = measurement.no_interval
    if measurement.flattered:
        plain["flattered"] = measurement.flattered
    if measurement.spread:
        plain["spread"] = measurement.spread
    if measurement.difference:
        plain["difference"] = asdict(measurement.difference)
    if measurement.by:
        plain["by"] = {name: asdict(one) for name, one in measurement.by.items()}
    if measurement.detail:
        plain["detail"] = measurement.detail
    return plain


def _sample(sample: Sample) -> dict[str, Any]:
    """The cuts of each tokenizer as lists of the same length: short, and quick to zip."""
    return {
        "text": sample.text,
        "script": sample.script,
        "ours": sample.ours,
        "cuts": [
            {
                "texts": [one.text for one in cuts],
                "ids": [one.id for one in cuts],
                "kinds": [one.kind for one in cuts],
            }
            for cuts in sample.cuts
        ],
    }


def holds_comparison(plain: Any) -> bool:
    """Whether plain data is a comparison: that of `render`, or what a run keeps.

    >>> holds_comparison({"model": {}}), holds_comparison({"tokenizers": [], "on": ""})
    (False, True)
    """
    if not isinstance(plain, dict):
        return False
    return {"on", "tokenizers"} <= plain.keys() or isinstance(plain.get("comparison"), dict)


def read(plain: Mapping[str, Any], origin: str) -> Comparison:
    """The comparison that `render` made plain data of, or that a run keeps.

    Args:
        plain: the data.
        origin: where it was found, for errors.

    Raises:
        SubjectError: it is none, or of a later format.
    """
    if plain.get("format", FORMAT) != FORMAT:
        raise SubjectError(
            f"{origin}: is of format {plain['format']!r}, this tokbench reads {FORMAT}: "
            "use the tokbench that wrote it, or measure again"
        )
    try:
        made = TypeAdapter(Comparison).validate_python(_fields(plain))
        if "comparison" not in plain and plain.get("downstream"):
            made = replace(made, downstream=models.read(plain["downstream"], origin))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SubjectError(
            f"{origin}: is no comparison that can be read: {where}: {first['msg']}; measure again"
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SubjectError(
            f"{origin}: is no comparison that can be read: {error!r}; measure again"
        ) from error
    count = len(made.tokenizers)
    if not 0 <= made.baseline < count:
        raise SubjectError(f"{origin}: names no baseline among its {count} tokenizers")
    if any(len(one.cuts) != count for one in (*made.samples, *made.scripts)):
        raise SubjectError(f"{origin}: has samples that are not cut by each tokenizer")
    return made


def _fields(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    """As the fields of a `Comparison`."""
    if "comparison" in plain:
        kept: Mapping[str, Any] = plain["comparison"]
        return kept
    names = [one["name"] for one in plain["tokenizers"]]
    samples = [_read_sample(one) for one in plain.get("samples", ())]
    return {
        **{key: plain[key] for key in ("on", "documents", "bytes")},
        "signature": plain.get("signature", ""),
        "repeat": plain.get("repeat", ""),
        "baseline": names.index(plain["baseline"]) if "baseline" in plain else 0,
        "tokenizers": [
            {
                "name": one["name"],
                "letters_lost": one.get("letters_lost", 0.0),
                "encoded_by": one.get("encoded_by"),
                "shape": one.get("shape"),
                "measurements": {
                    name: {"n": 0, "unit": "", "better": None, **value}
                    for name, value in one["metrics"].items()
                },
            }
            for one in plain["tokenizers"]
        ],
        "samples": [one for one in samples if not one.script],
        "scripts": [one for one in samples if one.script],
    }


def _read_sample(plain: Mapping[str, Any]) -> Sample:
    cuts = [zip(one["texts"], one["kinds"], one["ids"], strict=True) for one in plain["cuts"]]
    return Sample(
        plain["text"],
        tuple(tuple(Cut(*fields) for fields in one) for one in cuts),
        plain["script"],
        ours=plain["ours"],
    )
