"""A claim that a portal cannot carry is refused before sign-in; nothing of it is dropped in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.async_api import Page

from bot.claims.model import (
    Accident,
    Address,
    Attachment,
    Claim,
    Drug,
    Frequency,
    LinePayment,
    OtherDate,
    OtherInsurance,
    Payer,
    Person,
    Provider,
)
from bot.claims.vocabulary import Status
from bot.portal import fit
from bot.portal.adapter import (
    Adapter,
    Code,
    Credentials,
    Field,
    Fixed,
    FormPage,
    FoundClaim,
    Kind,
    Limits,
    Receipt,
    Rows,
    SentAs,
    Stage,
    StageKind,
    shown,
)
from bot.portal.convert import choice, mdy, money
from fixtures.claims.generate import claims
from fixtures.claims.pdf import write_pdf
from payers.hudson.adapter import Hudson
from payers.lakeshore.adapter import Lakeshore
from payers.northstar.adapter import Northstar
from payers.summit.adapter import Summit
from tests.unit.claims.builders import put

#: The adapters in the box, each with a claim that fits.
PAYERS: list[tuple[Adapter, Claim]] = [
    (Northstar("http://127.0.0.2"), claims("northstar", 1)[0]),
    (Lakeshore("http://127.0.0.3"), claims("lakeshore", 1)[0]),
    (Summit("http://127.0.0.4"), claims("summit", 1)[0]),
    (Hudson("http://127.0.0.5"), claims("hudson", 1)[0]),
]
by_payer = pytest.mark.parametrize(("adapter", "claim"), PAYERS, ids=lambda one: getattr(one, "slug", ""))
#: One that even a portal without fields would take.
CLAIM = put(PAYERS[0][1], "rendering", None)
DOCTOR = Provider(npi="1990000117", name="Vance", first="Ira")


class Plain(Adapter):
    """A portal without a single field."""

    slug = "plain"
    name = "Plain"
    limits = Limits(lines=3, diagnoses=4)
    control_number = r"\d+"
    home = "Home"
    pages = ()
    echoes = (shown("Account", "account"),)
    identity = frozenset({"Account"})
    stages: ClassVar[tuple[Stage, ...]] = (Stage("submit", StageKind.FINAL, "POST", "/claims"),)
    words: ClassVar[dict[str, Status]] = {}

    async def sign_in(self, page: Page, credentials: Credentials, code: Code) -> None: ...

    async def open_form(self, page: Page) -> None: ...

    async def ready_to_send(self, page: Page) -> None: ...

    async def send(self, page: Page) -> None: ...

    async def read_receipt(self, page: Page) -> Receipt:
        return Receipt()

    async def find_claims(
        self, page: Page, sought: SentAs, service_from: date, service_to: date
    ) -> Sequence[FoundClaim]:
        return ()


def portal(*fields: Field, rows: tuple[Rows, ...] = (), **declared: Any) -> Adapter:
    """A portal with these fields on its one page."""
    one: type[Adapter] = type("Portal", (Plain,), {"pages": (FormPage("Claim", fields, rows),), **declared})
    return one("http://127.0.0.9")


def refused(adapter: Adapter, claim: Claim) -> list[str]:
    """Which fields keep a portal from carrying a claim."""
    problems = fit.check(adapter, claim)
    assert all(problem.severity == "block" and problem.account == claim.account for problem in problems)
    assert all(adapter.name in problem.message for problem in problems)
    return [problem.field or "" for problem in problems]


@pytest.mark.parametrize("slug", [adapter.slug for adapter, _ in PAYERS])
def test_good_claims_fit(slug: str) -> None:
    adapter = next(adapter for adapter, _ in PAYERS if adapter.slug == slug)
    assert [fit.check(adapter, claim) for claim in claims(slug, 40)] == [()] * 40


def test_a_portal_without_other_insurance_takes_only_what_its_payer_pays_first() -> None:
    second = put(PAYERS[2][1], "subscriber.payer_order", "S")
    assert refused(PAYERS[2][0], second) == ["payer order"]
    assert refused(PAYERS[0][0], put(PAYERS[0][1], "subscriber.payer_order", "S")) == []


def test_a_portal_whose_lines_have_no_dates_takes_one_period() -> None:
    later = CLAIM.lines[0].model_copy(update={"service_from": date(2026, 6, 30), "service_to": date(2026, 6, 30)})
    two = put(CLAIM, "lines", (CLAIM.lines[0], later))
    assert "line.service_from" in refused(portal(), two)
    dated = Rows("line", "Lines", (), (Field("Date", "line.service_from"),), add="Add")
    assert "line.service_from" not in refused(portal(rows=(dated,)), two)
    assert "line.service_from" not in refused(portal(), put(CLAIM, "lines", (CLAIM.lines[0],) * 2))


@by_payer
def test_as_many_lines_and_diagnoses_as_the_portal_takes(adapter: Adapter, claim: Claim) -> None:
    for path, limit in (("lines", adapter.limits.lines), ("diagnoses", adapter.limits.diagnoses)):
        one = getattr(claim, path)[0]
        assert refused(adapter, put(claim, path, (one,) * limit)) == []
        assert path in refused(adapter, put(claim, path, (one,) * (limit + 1)))


@by_payer
def test_what_a_field_cannot_hold(adapter: Adapter, claim: Claim) -> None:
    label = next(
        field.label
        for page in adapter.pages
        for field in page.fields
        if field.source == "account" and field.kind is not Kind.SHOWN
    )
    assert refused(adapter, put(claim, "account", "A" * 20)) == []
    assert refused(adapter, put(claim, "account", "A" * 21)) == [label]
    for character in adapter.limits.forbidden:
        assert refused(adapter, put(claim, "account", f"A{character}1")) == [label]
    if adapter.limits.forbidden:
        assert len(refused(adapter, put(claim, "note", f"See{adapter.limits.forbidden}note"))) == 1


def test_a_field_that_the_portal_insists_on() -> None:
    insists = portal(Field("Member", "subscriber.member_id", required=True))
    assert refused(insists, CLAIM) == []
    assert refused(insists, put(CLAIM, "subscriber.member_id", "")) == ["Member"]
    assert refused(portal(Field("Member", "subscriber.member_id")), put(CLAIM, "subscriber.member_id", "")) == []
    row = Rows("line", "Lines", (), (Field("Text", "line.description", required=True),), add="Add")
    assert refused(portal(rows=(row,)), CLAIM) == ["Text"] * len(CLAIM.lines)


def test_a_page_the_claim_does_not_meet_asks_nothing() -> None:
    pages = (FormPage("Never", (Field("Note", "note", required=True),), when=lambda _: False),)
    assert refused(portal(pages=pages), CLAIM) == []


def test_a_choice_the_portal_does_not_offer() -> None:
    asks = portal(Field("Sex", "subscriber.sex", choice({"F": "Female", "M": "Male"}), Kind.SELECT))
    assert refused(asks, put(CLAIM, "subscriber.sex", "F")) == []
    assert refused(asks, put(CLAIM, "subscriber.sex", "U")) == ["Sex"]
    assert refused(portal(Field("Sex", "subscriber.sex", mdy)), CLAIM) == ["Sex"]


def test_what_is_refused_names_no_value() -> None:
    claim = put(put(CLAIM, "subscriber.member_id", "CANARY*777"), "subscriber.last", "Canarybird")
    fields = (
        Field("Member ID", "subscriber.member_id", sensitive=True, max_length=4),
        Field("Last name", "subscriber.last", choice({}), Kind.SELECT),
    )
    problems = fit.check(portal(*fields, limits=Limits(1, 1, forbidden="*")), claim)
    assert len(problems) >= 3
    assert not [problem for problem in problems if "canary" in problem.message.lower()]


MEANINGFUL: dict[str, Any] = {
    "dependant": Person(last="Roe", first="Tim", birth_date=date(2015, 1, 2)),
    "referring": DOCTOR,
    "supervising": DOCTOR,
    "facility": DOCTOR,
    "prior_authorisation": "PA4471",
    "referral_number": "R100",
    "clia": "24D0000000",
    "note": "Homebound",
    "onset_on": date(2026, 5, 1),
    "admitted_on": date(2026, 5, 1),
    "delay_reason": "3",
    "accident": Accident(cause="AA", on=date(2026, 5, 1), state="MN"),
    "condition_codes": ("AA",),
    "patient_paid": Decimal("20.00"),
    "other_insurance": (OtherInsurance(payer=Payer(name="OTHER", payer_id="OTH"), paid=Decimal(1)),),
    "lines.0.modifiers": ("25",),
    "lines.0.description": "Dressing changed",
    "lines.0.emergency": True,
    "lines.0.note": "See chart",
    "lines.0.prior_authorisation": "PA1",
    "lines.0.rendering": DOCTOR,
    "lines.0.paid_by_others": (LinePayment(payer_id="OTH", paid=Decimal(1)),),
    "lines.0.attachments": (Attachment(report_type="OZ", transmission="FX", control_number="A1"),),
}
#: What the law of the 837P has room for and nobody at payerbot has thought of yet.
FURTHER: dict[str, Any] = {
    "pay_to": Address(street="9 Elm", city="Oak", state="MN", zip_code="55001"),
    "other_dates": (OtherDate(kind="454", on=date(2026, 5, 1)),),
    "special_program": "02",
    "property_casualty_number": "WC99",
    "discharged_on": date(2026, 5, 3),
    "other_insurance": (
        OtherInsurance(payer=Payer(name="OTHER", payer_id="OTH"), paid=Decimal(1), filing_indicator="CI"),
        OtherInsurance(payer=Payer(name="THIRD", payer_id="THD"), paid=Decimal(2), filing_indicator="CI"),
    ),
    "lines.0.unit_type": "MJ",
    "lines.0.place_of_service": "21",
    "lines.0.epsdt": True,
    "lines.0.family_planning": True,
    "lines.0.ordering": DOCTOR,
    "lines.0.referring": DOCTOR,
    "lines.0.supervising": DOCTOR,
    "lines.0.facility": DOCTOR,
    "lines.0.drug": Drug(ndc="00000000001", quantity=Decimal(1), unit="ML"),
    "lines.0.other_dates": (OtherDate(kind="304", on=date(2026, 5, 1)),),
    "lines.0.referral_number": "R1",
}
CHOICES: dict[str, Any] = {
    "accept_assignment": "C",
    "benefits_assignment": "N",
    "release_of_information": "I",
    "signature_on_file": "N",
    "place_of_service": "21",
    "rendering": DOCTOR,
    "lines.0.units": Decimal(3),
    "lines.0.pointers": (2, 1),
}


@pytest.mark.parametrize("path", MEANINGFUL)
def test_a_portal_without_a_field_for_it_refuses_it(path: str) -> None:
    name = path.removeprefix("lines.0.")
    named = name if name == path else f"line.{name}"
    claim = put(CLAIM, path, MEANINGFUL[path])
    assert refused(portal(), CLAIM) == []
    assert named in refused(portal(), claim)
    assert named not in refused(portal(not_asked={named: "they look it up themselves"}), claim)
    assert named in refused(portal(not_asked={"something_else": "why"}), claim)


def _written(adapter: Adapter, claim: Claim) -> dict[tuple[object, ...], str | None]:
    """Everything that would be typed into the portal's form."""
    written: dict[tuple[object, ...], str | None] = {}
    for page in fit.pages(adapter, claim):
        for field in page.fields:
            if field.kind is not Kind.SHOWN:
                written[page.title, field.label] = fit.expected(field, claim)
        for rows in page.repeated:
            for at, item in enumerate(fit.items(claim, rows.each)):
                for field in rows.fields:
                    written[page.title, rows.each, at, field.label] = fit.expected(field, claim, item)
    return written


@by_payer
def test_nothing_is_dropped_in_silence(adapter: Adapter, claim: Claim) -> None:
    """Whatever a claim says beyond a plain one is typed in, or the claim is refused with the reason."""
    dropped = []
    for path, value in [*MEANINGFUL.items(), *FURTHER.items(), *CHOICES.items()]:
        second = value is FURTHER.get(path) and path in MEANINGFUL
        plainer = put(claim, path, MEANINGFUL[path]) if second else claim
        fuller = put(claim, path, value)
        assert fuller != plainer, path
        if not fit.check(adapter, fuller) and _written(adapter, fuller) == _written(adapter, plainer):
            dropped.append(path)
    assert not dropped, f"{adapter.name} never hears of {dropped}"


@pytest.mark.parametrize("frequency", [Frequency.REPLACEMENT, Frequency.VOID])
def test_a_correction_needs_a_field_for_the_number_it_corrects(frequency: Frequency) -> None:
    claim = CLAIM.model_copy(update={"frequency": frequency, "original_control_number": "1" * 17})
    assert "frequency" in refused(portal(), claim)
    assert "frequency" not in refused(portal(Field("Original", "original_control_number")), claim)


@pytest.mark.parametrize(("path", "label"), [("modifiers", "M"), ("pointers", "P")])
def test_a_list_of_a_line_needs_a_field_for_each(path: str, label: str) -> None:
    fields = tuple(Field(f"{label}{n}", f"line.{path}.{n}") for n in range(2))
    asks = portal(rows=(Rows("line", "Lines", (), fields, add="Add"),))
    two, three = (("25", "GT"), ("25", "GT", "59")) if path == "modifiers" else ((1, 2), (1, 2, 3))
    one_line = put(CLAIM, "lines", CLAIM.lines[:1])
    assert f"line.{path}" not in refused(asks, put(one_line, f"lines.0.{path}", two))
    assert f"line.{path}" in refused(asks, put(one_line, f"lines.0.{path}", three))


def test_diagnoses_field_by_field() -> None:
    asks = portal(*(Field(f"D{n}", f"diagnoses.{n}") for n in range(2)), limits=Limits(3, 12))
    assert "diagnoses" not in refused(asks, put(CLAIM, "diagnoses", ("E119", "I10")))
    assert "diagnoses" in refused(asks, put(CLAIM, "diagnoses", ("E119", "I10", "E785")))


@by_payer
def test_a_dependant_is_refused_although_a_name_is_shown(adapter: Adapter, claim: Claim) -> None:
    assert "dependant" in refused(adapter, put(claim, "dependant", MEANINGFUL["dependant"]))


def test_money_nobody_paid_is_no_reason_to_refuse() -> None:
    """Many exports write 0.00 where the patient has paid nothing."""
    assert "patient_paid" not in refused(portal(), put(CLAIM, "patient_paid", Decimal("0.00")))


def test_zero_is_an_amount_and_is_typed_in() -> None:
    """What another payer paid is often nothing, and services that are only reported cost nothing."""
    paid_nothing = OtherInsurance(
        payer=Payer(name="OTHER", payer_id="OTH"), paid=Decimal("0.00"), filing_indicator="CI"
    )
    secondary = put(CLAIM, "other_insurance", (paid_nothing,))
    assert fit.expected(Field("Paid", "other_insurance.0.paid", money), secondary) == "0.00"
    assert refused(PAYERS[0][0], secondary) == []
    reported = put(CLAIM, "lines.0.charge", Decimal("0.00"))
    row = Rows("line", "Lines", (), (Field("Charge", "line.charge", money, required=True),), add="Add")
    assert refused(portal(rows=(row,)), reported) == []


# Attachments

DOCUMENT = partial(Attachment, report_type="OZ", control_number="A1")
ROUTES = {"attachment_routes": frozenset({"EL", "FX"}), "attachments": 2}
UPLOADS = Rows("attachment", "Documents", (), (Field("File", "attachment.file", kind=Kind.FILE),), add="Add")


def _takes(**more: Any) -> Adapter:
    return portal(rows=(UPLOADS,), limits=Limits(**{"lines": 9, "diagnoses": 9, **ROUTES, **more}))


def _with(*documents: Attachment) -> Claim:
    claim: Claim = put(CLAIM, "attachments", documents)
    return claim


def _pdf(folder: Path, name: str = "note.pdf") -> str:
    path = folder / name
    write_pdf(path, ["A note"])
    return str(path)


def test_a_document_that_can_go(tmp_path: Path) -> None:
    assert "attachments" not in refused(_takes(), _with(DOCUMENT(file=_pdf(tmp_path))))
    assert "attachments" not in refused(_takes(), _with(DOCUMENT(file=_pdf(tmp_path, "NOTE.PDF"))))
    assert "attachments" not in refused(_takes(), _with(DOCUMENT(transmission="FX")))


@pytest.mark.parametrize(
    ("limits", "document"),
    [
        pytest.param({"attachment_routes": frozenset()}, {"transmission": "FX"}, id="no route"),
        pytest.param({}, {"transmission": "BM"}, id="another route"),
        pytest.param({}, {"file": ""}, id="no file"),
        pytest.param({}, {"file": "{folder}/gone.pdf"}, id="file gone"),
        pytest.param({}, {"file": "{folder}"}, id="a folder"),
        pytest.param({}, {"file": "{folder}/note.docx"}, id="type"),
        pytest.param({"attachment_bytes": 300}, {"file": "{folder}/note.pdf"}, id="size"),
        pytest.param({"attachment_pages": 0}, {"file": "{folder}/note.pdf"}, id="pages"),
        pytest.param({}, {"file": "{folder}/broken.pdf"}, id="no PDF"),
        pytest.param({}, {"file": "{folder}/note.pdf", "sha256": "0" * 64}, id="another document"),
        pytest.param({"attachments": 0}, {"transmission": "FX"}, id="number"),
    ],
)
def test_a_document_that_cannot_go(tmp_path: Path, limits: dict[str, Any], document: dict[str, str]) -> None:
    _pdf(tmp_path)
    _pdf(tmp_path, "note.docx")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    placed = {key: value.format(folder=tmp_path) for key, value in document.items()}
    assert "attachments" in refused(_takes(**limits), _with(DOCUMENT(**placed)))


def test_as_many_documents_as_the_portal_takes(tmp_path: Path) -> None:
    documents = [DOCUMENT(file=_pdf(tmp_path), control_number=f"A{n}") for n in range(3)]
    assert "attachments" not in refused(_takes(), _with(*documents[:2]))
    assert "attachments" in refused(_takes(), _with(*documents))
    exact = _takes(attachment_bytes=Path(documents[0].file).stat().st_size, attachment_pages=1)
    assert "attachments" not in refused(exact, _with(documents[0]))


def test_documents_that_are_not_asked_for_stay_at_home() -> None:
    claim = _with(DOCUMENT(file="/nowhere.pdf"))
    assert "attachments" not in refused(portal(not_asked={"attachments": "they ask by letter"}), claim)


# What a field must hold


def test_what_a_field_must_hold() -> None:
    line = fit.items(CLAIM, "line")[0]
    expected = fit.expected
    assert expected(Field("x", Fixed("ICD-10-CM")), CLAIM) == "ICD-10-CM"
    assert expected(Field("x", "charge", money), CLAIM) == f"{CLAIM.charge:.2f}"
    assert expected(Field("x", "diagnoses.0"), CLAIM) == CLAIM.diagnoses[0]
    assert expected(Field("x", "diagnoses.9"), CLAIM) is None
    assert expected(Field("x", "note"), CLAIM) is None
    assert expected(Field("x", "referring.npi"), CLAIM) is None
    assert expected(Field("x", "lines.0.code"), CLAIM) == CLAIM.lines[0].code
    assert expected(Field("x", "line.rendering.npi"), CLAIM, line) == CLAIM.billing.npi
    assert expected(Field("x", "line.place_of_service"), CLAIM, line) == CLAIM.place_of_service
    assert expected(Field("x", "diagnosis"), CLAIM, "E119") == "E119"
    assert expected(Field("x", lambda claim, item: item), CLAIM, 7) == "7"
    assert expected(Field("x", lambda claim, item: ""), CLAIM) is None


def test_a_rendering_provider_who_is_asked_once_renders_every_line_or_the_claim_does_not_fit() -> None:
    once, claim = portal(Field("Rendering NPI", "rendering.npi")), put(CLAIM, "rendering", DOCTOR)
    assert "line.rendering" not in refused(once, claim)
    assert "line.rendering" in refused(once, put(claim, "lines.0.rendering", Provider(npi="1990000121")))
    assert "line.rendering" in refused(portal(), claim)
