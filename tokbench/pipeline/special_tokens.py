"""Special tokens by role, and tokens added after the vocabulary."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PrivateAttr, model_serializer, model_validator
from tokenizers import AddedToken as LibraryToken

from tokbench.spec import AsTuple, OrString, Spec

Role = Literal["unk", "bos", "eos", "cls", "sep", "pad", "mask"]
ROLES: tuple[Role, ...] = get_args(Role)


class SpecialToken(OrString, Spec):
    """A token that is matched in raw text before anything else; a plain string is its content.

    `normalized` null means the library's default: special tokens are looked for in raw text.
    """

    content: Annotated[str, Field(min_length=1)]
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"content": value} if isinstance(value, str) else value

    def build(self, *, special: bool = True) -> LibraryToken:
        """The `tokenizers` object."""
        return LibraryToken(
            self.content,
            lstrip=self.lstrip,
            rstrip=self.rstrip,
            single_word=self.single_word,
            normalized=not special if self.normalized is None else self.normalized,
            special=special,
        )


class AddedToken(SpecialToken):
    """A token that comes after the vocabulary; it counts beyond `vocab_size`."""

    special: bool = False


class SpecialTokens(Spec):
    """The special tokens; the order in which they are written is the order of their ids from 0."""

    unk: SpecialToken | None = None
    bos: SpecialToken | None = None
    eos: SpecialToken | None = None
    cls: SpecialToken | None = None
    sep: SpecialToken | None = None
    pad: SpecialToken | None = None
    mask: SpecialToken | None = None
    extra: Annotated[tuple[SpecialToken, ...], AsTuple] = ()

    _written: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _remember_order(
        cls, value: Any, handler: Callable[[Any], "SpecialTokens"]
    ) -> "SpecialTokens":
        made = handler(value)
        if isinstance(value, dict):
            made._written = tuple(key for key in value if key in cls.model_fields)  # noqa: SLF001
        return made

    @model_serializer(mode="wrap")
    def _keep_order(self, handler: Callable[["SpecialTokens"], dict[str, Any]]) -> dict[str, Any]:
        made = handler(self)
        return {key: made[key] for key in self._written if key in made}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpecialTokens) and self.by_path() == other.by_path()

    def __hash__(self) -> int:
        return hash(self.contents())

    def by_path(self) -> list[tuple[tuple[str | int, ...], SpecialToken]]:
        """Every token in the order of its id, with its place below `special_tokens`."""
        found: list[tuple[tuple[str | int, ...], SpecialToken]] = []
        for key in self._written:
            value = getattr(self, key)
            if isinstance(value, SpecialToken):
                found.append(((key,), value))
            elif key == "extra":
                found += [((key, position), token) for position, token in enumerate(value)]
        return found

    def tokens(self) -> list[SpecialToken]:
        """Every token in the order of its id."""
        return [token for _, token in self.by_path()]

    def contents(self) -> tuple[str, ...]:
        """The text of every token in the order of its id."""
        return tuple(token.content for token in self.tokens())

    def roles(self) -> dict[str, str]:
        """The text of each token that has a role."""
        return {role: getattr(self, role).content for role in ROLES if getattr(self, role)}
