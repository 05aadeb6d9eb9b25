"""What a model is shown of a result."""

from gossamer.agents.seam import Observation
from gossamer.agents.tools.observations import fit


def test_what_fits_stays():
    assert fit(Observation("fine", is_error=True), 1024, ()) == Observation("fine", is_error=True)


def test_what_is_too_long_is_cut_between_characters_and_said_to_be():
    text = fit(Observation("é" * 1000), 1023, ()).text
    assert text.startswith("é" * 511 + "\n[cut: the result has 2000 bytes")


def test_secrets_are_hidden_and_short_words_are_not():
    seen = fit(Observation("key sk-12345678, user bob"), 1024, ("sk-12345678", "bob"))
    assert seen.text == "key ****, user bob"


def test_a_secret_at_the_cut_is_not_half_shown():
    assert "sk-1" not in fit(Observation("x" * 1020 + "sk-12345678"), 1024, ("sk-12345678",)).text
