"""The lessons: each is walked from start to end, and what it claims is found to be true."""

import math
from pathlib import Path

import pytest

from core.places import Place
from lab.lesson_form import LessonError
from lab.lesson_reader import LARGEST_BYTES, lesson_from, read_lesson
from lab.lesson_tasks import (
    FieldIs,
    HasEnded,
    PanelSeen,
    SetByHand,
    Shows,
    Situation,
    StepsTaken,
    ToolUsed,
)
from lab.lesson_walks import Walk, is_done, score_of, walk_from
from lab.lessons import Checkpoint, Compare, Do, Entry, Lesson, Predict, SetUp, Why, contents
from lab.measurements import MEASUREMENTS, MeasurementOf
from lab.presets import presets
from lab.run import Phase, Run
from lab.spans import Span, span_from
from lab.spec import Spec
from tests.lab.lesson_bench import Bench
from tests.lab.making import run_of

TOOLS = ("steps", "nudge", "path", "check", "surface", "myths")
PANELS = ("build", "network", "loss", "data", "verdict", "lesson", "runs", *TOOLS)
ON_SCREEN = (PanelSeen, Shows, SetByHand, ToolUsed)

every_lesson = pytest.mark.parametrize("entry", contents(), ids=lambda entry: entry.name)

HEAD = "# A title\n\nWhat it is about.\n\n"
END = "\n## Checkpoint\n\nWhy?\n\n> Because.\n"


def step(title: str, *lines: str) -> str:
    """One step of a lesson with these lines in its block."""
    return "\n".join([f"## {title}", "```lab", *lines, "```", "Words.", ""])


def read(*steps: str) -> Lesson:
    return lesson_from(HEAD + "\n".join(steps) + END, "my.md", PANELS)


# -- those that there are


@every_lesson
def test_walked_from_start_to_end_a_lesson_claims_what_is_true(entry: Entry) -> None:
    lesson, bench, asked = read_lesson(entry.path, PANELS), Bench(), list[Predict]()
    for one in lesson.steps:
        bench.perform(one)
        match one:
            case SetUp():
                assert bench.run.spec == one.spec
            case Predict():
                asked.append(one)
            case Do():
                now = bench.situation()
                seen = [c for c in one.tasks if not isinstance(c, ON_SCREEN)]
                assert all(task.met(now) for task in seen), [str(t) for t in seen]
            case Compare():
                measured = bench.measured(one)
                for claim in one.claims:
                    assert measured[claim.measure] in claim.span, claim
                asked = [a for a in asked if not _is_answered(a, measured)]
    assert not asked, "every prediction is compared with what is measured"


def _is_answered(prediction: Predict, measured: dict[str, float]) -> bool:
    if prediction.measure not in measured:
        return False
    value = measured[prediction.measure]
    if prediction.choices:
        right = [choice.text for choice in prediction.choices if value in choice.span]
        assert len(right) == 1, (value, right)
    return True


@every_lesson
def test_a_lesson_has_all_kinds_of_steps_in_a_good_order(entry: Entry) -> None:
    lesson = read_lesson(entry.path, PANELS)
    assert isinstance(lesson.steps[0], SetUp)
    assert isinstance(lesson.steps[-1], Checkpoint)
    assert {SetUp, Predict, Do, Compare, Why, Checkpoint} == {type(one) for one in lesson.steps}
    assert 5 <= len(lesson.steps) <= 12
    words = sum(len(one.text.split()) for one in lesson.steps)
    assert 120 < words < 520, "four to eight minutes"
    assert entry.title == lesson.title


def test_a_lesson_measures_what_a_person_would_see_be_different() -> None:
    """Without its cure the claims of a lesson are false: they can fail."""
    entry = next(entry for entry in contents() if "normalisation" in entry.name)
    lesson, bench = read_lesson(entry.path, PANELS), Bench()
    bench.perform(lesson.steps[0])
    first = next(one for one in lesson.steps if isinstance(one, Compare))
    measured = bench.measured(first)
    assert not all(measured[claim.measure] in claim.span for claim in first.claims)


# -- the form


def test_a_lesson_is_read_step_by_step() -> None:
    lesson = read(
        step(
            "Set up",
            "preset: exploding",
            "network.depth: 4",
            "cures.residual: on",
            "panel: nudge",
            "weight: W_2[3, 1]",
        ),
        step(
            "Predict", "measure: factor per layer", "choice: x = y, so = below 1", "choice: b = 2"
        ),
        step("Predict", "measure: loss", "within: 1.5"),
        step("Do", "network.gain: 1 to 4", "network.activation: relu", "steps: 20", "panel: path"),
        step("Do", "shows: update_ratio", "use: path", "ending: diverged", "set by hand: a weight"),
        step("Compare", "factor per layer: 0.5 to 2", "loss: at least 1e-3"),
        "## Why\n\nOne *paragraph*.\n",
    )
    assert (lesson.name, lesson.title, lesson.text) == ("my", "A title", "What it is about.")
    changes = {"network.depth": 4, "cures.residual": True}
    spec = presets()["exploding"].spec.with_values(changes)
    set_up, choices, number, do, screen, compare, why, checkpoint = lesson.steps
    assert set_up == SetUp("Words.", spec, ("nudge",), Place("w", 2, 1, 3))
    assert isinstance(choices, Predict)
    assert [choice.text for choice in choices.choices] == ["x = y, so", "b"]
    assert choices.choices[0].span == Span(-math.inf, 1)
    assert number == Predict("Words.", "loss", (), 1.5)
    assert isinstance(do, Do)
    assert do.tasks == (
        FieldIs("network.gain", Span(1, 4)),
        FieldIs("network.activation", "relu"),
        StepsTaken(20),
        PanelSeen("path"),
    )
    assert isinstance(screen, Do)
    assert screen.tasks == (
        Shows("update_ratio"),
        ToolUsed("path"),
        HasEnded(Phase.DIVERGED),
        SetByHand(),
    )
    assert isinstance(compare, Compare)
    assert [claim.measure for claim in compare.claims] == ["factor per layer", "loss"]
    assert why == Why("One *paragraph*.")
    assert checkpoint == Checkpoint("Why?", "Because.")


WRONG = {
    "preset: vanishin": "line 8: received 'vanishin'; allowed: vanishing, ",
    "network.dept: 4": "received 'network.dept'; allowed: preset, ",
    "network.depth: 1000": "received '1000'; allowed: whole number from 0 to 100.",
    "network.depth: four": "received 'four'; allowed: whole number from 0 to 100.",
    "network.activation: rely": "(did you mean relu?).",
    "cures.residual: yes": "received 'yes'; allowed: on, off.",
    "panel: nudges": "(did you mean nudge?).",
    "weight: w1": "received 'w1'; allowed: a weight such as W_1[0, 0].",
    "weight: W_1[2, 0]": "received 'W_1[2, 0]'; allowed: a weight that this network has.",
    "weight: W_99[0, 0]": "allowed: a weight that this network has.",
    "no colon": "line 8: received 'no colon'; allowed: name: value.",
    "training.loss: cross_entropy": "line 5: received 'training.loss: \"cross_entropy\"'; ",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_set_up_with_something_unknown_is_refused_in_one_sentence(line: str) -> None:
    with pytest.raises(LessonError) as caught:
        read(step("Set up", "data.source: moons", line))
    sentence = str(caught.value)
    assert sentence.startswith("my.md, line ")
    assert WRONG[line] in sentence
    assert "\n" not in sentence


WRONG_STEPS = {
    step("Predict", "measure: los"): "(did you mean loss?)",
    step("Predict", "within: 2"): "allowed: a block with 'measure: name'",
    step("Predict", "measure: loss", "choice: it falls"): "an answer = the numbers",
    step("Predict", "measure: loss", "choice: it falls = low"): "a number, or a range",
    step("Predict", "measure: loss", "choice: a = 1"): "no choice, or several",
    step("Do", "steps: 0"): "received '0'; allowed: whole number from 1 to 1000000",
    step("Do", "ending: crashed"): "received 'crashed'; allowed: finished, stopped, diverged",
    step("Do", "network.gain: 200"): "received '200'; allowed: 0.01 to 100",
    step("Do", "network.gain: 3 to 1"): "a number, or a range",
    step("Do", "network.activation: 3"): "received '3'; allowed: ",
    step("Do", "use: nudges"): "(did you mean nudge?)",
    step("Do", "shows: gradients"): "received 'gradients'; allowed: activation_norm, ",
    step("Do", "set by hand: all"): "received 'all'; allowed: a weight",
    step("Do", "click: a button"): "received 'click'; allowed: steps, ",
    step("Compare", "los: 1"): "(did you mean loss?)",
    step("Compare", "loss: nan"): "received 'nan'; allowed: a number, or a range",
    step("Why", "loss: 1"): "allowed: no block below Why",
    step("Explain"): "received 'Explain'; allowed: Set up, Predict, Do, Compare, Why, Checkpoint",
    "## Compare\n\nWords.\n": "a block with a measurement and its value",
    "## Why\n": "a step with words for people",
    "## Do\n```lab\nsteps: 3\n": "a block that ends with ```",
    "## Why\n\n![a picture](/etc/x.png)\n": "allowed: words without pictures",
    "## Checkpoint\n\nA question.\n": "a question, and its answer in lines with >",
}


@pytest.mark.parametrize("wrong", WRONG_STEPS)
def test_a_step_with_something_unknown_is_refused_in_one_sentence(wrong: str) -> None:
    with pytest.raises(LessonError) as caught:
        read("## Why\n\nFirst.\n", wrong)
    sentence = str(caught.value)
    assert WRONG_STEPS[wrong] in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: received ''; allowed: a line '# Title'"),
        ("Just words.", "allowed: a line '# Title'"),
        ("# A title\n\nNo steps.", "allowed: a line '# Title'"),
        (HEAD + "## Why\n\nSo.\n", "received 'Why'; allowed: Checkpoint, as the last step"),
    ],
)
def test_a_text_that_is_no_lesson_is_refused(text: str, expected: str) -> None:
    with pytest.raises(LessonError, match=r"^my.md, line ") as caught:
        lesson_from(text, "my.md", PANELS)
    assert expected in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    for content, expected in (
        (b"\xff\xfe\x00", "x.md is no lesson: it is not text in UTF-8."),
        (b"a" * (LARGEST_BYTES + 1), "x.md is no lesson: it is larger than 100000 bytes."),
    ):
        path.write_bytes(content)
        with pytest.raises(LessonError, match=expected):
            read_lesson(path, PANELS)
    with pytest.raises(LessonError, match=r"gone.md cannot be read: no such file"):
        read_lesson(tmp_path / "gone.md", PANELS)


def test_the_list_needs_no_more_than_the_first_lines(tmp_path: Path) -> None:
    (tmp_path / "2-b.md").write_text("# Second\n\nNo lesson at all.")
    (tmp_path / "1-a.md").write_text("")
    assert [entry.title for entry in contents(tmp_path)] == ["1-a", "Second"]


# -- what is to be done


def test_tasks_are_met_by_what_is_on_the_bench() -> None:
    spec = Spec().with_values({"network.gain": 1.5})
    now = Situation(
        spec, 20, Phase.DIVERGED, ("loss",), "update_ratio", ("path",), set_by_hand=True
    )
    before = Situation(Spec(), 19, Phase.PAUSED)
    for task in (
        FieldIs("network.gain", Span(1.4, 1.6)),
        StepsTaken(20),
        HasEnded(Phase.DIVERGED),
        PanelSeen("loss"),
        Shows("update_ratio"),
        ToolUsed("path"),
        SetByHand(),
    ):
        assert task.met(now)
        assert not task.met(before)
        assert str(task)
    assert FieldIs("network.activation", "sigmoid").met(now)
    assert str(FieldIs("network.activation", "relu")) == "Activation: ReLU"
    assert str(FieldIs("network.gain", Span(1.4, 1.6))) == "Gain: 1.4 to 1.6"


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("0.2", [0.2], [0.21, math.nan]),
        ("0.1 to 0.3", [0.1, 0.3], [0.09, 0.31]),
        ("below 1e-3", [-1, 1e-3], [0.002]),
        ("at least 100", [100, math.inf], [99]),
        ("-0.5 to -0.1", [-0.3], [0]),
    ],
)
def test_a_span_is_read_as_people_write_it(
    text: str, inside: list[float], outside: list[float]
) -> None:
    span = span_from(text)
    assert all(value in span for value in inside)
    assert not any(value in span for value in outside)
    assert span.middle in span


@pytest.mark.parametrize("text", ["", "x", "1 to", "3 to 1", "inf", "nan to 1", "below"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no range"):
        span_from(text)


# -- how far one is, and what a prediction was worth

LESSON = (
    step("Set up"),
    step("Predict", "measure: loss", "within: 1.5"),
    step("Predict", "measure: test accuracy", "within: 0.05"),
    step(
        "Predict", "measure: factor per layer", "choice: low = 0 to 0.5", "choice: one = 0.9 to 1"
    ),
    step("Compare", "loss: 1", "test accuracy: 1", "factor per layer: 1"),
    step("Predict", "measure: loss", "within: 1.5"),
    step("Compare", "loss: 1"),
)


def test_a_walk_goes_from_the_first_step_to_the_last_and_is_kept() -> None:
    lesson = read(*LESSON)
    walk = Walk().at(-1, lesson)
    assert (walk.position, walk.done) == (0, False)
    walk = walk.at(1, lesson).answered(0.7).at(3, lesson).answered(1.0)
    assert walk_from(walk.to_text(), lesson) == walk
    assert not is_done(walk.to_text())
    end = walk.at(99, lesson)
    assert (end.position, end.done) == (7, True)
    assert is_done(end.to_text())
    assert end.at(0, lesson).done, "to look at it again does not undo it"
    assert walk_from(end.to_text(), lesson) == end


@pytest.mark.parametrize(
    "text",
    [
        *("", "[", "[]", "3", "[" * 100_000),
        '{"position": "x", "answers": 3}',
        '{"position": true}',
        '{"answers": {"3": 2, "1": true, "2": "0.3", "0": 1, "9": 1}, "done": 1}',
        '{"position": 1.5}',
    ],
)
def test_a_walk_that_cannot_be_understood_counts_as_not_begun(text: str) -> None:
    assert walk_from(text, read(*LESSON)) == Walk()
    assert not is_done(text)


def test_a_prediction_is_compared_once_with_the_next_measurement() -> None:
    lesson = read(*LESSON)
    walk = Walk().at(1, lesson).answered(0.7)
    first, second = walk.at(4, lesson), walk.at(6, lesson)
    assert first.prediction_of("loss", lesson) == (lesson.steps[1], 0.7)
    assert first.prediction_of("factor per layer", lesson) is None
    assert second.prediction_of("loss", lesson) is None
    again = walk.at(5, lesson).answered(0.2).at(6, lesson)
    assert again.prediction_of("loss", lesson) == (lesson.steps[5], 0.2)


@pytest.mark.parametrize(
    ("index", "answer", "measured", "right", "words"),
    [
        (1, 0.25, 0.2, True, "You said 0.25, measured 0.200: close."),
        (1, 0.4, 0.2, False, "You said 0.4, measured 0.200: 2 times too large."),
        (1, 0.1, 0.2, False, "You said 0.1, measured 0.200: 2 times too small."),
        (1, -0.2, 0.2, False, "You said -0.2, measured 0.200: of another sign."),
        (1, 0.2, 0.2, True, "You said 0.2, measured 0.200: right."),
        (1, 0.0, 0.0, True, "You said 0, measured 0: right."),
        (2, 0.9, 0.93, True, "You said 0.9, measured 0.930: close."),
        (2, 0.5, 0.93, False, "You said 0.5, measured 0.930: off by 0.43."),
        (3, 0, 0.2, True, "You said “low”, measured 0.200: right."),
        (3, 0, 0.95, False, "You said “low”, measured 0.950: it was “one”."),
        (3, 0, 0.7, False, "You said “low”, measured 0.700: none of the answers."),
        (1, 0.2, math.nan, False, "This cannot be measured in the network as it is now."),
    ],
)
def test_a_prediction_is_scored_by_the_measured_value(
    index: int, answer: float, measured: float, right: bool, words: str
) -> None:
    prediction = read(*LESSON).steps[index]
    assert isinstance(prediction, Predict)
    score = score_of(prediction, answer, measured)
    assert (score.right, score.words) == (right, words)


# -- measurements

UNKNOWN_IN_A_SMALL_NETWORK = (
    "critical gain",
    "weight gradient's factor per layer",
    "highest loss between two networks",
    "highest final loss over lowest",
)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_leaves_the_run_as_it_is(name: str) -> None:
    run, other = run_of(steps=3), run_of(steps=3)
    value = MeasurementOf(name).made_of(run)
    assert math.isfinite(value) or name in UNKNOWN_IN_A_SMALL_NETWORK
    for one in (run, other):
        for _ in range(3):
            one.advance()
    assert (run.trainer.network.parameters == other.trainer.network.parameters).all()
    assert run.loss == other.loss


@pytest.mark.parametrize("name", MEASUREMENTS)
@pytest.mark.parametrize(
    "changes",
    [
        {"cures.norm": "batch"},
        {"network.depth": 0, "data.source": "plane"},
        {"network.seeds": 3, "cures.dropout": 0.2},
        {"network.depth": 100, "network.gain": 100.0, "network.activation": "identity"},
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_not_a_number_and_harms_nothing(
    name: str, changes: dict[str, object]
) -> None:
    run = Run(Spec().with_values({"data.source": "moons", **changes}))
    assert isinstance(MeasurementOf(name).made_of(run), float)
