from editthinker.tools.recent import Recent


def test_forgets_the_oldest_first_and_using_a_value_makes_it_new() -> None:
    recent = Recent[bytes](4, len)
    recent.put("a", b"aa")
    recent.put("b", b"bb")
    assert recent.get("a") == b"aa"
    recent.put("c", b"cc")
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (b"aa", None, b"cc")


def test_keeps_the_newest_even_if_it_is_too_large() -> None:
    recent = Recent[bytes](4, len)
    recent.put("a", b"aa")
    recent.put("b", b"bbbbbbbb")
    assert (recent.get("a"), recent.get("b")) == (None, b"bbbbbbbb")


def test_a_value_put_twice_counts_once() -> None:
    recent = Recent[bytes](4, len)
    for _ in range(9):
        recent.put("a", b"aa")
    recent.put("b", b"bb")
    assert recent.get("a") == b"aa"
