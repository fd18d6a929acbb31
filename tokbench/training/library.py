"""The trainers of `tokenizers` itself, fed from the corpus in a child process.

The child is needed because the library holds on to its thread until merging ends: Ctrl-C would be
noticed seconds or hours late. Killing the child is noticed at once.
"""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from tokbench.child import ChildError, run_in_child
from tokbench.errors import TokbenchError, TrainingError
from tokbench.fingerprint import Fingerprint
from tokbench.training.spec import (
    BpeTrainer,
    TrainerSpec,
    UnigramTrainer,
    WordLevelTrainer,
    WordPieceTrainer,
)
from tokbench.values import Corpus, Progress, Trained, Watch, texts

if TYPE_CHECKING:
    import pyarrow as pa


def train(
    spec: TrainerSpec,
    special_tokens: tuple[str, ...],
    unk: str | None,
    corpus: Corpus,
    blank: str,
    watch: Watch,
) -> Trained:
    """Train in a child process; see `tokbench.training.train`."""
    try:
        return run_in_child(_train, spec, special_tokens, unk, corpus, blank, watch=watch)
    except ChildError as error:
        raise TrainingError(
            f"the {spec.for_model} trainer of tokenizers died ({error.last}); "
            "the usual reason is memory: use less text or a smaller vocabulary"
        ) from error


def _train(
    spec: TrainerSpec,
    special_tokens: tuple[str, ...],
    unk: str | None,
    corpus: Corpus,
    blank: str,
    send: Callable[[Progress], None],
) -> Trained:
    from tokenizers import Tokenizer  # noqa: PLC0415 - only the child needs it

    tokenizer = Tokenizer.from_str(blank)
    seen = Fingerprint()
    failed: list[TokbenchError] = []

    def documents() -> Iterator[list[str]]:
        try:
            for batch in corpus.batches("train", send):
                seen.update(cast("pa.LargeStringArray", batch.column("text")))
                yield texts(batch)
        except TokbenchError as error:
            failed.append(error)
            raise
        send(Progress("merging", 0, None, "merges", seen.documents))

    try:
        tokenizer.train_from_iterator(documents(), _trainer(spec, special_tokens, unk))
    except BaseException as error:
        if failed:
            raise failed[0] from error
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise TrainingError(
                f"the {spec.for_model} trainer of tokenizers gave up: {error}"
            ) from error
        raise
    return _read_out(json.loads(tokenizer.to_str())["model"], seen)


def _trainer(spec: TrainerSpec, special_tokens: tuple[str, ...], unk: str | None) -> Any:
    from tokenizers import trainers  # noqa: PLC0415 - only the child needs it

    given: dict[str, Any] = spec.model_dump(exclude_none=True, exclude={"max_word_chars"})
    shared: dict[str, Any] = {"special_tokens": list(special_tokens), "show_progress": False}
    if "initial_alphabet" in given:
        given["initial_alphabet"] = list(given["initial_alphabet"])
    match spec:
        case BpeTrainer():
            return trainers.BpeTrainer(**given, **shared)
        case WordPieceTrainer():
            return trainers.WordPieceTrainer(**given, **shared)
        case UnigramTrainer():
            return trainers.UnigramTrainer(**given, **shared, unk_token=unk)
        case WordLevelTrainer():
            return trainers.WordLevelTrainer(**given, **shared)


def _read_out(model: dict[str, Any], seen: Fingerprint) -> Trained:
    vocabulary = model["vocab"]
    if model["type"] == "Unigram":
        tokens = tuple(token for token, _ in vocabulary)
    else:
        tokens = tuple(sorted(vocabulary, key=vocabulary.__getitem__))
    return Trained(
        model=model["type"],
        tokens=tokens,
        merges=tuple((left, right) for left, right in model.get("merges", ())),
        scores=tuple(s for _, s in vocabulary) if model["type"] == "Unigram" else (),
        continuing_subword_prefix=model.get("continuing_subword_prefix"),
        end_of_word_suffix=model.get("end_of_word_suffix"),
        documents=seen.documents,
        fingerprint=str(seen),
    )
