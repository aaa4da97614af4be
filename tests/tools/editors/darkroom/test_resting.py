"""What the main thing rests on is kept where it is to be kept by its name."""

import numpy as np
import pytest
from drawn import photo

from editthinker.tools.editors.darkroom.grounding import ground
from editthinker.tools.editors.darkroom.resting import find_rest
from editthinker.tools.editors.darkroom.target import Target
from editthinker.tools.vision.segmenter import outlines_with_model


def test_without_a_model_nothing_is_told_to_rest_on_anything() -> None:
    main = np.zeros((60, 80), np.float32)
    main[20:40, 30:50] = 1
    if not outlines_with_model():
        assert find_rest(np.zeros((60, 80, 3), np.uint8), main) is None


@pytest.mark.pack
def test_a_cup_rests_on_its_saucer() -> None:

    source = photo("coffee")
    cup = ground(Target("object", "cup"), source).mask
    below = find_rest(source, cup)
    assert below is not None
    assert below[330:370, 250:320].mean() > 0.9
    assert (below * cup).mean() < 0.02
