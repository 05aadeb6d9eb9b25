import pytest

from gossamer.policy.own_pattern import UnfitPattern, own_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"EMP-[0-9]{6}", "EMP-123456"),
        (r"(?:DE|FR)\d{2}[ ]?\d{4,18}", "DE12 12345678"),
        (r"\bproject[ _-]?(?:falcon|heron)\b", "project-heron"),
        (r"a\.b\{c\}", "a.b{c}"),
        (r"[\]\\]x", "]x"),
    ],
)
def test_what_can_be_written(pattern: str, text: str):
    assert own_pattern(pattern).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(a+)+b", "cannot be used"),
        ("a*", "cannot be used"),
        ("(?:ab){2,9}", "cannot be used"),
        ("(?:ab)?", "cannot be used"),
        ("(?=x)", "cannot be used"),
        (r"(a)\1", "cannot be used"),
        ("x{3,}", "cannot be used"),
        ("[0-9]{1,99}[0-9]{1,99}x", "ways"),
        ("a{1,9999}", "ways"),
        ("x" * 301, "300"),
        ("(?:a", "no pattern"),
        ("[b-a]", "no pattern"),
        ("a{5,2}", "no pattern"),
        ("x?", "nothing"),
        ("", "nothing"),
    ],
)
def test_what_could_be_slow_or_means_nothing_is_refused_in_words(pattern: str, says: str):
    with pytest.raises(UnfitPattern, match=says):
        own_pattern(pattern)
