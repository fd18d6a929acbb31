"""Language tags as model cards have them: BCP 47, of which ISO 639's codes are the first part.

langcodes carries IANA's registry, so that a tag is checked against the languages there are, not
against how tags look.
"""

from functools import cache

SPECIAL = ("code", "multilingual")
"""What the Hub takes beside tags."""


def problem(tag: str) -> str:
    """What is wrong with a tag; empty for nothing.

    >>> problem("ko"), problem("zh-Hant"), problem("code")
    ('', '', '')
    >>> problem("korean")
    "'korean' is no language tag: write `ko`"
    >>> problem("kor"), problem("zz")
    ("'kor' is written `ko`", "'zz' is no language tag: write one of BCP 47, as `ko` or `zh-Hant`")
    """
    from langcodes import standardize_tag, tag_is_valid  # noqa: PLC0415 - only for cards

    if tag in SPECIAL:
        return ""
    if not tag_is_valid(tag):
        named = _tags().get(tag.casefold())
        return f"{tag!r} is no language tag: write " + (
            f"`{named}`" if named else "one of BCP 47, as `ko` or `zh-Hant`"
        )
    proper = standardize_tag(tag)
    return "" if proper == tag else f"{tag!r} is written `{proper}`"


def name(tag: str) -> str:
    """A tag's language in English, the tag itself where it has none.

    >>> name("ko"), name("zh-Hant"), name("code")
    ('Korean', 'Chinese (zh-Hant)', 'source code')
    """
    if tag in SPECIAL:
        return {"code": "source code"}.get(tag, "many languages")
    first = tag.split("-", maxsplit=1)[0].lower()
    said = _names().get(first, "")
    if not said:
        return tag
    return said if said and tag.lower() == first else f"{said} ({tag})"


@cache
def _names() -> dict[str, str]:
    from langcodes.registry_parser import parse_registry  # noqa: PLC0415 - as above

    return {
        one["Subtag"]: one["Description"][0]
        for one in parse_registry()  # type: ignore[no-untyped-call] # the library has no types there
        if one.get("Type") == "language" and isinstance(one["Subtag"], str)
    }


@cache
def _tags() -> dict[str, str]:
    """Tags by the English names of languages; of two with one name the shorter."""
    made: dict[str, str] = {}
    for tag, said in sorted(_names().items(), key=lambda one: (len(one[0]), one[0])):
        made.setdefault(said.casefold(), tag)
    return made
