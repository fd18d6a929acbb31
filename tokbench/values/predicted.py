"""What a trained model says of one text, and the way there."""

from dataclasses import dataclass, field

from tokbench.values.finetuned import TaskKind


@dataclass(frozen=True)
class Labelled:
    """A label of a piece of the text.

    Attributes:
        text: the word, or all words of a span.
        label: its name.
        probability: that the model gives it; of a span the mean over its words.
        start: where it begins: a word's place among the words, or a character's in the text.
        end: where it ends, excluded.
        read: whether the model saw it at all; a word that vanished or was cut off it did not.
    """

    text: str
    label: str
    probability: float
    start: int
    end: int
    read: bool = True


@dataclass(frozen=True)
class Prediction:
    """The way from a text to what a model says of it.

    Attributes:
        model: the folder of the model.
        task: what it was trained for, empty where the folder does not tell.
        kind: what it answers.
        text: what it was asked about.
        pair: the second sentence, None where there is none.
        tokens: as the tokenizer writes them, special ones included.
        pieces: what of the text each token stands for, nothing for special ones.
        ids: of the tokens.
        mask: what the model attends to: 1 for each.
        logits: a row for the text (classification, regression) or one for each token.
        type_ids: which sentence a token is of; empty where the model is not told.
        labels: the names of classes or tags, in the order of a row's numbers.
        probabilities: the softmax of each row; empty for numbers.
        words: of tasks about tokens, the label of each word.
        spans: of tasks about tokens, what is labelled together.
        cut: how many tokens were left out because the model takes no more.
    """

    model: str
    task: str
    kind: TaskKind
    text: str
    pair: str | None
    tokens: tuple[str, ...]
    pieces: tuple[str, ...]
    ids: tuple[int, ...]
    mask: tuple[int, ...]
    logits: tuple[tuple[float, ...], ...]
    type_ids: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    probabilities: tuple[tuple[float, ...], ...] = ()
    words: tuple[Labelled, ...] = field(default=())
    spans: tuple[Labelled, ...] = field(default=())
    cut: int = 0

    @property
    def answer(self) -> str | float:
        """The most probable class, the number, or, of tokens, nothing to be said in one word."""
        if self.kind == "regression":
            return self.logits[0][0]
        if self.kind == "tokens":
            return ""
        best = max(range(len(self.labels)), key=self.probabilities[0].__getitem__)
        return self.labels[best]
