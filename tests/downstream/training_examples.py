"""A tokenizer and tasks so small that models learn them in seconds; also run by child processes."""

import random

import pyarrow as pa
from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.downstream.bodies import Body
from tokbench.downstream.finetuning import Given, finetune
from tokbench.downstream.spec import TrainingSpec
from tokbench.values import TaskData

WORDS = ["low", "newer", "fox", "dog", "shells", "the", "quick", "over"]
SMALLEST = Body(layers=1, width=32, heads=2)
SPEC = TrainingSpec(seeds=1, learning_rate=1e-2, epochs=2, batch_size=8, max_length=32)


def tokenizer(*, parted=False):
    """Of words, or of their letters."""
    pieces = [*WORDS, "good", "bad", *sorted({letter for word in WORDS for letter in word})]
    made = Tokenizer(
        models.WordLevel({piece: at for at, piece in enumerate([*pieces, "?"])}, unk_token="?")
    )
    cut = pre_tokenizers.Split("", "isolated") if parted else pre_tokenizers.WhitespaceSplit()
    made.pre_tokenizer = cut
    return Given(made.to_str())


def text_task(sizes=(160, 40, 101), *, numbers=False):
    """Whether a text says good or bad; or a number for it."""
    chance = random.Random(0)

    def table(rows):
        labels = [chance.randrange(2) for _ in range(rows)]
        texts = [
            " ".join([*chance.choices(WORDS, k=chance.randrange(1, 12)), ("bad", "good")[label]])
            for label in labels
        ]
        column = pa.array([3.0 + 10 * label for label in labels] if numbers else labels)
        return pa.table({"text": pa.array(texts, pa.large_string()), "label": column})

    train, valid, test = map(table, sizes)
    if numbers:
        return TaskData("much", "regression", (), ("pearson", "spearman"), train, valid, test)
    return TaskData("mood", "classification", ("bad", "good"), ("accuracy",), train, valid, test)


def word_task():
    """Foxes and dogs are animals, and what follows one is too."""
    chance = random.Random(0)

    def table(rows):
        words = [chance.choices(WORDS, k=chance.randrange(1, 12)) for _ in range(rows)]
        labels = [[int(word in {"fox", "dog"}) for word in some] for some in words]
        kind = pa.list_(pa.large_string())
        return pa.table({"words": pa.array(words, kind), "label": labels})

    names = ("O", "B-ANIMAL")
    return TaskData(
        "animals", "tokens", names, ("span_f1",), *map(table, (160, 40, 60)), unit="words"
    )


def trained(out, data=None, spec=SPEC, every=1e9, given=None, **options):
    """A model, in a child process unless a test says otherwise."""
    return finetune(
        given or tokenizer(), "words", data or text_task(), spec, out,
        body=SMALLEST, every=every, **options,
    )  # fmt: skip
