import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from editthinker.tools.editors.darkroom.colours import rgb_of
from editthinker.tools.editors.darkroom.parse import parse
from editthinker.tools.editors.darkroom.recipe import (
    OPERATIONS,
    SCENES,
    SIGNED,
    Operation,
    Recipe,
    Step,
)
from editthinker.tools.editors.darkroom.target import (
    BACKGROUND,
    KINDS,
    MARKED,
    PHOTO,
    PLACES,
    Target,
)
from editthinker.tools.editors.darkroom.words import looks, vocabulary

TABLE = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))
OBJECTS = sorted({m.target.name for m in vocabulary().values() if m.value == "object" and m.target})
COLOURS = sorted({str(m.value) for m in vocabulary().values() if m.kind == "colour"})


def shorthand(step: Step) -> str:
    words = [step.operation, f"{step.amount:g}"]
    where = step.region.phrase().removeprefix("the ").replace(" ", "_")
    words += [where] if step.region != PHOTO else []
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
    (note,) = parse("make the red gizmo blue").notes
    assert "'gizmo'" in note


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


@pytest.mark.parametrize(
    "text", ["'" * 10_000, "a b, " * 2_000, '"“' * 5_000, "9" * 10_000, "make it blur " * 800]
)
def test_ten_thousand_characters_of_noise_parse(text: str) -> None:
    assert not parse(text).steps


def amounts(signed: bool) -> st.SearchStrategy[float]:
    sizes = st.integers(1, 1000).map(lambda n: n / 1000)
    return st.tuples(sizes, st.sampled_from([1, -1] if signed else [1])).map(lambda p: p[0] * p[1])


def quotable() -> st.SearchStrategy[str]:
    content = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=40)
    return content.map(str.strip).filter(lambda c: c and not set(c) & set("\"'“”„«»‘’"))


@st.composite
def targets(draw: st.DrawFn) -> Target:
    kind = draw(st.sampled_from(KINDS))
    if kind == "photo":
        return Target(kind, place=draw(st.sampled_from(["", "left", "right", "top", "bottom"])))
    if kind in {"background", "subject", "marked"}:
        return Target(kind)
    place = draw(st.sampled_from(PLACES))
    match kind:
        case "colour":
            return Target(kind, draw(st.sampled_from(COLOURS)), place)
        case "object":
            name = draw(st.sampled_from(OBJECTS))
            return Target(kind, name, place, draw(st.sampled_from(["", *COLOURS])))
        case "text":
            return Target(kind, draw(st.one_of(st.just(""), quotable())), place)
        case "sky" | "ground" if place == "all":
            return Target(kind)
    return Target(kind, place=place)


SPARED = {"sky", "ground", "colour", "text", "face", "object"}
WHOLE = {"rotate", "flip", "crop", "straighten", "border", "text"}
FREE = {"rotate", "flip", "crop", "straighten", "fill", "recolour", "hue", "black-and-white"}
FREE |= {"invert", "remove", "cutout", "erase-text", "replace-text", "isolate"}
FILLED = [BACKGROUND, MARKED, Target("sky"), Target("ground"), Target("sky", place="left")]
UNFIT: dict[str, set[str]] = {
    "remove": {"photo", "background", "sky", "ground", "text"},
    "cutout": {"photo", "background"},
    "move": {"photo", "background", "sky", "ground"},
    "duplicate": {"photo", "background", "sky", "ground"},
    "isolate": {"photo", "background", "subject"},
}
"""Kinds of things that operations are not for."""


def regions(operation: Operation) -> st.SearchStrategy[Target]:
    if operation in WHOLE:
        return st.just(PHOTO)
    if operation == "fill":
        return st.sampled_from(FILLED)
    if operation in {"erase-text", "replace-text"}:
        return st.builds(Target, st.just("text"), st.one_of(st.just(""), quotable()))
    return targets().filter(lambda target: target.kind not in UNFIT.get(operation, set()))


@st.composite
def options(draw: st.DrawFn, operation: Operation) -> dict[str, str | float]:
    colour = st.sampled_from(COLOURS)
    two = st.lists(colour, min_size=2, max_size=2, unique=True)
    degrees = st.integers(-1799, 1800).filter(bool).map(lambda n: n / 10)
    places = ["top", "bottom", "left", "right", "centre", "top left", "bottom right"]
    match operation:
        case "rotate" | "hue":
            return {"degrees": draw(degrees)}
        case "flip":
            return {"axis": draw(st.sampled_from(["horizontal", "vertical"]))}
        case "crop":
            return {"ratio": draw(st.integers(500, 200_000)) / 10_000}
        case "border":
            return {"colour": draw(colour)}
        case "wash":
            over, under = draw(two)
            return draw(st.sampled_from([{"colour": over}, {"colour": over, "dark": under}]))
        case "fill":
            start, end = draw(two)
            way = draw(st.sampled_from(["down", "right"]))
            gradient = {"colour": start, "end": end, "direction": way}
            scene = {"scene": draw(st.sampled_from(sorted(SCENES)))}
            return draw(st.sampled_from([{"colour": start}, gradient, {"image": 2.0}, scene]))
        case "move" | "duplicate":
            return {"direction": draw(st.sampled_from(["left", "right", "up", "down"]))}
        case "replace-text":
            return {"content": draw(quotable())}
        case "text":
            place = draw(st.sampled_from(places))
            return {"content": draw(quotable()), "position": place, "colour": draw(colour)}
    return {}


@st.composite
def steps(draw: st.DrawFn) -> Step:
    operation = draw(st.sampled_from(OPERATIONS))
    if operation == "recolour":
        return draw(recolourings())
    amount = 0.5 if operation in FREE else draw(amounts(operation in SIGNED))
    return Step(operation, amount, draw(regions(operation)), draw(options(operation)))


@st.composite
def recolourings(draw: st.DrawFn) -> Step:
    colour = st.sampled_from(COLOURS)
    source, target = draw(st.lists(colour, min_size=2, max_size=2, unique=True))
    region = draw(targets())
    bare = region.kind in {"photo", "background"} or region.colour
    named = region.kind == "colour" and (region.place == "all" or region.name == target)
    if bare or named or draw(st.booleans()):
        return Step("recolour", region=region, options={"source": source, "target": target})
    return Step("recolour", region=region, options={"target": target})


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
    st.lists(targets().filter(lambda target: target.kind in SPARED), unique=True, max_size=2),
)
def test_every_recipe_reads_its_own_sentence(
    several: list[Step], keep: list[str], spared: list[Target]
) -> None:
    cut = [step for step in several if step.operation == "cutout"]
    assume(len(cut) < 2 and not (cut and any(step.operation == "fill" for step in several)))
    gone = {step.region.name for step in several if step.operation == "remove"}
    alone = [step.region for step in several if step.operation == "isolate"]
    spared = [t for t in spared if t.name not in gone and t not in alone]
    drained = any(step.operation == "black-and-white" for step in several)
    recipe = Recipe(tuple(several), tuple(keep), spared=() if drained else tuple(spared))
    assert parse(recipe.sentence()) == recipe


EVERYDAY = tomllib.loads(Path(__file__).with_name("everyday.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("instruction", "sentence"), EVERYDAY["read"].items())
def test_reads_what_ordinary_people_write(instruction: str, sentence: str) -> None:
    recipe = parse(instruction)
    assert (recipe.sentence(), recipe.unknown) == (sentence, ())


@pytest.mark.parametrize(("instruction", "expected"), EVERYDAY["partly"].items())
def test_carries_out_the_rest_and_names_what_it_did_not_read(
    instruction: str, expected: list[str]
) -> None:
    recipe = parse(instruction)
    assert [recipe.sentence(), *recipe.unknown] == expected


@pytest.mark.parametrize("instruction", EVERYDAY["refused"]["instructions"])
def test_refuses_rather_than_guesses(instruction: str) -> None:
    recipe = parse(instruction)
    assert recipe.unknown
    assert not recipe.sentence()


@pytest.mark.parametrize("sentence", sorted(set(EVERYDAY["read"].values())))
def test_the_sentence_of_every_reading_reads_alike(sentence: str) -> None:
    assert parse(sentence).sentence() == sentence


def test_names_the_words_it_does_not_know() -> None:
    assert parse("remove the gizmo and make it brighter").strange == ("gizmo",)


def test_tells_how_a_slip_was_read_and_what_was_left_out_of_account() -> None:
    assert parse("blur the backgroud").notes == ("Read 'backgroud' as 'background'.",)
    assert parse("remove the cup on the table").notes == ("Took 'cup on table' for the cup.",)


def test_tells_that_a_reason_was_no_order() -> None:
    (note,) = parse("blur the background so that she stands out").notes
    assert note == "Took 'so that she stands out' for the reason."


@pytest.mark.parametrize(
    "several",
    ["branches", "palm leaves", "cherries", "sheets of paper", "knives", "jeans", "toys"],
)
def test_several_things_are_called_by_their_plural(several: str) -> None:
    assert parse(f"remove all the {several}").sentence() == f"remove all the {several}"
