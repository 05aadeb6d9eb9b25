"""The parser of Thought, Action and Final Answer, held against a slow reference over all splits of many."""

import random
import re

import msgspec
import pytest

from gossamer.agents.patterns.text import Answer, Answered, Outcome, Plain, TextTurn, Thought, Unclear, Used

TRANSCRIPTS = 1000
LABEL = re.compile(
    r"^[*_#> \t]*(thought|action input|action|observation|final answer)[*_#> \t]*:", re.IGNORECASE | re.MULTILINE
)
"""Of the reference, which sees all of a turn at once."""


def heard(pieces: list[str]) -> tuple[str, str, Outcome]:
    """Thoughts, answer and outcome of a turn that came in these pieces."""
    turn, said = TextTurn(), []
    for piece in pieces:
        said += turn.feed(piece)
    left, outcome = turn.end()
    said += left
    thoughts = "".join(each.text for each in said if isinstance(each, Thought))
    answer = "".join(each.text for each in said if isinstance(each, Answer))
    return thoughts, answer, outcome


def reference(text: str) -> tuple[str, str, str]:
    """Kind of the outcome, name and arguments or the answer: by looking at the whole text, as a person would."""
    found = list(LABEL.finditer(text))
    labels = [match[1].lower() for match in found]
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    bodies = [_bare(text[match.end() : end], match[0]) for match, end in zip(found, ends, strict=True)]
    cut = next((at for at, label in enumerate(labels) if label in {"observation", "final answer"}), len(labels))
    before = [(label, body) for label, body in zip(labels[:cut], bodies[:cut], strict=True)]
    acts = [label for label, _ in before if label != "thought"]
    if cut < len(labels) and labels[cut] == "final answer" and not acts:
        answer = _bare(text[found[cut].end() :], found[cut][0]).strip()
        return ("Answered", answer, "") if answer else ("Unclear", "", "")
    if not labels:
        return ("Plain", text.strip(), "") if text.strip() else ("Unclear", "", "")
    shown = [label for label, _ in before]
    at = shown.index("action") if "action" in shown else -1
    is_call = acts == ["action", "action input"] and shown[at + 1] == "action input"
    if not is_call or (cut < len(labels) and labels[cut] == "final answer"):
        return "Unclear", "", ""
    parts = dict(reversed(before))
    name = parts["action"].strip().strip("*").strip().strip("`'\"*[]").strip()
    given = re.sub(
        r"\A```[a-z]*\s*(.*?)\s*```\Z", r"\1", parts["action input"].strip().strip("*").strip(), flags=re.DOTALL
    )
    try:
        msgspec.json.decode(given, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return "Unclear", "", ""
    return ("Used", name, given) if re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) else ("Unclear", "", "")


def _bare(body: str, label: str) -> str:
    """A label that is made bold may have its closing stars behind the colon."""
    return body.lstrip(" \t\r\n" + ("*_" if "*" in label else ""))


def summary(answer: str, outcome: Outcome) -> tuple[str, str, str]:
    match outcome:
        case Used(name, arguments):
            return "Used", name, arguments
        case Plain(text):
            return "Plain", text, ""
        case Answered():
            return "Answered", answer.strip(), ""
        case Unclear():
            return "Unclear", "", ""


# --- transcripts ---

WORDS = [
    "the",
    "action",
    "is",
    "Paris",
    "thought",
    "é",
    "{",
    "}",
    "Final",
    "Observation",
    "8 °C",
    "note:",
    "a*b",
    "Action",
]
INPUTS = [
    '{"city": "Paris"}', "{}", '{"a": {"b": [1, 2]}, "q": "Action: rm"}', '{\n  "q": "x",\n  "n": 1\n}',
    '```json\n{"q": 1}\n```', '{"q": "Final Answer: no"}', "Paris", '{"q": ', "[1]", "null", '{"a": 1} and more', "",
]  # fmt: skip
NAMES = ["clock__now", "`search`", "read-file", "two words", "", "a" * 65, "**bold**"]


def prose(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(0, 6))) + dice.choice(["", "\n", "\n\n", " "])


def label(dice: random.Random, word: str) -> str:
    form = dice.choice(["{}: ", "{}:", "**{}:** ", "**{}**: ", "### {}: ", "> {}: ", "  {} : ", "{}:\n"])
    return form.format(dice.choice([word, word, word.lower(), word.upper()]))


def section(dice: random.Random) -> str:
    match dice.randint(0, 8):
        case 0 | 1:
            return label(dice, "Thought") + prose(dice) + "\n"
        case 2 | 3 | 4:
            act = label(dice, "Action") + dice.choice(NAMES[:3] if dice.random() < 0.7 else NAMES) + "\n"
            return act + label(dice, "Action Input") + dice.choice(INPUTS[:6] if dice.random() < 0.6 else INPUTS) + "\n"
        case 5:
            return label(dice, "Observation") + prose(dice) + "\n"
        case 6:
            return label(dice, "Final Answer") + prose(dice) + "\n"
        case 7:
            return prose(dice)
    return dice.choice(["Action:", "Action Input: {}\n", "Thou", "\n", "Final Ans", "*", "action input", ": x\n"])


def transcript(seed: int) -> str:
    dice = random.Random(seed)
    text = "".join(section(dice) for _ in range(dice.randint(1, 5)))
    if dice.random() < 0.3 and text:  # damaged on the way
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(["", "\n", ":", "*", "Action", "{"]) + text[at + dice.randint(0, 3) :]
    return text


def test_every_split_of_a_thousand_transcripts_gives_the_same_and_never_a_wrong_call():
    kinds: dict[str, int] = {}
    for seed in range(TRANSCRIPTS):
        text = transcript(seed)
        whole = heard([text])
        assert summary(*whole[1:]) == reference(text), (seed, text)
        assert heard(list(text)) == whole, (seed, text)
        for at in range(1, len(text)):
            assert heard([text[:at], text[at:]]) == whole, (seed, at, text)
        kind = type(whole[2]).__name__
        kinds[kind] = kinds.get(kind, 0) + 1
    assert min(kinds.get(kind, 0) for kind in ("Used", "Answered", "Plain", "Unclear")) >= TRANSCRIPTS // 50, kinds


def test_splits_into_many_pieces_give_the_same():
    for seed in range(300):
        dice, text = random.Random(-seed), transcript(seed)
        cuts = sorted(dice.sample(range(len(text) + 1), min(len(text), dice.randint(0, 12))))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert heard(pieces) == heard([text]), (seed, pieces)


# --- by hand ---


def test_a_call_with_its_thought():
    thoughts, answer, outcome = heard(['Thought: I must look.\nAction: clock__now\nAction Input: {"zone": "UTC"}\n'])
    assert (thoughts, answer) == ("I must look.\n", "")
    assert outcome == Used("clock__now", '{"zone": "UTC"}')


def test_an_answer_is_heard_while_it_is_written():
    turn = TextTurn()
    assert turn.feed("Thought: done\nFinal Answer: It") == [Thought("done\n"), Answer("It")]
    assert turn.feed(" is\nAction: not one\nAction Input: {}") == [Answer(" is\nAction: not one\nAction Input: {}")]
    assert turn.end() == ([], Answered())


def test_what_a_model_makes_up_behind_an_observation_does_not_count():
    text = "Action: a\nAction Input: {}\nObservation: fine\nAction: b\nAction Input: {}\nFinal Answer: made up"
    assert heard([text]) == ("", "", Used("a", "{}"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Action: a\nAction Input: {}\nAction: b\nAction Input: {}", "more than one Action"),
        ("Action: a\nAction Input: {}\nFinal Answer: 4", "more than one Action"),
        ("Action: a", "without an Action Input"),
        ("Action Input: {}", "not clear"),
        ("Thought: hm", "neither an Action nor"),
        ("Action: a b\nAction Input: {}", "not just the name"),
        ("Action: a\nAction Input: Paris", "not one JSON object"),
        ('Action: a\nAction Input: {"q": 1} and so on', "not one JSON object"),
        ('Action: a\nAction Input: {"q": "cut sho', "not one JSON object"),
        ("Final Answer: \n", "empty"),
        ("", "Nothing was written"),
    ],
)
def test_what_is_malformed_is_no_call_and_says_why(text: str, why: str):
    _, answer, outcome = heard([text])
    assert isinstance(outcome, Unclear)
    assert why in outcome.why
    assert not answer.strip()


def test_a_text_without_any_label_is_all_there_is():
    assert heard(["It is ", "four: 4.\n"]) == ("", "", Plain("It is four: 4."))


def test_a_label_in_the_middle_of_a_line_is_none():
    assert heard(["I take no Action: a\nand no Final Answer: b"])[2] == Plain(
        "I take no Action: a\nand no Final Answer: b"
    )
