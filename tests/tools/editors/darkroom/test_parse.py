import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import OPERATIONS, SIGNED, Recipe, Step
from editthinker.tools.editors.darkroom.words import looks, vocabulary

TABLE = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
COLOURS = sorted({str(m.value) for m in vocabulary().values() if m.kind == "colour"})


def shorthand(step: Step) -> str:
    words = [step.operation, f"{step.amount:g}"]
    words += [step.region] if step.region != "photo" else []
    for key, value in step.options.items():
        shown = f"{value:g}" if isinstance(value, float) else value.replace(" ", "_")
        words.append(f"{key}={shown}")
    return " ".join(words)


@pytest.mark.parametrize(("sentence", "steps"), TABLE["read"].items())
def test_reads_everyday_sentences(sentence: str, steps: list[str]) -> None:
    recipe = parse(sentence)
    assert [shorthand(step) for step in recipe.steps] == steps
    assert (recipe.keep, recipe.unknown) == ((), ())


@pytest.mark.parametrize(("sentence", "kept"), TABLE["keep"].items())
def test_reads_what_to_keep(sentence: str, kept: list[str]) -> None:
    recipe = parse(sentence)
    assert list(recipe.keep) == kept
    assert len(recipe.steps) == 1
    assert not recipe.unknown


@pytest.mark.parametrize(("sentence", "unknown"), TABLE["unknown"].items())
def test_lists_what_it_does_not_understand_in_the_users_words(
    sentence: str, unknown: list[str]
) -> None:
    assert list(parse(sentence).unknown) == unknown


def test_every_step_knows_its_words() -> None:
    steps = parse("make it Brighter, and blur the background").steps
    assert [step.clause for step in steps] == ["make it Brighter", "blur the background"]


def test_tells_that_a_colour_was_matched_and_not_the_object() -> None:
    (note,) = parse("make the red cup blue").notes
    assert "'cup'" in note


def test_tells_a_contradiction() -> None:
    (note,) = parse("make it brighter and darker").notes
    assert "contradict" in note


@pytest.mark.parametrize("look", sorted(looks()))
def test_looks_are_written_in_sentences_that_parse(look: str) -> None:
    recipe = parse(looks()[look])
    assert recipe.steps
    assert not recipe.unknown


def test_says_how_a_look_was_read() -> None:
    recipe = parse("make it slightly vintage")
    assert len(recipe.steps) == 5
    assert "vintage" in recipe.notes[0]
    assert recipe.steps[0].amount == 0.2


def test_what_is_said_in_so_many_words_wins_over_a_look() -> None:
    amounts = {step.operation: step.amount for step in parse("moody: 60% more contrast").steps}
    assert amounts["contrast"] == 0.6
    assert amounts["brightness"] == -0.25


@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_word_has_a_value(name: str) -> None:
    assert max(rgb_of(name)) <= 255


@given(st.text(max_size=300))
def test_any_text_parses(text: str) -> None:
    assert isinstance(parse(text), Recipe)


PHRASES = sorted(" ".join(words) for words in vocabulary())


@given(st.lists(st.sampled_from([*PHRASES, "30%", "90", "16:9", "'HI'", ",", "-"]), max_size=12))
def test_any_heap_of_known_words_parses_to_sound_steps(words: list[str]) -> None:
    for step in parse(" ".join(words)).steps:
        assert 0 < abs(step.amount) <= 1
        assert step.operation in SIGNED or step.amount > 0
        assert parse(step.sentence()).steps == (step,)


@pytest.mark.parametrize("text", ["'" * 10_000, "a b, " * 2_000, '"“' * 5_000, "9" * 10_000])
def test_ten_thousand_characters_of_noise_parse(text: str) -> None:
    assert not parse(text).steps


def amounts(signed: bool) -> st.SearchStrategy[float]:
    sizes = st.integers(1, 1000).map(lambda n: n / 1000)
    return st.tuples(sizes, st.sampled_from([1, -1] if signed else [1])).map(lambda p: p[0] * p[1])


@st.composite
def steps(draw: st.DrawFn) -> Step:
    operation = draw(st.sampled_from(OPERATIONS))
    colour = st.sampled_from(COLOURS)
    degrees = st.integers(-1799, 1800).filter(bool).map(lambda n: n / 10)
    free = {"rotate", "flip", "crop", "straighten", "fill", "recolour", "hue", "black-and-white"}
    whole = {"rotate", "flip", "crop", "straighten", "border", "text"}
    options: dict[str, str | float] = {}
    if operation in {"rotate", "hue"}:
        options["degrees"] = draw(degrees)
    elif operation == "flip":
        options["axis"] = draw(st.sampled_from(["horizontal", "vertical"]))
    elif operation == "crop":
        options["ratio"] = draw(st.integers(500, 200_000)) / 10_000
    elif operation in {"border", "fill"}:
        options["colour"] = draw(colour)
    elif operation == "recolour":
        source, target = draw(st.lists(colour, min_size=2, max_size=2, unique=True))
        options = {"source": source, "target": target}
    elif operation == "text":
        content = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=40)
        clean = content.map(str.strip).filter(lambda c: c and not set(c) & set("\"'“”„«»‘’"))
        places = ["top", "bottom", "left", "right", "centre", "top left", "bottom right"]
        options = {
            "content": draw(clean),
            "position": draw(st.sampled_from(places)),
            "colour": draw(colour),
        }
    region = (
        "background"
        if operation == "fill"
        else draw(
            st.sampled_from(["photo"] if operation in whole else ["photo", "background", "subject"])
        )
    )
    amount = 0.5 if operation in free else draw(amounts(operation in SIGNED))
    return Step(operation, amount, region, options)


@given(steps())
def test_every_step_reads_its_own_sentence(step: Step) -> None:
    assert parse(step.sentence()) == Recipe((step,))


@given(
    st.lists(steps(), min_size=1, max_size=5),
    st.lists(
        st.sampled_from(
            ["background", "subject", "colours", "brightness", "size", "everything else"]
        ),
        unique=True,
    ),
)
def test_every_recipe_reads_its_own_sentence(several: list[Step], keep: list[str]) -> None:
    recipe = Recipe(tuple(several), tuple(keep))
    assert parse(recipe.sentence()) == recipe
