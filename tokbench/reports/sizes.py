"""Sizes as reports write them."""


def size(size: int) -> str:
    """Bytes in the largest unit that leaves a digit before the point.

    >>> size(512), size(82_345), size(15_470_000)
    ('512 bytes', '82.3 kB', '15.5 MB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"
