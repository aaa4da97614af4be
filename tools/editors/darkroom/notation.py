"""The notation of the `.grammar` files, close to the Java Speech Grammar Format, read with lark.

The head of `wishes.grammar` explains it to those who write rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

_NOTATION = r"""
    start: _NEXT? (statement (_NEXT statement)*)?
    ?statement: "<" NAME ">" "=" choice   -> phrase
              | choice ARROW choice       -> rule
    choice: row ("|" row)*
    row: part+
    ?part: WORDS                           -> words
         | MARK                            -> mark
         | "<" NAME ["except" choice] ">"  -> slot
         | "(" choice ")"                  -> group
         | "[" choice "]"                  -> optional
         | "(" choice ")" "*"              -> many
         | "[" choice "]" "*"              -> many

    NAME: /[a-z]+(-[a-z]+)*[0-9]?/
    WORDS: /[a-z0-9%]+(['-][a-z]+)*( [a-z0-9%]+(['-][a-z]+)*)*/
    MARK: /[-,:“”]|'[a-z]+/
    ARROW.1: "->" | "=>"
    _NEXT.2: /\s*\n(?=[^\s#])/
    %ignore /\s+/
    %ignore /#[^\n]*/
"""


_MOST = 6
"""Times that what may be repeated is said; without a bound, a long text would take minutes."""


@dataclass(frozen=True)
class Words:
    """Words as they are said."""

    text: str


@dataclass(frozen=True)
class Mark:
    """A comma, a hyphen, an ending such as `'s`."""

    text: str


@dataclass(frozen=True)
class Slot:
    """A place for a phrase: `<thing>`, or `<thing except me | us>`."""

    name: str
    where: str
    """File and line."""
    excepted: "Choice | None" = None

    @property
    def phrase(self) -> str:
        """The phrase that fits, which is `colour` for `colour2` as well."""
        return self.name.rstrip("0123456789")


@dataclass(frozen=True)
class Choice:
    """Rows of parts of which one is said."""

    rows: tuple[tuple["Part", ...], ...]
    least: int = 1
    """0 where it may be missing."""
    most: int = 1


Part: TypeAlias = Words | Mark | Slot | Choice


@dataclass(frozen=True)
class Rewrite:
    """One rule: what is said, and what that stands for."""

    said: Choice
    order: Choice
    anywhere: bool
    """Whether it holds inside of a sentence too, which is the arrow `=>`."""
    where: str


class _Phrase(NamedTuple):
    """The definition of a phrase."""

    name: str
    choice: Choice
    where: str


_Statement: TypeAlias = Rewrite | _Phrase


@dataclass(frozen=True)
class Notes:
    """What the files say."""

    phrases: Mapping[str, Choice]
    rules: tuple[Rewrite, ...]


class _Reader(Transformer[Token, "list[_Statement]"]):
    """Makes what a file says out of its tokens."""

    file = ""
    """The name of the file."""

    def start(self, statements: "list[_Statement | Token]") -> "list[_Statement]":
        return [statement for statement in statements if not isinstance(statement, Token)]

    def phrase(self, parts: tuple[Token, Choice]) -> _Phrase:
        return _Phrase(str(parts[0]), parts[1], self._where(parts[0]))

    def rule(self, parts: tuple[Choice, Token, Choice]) -> Rewrite:
        said, arrow, order = parts
        return Rewrite(said, order, arrow == "=>", self._where(arrow))

    def choice(self, rows: list[tuple[Part, ...]]) -> Choice:
        return Choice(tuple(rows))

    def row(self, parts: list[Part]) -> tuple[Part, ...]:
        return tuple(parts)

    def words(self, parts: tuple[Token]) -> Words:
        return Words(str(parts[0]))

    def mark(self, parts: tuple[Token]) -> Mark:
        return Mark(str(parts[0]))

    def slot(self, parts: tuple[Token, Choice | None]) -> Slot:
        return Slot(str(parts[0]), self._where(parts[0]), parts[1])

    def group(self, parts: tuple[Choice]) -> Choice:
        return parts[0]

    def optional(self, parts: tuple[Choice]) -> Choice:
        return replace(parts[0], least=0)

    def many(self, parts: tuple[Choice]) -> Choice:
        return replace(parts[0], least=0, most=_MOST)

    def _where(self, token: Token) -> str:
        return f"{self.file}, line {token.line}"


def read_notation(texts: Mapping[str, str]) -> Notes:
    """Read the texts of files, by their names.

    Raises:
        ValueError: if one is not in the notation, or a phrase is defined twice; with the line.
    """
    reader = _Reader()
    parser = Lark(_NOTATION, parser="lalr", transformer=reader)
    phrases: dict[str, Choice] = {}
    rules = []
    for reader.file, text in texts.items():
        try:
            statements = cast("list[_Statement]", parser.parse(text))
        except UnexpectedInput as exc:
            raise mistake(f"{reader.file}, line {exc.line}", _reason(exc)) from exc
        for statement in statements:
            if isinstance(statement, Rewrite):
                rules.append(statement)
            elif statement.name in phrases:
                raise mistake(statement.where, f"<{statement.name}> is defined a second time")
            else:
                phrases[statement.name] = statement.choice
    return Notes(phrases, tuple(rules))


def mistake(where: str, what: str) -> ValueError:
    """Return the error for a mistake in a file."""
    return ValueError(f"{where}: {what}")


def _reason(exc: UnexpectedInput) -> str:
    if isinstance(exc, UnexpectedCharacters):
        return f"{exc.char!r} means nothing here"
    if not isinstance(exc, UnexpectedToken):
        return "the file ends too early"
    expected = set(exc.accepts or exc.expected)
    found = repr(str(exc.token)) if str(exc.token).strip() else "the end of the line"
    if exc.token in {")", "]"}:
        return f"{found} closes no bracket"
    if expected & {"RPAR", "RSQB"}:
        return f"a bracket is not closed before {found}"
    if "ARROW" in expected:
        return f"an arrow is missing before {found}"
    return f"{found} is not expected here"


def slots_of(choice: Choice) -> Iterator[Slot]:
    """Yield the slots of a choice, also those inside of brackets."""
    for row in choice.rows:
        for part in row:
            if isinstance(part, Slot):
                yield part
                if part.excepted:
                    yield from slots_of(part.excepted)
            elif isinstance(part, Choice):
                yield from slots_of(part)
