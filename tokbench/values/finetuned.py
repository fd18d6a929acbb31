"""What models that differ in nothing but the tokenizer learned, and what that says."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

TaskKind = Literal["classification", "regression", "tokens", "causal_lm", "masked_lm", "seq2seq"]


@dataclass(frozen=True)
class TaskData:
    """The examples of a task, ready for any tokenizer.

    A table has one row an example. Its columns:

    - `text` (large_string, never null): the sentence; of a task about words, absent.
    - `pair` (large_string, never null): the second sentence, where the task is about pairs.
    - `words` (list of large_string): where the task labels words, in place of `text`.
    - `document` (int64): of language models, which document of its table a piece is of; such
      tables have no `label`.
    - `label`: int64, a place in `labels` (classification); float64 (regression); a list of int64,
      one for each word, or for each character of `text` where `unit` is "characters" (tokens);
      large_string, the text to be written (seq2seq).

    Attributes:
        name: of the task.
        kind: what is learned.
        labels: the names of the classes or tags, in the order of their numbers; empty for numbers.
        metrics: names in `downstream.SCORES`; the first is the one that decides.
        train: what models are trained on.
        valid: what learning rates are chosen on.
        test: what scores are told of.
        unit: what carries a label where the task is about tokens.
        fingerprint: of all of it.
        notes: what users should know (rows left out, how it was split), a sentence each.
    """

    name: str
    kind: TaskKind
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    train: "pa.Table"
    valid: "pa.Table"
    test: "pa.Table"
    unit: Literal["", "words", "characters"] = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> bool:
        """Whether an example is two sentences."""
        return "pair" in self.train.column_names


@dataclass(frozen=True)
class SeedOutcome:
    """One model, trained once.

    Attributes:
        seed: of its initial weights, its dropout and the order of the examples.
        learning_rate: the highest of its schedule.
        scores: on the test split by metric, as the metric's authors scale it (accuracy 0 to 1).
        valid: on the validation split.
        predictions: for each test example, in order: the predicted class (classification), the
            predicted number (regression), of tokens the nine of `downstream.kinds.tokens.tally`,
            of each document of a language model bits and the bytes that they are for, of texts
            that were written their `downstream.text_scores`.
        loss: mean over the last tenth of the training steps.
        steps: optimizer steps.
        epochs: how often each example was seen.
        seconds: of training alone, evaluation and set-up excluded.
        examples: seen in training, repeated ones counted.
        tokens: seen in training, special ones included, padding not.
        padding: padding tokens that were computed with them.
        shapes: how many distinct shapes (rows by columns) of batches training and testing had.
        peak_memory: bytes: of the process's resident set on the CPU, of what torch allocated on
            a GPU.
        stopped_early: whether training ended before its time, as was asked for.
        programs: how many were compiled for it, on XLA devices; those of an earlier seed are there.
        compiling: seconds of that; most of them are in `seconds` too.
    """

    seed: int
    learning_rate: float
    scores: dict[str, float]
    valid: dict[str, float]
    predictions: tuple[float | int | tuple[int | float, ...], ...]
    loss: float
    steps: int
    epochs: float
    seconds: float
    examples: int
    tokens: int
    padding: int
    shapes: int
    peak_memory: int
    stopped_early: bool = False
    programs: int = 0
    compiling: float = 0.0

    @property
    def examples_per_second(self) -> float:
        """In training."""
        return self.examples / max(self.seconds, 1e-9)

    @property
    def tokens_per_second(self) -> float:
        """In training, padding not counted."""
        return self.tokens / max(self.seconds, 1e-9)

    @property
    def waste(self) -> float:
        """The share of all tokens computed in training that is padding."""
        return self.padding / max(self.tokens + self.padding, 1)


@dataclass(frozen=True)
class Continuation:
    """How a language model goes on, or what an encoder-decoder writes, for people to look at.

    Attributes:
        prompt: the beginning of a test document, or what was given.
        greedy: always the most probable token.
        sampled: drawn from a generator of its own, the same for every tokenizer; empty where
            nothing was.
        right: what was to be written; empty where nothing is right.
    """

    prompt: str
    greedy: str
    sampled: str = ""
    right: str = ""


@dataclass(frozen=True)
class Outcome:
    """One tokenizer on one task: a model for each seed.

    Attributes:
        tokenizer: its name in reports.
        task: its name.
        seeds: what each gave.
        vocabulary: the rows of the embedding table.
        body: parameters that every model of this name has alike.
        head: parameters of what answers: the task decides them, and no tokenizer.
        embeddings: parameters that the vocabulary's size decides.
        tried: learning rates with the score on the validation split, where one was chosen.
        truncated: how many test examples were cut at the longest length.
        cut_spans: how many of the test split's spans lie in what was cut off, or are split by it;
            they count as not found.
        ceiling: of a task about tokens, what no model on these tokens can pass by the score that
            decides: other spans have a border inside a token, other words or characters no token
            that can say their label, or truncation cut them off. None where that is not known.
        tokens_per_example: mean over the test split, special tokens included.
        device: what it ran on ("cpu", "cuda: NVIDIA H100").
        precision: "fp32" or "bf16".
        threads: of each process, on the CPU.
        processes: that trained together.
        static: whether batches were padded to few lengths, as compilers like it.
        signature: of tokenizer, examples, settings and versions.
        model: the folder of the saved model, empty where none was saved.
        notes: what users should know, a sentence each.
        lost: bits of each byte, of those that a language model is charged, for text that its
            tokens do not say; None of other models.
        continuations: how the saved language model goes on.
    """

    tokenizer: str
    task: str
    seeds: tuple[SeedOutcome, ...]
    vocabulary: int
    body: int
    head: int
    embeddings: int
    tried: tuple[tuple[float, float], ...] = ()
    truncated: int = 0
    cut_spans: int = 0
    ceiling: float | None = None
    tokens_per_example: float = 0.0
    device: str = "cpu"
    precision: str = "fp32"
    threads: int = 1
    processes: int = 1
    static: bool = False
    signature: str = ""
    model: str = ""
    notes: tuple[str, ...] = ()
    lost: float | None = None
    continuations: tuple[Continuation, ...] = ()


@dataclass(frozen=True)
class Gap:
    """How far one tokenizer's score is from the baseline's, seed by seed.

    Attributes:
        value: the mean of the differences by seed, over the seeds that both have.
        seeds: 95% interval over seeds, by Student's t; None with one seed.
        examples: 95% interval over test examples, by a paired bootstrap of the mean over seeds;
            None where there is none.
        interval: 95% over both together, at least as wide as either; None where one is missing.
        seen: whether `interval`, and so neither of the two, holds zero.
        why: why no difference is seen, in words.
        n: how many seeds both have.
    """

    value: float
    seeds: tuple[float, float] | None
    examples: tuple[float, float] | None
    interval: tuple[float, float] | None
    seen: bool
    why: str = ""
    n: int = 0


@dataclass(frozen=True)
class Score:
    """What a tokenizer's models reached on a task, by one metric.

    Attributes:
        value: the mean over seeds.
        interval: 95% over seeds, by Student's t; None with one seed.
        by_seed: in the order of the seeds.
        gap: to the baseline; None for the baseline itself.
        best: as for `Measurement`: "clearly best" where a difference to every other is seen.
    """

    value: float
    interval: tuple[float, float] | None
    by_seed: tuple[float, ...]
    gap: Gap | None = None
    best: Literal["", "best", "clearly best"] = ""


@dataclass(frozen=True)
class TaskResult:
    """Tokenizers side by side on one task.

    Attributes:
        task: its name.
        kind: what is learned.
        metric: the one that decides.
        sizes: examples of train, valid and test.
        labels: how many classes or tags; 0 for numbers.
        outcomes: of each tokenizer, in order, without their predictions; None where it was not
            trained on this task.
        scores: of each tokenizer, by metric; empty where it was not trained.
        rivals: what models without any of this reach, by name and metric: "majority",
            "bag of words".
        titles: of the metrics, as reports show them.
        notes: what users should know, a sentence each.
        missing: of each tokenizer why it has no score; empty where it has, or nothing is known.
        lower: metrics of which lower is better, in bits; others are higher, from 0 to 1.
    """

    task: str
    kind: TaskKind
    metric: str
    sizes: tuple[int, int, int]
    labels: int
    outcomes: tuple[Outcome | None, ...]
    scores: tuple[dict[str, Score], ...]
    rivals: dict[str, dict[str, float]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()


@dataclass(frozen=True)
class RankCorrelation:
    """How far an intrinsic metric and the score of a task order the tokenizers alike.

    Attributes:
        metric: the intrinsic one.
        task: the task's name.
        value: Kendall's tau-b, signed so that 1 means: better by the metric, better in the task.
        n: how many tokenizers.
        p: two-sided; exact up to eight tokenizers, and beyond where there are no ties.
    """

    metric: str
    task: str
    value: float
    n: int
    p: float


@dataclass(frozen=True)
class Downstream:
    """Everything that a comparison of models says.

    Attributes:
        tokenizers: their names, in the order of every tuple inside.
        tasks: one for each.
        baseline: the position of the tokenizer that gaps are to.
        model: the name of the body.
        settings: what was set, in words, for people to repeat it.
        correlations: with intrinsic metrics, where these were measured too.
        signature: what was done, in a line that can be cited.
        repeat: the command that does it again.
    """

    tokenizers: tuple[str, ...]
    tasks: tuple[TaskResult, ...]
    baseline: int = 0
    model: str = ""
    settings: str = ""
    correlations: tuple[RankCorrelation, ...] = ()
    signature: str = ""
    repeat: str = ""
