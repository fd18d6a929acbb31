"""What must never go up: keys, passwords, paths of this machine, addresses of people.

A file is looked at as it is read by whoever opens it: escapes of JSON and of HTML are undone first,
characters that nobody sees are left out. Keys are found in base64 and across a line's end, too.
What is found is named by its kind and its line, never shown.
"""

import base64
import binascii
import html
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from urllib.parse import quote

from tokbench.errors import PublishingError
from tokbench.publishing.bundle import Bundle, File

_KEYS = {
    "a token of the Hugging Face Hub": r"hf_[A-Za-z0-9]{16,}|api_org_[A-Za-z0-9]{16,}",
    "an API key (sk-...)": r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}",
    "a key of AWS": r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])",
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}",
    "a token of GitLab": r"glpat-[A-Za-z0-9_-]{16,}",
    "a token of Slack": r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a key of Google": r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}",
    "a token of PyPI": r"pypi-AgEI[A-Za-z0-9_-]{16,}",
    "a signed token (JWT)": r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    "a key of Stripe": r"(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16,}",
    "a token of npm": r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY|PuTTY-User-Key-File",
    "a key of SSH": r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+) AAAA[A-Za-z0-9+/]{16,}",
    "a password in an address": r"[a-z][a-z0-9+.-]*://[^\s/:@'\"<>*]+:(?!\*)[^\s/@'\"<>]+@",
}
_ASSIGNED = re.compile(
    r"(?:password|passwd|passphrase|secret|credential|(?:api|access|auth|private|client)[_-]?"
    r"(?:key|token|secret)|authorization)[\w-]*['\"]?\s*(?:=|:)\s*['\"]?(?:(?:bearer|basic)\s+)?"
    r"(?P<value>[^\s'\",;}\])]{6,})",
    re.IGNORECASE,
)
_DIGIT_AND_LETTER = re.compile(r"(?=.*\d)(?=.*[A-Za-z])")
_USUAL = 16
"""A value of so many characters after `password=` is one whatever it is made of."""
_HOMES = re.compile(
    r"(?:/home|/Users|/export/home|[A-Za-z]:[\\/]+Users)[\\/]+(?!\*|<|\.\.\.)[^\s\\/'\"`<>|:,;)\]}]+"
)
_WINDOWS = re.compile(
    r"(?<!\w)[A-Za-z]:(?:\\+[\w .-]{2,}){2}|(?<![\w\\])\\{2,}[\w.-]{2,}(?:\\+[\w$.-]{2,}){2}"
)
_ABSOLUTE = re.compile(r"(?<![\w.~:/<-])(?:/[\w.-]+){3,}")
_EVERYWHERE = ("bin", "dev", "etc", "lib", "lib64", "opt", "proc", "sbin", "sys", "usr", "var")
"""Folders that every machine has: what lies in them says nothing of this one."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}(?![A-Za-z0-9+/_-])")
_ENDS = r"[\s'\"+\\]*"
"""What parts a key that is written in several pieces."""
_BROKEN = re.compile(r"([\w.+/=-]{3,200})[ '\"+\\]*[\n\v][ \t'\"+#>]*([\w.+/=-]{3,200})")
_MIXED = re.compile(r"(?=(?:.*\d){3})(?=.*[A-Z])(?=.*[a-z])")
"""Letters of both kinds and several digits, as no two words have that stand one above the other."""
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?P<who>[A-Za-z0-9][A-Za-z0-9._%+-]*)@"
    r"(?P<host>(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})(?![A-Za-z0-9-])"
)
_NOBODY = re.compile(
    r"(?:.*\.)?(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|local)", re.IGNORECASE
)
"""Hosts that stand for none (RFC 2606)."""
_MACHINES = ("git", "noreply", "no-reply")
_NAMED_SECRET = re.compile(
    r"token(?!iz)|secret|passw|credential|api_?key|access_?key", re.IGNORECASE
)
_SHORTEST = 8
"""Shorter values of variables are words that stand anywhere."""
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPED = {"n": "\v", "r": "\v", "t": " ", "b": " ", "f": " "}
_BINARY = (".safetensors", ".model")
_OF_ANYBODY = ("tokenizer.json",)
"""Files whose text is that of the corpus: paths of others in it are text like any other."""


@dataclass(frozen=True)
class Known:
    """What this machine knows of itself and its user.

    Attributes:
        secrets: values that nobody else may see, by what they are.
        places: folders whose names say where, and at whose, this is.
        addresses: mail addresses that their owners give away, in small letters.
        looks: whether a path is looked for on this machine, to tell whether it is one of it.
    """

    secrets: Mapping[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()
    addresses: frozenset[str] = frozenset()
    looks: bool = False

    @classmethod
    def here(cls, token: str | None, places: Iterable[Path], given: Iterable[str]) -> "Known":
        """Of this process: its variables, its folders.

        Args:
            token: that of the login.
            places: folders beside the home and the current one.
            given: texts whose mail addresses may be shown: the authors.
        """
        secrets = {
            value: f"the value of the variable {name}"
            for name, value in os.environ.items()
            if _NAMED_SECRET.search(name)
            and len(value) >= _SHORTEST
            and not (value.isdigit() or _is_place(value))
        }
        if token:
            secrets[token] = "the token of your login"
        return cls(
            secrets,
            tuple(dict.fromkeys(_long_enough((_home(), Path.cwd(), *places)))),
            frozenset(match[0].lower() for text in given for match in _MAIL.finditer(text)),
            looks=True,
        )


@dataclass(frozen=True)
class Leak:
    """Something that must not go up.

    Attributes:
        path: the file, as it would be in the repository.
        line: counted from 1; None for the file's name and for what is no text.
        kind: what it is.
    """

    path: str
    line: int | None
    kind: str

    def __str__(self) -> str:
        return f"{self.path}{f':{self.line}' if self.line else ''}: holds {self.kind}"


def refuse_leaks(bundle: Bundle, known: Known) -> None:
    """Raise where something must not go up.

    Raises:
        PublishingError: one sentence that names the first place and shows nothing of what is there.
    """
    found = [one for file in bundle.files for one in leaks(file, known)]
    if found:
        first, *others = dict.fromkeys(found)
        more = f" ({len(others)} more such places)" if others else ""
        raise PublishingError(f"{first}, so nothing goes up{more}; {_advice(first)}")


def _advice(leak: Leak) -> str:
    if leak.path in _OF_ANYBODY:
        return "take it out of the corpus, as the step replace_regex does, and train again"
    if leak.kind.startswith("a mail address"):
        return "take it out, or name whoever it is in publish.authors"
    if leak.kind.startswith("a path"):
        return "take it out, or say it relative to the recipe"
    return "take it out, and let it be replaced where it was given to you"


def leaks(file: File, known: Known) -> Iterator[Leak]:
    r"""What of a file must not go up, in the order of its kinds.

    >>> [str(one) for one in leaks(File("README.md", b"fine\npassword: hunter2\n"), Known())]
    ['README.md:2: holds a password or key']
    """
    for kind in dict.fromkeys(kind for kind, _ in _kinds(file.path, file.path, known)):
        yield Leak(file.path, None, kind)
    data = file.read()
    if file.path.endswith(_BINARY):
        for secret, kind in (*known.secrets.items(), *((one, _PATH) for one in known.places)):
            if secret.encode() in data:
                yield Leak(file.path, None, kind)
        return
    text = _plain(data.decode("utf-8", "replace"), file.path)
    for kind, start in _kinds(text, file.path, known):
        yield Leak(file.path, text.count("\n", 0, start) + 1, kind)


def holds_leak(text: str, known: Known) -> bool:
    """Whether a text holds something that must not go up.

    >>> holds_leak("write to ann@uni.de", Known()), holds_leak("it is fine", Known())
    (True, False)
    """
    return next(_kinds(text, "", known), None) is not None


_PATH = "a path of this machine"


def _kinds(text: str, path: str, known: Known) -> Iterator[tuple[str, int]]:
    """What a text holds, and where."""
    for secret, kind in known.secrets.items():
        if match := re.search("|".join(_written(secret)), text):
            yield kind, match.start()
    yield from _keys(text)
    for place in known.places:
        # /root is nobody's name; what lies in it says more.
        end = r"(?![\w.-])" if place.count("/") > 1 else r"/[\w.]"
        pattern = rf"(?<![\w.~-]){re.escape(place)}{end}"
        yield from ((_PATH, match.start()) for match in re.finditer(pattern, text))
    if path not in _OF_ANYBODY:
        yield from ((_PATH_OF_SOMEBODY, match.start()) for match in _HOMES.finditer(text))
        yield from ((_PATH_OF_SOMEBODY, match.start()) for match in _WINDOWS.finditer(text))
        if known.looks:
            found = _ABSOLUTE.finditer(text)
            yield from ((_PATH, match.start()) for match in found if _is_here(match[0]))
        for match in _ASSIGNED.finditer(text):
            value = match["value"]
            placeholder = value[0] in "<$*{[("
            long = len(value) >= _USUAL and not value.isalpha()
            if not placeholder and (long or _DIGIT_AND_LETTER.match(value)):
                yield "a password or key", match.start()
    for match in _MAIL.finditer(text):
        if match[0].lower() not in known.addresses and not _is_nobody(match):
            yield "a mail address", match.start()


def _written(secret: str) -> Iterator[str]:
    """A pattern for each way to write what is known: in pieces, in an address, in base64."""
    yield _ENDS.join(map(re.escape, secret))
    yield re.escape(quote(secret, safe=""))
    for before in range(3):  # bytes before it shift its letters
        made = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        whole = made[-(-before * 8 // 6) : len(made) - (1 if len(made) % 4 else 0)]
        yield re.escape(whole)
        yield re.escape(whole.replace("+", "-").replace("/", "_"))


def _keys(text: str) -> Iterator[tuple[str, int]]:
    """Keys of known forms: as they are, across the end of a line, in base64."""
    yield from ((kind, match.start()) for kind, match in _forms(text))
    for match in _BROKEN.finditer(text):
        both, place = "".join(match.groups()), len(match[1])
        for kind, found in _forms(both):
            if found.start() < place < found.end() and _MIXED.search(found[0]):
                yield kind, match.start()
    for match in _BASE64.finditer(text):
        with suppress(binascii.Error, UnicodeDecodeError):
            said = match[0].replace("-", "+").replace("_", "/")
            plain = base64.b64decode(said + "=" * (-len(said) % 4)).decode("ascii")
            yield from ((kind, match.start()) for kind, _ in _forms(plain))


def _forms(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """What has the form of a key, by its kind."""
    for kind, pattern in _KEYS.items():
        yield from ((kind, match) for match in re.finditer(pattern, text))


def _is_here(path: str) -> bool:
    """Whether an absolute path is one of this machine and not of every machine."""
    parts = PurePath(path.rstrip(".")).parts
    try:
        return parts[1] not in _EVERYWHERE and Path(*parts).exists()
    except OSError:
        return False


_PATH_OF_SOMEBODY = "a path of somebody's machine"


def _is_nobody(match: re.Match[str]) -> bool:
    return match["who"].lower() in _MACHINES or bool(_NOBODY.fullmatch(match["host"]))


def _plain(text: str, path: str) -> str:
    """The text without escapes and what nobody sees; every line stays where it is."""
    if path.endswith((".json", ".jinja", ".yaml")):
        text = _ESCAPE.sub(_unescaped, text)
    elif path.endswith((".html", ".md")):
        text = "\n".join(html.unescape(line) for line in text.split("\n"))
    return _INVISIBLE.sub("", text)


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if said[0] == "u" and len(said) > 1:
        made = chr(int(said[1:], 16))
        return " " if made == "\n" else made
    return _ESCAPED.get(said, said)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _is_place(value: str) -> bool:
    return os.sep in value and Path(value).exists()


def _long_enough(places: Iterable[Path]) -> Iterator[str]:
    """Folders as they are written and as they are; those whose name says nothing are none."""
    for place in places:
        for path in (place.absolute(), place.resolve()):
            if len(path.parts) > 2 or path == _home() != Path("/"):  # noqa: PLR2004 - root, folder
                yield str(path)
