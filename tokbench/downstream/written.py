"""What an encoder-decoder writes: always the most probable token, until it ends or is long enough.

How long a text may be is told in bytes, so that no tokenizer's models may write more than others'.
"""

from collections.abc import Mapping
from typing import Any

_LOOKED_AT = 8
"""Tokens after which texts are looked at anew."""


def written(
    model: Any, inputs: Mapping[str, Any], tokenizer: Any, *, most_bytes: int, end: int
) -> list[str]:
    """The text for each row.

    Args:
        model: which is not learning.
        inputs: ids and mask of a batch, on the model's device.
        tokenizer: of `tokenizers`.
        most_bytes: how long a text may be in UTF-8; what is more is cut off.
        end: the token that ends a text.
    """
    static = next(iter(inputs.values())).device.type == "xla"
    ids = (_in_one_shape if static else _token_by_token)(
        model, inputs, tokenizer, most_bytes=most_bytes, end=end
    )
    return [_cut(text, most_bytes) for text in _texts(tokenizer, ids, end)]


def _token_by_token(
    model: Any, inputs: Mapping[str, Any], tokenizer: Any, *, most_bytes: int, end: int
) -> list[list[int]]:
    """By transformers' own loop, which remembers what it computed."""
    from transformers import GenerationConfig  # noqa: PLC0415 - seconds, in child processes alone

    def enough(ids: Any, *_: Any, **__: Any) -> Any:
        """Which rows are as long as they may be."""
        import torch  # noqa: PLC0415 - as above

        if ids.shape[1] % _LOOKED_AT:
            return torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
        long = [len(text.encode()) >= most_bytes for text in _texts(tokenizer, ids.tolist(), end)]
        return torch.tensor(long, device=ids.device)

    start = model.config.decoder_start_token_id
    made = model.generate(
        **inputs,
        generation_config=GenerationConfig(
            max_new_tokens=most_bytes + 1,  # no token is less than a byte, but those that are none
            do_sample=False,
            num_beams=1,
            decoder_start_token_id=start,
            pad_token_id=model.config.pad_token_id,
            eos_token_id=end,
        ),
        stopping_criteria=[enough],
    )
    ids: list[list[int]] = made[:, 1:].tolist()
    return ids


def _in_one_shape(
    model: Any, inputs: Mapping[str, Any], tokenizer: Any, *, most_bytes: int, end: int
) -> list[list[int]]:
    """All places in every step: more to compute, and one program to compile."""
    import torch  # noqa: PLC0415 - seconds, in child processes alone

    device = inputs["input_ids"].device
    encoded = model.get_encoder()(**inputs)
    places = torch.arange(most_bytes + 1, device=device)
    start = model.config.decoder_start_token_id
    ids = torch.full((len(inputs["input_ids"]), most_bytes + 1), start, device=device)
    rows: list[list[int]] = []
    for at in range(most_bytes):
        here = places == torch.tensor(at).to(device)
        logits = model(
            encoder_outputs=encoded,
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=ids,
            use_cache=False,
        )["logits"]
        best = (logits.argmax(-1) * here).sum(-1, keepdim=True)
        ids = torch.where(places == torch.tensor(at + 1).to(device), best, ids)
        rows = ids.cpu()[:, 1 : at + 2].tolist()
        if not (at + 1) % _LOOKED_AT and all(
            end in row or len(text.encode()) >= most_bytes
            for row, text in zip(rows, _texts(tokenizer, rows, end), strict=True)
        ):
            break
    return rows


def _texts(tokenizer: Any, ids: list[list[int]], end: int) -> list[str]:
    """What the rows say, each until its end."""
    upto = [row[: row.index(end)] if end in row else row for row in ids]
    texts: list[str] = tokenizer.decode_batch(upto, skip_special_tokens=True)
    return texts


def _cut(text: str, most: int) -> str:
    """At most so many bytes of it, in whole characters.

    >>> _cut("안녕", 4), _cut("abc", 4)
    ('안', 'abc')
    """
    return text.encode()[:most].decode("utf-8", "ignore")
