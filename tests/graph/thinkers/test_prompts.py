from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editthinker.graph.thinkers.prompts import PLACEHOLDERS, fill, load_prompt, read_template
from editthinker.tools.errors import ConfigError

PROMPTS = Path(__file__).parents[3] / "graph" / "prompts"
NAMES = sorted(path.stem for path in PROMPTS.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_each_prompt_has_a_header_that_is_not_sent(name: str) -> None:
    text = (PROMPTS / f"{name}.md").read_text("utf-8")
    for field in ("purpose:", "inputs:", "reply:", "version:"):
        assert field in text.partition("-->")[0]
    assert "<!--" not in load_prompt(name)
    assert len(load_prompt(name)) > 40


@pytest.mark.parametrize("name", ["tags", "json_request"])
def test_prompts_that_state_the_case_hold_both_placeholders(name: str) -> None:
    assert all(f"{{{each}}}" in load_prompt(name) for each in PLACEHOLDERS)


def test_a_value_is_never_substituted_again() -> None:
    values = {"original_instruction": "write {rewritten_prompt}", "rewritten_prompt": "SECRET"}
    assert fill("{original_instruction}|{rewritten_prompt}", values) == (
        "write {rewritten_prompt}|SECRET"
    )


@given(st.text(), st.text())
def test_values_arrive_as_they_are(instruction: str, prompt: str) -> None:
    values = {"original_instruction": instruction, "rewritten_prompt": prompt}
    filled = fill("a{original_instruction}b{rewritten_prompt}c", values)
    assert filled == f"a{instruction}b{prompt}c"


def test_other_braces_are_left_alone() -> None:
    assert fill('{"semantic": 5} {other} {{x}}', {"x": "y"}) == '{"semantic": 5} {other} {y}'


def test_reads_a_template_without_its_image_marks(tmp_path: Path) -> None:
    path = tmp_path / "template.txt"
    path.write_text("<image><image>\nDo {original_instruction}, did {rewritten_prompt}.\n")
    assert read_template(path) == "Do {original_instruction}, did {rewritten_prompt}."


def test_refuses_a_template_without_its_placeholders(tmp_path: Path) -> None:
    path = tmp_path / "template.txt"
    path.write_text("Do {original_instruction}.")
    with pytest.raises(ConfigError, match=r"lacks \{rewritten_prompt\}"):
        read_template(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_refuses_a_template_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "template.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_template(path)
