"""Text that an instruction quotes without marks: "saying LIFT OFF", "a small © 2024 J. Smith"."""

import re

QUOTES = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("‘", "’"), ("'", "'"))
"""Pairs of quotation marks."""

QUOTED = "\ue000[0-9]+\ue001"
"""What stands in the place of a quotation while wishes are looked for."""

_SAYS = r"(?:say|says|saying|said|read|reads|reading|spell|spells|spelling)"

_END = (
    r"(?=\s*(?:$|[,.;!?\n]"
    r"|\b(?:in|at|on|to|across|along|over|under|below|above|with|instead|and)\b))"
)
"""What may follow such a text: the end of a clause, or where and how it stands."""

_CAPITALS = re.compile(
    rf"\b{_SAYS}\s+(?P<text>[A-Z0-9][A-Z0-9&'’-]*(?:[ ]+[A-Z0-9&][A-Z0-9&'’-]*)*(?:\s?[!?])?){_END}"
)

_TITLED = re.compile(
    rf"\b(?:{_SAYS})\s+(?P<text>[A-Z][\w'’&-]*(?:[ ]+(?:of|the|and|&|[A-Z0-9][\w'’&-]*))*!?)"
    rf"{_END}"
)

_RIGHTS = re.compile(
    r"(?P<text>(?:©|\(c\))\s*[^,;!?\n\"“”]{1,60}?)"
    r"(?=\s+(?:in|at|on|to|across|along|over|under|with|so)\b|\s*$|\s*[,;!?\n])"
)

_SHOUT = r"[A-Z0-9][A-Z0-9&'’-]+(?:[ ]+[A-Z0-9&][A-Z0-9&'’-]*)*"

_SWAPPED = re.compile(
    rf"\b(?P<verb>(?i:replace|change|swap|switch|turn|correct|substitute)) (?P<old>{_SHOUT}) "
    rf"(?P<to>with|to|into|for|by) (?P<new>{_SHOUT}){_END}"
)
"""Two texts in capitals: "replace SALE with OPEN"."""

_INSTEAD = re.compile(
    rf"(?P<new>“[^”]+”) (?P<link>instead of|rather than|in place of) (?P<old>{_SHOUT}){_END}"
)
"""The old text in capitals: saying “OPEN” instead of CLOSED."""

_NAMED = re.compile(
    r"\b(?P<what>my name|the name|the date|the year|the hashtag|the handle|the number)"
    r"(?:,| is|:)? (?P<text>[A-Z0-9#@][\w.'’/#@-]*(?: [A-Z0-9][\w.'’/-]*)*),?"
    rf"{_END}"
)
"""What is written after its kind: "my name, Anna Lee"."""


_PLACED = re.compile(
    r"\b(?:write|add|put|print|type|stamp|letter|place|overlay|insert|include|superimpose)"
    r"(?: (?:in|the|a|an|words?|text|caption|title|headline|phrase|name|message|label|line))* "
    r"(?P<text>[A-Z][^,.;:\n\"“”]{2,60}?)"
    r"(?= (?:in|at|on|along|across|over|under|underneath|below|beneath|above)"
    r"(?: (?:the|a|an|that|its|very|empty|big|large|small|tiny|bold|thin|bright|dark|light|white|"
    r"black|red|gold|golden|yellow|blue|green|pink|orange|grey|gray|silver|purple|cream))*"
    r" ?(?:letters|lettering|type|capitals|caps|script|handwriting|top|bottom|upper|lower|left|"
    r"right|middle|centre|center|sky|corner|photo|picture|image|page|white|black|red|gold|yellow|"
    r"blue|green|pink|orange|grey|gray|silver|purple|cream)?(?:\W|$))"
)
"""What is written somewhere, from its capital on: "write Greetings from Rome in the sky"."""


def with_quotes(text: str) -> str:
    """Put quotation marks round text that is told by its capitals or by ©."""
    if not re.search("[\"“”„«»]|(?<!\\w)['‘][^'\n]+['’](?!\\w)", text):
        text = _SWAPPED.sub(r"\g<verb> “\g<old>” \g<to> “\g<new>”", text)
        if re.search(r"\b(?:add|put|write|place|stamp|include|print)\b", text, re.IGNORECASE):
            text = _NAMED.sub(r"the text “\g<text>”", text)
        text = _RIGHTS.sub(lambda found: _quoted(found, text), text)
        if "“" not in text:
            text = _CAPITALS.sub(lambda found: _quoted(found, text), text)
            text = _INSTEAD.sub(r"\g<new> \g<link> “\g<old>”", text)
        if "“" not in text:
            text = _PLACED.sub(lambda found: _quoted(found, text), text)
        if "“" not in text:
            text = _TITLED.sub(lambda found: _quoted(found, text), text)
    return text


def _quoted(found: re.Match[str], text: str) -> str:
    start, end = found.start("text") - found.start(), found.end("text") - found.start()
    whole = found.group()
    said = whole[start:end].strip()
    if len(said) < 2 or said == "I":
        return whole
    return f"{whole[:start]}“{said}”{whole[end:]}"


_QUOTATION = re.compile("|".join(rf"(?<!\w){a}[^\n]{{1,300}}?{b}(?!\w)" for a, b in QUOTES))


def masked(text: str) -> tuple[str, list[str]]:
    """Return text with each quotation as a sign that no rule reads, and the quotations."""
    quotes: list[str] = []

    def mask(found: re.Match[str]) -> str:
        quotes.append(found.group())
        return f"\ue000{len(quotes) - 1}\ue001"

    return _QUOTATION.sub(mask, text), quotes


def unmasked(text: str, quotes: list[str]) -> str:
    """Put the quotations back."""
    return re.sub(
        "\ue000([0-9]+)\ue001",
        lambda found: quotes[int(found[1])] if int(found[1]) < len(quotes) else found.group(),
        text,
    )
