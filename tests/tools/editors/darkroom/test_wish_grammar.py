import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from editthinker.tools.editors.darkroom import phrases
from editthinker.tools.editors.darkroom.grammar import Grammar, grammar_of, words_of
from editthinker.tools.editors.darkroom.notation import read_notation, slots_of

LISTS = {"colour-name": ["red", "navy blue"], "verb": ["make", "remove"]}


def strings(data: object) -> Iterator[str]:
    """Yield the keys and the values of a file that are sentences."""
    if isinstance(data, str) and " " in data:
        yield data
    elif isinstance(data, dict):
        yield from strings([*data, *data.values()])
    elif isinstance(data, list):
        for part in data:
            yield from strings(part)


def grammar(text: str) -> Grammar:
    return grammar_of(read_notation({"small.grammar": text}), LISTS)


@pytest.mark.parametrize(
    ("rule", "clause", "order"),
    [
        ("no more <thing> -> remove <thing>", "No more red hats", "remove red hats"),
        ("no more <thing> -> remove <thing>", "no more hats, please", None),
        ("lose (the | my) hat -> remove hat", "lose my hat", "remove hat"),
        ("lose (the | my) hat -> remove hat", "lose hat", None),
        ("lose [the] hat -> remove hat", "lose hat", "remove hat"),
        ("lose the [big | red]* hat -> remove hat", "lose the big red big hat", "remove hat"),
        ("<word> in <colour-name> -> <word> <colour-name>", "hat in Navy Blue", "hat Navy Blue"),
        ("a <text> on <thing> -> write <text>", "a \ue0007\ue001 on it", "write \ue0007\ue001"),
        ("<thing>'s gone -> remove <thing>", "the cat’s gone", "remove the cat"),
        ("<thing> [,] gone -> remove <thing>", "the cat, gone", "remove the cat"),
        ("see-through it -> cut it", "see through it", "cut it"),
        ("see-through it -> cut it", "see-through it", "cut it"),
        ("top - left -> left", "top-left", "left"),
        ("colour it grey -> grey", "COLOR it gray", "grey"),
        ("<plural> -> every <plural>", "towers", "every tower"),
        ("lose <thing> -> remove <thing>", "lose my hat", "remove the hat"),
    ],
)
def test_a_clause_stands_for_the_order_of_the_rule_that_fits(
    rule: str, clause: str, order: str | None
) -> None:
    assert grammar(rule).order(clause) == order


@pytest.mark.parametrize("clause", ["lose the hatter", "close the hat", "lose thehat", "lose  hat"])
def test_words_are_whole_words(clause: str) -> None:
    assert grammar("lose [the] hat -> remove hat").order(clause) is None


def test_the_first_rule_that_fits_wins() -> None:
    rules = grammar("drop the hat -> first\ndrop the <thing> -> second")
    assert rules.order("drop the hat") == "first"
    assert rules.order("drop the cat") == "second"


def test_a_phrase_stands_for_all_its_synonyms() -> None:
    rules = grammar("<drop> = drop | throw [far] away\n<drop> it -> remove it")
    assert [rules.order(f"{verb} it") for verb in ("drop", "throw away", "throw far away")] == (
        ["remove it"] * 3
    )


def test_a_number_tells_two_phrases_of_one_kind_apart() -> None:
    rule = "from <colour-name> to <colour-name2> -> <colour-name2>, not <colour-name>"
    assert grammar(rule).order("from red to navy blue") == "navy blue, not red"


def test_each_way_to_say_it_fills_the_same_order() -> None:
    rules = grammar("drop <thing>\n  | <thing> must go\n  -> remove <thing>")
    assert rules.order("drop it") == rules.order("it must go") == "remove it"


def test_a_phrase_may_leave_out_some_beginnings() -> None:
    rules = grammar("give <thing except me | us> hats -> hats for <thing>")
    assert rules.order("give them hats") == "hats for them"
    assert rules.order("give mermaids hats") == "hats for mermaids"
    assert rules.order("give me hats") is None


def test_brackets_in_an_order_stand_only_where_their_phrase_was_said() -> None:
    rules = grammar("fix <word> [and <word2>] -> too <word> [, too <word2>]")
    assert rules.order("fix dull and grey") == "too dull, too grey"
    assert rules.order("fix dull") == "too dull"


def test_a_part_of_a_sentence_is_put_otherwise_wherever_it_stands() -> None:
    rules = grammar("any <word> => all the <word>\nreally => <nothing>\nlast <end> => at the end")
    assert (
        rules.reworded("really, drop any hats, any coats") == ", drop all the hats, all the coats"
    )
    assert rules.reworded("the last one comes last.") == "the last one comes at the end."
    assert rules.reworded("many hats") == "many hats"


def test_comments_and_blank_lines_say_nothing() -> None:
    rules = grammar("\n# a -> b\n\nlose it  # or not\n\n  -> remove it\n# end")
    assert rules.order("lose it") == "remove it"
    assert grammar("").order("lose it") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a -> b\n\nlose <thign> -> remove", "line 3: there is no phrase <thign>; .*<thing>"),
        ("<a> = b\nlose (the | my hat -> remove", "line 2: a bracket is not closed before '->'"),
        ("lose the] hat -> remove", "line 1: ']' closes no bracket"),
        ("# one\nlose $ hat -> remove", r"line 2: '\$' means nothing here"),
        ("lose it -> remove <thing>", "line 1: nothing is caught as <thing>"),
        ("lose it -> remove | drop", "line 1: an order has no alternatives"),
        ("lose it -> (remove | drop) it", "line 1: an order has no alternatives"),
        ("<a> = b\n<a> = c", "line 2: <a> is defined a second time"),
        ("<a> = <b>\n<b> = x | <a>\nlose <a> -> b", "line 2: <a> is part of itself"),
        ("lose it -> remove it -> drop it", "line 1: '->' is not expected here"),
        ("lose it\nlose them -> drop them", "line 1: an arrow is missing before the end"),
        ("lose it", "line 1: an arrow is missing before the end"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        grammar(text)


def test_the_name_of_the_file_is_told() -> None:
    with pytest.raises(ValueError, match=re.escape("second.grammar, line 1: ")):
        read_notation({"first.grammar": "a -> b", "second.grammar": "(a -> b"})


def test_the_library_of_the_grammar_is_loaded_with_the_first_instruction() -> None:
    code = (
        "import sys\n"
        "from editthinker.tools.editors.darkroom.parse import parse\n"
        "assert 'lark' not in sys.modules\n"
        "parse('make it brighter')\n"
        "assert 'lark' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_no_rule_is_passed_over_that_would_fit() -> None:
    rules = phrases.rules()
    wishes = tomllib.loads(Path(__file__).with_name("everyday.toml").read_text())
    texts = [text for text in strings(wishes) if len(text) < 80][::9]
    assert len(texts) > 100
    for text in texts:
        words = words_of(text)
        for rule in (*rules.orders, *rules.rewordings):
            assert rule.may_fit(words) or not rule.pattern.search(text), (text, rule.said)


def test_every_phrase_is_used() -> None:
    folder = Path(phrases.__file__).parent
    notes = read_notation({path.name: path.read_text() for path in folder.glob("*.grammar")})
    written = [*notes.phrases.values(), *(rule.said for rule in notes.rules)]
    used = {slot.phrase for choice in written for slot in slots_of(choice)}
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    left = notes.phrases.keys() - used
    assert [name for name in left if not re.search(rf"""["']{name}["']""", code)] == []
