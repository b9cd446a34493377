"""What was found in the run, in words, with the rule; what helps; and how to go on from a crash.

It judges what it is shown only while somebody can see it, now or where a person looks back. It asks
for cures a moment after a finding or the spec has changed; they are found elsewhere, as theory
takes its time with deep networks.
"""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QToolButton

from core.datasets import Dataset
from lab.crash import Crash, lower_rate
from lab.diagnosis import Diagnosis, diagnose, diagnosis_of
from lab.frames import Frame
from lab.history import History
from lab.moments import Moment
from lab.offers import Offer
from lab.spec import Spec
from lab.verdict import Finding, Rule, Verdict
from lab.words import brief, name_of_steps, spaced
from widgets.cure_list import CureList
from widgets.rule_editor import RuleEditor, store_rule, stored_rule
from widgets.text_panel import TextPanel
from widgets.theme import Theme
from widgets.watched import Watched

# Never colour alone: each finding has a sign of its own.
SIGNS = {
    Finding.OVERFLOW: "✕",
    Finding.DIVERGED: "✕",
    Finding.MOST_DIVERGED: "✕",
    Finding.EXPLODING: "▲",
    Finding.NO_GRADIENT: "✕",
    Finding.VANISHING: "▼",
    Finding.UNEVEN: "≈",
    Finding.SIGNAL_GROWING: "△",
    Finding.SIGNAL_DYING: "▽",
    Finding.SATURATED: "◐",
    Finding.DEAD: "◌",
    Finding.SOME_DIVERGED: "✗",
    Finding.PLATEAU: "▬",
    Finding.OVERFITTING: "≠",
    Finding.HEALTHY: "●",
    Finding.SHALLOW: "○",
    Finding.LARGE_STEPS: "»",
    Finding.SMALL_STEPS: "›",
    Finding.EARLY: "…",
}
STEADY = 3  # looks at different steps; of a quick run, as many as there are in a second
CALM = (None, Finding.HEALTHY, Finding.SHALLOW, Finding.EARLY)
OFFERS_AFTER_MS = 250


class Said(NamedTuple):
    """What was found in a run, by which rule, without the numbers."""

    run_id: int
    spec: Spec
    rule: Rule
    headline: str
    findings: tuple[Finding, ...]


class VerdictPanel(TextPanel, Watched):
    """Headline, numbers, further findings, cures and the rule.

    `cures_wanted` carries a `Diagnosis`, to be answered with `show_cures`; `cure_chosen` carries an
    `Offer`, `rate_chosen` the learning rate to go on with after a crash;
    `back_chosen` asks for the last finite step; `rule_changed` says to judge anew, and `refused`
    why a number was not taken.
    """

    cures_wanted = Signal(object)
    cure_chosen = Signal(object)
    rate_chosen = Signal(float)
    back_chosen = Signal()
    rule_changed = Signal()
    refused = Signal(str)

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__()
        self._theme = theme
        self._settings = settings
        self._finding: Finding | None = None
        self._diagnosis: Diagnosis | None = None
        self._lower_rate: float | None = None  # at which a run that has diverged can go on
        self._spec: Spec | None = None
        self._said: Said | None = None
        self._doubts = set[int]()  # steps in a row at which something else was found
        self.headline = self.add_text("headline")
        self.detail = self.add_text()
        self.go_on = self._add_button(
            self.tr("Lower the learning rate and go on"), self._on_go_on_clicked
        )
        self.go_back = self._add_button(
            self.tr("Back to the last finite step"), self._on_go_back_clicked
        )
        self.go_on.setToolTip(self.tr("Go on from the last calm state with smaller steps."))
        self.go_back.setToolTip(self.tr("Wait where the run was before it blew up, to look at it."))
        self.further: list[QLabel] = []
        self._further_at = self._layout.count() - 1
        self.cures = CureList()
        self.add(self.cures)
        self.cures.chosen.connect(self.cure_chosen)
        self.rule_text = self.add_text("muted")
        self._add_rule_editor()
        self._offers_timer = QTimer(self, singleShot=True, interval=OFFERS_AFTER_MS)
        self._offers_timer.timeout.connect(self._on_offers_due)
        theme.changed.connect(self._color_headline)

    @property
    def rule(self) -> Rule:
        """The rule in force."""
        return self.rule_editor.value()

    # -- what is shown

    def show_run(
        self,
        spec: Spec,
        frame: Frame,
        history: History,
        data: Dataset,
        crash: Crash | None,
        moment: int | None = None,
        *,
        playing: bool = False,
    ) -> None:
        """Say what is found in a run.

        Of a past `moment`, a step, it says what was found then, and offers nothing against it.
        While it is `playing`, something else is said only once it has been found a few times in a
        row: at the edge of a rule the headline would flicker.
        """
        if not self.seen or frame.record.magnitudes.shape[-1] != len(spec.sizes) - 1:
            return  # the frame of a run that is being replaced says nothing of the next
        past = None if moment is None or moment >= frame.step else history.at(moment)
        if past is not None:
            self._said = None
            self._look_back(spec, past, frame.learning, crash)
            self._show_ways_on(spec, crash)
            return
        diagnosis = diagnosis_of(frame, history, spec, data, crash, self.rule)
        main = diagnosis.main
        what = Said(frame.run_id, spec, self.rule, main.headline, diagnosis.findings)
        if not self._is_to_be_said(what, frame.step, playing=playing):
            return
        self._look_for_cures(spec, diagnosis)
        self._show(main.finding, main.headline, main.detail, main.rule)
        self._show_further(diagnosis.further)
        self._show_ways_on(spec, crash)

    def _is_to_be_said(self, what: "Said", step: int, *, playing: bool) -> bool:
        said = self._said
        if playing and said is not None and said != what and said[:3] == what[:3]:
            self._doubts.add(step)
            if len(self._doubts) < STEADY:
                return False
        self._said = what
        self._doubts.clear()
        return True

    def _look_back(self, spec: Spec, past: Moment, learning: int, crash: Crash | None) -> None:
        self.forget_cures()
        # How many there were then is known only if all are still there.
        known = learning if learning == spec.network.seeds else None
        found = diagnose(past.magnitudes, spec, rule=self.rule, learning=known).verdicts
        # Whether small steps were too small depends on what had been learned by then.
        main, *further = (one for one in found if one.finding is not Finding.SMALL_STEPS)
        when = name_of_steps(past.first, past.last)
        looking = self.tr("Looking back: {0}.").replace("{0}", when)
        if crash is not None:
            since = self.tr(" The run has diverged at step {0}.")
            looking += since.replace("{0}", spaced(crash.step))
        self._show(main.finding, main.headline, f"{looking}\n{main.detail}", main.rule)
        self._show_further(tuple(further))

    def show_cures(self, offers: tuple[Offer, ...]) -> None:
        """Offer what helps against what was found."""
        if self._diagnosis is not None:
            self.cures.show_offers(offers)

    def forget_cures(self) -> None:
        """Offer nothing until it is known what helps the next run."""
        self._offers_timer.stop()
        self._diagnosis = None
        self.cures.show_offers(())

    def show_failure(self, detail: str) -> None:
        """Say that the run cannot go on because of an error."""
        self._said = None
        self.forget_cures()
        advice = self.tr("What was learned before is kept and can be saved. Play starts anew.")
        sentence = f"{detail[:1].upper()}{detail[1:]}."
        self._show(Finding.DIVERGED, self.tr("The run failed"), sentence, advice)
        self._show_further(())
        self._show_ways_on(None, None)

    def _show(self, finding: Finding, headline: str, detail: str, rule: str) -> None:
        texts = (f"{SIGNS[finding]}  {headline}", detail, rule)
        for label, text in zip((self.headline, self.detail, self.rule_text), texts, strict=True):
            _set_text(label, text)
        if finding is not self._finding:
            self._finding = finding
            self._color_headline()

    def _show_further(self, verdicts: tuple[Verdict, ...]) -> None:
        while len(self.further) < len(verdicts):
            label = self.add_text("muted")
            self._layout.removeWidget(label)
            self._layout.insertWidget(self._further_at + len(self.further), label)
            self.further.append(label)
        for label, verdict in zip(self.further, verdicts, strict=False):
            text = f"{SIGNS[verdict.finding]}  {verdict.headline}. {verdict.detail}"
            _set_text(label, text)
            if label.toolTip() != verdict.rule:
                label.setToolTip(verdict.rule)
        for index, label in enumerate(self.further):
            label.setVisible(index < len(verdicts))

    def _show_ways_on(self, spec: Spec | None, crash: Crash | None) -> None:
        rate = None if crash is None or spec is None else lower_rate(spec, crash)
        self._lower_rate = rate
        self.go_back.setVisible(crash is not None)
        self.go_on.setVisible(rate is not None)
        if crash is None or spec is None or rate is None:
            return
        lower, step = brief(rate), spaced(crash.calm_step)
        words = self.tr("Lower the rate to {0} and go on")
        tip = self.tr(
            "Lower the learning rate to {0} and go on from the last calm state, that of step {1}."
        )
        if rate == spec.training.learning_rate:  # lowered since, or not to blame
            words = self.tr("Go on at the rate {0}")
            tip = self.tr("Go on from the last calm state, that of step {1}, at the rate {0}.")
        self.go_on.setText(words.replace("{0}", lower))
        self.go_on.setToolTip(tip.replace("{0}", lower).replace("{1}", step))

    # -- cures

    def _look_for_cures(self, spec: Spec, diagnosis: Diagnosis) -> None:
        known = self._diagnosis
        same = known is not None and (known.findings, known.rule) == (
            diagnosis.findings,
            diagnosis.rule,
        )
        # Changes that follow each other are waited for; findings may come and go for ever.
        if spec is not self._spec or not (same or self._offers_timer.isActive()):
            self._offers_timer.start()
        self._spec, self._diagnosis = spec, diagnosis

    def _on_offers_due(self) -> None:
        if self._diagnosis is not None:
            self.cures_wanted.emit(self._diagnosis)

    # -- what a person does

    def _on_go_on_clicked(self) -> None:
        if self._lower_rate is not None:
            self.rate_chosen.emit(self._lower_rate)

    def _on_go_back_clicked(self) -> None:
        self.back_chosen.emit()

    def _on_rule_changed(self, rule: Rule) -> None:
        store_rule(self._settings, rule)
        self.rule_changed.emit()

    # -- building

    def _add_button(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(text)
        button.setProperty("small", "true")
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        button.clicked.connect(act)
        button.hide()
        self.add(button)
        return button

    def _add_rule_editor(self) -> None:
        self.rule_button = QToolButton()
        self.rule_button.setText(self.tr("Change the rule"))
        self.rule_button.setProperty("link", "true")
        self.rule_button.setCheckable(True)
        self.rule_button.setAccessibleName(self.rule_button.text())
        self.rule_button.setToolTip(self.tr("Show the two numbers that the verdict goes by."))
        self.rule_editor = RuleEditor()
        self.rule_editor.set_value(stored_rule(self._settings))
        self.rule_editor.hide()
        self.rule_button.toggled.connect(self.rule_editor.setVisible)
        self.rule_editor.changed.connect(self._on_rule_changed)
        self.rule_editor.refused.connect(self.refused)
        self.add(self.rule_button)
        self.add(self.rule_editor)

    def _color_headline(self) -> None:
        colors = self._theme.colors
        color = colors.text if self._finding in CALM else colors.warning
        sheet = f"color: {color};"
        if self.headline.styleSheet() != sheet:
            self.headline.setStyleSheet(sheet)


def _set_text(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
