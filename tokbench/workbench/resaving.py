"""The folder of a tokenizer that was changed: loaded as the old one was, and proven."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from tokbench import encoding, store, wrapping
from tokbench.encoding import Differs, Ids, Subject
from tokbench.pipeline.derived import derived
from tokbench.pipeline.special_tokens import ROLES
from tokbench.values import Corpus, Progress, Proof, Split, Watch, texts
from tokbench.workbench.deriving import settings_of
from tokbench.workbench.find import Found
from tokbench.wrapping import WrapSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Json = Mapping[str, Any]
_PROOF_TEXTS, _PROOF_LENGTH = 60, 2000


def state_of(found: Found) -> dict[str, Any]:
    """The tokenizer.json of a tokenizer as it is measured, without dropout."""
    state: dict[str, Any] = json.loads(found.subject.tokenizer.to_str())
    return state


def resaved(
    name: str, found: Found, tokenizer: Tokenizer, some: Iterable[str], folder: Path
) -> tuple[Proof, list[str]]:
    """Fill a folder with a changed tokenizer, its configuration as it was.

    Args:
        name: what was asked for.
        found: the tokenizer before.
        tokenizer: the same changed.
        some: documents to prove it on.
        folder: to fill.

    Returns:
        The proof, and what of the configuration could not be kept.

    Raises:
        WrappingError: it does not load to the same ids.
    """
    state = state_of(found)
    config = settings_of(name, found) or {}
    made = derived(state, config)
    said = dict(made.fields.get("wrap", {}))
    if "chat_template" in said:
        said["chat_template"] = made.files[said["chat_template"]["file"]].decode()
    added = {one["content"] for one in state["added_tokens"]}
    roles = {role: token for role, token in _roles(config, made.fields) if token in added}
    listed = config.get("additional_special_tokens") or config.get("extra_special_tokens") or ()
    extra = [token for token in map(_content, listed) if token in added - {*roles.values()}]
    documents = [text[:_PROOF_LENGTH] for text in islice(some, _PROOF_TEXTS)]
    spec = WrapSpec.model_validate(said)
    proof = wrapping.wrap(tokenizer, spec, roles, extra, documents, folder)
    notes = [note for note in made.notes if note.startswith("wrap:")]
    return proof, [*_switched_off(found), *notes]


def _switched_off(found: Found) -> Iterator[str]:
    """What was switched off so that all text has one cut, and is off in the new folder."""
    state = json.loads(found.subject.state)
    for name, value in (
        ("truncation", state.get("truncation")),
        ("padding", state.get("padding")),
        ("dropout", state["model"].get("dropout")),
    ):
        if value:
            yield f"its {name} is left out: switch it on where it is used"


def _roles(config: Json, fields: Json) -> Iterator[tuple[str, str]]:
    """The token of each role: as the configuration says it, where there is none by its name."""
    told = {role: config[f"{role}_token"] for role in ROLES if config.get(f"{role}_token")}
    by_name = {k: v for k, v in fields.get("special_tokens", {}).items() if k != "extra"}
    for role, token in (told or by_name).items():
        yield role, _content(token)


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, Mapping) else token)


def documents_of(corpus: Corpus, split: Split, stage: str, watch: Watch) -> Iterator[str]:
    """The documents of a split, told as they come."""
    seen = 0
    for batch in corpus.batches(split):
        yield from texts(batch)
        seen += batch.num_rows
        watch(Progress(stage, seen, None, "documents"))


def side_by_side(
    subjects: Sequence[Subject], corpus: Corpus, split: Split, stage: str, watch: Watch
) -> Iterator[tuple[Any, list[Ids]]]:
    """The documents of each batch, and the ids that every tokenizer makes of them.

    Distinct chunks are encoded where that is known to be exact, see `Encoder`.

    Raises:
        SubjectError: a tokenizer cannot encode a document.
    """
    encoders = [encoding.Encoder(one, special=False) for one in subjects]
    seen = 0
    for batch in corpus.batches(split):
        documents: Any = batch.column("text")
        made = []
        for at, subject in enumerate(subjects):
            try:
                made.append(encoders[at].encode(documents))
            except Differs:
                encoders[at] = encoding.Encoder(subject, special=False, chunks=False)
                made.append(encoders[at].encode(documents))
        yield documents, made
        seen += batch.num_rows
        watch(Progress(stage, seen, None, "documents"))


def differing_documents(first: Ids, second: Ids) -> "NDArray[np.int64]":
    """Which documents have other ids in the second, by their places.

    >>> one = Ids(np.array([1, 2, 3, 4], np.int32), np.array([2, 2]))
    >>> two = Ids(np.array([1, 2, 3, 5], np.int32), np.array([2, 2]))
    >>> differing_documents(one, two).tolist()
    [1]
    """
    other = first.lengths != second.lengths
    bounds, behind = first.bounds, second.bounds
    same = np.flatnonzero(~other)
    lengths = first.lengths[same]
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = [np.repeat(one[same], lengths) + inside for one in (bounds, behind)]
    unlike = first.flat[places[0]] != second.flat[places[1]]
    other[np.repeat(same, lengths)[unlike]] = True
    return np.flatnonzero(other)


def write_manifest(folder: Path, how: str, found: Found, said: Json) -> None:
    """Mark a folder as ours, with what was done.

    Args:
        folder: that was filled.
        how: "extended" or "pruned".
        found: the tokenizer that it was made of.
        said: with what settings, and what came of it.
    """
    name = found.subject.name
    manifest = {
        "tokbench": version("tokbench"),
        "signature": store.signature(how, found.subject.state, said, version("tokbench")),
        "reshaped": {"how": how, "from": name, **said},
        "files": store.digests(folder),
    }
    store.write_json(folder / store.MANIFEST, manifest)
