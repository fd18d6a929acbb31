"""How a saved language model goes on with a text, for people to look at.

The same beginnings for every tokenizer, until as many bytes as for every other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokbench.values import Continuation

COUNT = 2
"""Beginnings that are gone on with."""
_LEAST, _PROMPT, _BYTES = 40, 60, 160
"""Characters of a text at least, of its beginning at most, and bytes that the model adds."""
_TEMPERATURE = 0.8
_SEED = 0


def continuations(folder: Path, texts: Sequence[str]) -> tuple[Continuation, ...]:
    """What the model in a folder makes of the beginnings of some texts.

    Args:
        folder: the model, with its tokenizer.
        texts: of the test split, the first piece of each document.

    Returns:
        For each beginning what is most probable, and what is drawn with a temperature of 0.8 from
        a generator that is seeded alike for all.
    """
    import torch  # noqa: PLC0415 - it takes seconds, and only child processes need it
    from tokenizers import Tokenizer  # noqa: PLC0415 - with it
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - as above

    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made = []
    for prompt in prompts(texts):
        chance = torch.Generator().manual_seed(_SEED)
        made.append(
            Continuation(
                prompt,
                _gone_on(model, tokenizer, prompt),
                _gone_on(model, tokenizer, prompt, chance),
            )
        )
    return tuple(made)


def prompts(texts: Sequence[str]) -> list[str]:
    """The beginnings of the first texts that are long enough, each cut behind a word.

    >>> prompts(["short", "one two " * 20])
    ['one two one two one two one two one two one two one two one']
    """
    long = [text for text in texts if len(text) >= _LEAST]
    cut = [text[: min(_PROMPT, len(text) // 2)] for text in long[:COUNT]]
    return [some.rsplit(" ", 1)[0].rstrip() or some for some in cut]


def _gone_on(model: Any, tokenizer: Any, prompt: str, chance: Any = None) -> str:
    """What comes behind a prompt: drawn, where there is a generator to draw from."""
    import torch  # noqa: PLC0415 - as above

    begun = tokenizer.encode(prompt).ids
    ids = torch.tensor([begun])
    past: Any = None
    own: list[int] = []
    text = ""
    special = {n for n, one in tokenizer.get_added_tokens_decoder().items() if one.special}
    with torch.no_grad():
        for _ in range(_BYTES):  # no token is less than a byte, but those that are nothing
            out = model(input_ids=ids, past_key_values=past, use_cache=True)
            past, logits = out["past_key_values"], out["logits"][0, -1].float()
            logits[list(special)] = -torch.inf
            if chance is None:
                number = int(logits.argmax())
            else:
                shares = (logits / _TEMPERATURE).softmax(-1)
                number = int(torch.multinomial(shares, 1, generator=chance))
            own.append(number)
            text = _behind(tokenizer, begun, own)
            if len(text.encode()) >= _BYTES:
                break
            ids = torch.tensor([[number]])
    return text.encode()[:_BYTES].decode("utf-8", "ignore")


def _behind(tokenizer: Any, begun: list[int], own: list[int]) -> str:
    """The text of the last tokens, as it follows what stands before them."""
    before = tokenizer.decode(begun)
    return str(tokenizer.decode([*begun, *own])[len(before) :])
