"""A stream cut into blocks that end where a record ends."""

from collections.abc import Callable, Iterator

from tokbench.corpus.formats.compression import Readable

BLOCK = 2 << 20


def blocks(
    stream: Readable, cut: Callable[[bytes], int], size: int = BLOCK
) -> Iterator[tuple[bytes, bool]]:
    """Blocks of whole records, and whether each is the last.

    Args:
        stream: what to read.
        cut: the length of the whole records at the start of a block, 0 where there is none.
        size: how many bytes to read at once; more where a record is longer.

    Yields:
        Every byte of the stream, in order. Only the last block may end in the midst of a record;
        it may be empty.
    """
    rest = b""
    # A record longer than a block doubles what is read, so that its bytes are scanned twice.
    while block := stream.read(max(size, len(rest))):
        block = rest + block
        end = cut(block)
        rest = block[end:]
        if end:
            yield block[:end], False
    yield rest, True


def line_end(block: bytes) -> int:
    r"""Where the last line that has an end, ends.

    >>> line_end(b"one\ntwo"), line_end(b"one")
    (4, 0)
    """
    return block.rfind(b"\n") + 1
