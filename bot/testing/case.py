"""Test-cases for adapters. A package of its own subclasses `AdapterCase`, names its adapter and mock portal, and
has its first tests; each that fails says what to write next.

They stand in the order in which an adapter is written: what it declares, then what it does at the mock portal,
through the real queue, ledger, browser and guard, judged by the mock portal's own books.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import pytest

from bot.claims.model import Claim
from bot.portal import fit
from bot.portal.adapter import Adapter, BatchAdapter, Kind, SavingAdapter, StageKind, Trouble
from bot.testing.pages import Lie, MockPortal
from bot.testing.paths import fields, resolves
from bot.testing.sample import visit
from bot.testing.trial import Trial
from bot.work.payers import policy_of

_NAMES_A_PATIENT = re.compile(
    r"subscriber(\.(last|first|member_id|birth_date))?|diagnos|other_insurance\.\d\.member_id"
)


class DeclarationCase:
    """What an adapter declares can work; the subclass has a fixture `adapter`."""

    def test_the_limits_are_sane(self, adapter: Adapter) -> None:
        limits = adapter.limits
        assert 1 <= limits.lines <= 50, (
            "limits: say how many service lines the form takes (a CMS-1500 page has 6)."
        )
        assert 1 <= limits.diagnoses <= 12, "limits: say how many diagnoses the form takes (at most 12)."
        assert timedelta(0) <= limits.visibility_delay <= timedelta(days=3), (
            "limits.visibility_delay: how long a new claim may stay out of the portal's own search, three "
            "days at most."
        )
        assert limits.claims_per_send >= 1
        assert bool(limits.attachment_routes) == bool(limits.attachments), (
            "limits: attachments and attachment_routes go together: how many documents, and how they go "
            "(EL, FX, BM)."
        )
        assert limits.attachment_routes <= {"AA", "BM", "EL", "EM", "FT", "FX"}
        assert all(re.fullmatch(r"\.[a-z]+", kind) for kind in limits.attachment_types)
        assert 0 < limits.attachment_bytes <= 1 << 30
        assert not any(character.isalnum() or character.isspace() for character in limits.forbidden)

    def test_a_control_number_is_told_from_other_words(self, adapter: Adapter) -> None:
        assert adapter.control_number, (
            r"control_number: write the format of the payer's claim number, such as r'\d{13}'; take it "
            r"from a receipt."
        )
        for number_format in filter(None, (adapter.control_number, adapter.tracking_number)):
            for word in ("", "0", "pending", "N/A", "Your claim has been submitted successfully!"):
                assert re.fullmatch(number_format, word) is None, (
                    f"'{word}' would pass for a number: make {number_format!r} stricter. Whatever fits it "
                    "counts as proof."
                )

    def test_the_home_page_is_known(self, adapter: Adapter) -> None:
        assert adapter.home, "home: write the heading of the page that a successful sign-in leads to."

    def test_pages_can_be_told_apart_and_followed(self, adapter: Adapter) -> None:
        titles = [page.title for page in adapter.pages]
        assert titles, (
            "form.py, PAGES: declare the form page by page, each with its heading, fields and next button."
        )
        assert len(set(titles)) == len(titles), f"two pages have one heading: {titles}"
        assert [page.title for page in adapter.pages if page.next is None][-1:] == titles[-1:] or isinstance(
            adapter, SavingAdapter
        ), "the last page leads nowhere: give it next=None; `sends` names the button that sends."
        for page in adapter.pages:
            labels = [field.label for field in page.fields]
            twice = sorted({label for label in labels if labels.count(label) > 1})
            assert not twice, f"page '{page.title}' has two fields labelled {twice}: a label must mean one field."
            for rows in page.rows:
                assert (rows.add is None) == (not rows.fields), (
                    f"table '{rows.table}': fields and add go together."
                )
                assert rows.stage is None or rows.add is not None

    def test_every_source_is_in_the_claim(self, adapter: Adapter) -> None:
        lost = [
            f"{where}: '{field.label}' comes from '{field.source}'"
            for where, field, item in fields(adapter)
            if isinstance(field.source, str) and not resolves(field.source, item)
        ]
        assert not lost, f"a claim has nothing of that name (bot/claims/model.py lists what it has): {lost}"

    def test_fields_that_name_a_patient_are_marked(self, adapter: Adapter) -> None:
        """Their values never appear in messages."""
        open_ones = [
            f"{where}: '{field.label}'"
            for where, field, _ in fields(adapter)
            if isinstance(field.source, str) and _NAMES_A_PATIENT.match(field.source) and not field.sensitive
        ]
        assert not open_ones, f"these name a patient; give them sensitive=True: {open_ones}"

    def test_the_stages_are_sound(self, adapter: Adapter) -> None:
        names = [stage.name for stage in adapter.stages]
        assert len(set(names)) == len(names), f"two stages have one name: {names}"
        assert [stage.kind for stage in adapter.stages].count(StageKind.FINAL) == 1, "one stage is final, no more."
        final = next(stage.name for stage in adapter.stages if stage.kind is StageKind.FINAL)
        used = [page.stage for page in adapter.pages] + [
            rows.stage for page in adapter.pages for rows in page.rows
        ]
        if isinstance(adapter, BatchAdapter):
            assert adapter.pages[-1].stage
            used.append(adapter.build)
        # the final stage is fired by `send` alone; every draft by some page, or by putting claims together
        assert final not in used, f"no page fires '{final}': sending does."
        assert set(names) - {final} == {name for name in used if name}, (
            "each draft stage is fired by a page or table."
        )
        for stage in adapter.stages:
            assert "TODO" not in stage.path, (
                f"stages: '{stage.name}' has no path yet. Send nothing to find it: the form's action, or "
                "the address in "
                "the browser's network panel of a claim that you entered by hand."
            )
            assert stage.method in ("POST", "PUT", "PATCH", "DELETE"), (
                f"'{stage.name}': a GET leaves nothing anywhere."
            )
            assert re.compile(stage.path).fullmatch(stage.path.replace("\\", "")) or "\\" in stage.path
            assert stage.path.startswith("/"), f"'{stage.name}': the path begins with a slash."
            assert not stage.matches("GET", stage.path, b"")

    def test_the_receipt_tells_whose_it_is(self, adapter: Adapter) -> None:
        assert adapter.echoes, "echoes: declare with shown(…) what the receipt repeats of the claim."
        echoes = {echo.label: echo for echo in adapter.echoes}
        assert len(echoes) == len(adapter.echoes), "two echoes have one label."
        assert adapter.identity, (
            "identity: name the echoes that tell whose receipt it is: account and member at least."
        )
        assert adapter.identity <= set(echoes)
        assert all(echo.kind is Kind.SHOWN for echo in adapter.echoes)
        sources = {echo.source for echo in adapter.echoes if isinstance(echo.source, str)}
        missing = {"account", "subscriber.member_id", "service_from", "charge"} - sources
        assert not missing, f"echoes: the receipt must repeat these, or it proves nothing: {sorted(missing)}"
        named = {echoes[label].source for label in adapter.identity}
        assert {"account", "subscriber.member_id"} <= named, (
            "identity: account and member tell whose receipt it is."
        )

    def test_every_word_has_its_meaning_in_small_letters(self, adapter: Adapter) -> None:
        assert adapter.words, (
            "words: the payer's words for where a claim stands, in small letters, each with its Status."
        )
        assert all(word == word.strip().lower() for word in adapter.words)

    def test_it_searches_for_claims(self, adapter: Adapter) -> None:
        searches = adapter.search is not None or type(adapter).find_claims is not Adapter.find_claims
        assert searches, (
            "search: declare the portal's own claim search, or write find_claims. It is the second "
            "witness, and the only "
            "way out when an answer was lost."
        )

    def test_what_may_stand_in_the_way_is_known(self, adapter: Adapter) -> None:
        known = {unexpected.trouble for unexpected in adapter.unexpected}
        assert {Trouble.SESSION_LOST, Trouble.UNAVAILABLE} <= known, (
            "unexpected: say by what words the portal signs somebody out, and says that it is closed."
        )
        for unexpected in adapter.unexpected:
            assert unexpected.text
            assert bool(unexpected.press) == (unexpected.trouble is Trouble.IN_THE_WAY), (
                f"'{unexpected.text}': what is in the way has buttons to press; the rest never has."
            )

    def test_it_comes_with_a_policy(self, adapter: Adapter) -> None:
        policy = policy_of(type(adapter))
        assert 30 <= policy.filing.days <= 730, (
            "policy.toml, [filing]: within how many days must a claim be there?"
        )
        text = files(type(adapter).__module__.rpartition(".")[0]).joinpath("policy.toml").read_text()
        assert "TODO" not in text, (
            "policy.toml: say where you read what it says, and whether the payer allows robots."
        )
        assert policy.filing.source


class AdapterCase(DeclarationCase):
    """The tests of one adapter: name it, a mock portal of its own, and a claim that fits."""

    adapter_class: ClassVar[type[Adapter]]
    #: ``options`` of the payer's settings, where the adapter asks for any.
    options: ClassVar[Mapping[str, object]] = {}

    def mock(self) -> AbstractContextManager[MockPortal]:
        """A mock portal, such as `bot.testing.PagePortal`."""
        raise NotImplementedError("mock: return your mock portal")

    def claim(self) -> Claim:
        """A claim that the portal can carry."""
        return visit()

    @pytest.fixture
    def adapter(self) -> Adapter:
        """The adapter, where nobody listens."""
        return self.adapter_class("http://127.0.0.1:9", self.options)

    @pytest.fixture
    def portal(self) -> Iterator[MockPortal]:
        """The mock portal, running."""
        with self.mock() as portal:
            yield portal

    @pytest.fixture
    def trial(self, portal: MockPortal, tmp_path: Path) -> Iterator[Trial]:
        """An office with one claim in its queue."""
        trial = Trial(tmp_path / "office", self.adapter_class, portal, self.options)
        trial.queue(self.claim())
        yield trial
        trial.close()

    def test_the_readme_says_what_it_cannot_do(self, adapter: Adapter) -> None:
        readme = files(type(adapter).__module__.rpartition(".")[0]).joinpath("README.md")
        assert readme.is_file(), (
            "README.md: what it signs in with, its stages, its proof, its known limits, when it was verified."
        )
        assert "TODO" not in readme.read_text(), (
            "README.md: known limits, and when it was last verified at the portal."
        )

    def test_a_usual_claim_fits(self, adapter: Adapter) -> None:
        problems = [problem.message for problem in fit.check(adapter, self.claim())]
        assert not problems, (
            "the form has no place for what a usual claim says. Declare the field, or say in not_asked "
            "why it does no "
            f"harm that there is none: {problems}"
        )

    def test_the_form_is_filled_and_nothing_leaves(self, trial: Trial, portal: MockPortal) -> None:
        """Sign-in, every page, every field read back, and the door shut."""
        said = trial.rehearse()
        assert said.startswith("Filled and read back"), f"the form was not filled: {said or 'nothing was said'}"
        assert (portal.sends, portal.claims) == (0, []), (
            "a request sent the claim before it was asked to: look at stages."
        )

    def test_a_claim_arrives_and_is_proved_twice(self, trial: Trial, portal: MockPortal) -> None:
        """By the receipt, and by the portal's own search."""
        row = trial.run()
        assert (portal.sends, len(portal.claims)) == (1, 1), (
            f"the portal has {len(portal.claims)} claims. {_why(trial)}"
        )
        assert (row["state"], row["proof"]) == ("accepted", "both"), (
            f"the claim is {row['state']}, proved by {row['proof']}; the receipt and the search must both "
            f"show it. {_why(trial)}"
        )

    def test_a_receipt_for_nothing_is_not_believed(self, trial: Trial, portal: MockPortal) -> None:
        """A flawless receipt, and the payer has nothing."""
        portal.mislead(Lie.PHANTOM)
        row = trial.run()
        assert (row["state"], portal.claims) == ("unknown", []), (
            f"the payer has nothing, and the claim is {row['state']}. Does the search show what was asked for, "
            f"and no more? {_why(trial)}"
        )
        assert len(trial.tasks) == 1

    def test_a_lost_answer_is_looked_up_and_nothing_goes_twice(self, trial: Trial, portal: MockPortal) -> None:
        portal.mislead(Lie.LOST)
        row = trial.run()
        assert (portal.sends, len(portal.claims)) == (1, 1), (
            f"the claim was sent {portal.sends} times, the portal has {len(portal.claims)}. {_why(trial)}"
        )
        assert row["state"] == "accepted", (
            f"the search did not find it: the claim is {row['state']}. {_why(trial)}"
        )

    def test_a_claim_that_never_arrived_goes_again_once(self, trial: Trial, portal: MockPortal) -> None:
        portal.mislead(Lie.DROPPED)
        row = trial.run()
        assert (row["state"], portal.sends) == ("queued", 1), (
            f"the claim is {row['state']}: the search must say by `empty` that it found nothing. {_why(trial)}"
        )
        row = trial.run()
        assert (row["state"], portal.sends, len(portal.claims)) == ("accepted", 2, 1), _why(trial)

    def test_a_claim_at_the_payer_with_another_charge_is_noticed(self, trial: Trial, portal: MockPortal) -> None:
        portal.mislead(Lie.ALTERED)
        row = trial.run()
        assert row["state"] == "disputed", (
            f"the payer has another charge than was sent, and the claim is {row['state']}: echoes, and the "
            "search, must "
            "show it."
        )
        assert portal.sends == 1


def _why(trial: Trial) -> str:
    return " ".join([*trial.said, trial.claim["reason"], *trial.tasks])
