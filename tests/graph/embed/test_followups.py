"""What short remarks in a chat mean."""

import pytest

from editthinker.graph.followups import Remark, read_remark


@pytest.mark.parametrize(
    ("text", "which", "instruction"),
    [
        ("now a bit warmer", None, "a bit warmer"),
        ("Make it brighter", None, "Make it brighter"),
        ("and then blur the background", None, "blur the background"),
        ("go back to the second one", 2, ""),
        ("Go back to the second one and make it sepia", 2, "make it sepia"),
        ("back to the original, please", 0, ""),
        ("ok, back to edit 3", 3, ""),
        ("use picture #2 but sharper", 2, "sharper"),
        ("I prefer the first version", 1, ""),
        ("return to the 11th one.", 11, ""),
        ("undo", "previous", ""),
        ("Undo that, and make it colder", "previous", "make it colder"),
        ("go back", "previous", ""),
        ("no, go back to the previous one", "previous", ""),
        ("start again from the original and crop it square", 0, "crop it square"),
        # Instructions that only look like follow-ups.
        ("blur the background", None, "blur the background"),
        ("use a sepia tone", None, "use a sepia tone"),
        ("darken the second window", None, "darken the second window"),
        (
            "put the text 'back to school' at the top",
            None,
            "put the text 'back to school' at the top",
        ),
        ("undo the crop", None, "undo the crop"),
        (
            "use the first aid kit's red for the car",
            None,
            "use the first aid kit's red for the car",
        ),
        ("I want the original colours", None, "I want the original colours"),
        ("please make it warmer", None, "make it warmer"),
        ("", None, ""),
    ],
)
def test_reads_a_remark(text: str, which: object, instruction: str) -> None:
    assert read_remark(text) == Remark(which, instruction)  # type: ignore[arg-type]
