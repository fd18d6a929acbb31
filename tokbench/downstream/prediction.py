"""What a saved model says of one text, with every step on the way there.

A saved model is a folder that `AutoModelForSequenceClassification` or
`AutoModelForTokenClassification` loads, with its tokenizer beside it. What it was trained for
stands in `task.json`, which `describe` writes; a folder of other people's is read without.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from tokenizers import Encoding, Tokenizer

from tokbench import store
from tokbench.child import ChildError, run_in_child
from tokbench.downstream import alignment, extra
from tokbench.downstream.kinds import KINDS
from tokbench.errors import SubjectError
from tokbench.values import Prediction, TaskData, TaskKind

TASK_FILE = "task.json"
_ENDLESS = 10**29
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "0"}
"""Environment of a child that loads a model: no advice, no look at the network."""


@dataclass(frozen=True)
class Facts:
    """What a saved model was trained for.

    Attributes:
        kind: what it answers.
        task: the name of the task, empty where nothing tells.
        pair: whether it wants two sentences; None where nothing tells.
        unit: what carries a label where it is about tokens.
    """

    kind: TaskKind
    task: str = ""
    pair: bool | None = None
    unit: Literal["", "words", "characters"] = ""


def describe(folder: Path, data: TaskData) -> None:
    """Write beside a saved model what it was trained for."""
    made = Facts(data.kind, data.name, data.pair, data.unit)
    store.write_json(folder / TASK_FILE, asdict(made))


def facts(folder: Path) -> Facts:
    """What the model in a folder is for.

    Raises:
        SubjectError: there is no model, or one that answers something else.
    """
    if not (folder / "config.json").is_file():
        raise SubjectError(
            f"{folder}: holds no saved model; name a folder with config.json, or a run after "
            "`tokbench finetune`"
        )
    if (folder / TASK_FILE).is_file():
        try:
            return TypeAdapter(Facts).validate_python(store.read_json(folder / TASK_FILE))
        except ValidationError as error:
            raise SubjectError(
                f"{folder / TASK_FILE}: does not say what the model is for; delete it, and what "
                "its config.json says is taken"
            ) from error
    config = store.read_json(folder / "config.json")
    names = config.get("architectures") or [""]
    fitting = [kind for kind in KINDS if names[0].endswith(f"For{KINDS[kind].auto}")]
    if not fitting:
        raise SubjectError(
            f"{folder}: is a {names[0] or 'model without a head'}, and this asks models for "
            "classes, numbers or labels of tokens"
        )
    if not (folder / "tokenizer.json").is_file():
        raise SubjectError(f"{folder}: holds a model without its tokenizer.json")
    told = [kind for kind in fitting if KINDS[kind].problem == config.get("problem_type")]
    kind = KINDS[(told or fitting)[0]]
    return Facts(kind.name, unit=kind.unit)


def predict(folder: Path, text: str, pair: str | None = None) -> Prediction:
    """Ask a saved model about a text.

    Args:
        folder: the model, with its tokenizer.
        text: what to ask about; of a task about words, these parted by white space.
        pair: the second sentence, where the task is about pairs.

    Raises:
        SubjectError: there is no such model, or it wants another number of sentences.
    """
    known = facts(folder)
    kind = KINDS[known.kind]
    if not kind.labelled:
        raise SubjectError(
            f"{folder}: answers {kind.says}, not with a label; use --pipeline {kind.pipelines[0]}"
        )
    _refuse_writers(folder, known)
    _refuse_other_number(folder, known, pair)
    made: Prediction = _asked(_predict, folder, known, text, pair)
    return made


def piped(name: str, folder: Path, text: str, pair: str | None = None) -> Any:
    """What `transformers.pipeline(name, folder)` answers, as plain data; longer texts are cut.

    Raises:
        SubjectError: no pipeline asks such models, or that one is for other models; the sentence
            says what would fit.
    """
    known = facts(folder)
    kind = KINDS[known.kind]
    _refuse_writers(folder, known)
    if name not in kind.pipelines:
        raise SubjectError(
            f"{name}: does not fit {folder}, which answers {kind.says}; what fits is "
            f"{' or '.join(kind.pipelines)}"
        )
    _refuse_other_number(folder, known, pair)
    return _asked(_piped, name, folder, text, pair)


def _refuse_writers(folder: Path, known: Facts) -> None:
    """What writes a text has no label to show, and transformers no pipeline for it any more."""
    if not KINDS[known.kind].pipelines:
        raise SubjectError(
            f"{folder}: answers {KINDS[known.kind].says}, not with a label; load it by "
            "AutoModelForSeq2SeqLM, and its `generate` writes"
        )


def _asked(function: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of a child process."""
    extra.require("torch", "transformers")
    try:
        return run_in_child(function, *arguments, environment=QUIET)
    except ChildError as error:
        folder = next(one for one in arguments if isinstance(one, Path))
        raise SubjectError(f"{folder}: the model does not run: {error.last}") from error


def _refuse_other_number(folder: Path, known: Facts, pair: str | None) -> None:
    whose = f"{folder}: {known.task or 'this model'}"
    if pair is not None and (known.pair is False or not KINDS[known.kind].pairs):
        raise SubjectError(f"{whose} is about one text, and two are given")
    if pair is None and known.pair:
        raise SubjectError(f'{whose} is about pairs: give the second sentence too, "..." "..."')


def _predict(folder: Path, known: Facts, text: str, pair: str | None) -> Prediction:
    """In a child process: load, encode, run, read."""
    import torch  # noqa: PLC0415 - the extra, in the child alone
    import transformers  # noqa: PLC0415

    kind = KINDS[known.kind]
    model = getattr(transformers, f"AutoModelFor{kind.auto}").from_pretrained(folder)
    model.eval()
    given, encoding, typed = _encoded(folder, known, text, pair, model.config)
    told = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}
    told |= {"token_type_ids": encoding.type_ids} if typed else {}
    with torch.no_grad():
        logits = model(**{name: torch.tensor([row]) for name, row in told.items()}).logits[0]
    rows = logits.reshape(-1, logits.shape[-1])
    made = Prediction(
        model=str(folder),
        task=known.task,
        kind=known.kind,
        text=text,
        pair=pair,
        tokens=tuple(encoding.tokens),
        pieces=tuple(_pieces(encoding, given, pair)),
        ids=tuple(encoding.ids),
        mask=tuple(encoding.attention_mask),
        type_ids=tuple(encoding.type_ids) if typed else (),
        logits=tuple(map(tuple, rows.tolist())),
        labels=tuple(model.config.id2label[i] for i in range(rows.shape[1]))
        if kind.classes
        else (),
        probabilities=tuple(map(tuple, rows.softmax(-1).tolist())) if kind.classes else (),
        cut=sum(part.special_tokens_mask.count(0) for part in encoding.overflowing),
    )
    return kind.read(made, encoding, given)


def _encoded(
    folder: Path, known: Facts, text: str, pair: str | None, config: Any
) -> tuple[Any, Encoding, bool]:
    """What the tokenizer is given, what it makes of it, and whether models are told type ids."""
    said = store.read_json(folder / "tokenizer_config.json")
    typed = "token_type_ids" in said.get("model_input_names", ())
    longest = _longest(said.get("model_max_length"), config)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest, strategy="longest_first")
    if known.unit == "words":
        pieces = alignment.as_pieces(text.split(), alignment.space_of(tokenizer))
        return pieces, tokenizer.encode(pieces, is_pretokenized=True), typed
    return text, tokenizer.encode(text, pair), typed


def _longest(told: float | None, config: Any) -> int:
    """The most tokens that a model takes, by its tokenizer and its own configuration."""
    return int(min(told or _ENDLESS, config.max_position_embeddings))


def _pieces(encoding: Encoding, given: str | list[str], pair: str | None) -> Iterator[str]:
    """What of the text each token stands for."""
    for sequence, word, (start, end) in zip(
        encoding.sequence_ids, encoding.word_ids, encoding.offsets, strict=True
    ):
        if sequence is None:
            yield ""
        elif isinstance(given, list):
            yield "" if word is None else given[word][start:end]
        else:
            yield ((pair or "") if sequence else given)[start:end]


def _piped(name: str, folder: Path, text: str, pair: str | None) -> Any:
    """In a child process."""
    import transformers  # noqa: PLC0415 - the extra, in the child alone

    asked = transformers.pipeline(name, str(folder))
    length = _longest(asked.tokenizer.model_max_length, asked.model.config)
    asked.tokenizer.model_max_length = length
    # what labels tokens cuts by itself, and takes no such word
    cut = {"truncation": True} if asked.task == "text-classification" else {}
    answer = asked(text if pair is None else {"text": text, "text_pair": pair}, **cut)
    return _plain(answer)


def _plain(value: Any) -> Any:
    """Numbers of NumPy as Python's."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.item() if hasattr(value, "item") else value
