from tokenizers import Tokenizer, models, pre_tokenizers

from tokbench.downstream.kinds import KINDS
from tokbench.values import Prediction


def test_characters_are_as_sure_as_the_tokens_that_decide_them():
    made = Tokenizer(models.WordLevel({"?": 0, "서울특": 1, "별": 2}, unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Split("별", "isolated")
    text = "서울특별"
    encoding = made.encode(text)
    asked = Prediction(
        model="m",
        task="t",
        kind="tokens",
        text=text,
        pair=None,
        tokens=tuple(encoding.tokens),
        pieces=("서울특", "별"),
        ids=tuple(encoding.ids),
        mask=(1, 1),
        logits=((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        labels=("O", "B-LC", "I-LC"),
        probabilities=((0.05, 0.9, 0.05), (0.3, 0.1, 0.6)),
    )
    (span,) = KINDS["tokens"].read(asked, encoding, text).spans
    assert (span.text, span.label, span.start, span.end) == (text, "LC", 0, 4)
    assert round(span.probability, 3) == 0.825  # three characters of the first, one of the second
