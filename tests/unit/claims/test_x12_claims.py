"""What each loop of an 837P becomes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.claims.model import Adjustment, Frequency, OtherId, Severity
from tests.unit.claims.builders import BILLING, CLAIM, LINE, SUBSCRIBER, one, read, x12

DEPENDANT = [
    "HL*1**20*1", *BILLING[1:],
    "HL*2*1*22*1", "SBR*P**GROUP7******CI", "NM1*IL*1*ROE*JANE****MI*MEMBER1", "NM1*PR*2*LAKE*****PI*LK",
    "HL*3*2*23*0", "PAT*19", "NM1*QC*1*ROE*TIM", "N3*2 B ST", "N4*TOWN*MN*55001", "DMG*D8*20150203*M",
]  # fmt: skip


def test_a_plain_claim(tmp_path: Path) -> None:
    claim = one(tmp_path, "PRV*BI*PXC*207Q00000X", *BILLING, *SUBSCRIBER, *CLAIM, *LINE)
    assert claim.account == "ACC1"
    assert claim.charge == Decimal(100)
    assert claim.frequency is Frequency.ORIGINAL
    assert claim.place_of_service == "11"
    assert claim.diagnoses == ("E119", "I10")
    assert claim.billing.npi == "1990000014"
    assert claim.billing.tin == "990000017"
    assert claim.subscriber.member_id == "MEMBER1"
    assert claim.subscriber.birth_date == date(1950, 1, 1)
    assert claim.payer.name == "LAKE"
    assert claim.payer.payer_id == "LK"
    assert claim.dependant is None
    line = claim.lines[0]
    assert (line.code, line.charge, line.units, line.pointers) == ("99213", Decimal(100), Decimal(1), (1, 2))
    assert (line.service_from, line.service_to) == (date(2026, 6, 1), date(2026, 6, 1))
    assert claim.unread == ()


def test_a_dependant(tmp_path: Path) -> None:
    claim = one(tmp_path, *DEPENDANT, *CLAIM, *LINE)
    assert claim.relationship == "19"
    assert claim.patient.first == "TIM"
    assert claim.patient.birth_date == date(2015, 2, 3)
    assert claim.subscriber.first == "JANE"
    assert claim.subscriber.group_number == "GROUP7"


def test_levels_share_and_do_not_leak(tmp_path: Path) -> None:
    """Two patients under one subscriber, then another subscriber: nobody inherits from a neighbour."""
    body = [
        *DEPENDANT, *CLAIM, *LINE,
        "HL*4*2*23*0", "PAT*01", "NM1*QC*1*ROE*SAM", "CLM*ACC2*100***11:B:1*Y*A*Y*Y", *CLAIM[1:], *LINE,
        "HL*5*1*22*0", *SUBSCRIBER[1:3], "NM1*PR*2*NORTH*****PI*NS", "CLM*ACC3*100***11:B:1*Y*A*Y*Y", *LINE,
    ]  # fmt: skip
    found, _ = read(tmp_path, x12(body))
    first, second, third = (item.claim for item in found)
    assert first
    assert second
    assert third
    assert [first.patient.first, second.patient.first, third.patient.first] == ["TIM", "SAM", "JANE"]
    assert second.patient.birth_date is None
    assert second.relationship == "01"
    assert third.dependant is None
    assert third.payer.name == "NORTH"
    assert third.diagnoses == ()
    assert third.subscriber.group_number == ""


def test_providers_of_claim_and_line(tmp_path: Path) -> None:
    claim = one(
        tmp_path, *BILLING, *SUBSCRIBER, *CLAIM,
        "NM1*82*1*CLAIMDOC*ANN****XX*1990000113", "PRV*PE*PXC*207Q00000X",
        "NM1*DN*1*REFERRER*BO****XX*1990000121",
        "NM1*77*2*CLINIC*****XX*1990000139", "N3*9 C ST", "N4*TOWN*MN*55001",
        "NM1*DQ*1*SUPER*CY", "REF*G2*PAYER7",
        *LINE, "NM1*82*1*LINEDOC*DI****XX*1990000121", "NM1*DK*1*ORDERER*ED",
        "LX*2", "SV1*HC:99214*0*UN*1***1", "DTP*472*RD8*20260601-20260603",
    )  # fmt: skip
    assert claim.rendering is not None
    assert claim.rendering.taxonomy == "207Q00000X"
    assert claim.rendering_of(claim.lines[0]).name == "LINEDOC"
    assert claim.rendering_of(claim.lines[1]).name == "CLAIMDOC"
    assert claim.referring
    assert claim.referring.name == "REFERRER"
    assert claim.facility
    assert claim.facility.address
    assert claim.facility.address.street == "9 C ST"
    assert claim.supervising
    assert claim.supervising.other_ids == (OtherId(kind="G2", number="PAYER7"),)
    assert claim.lines[0].ordering
    assert claim.lines[0].ordering.name == "ORDERER"
    assert claim.lines[1].service_to == date(2026, 6, 3)


def test_the_billing_providers_number_at_this_payer(tmp_path: Path) -> None:
    claim = one(tmp_path, *BILLING, *SUBSCRIBER, "REF*G2*OURS", "REF*FY*OFFICE", *CLAIM, *LINE)
    assert claim.billing.other_ids == (OtherId(kind="G2", number="OURS"),)
    assert claim.payer.other_ids == (OtherId(kind="FY", number="OFFICE"),)


def test_coordination_of_benefits(tmp_path: Path) -> None:
    claim = one(
        tmp_path, *BILLING, *SUBSCRIBER, *CLAIM,
        "SBR*P*01*OTHERGROUP******CI", "CAS*PR*1*10.00**2*5.50*2", "AMT*D*70", "AMT*EAF*15.5", "OI***Y***Y",
        "NM1*IL*1*ROE*RAY****MI*OTHER1", "NM1*PR*2*KEY*****PI*KEY1", "DTP*573*D8*20260610", "REF*F8*ICN1",
        *LINE, "SVD*KEY1*70*HC:99213:25**1", "CAS*CO*45*30", "DTP*573*D8*20260610",
    )  # fmt: skip
    (other,) = claim.other_insurance
    assert other.payer.payer_id == "KEY1"
    assert other.insured.first == "RAY"
    assert other.member_id == "OTHER1"
    assert other.paid == Decimal(70)
    assert other.patient_owes == Decimal("15.50")
    assert other.paid_on == date(2026, 6, 10)
    assert other.control_number == "ICN1"
    assert other.adjustments == (
        Adjustment(group="PR", reason="1", amount=Decimal(10)),
        Adjustment(group="PR", reason="2", amount=Decimal("5.50"), quantity=Decimal(2)),
    )
    (payment,) = claim.lines[0].paid_by_others
    assert (payment.payer_id, payment.paid, payment.modifiers) == ("KEY1", Decimal(70), ("25",))
    assert payment.adjustments == (Adjustment(group="CO", reason="45", amount=Decimal(30)),)
    assert claim.subscriber.member_id == "MEMBER1"


def test_numbers_notes_attachments_and_dates(tmp_path: Path) -> None:
    claim = one(
        tmp_path, *BILLING, *SUBSCRIBER,
        "CLM*ACC1*100***12:B:7*Y*C*N*I*P*AA:::MN*********3",
        "DTP*439*D8*20260501", "DTP*435*D8*20260502", "DTP*096*D8*20260503", "DTP*431*D8*20260504",
        "PWK*OZ*FX***AC*ACN1", "AMT*F5*20", "REF*F8*ICN9", "REF*G1*AUTH", "REF*9F*REFNO", "REF*X4*24D0000001",
        "REF*D9*CLEARINGHOUSE", "NTE*ADD*BE KIND", "HI*ABK:E119", "HI*BG:AA:X",
        "LX*1", "SV1*HC:99600:TD:59::GP:HOME VISIT*100*UN*1*12**1**Y**Y*Y", "DTP*472*D8*20260601",
        "REF*6R*L1", "NTE*ADD*LINE NOTE", "LIN**N4*00004-1965-01", "CTP****2.5*ML", "REF*XZ*RX7",
    )  # fmt: skip
    assert claim.frequency is Frequency.REPLACEMENT
    assert claim.original_control_number == "ICN9"
    assert (claim.accept_assignment, claim.benefits_assignment, claim.release_of_information) == ("C", "N", "I")
    assert claim.accident
    assert (claim.accident.cause, claim.accident.state) == ("AA", "MN")
    assert claim.accident.on == date(2026, 5, 1)
    assert (claim.admitted_on, claim.discharged_on) == (date(2026, 5, 2), date(2026, 5, 3))
    assert claim.onset_on == date(2026, 5, 4)
    assert (claim.prior_authorisation, claim.referral_number, claim.clia) == ("AUTH", "REFNO", "24D0000001")
    assert claim.delay_reason == "3"
    assert claim.patient_paid == Decimal(20)
    assert claim.condition_codes == ("AA",)
    assert claim.attachments[0].control_number == "ACN1"
    line = claim.lines[0]
    assert line.modifiers == ("TD", "59", "GP")
    assert line.description == "HOME VISIT"
    assert line.emergency
    assert line.epsdt
    assert line.family_planning
    assert (line.control_number, line.note) == ("L1", "LINE NOTE")
    assert line.drug
    assert (line.drug.ndc, line.drug.quantity, line.drug.unit) == (
        "00004196501",
        Decimal("2.5"),
        "ML",
    )
    assert claim.unread == ()


def test_what_has_no_field_is_named(tmp_path: Path) -> None:
    claim = one(
        tmp_path, *BILLING, *SUBSCRIBER, "REF*SY*123456789", *CLAIM, "CR1*LB*100**A*DH*1", "K3*SECRETTEXT",
        "NM1*PW*2", "N3*3 D ST", *LINE, "AMT*T*1.00", "NM1*QB*2*SHOP*****XX*1990000014", "ZZZ*1",
    )  # fmt: skip
    assert claim.unread == (
        "a further number, SY (REF)",
        "ambulance transport (CR1)",
        "file information (K3)",
        "ambulance pick-up (NM1)",
        "line 1: sales tax (AMT)",
        "line 1: purchased service provider (NM1)",
        "line 1: a segment that does not belong in a professional claim (ZZZ)",
    )
    assert "SECRETTEXT" not in str(claim.unread)
    assert claim.subscriber.address
    assert claim.subscriber.address.street == "2 B ST"


def _swap(old: str, new: str) -> list[str]:
    body = [*BILLING, *SUBSCRIBER, *CLAIM, *LINE]
    assert old in body
    return [new if segment == old else segment for segment in body]


@pytest.mark.parametrize(
    ("old", "new", "field", "line", "place"),
    [
        ("DMG*D8*19500101*F", "DMG*D8*19501301*F", "Birth date", None, "segment 15 (DMG)"),
        ("NM1*IL*1*ROE*JANE****MI*MEMBER1", "NM1*IL*1*ROE*JANE", "Member number", None, "segment 17 (CLM)"),
        ("NM1*PR*2*LAKE*****PI*LK", "NM1*PR*2", "Payer", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1*1OO***11:B:1*Y*A*Y*Y", "Total charge", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1****11:B:1*Y*A*Y*Y", "Total charge", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1*1.005***11:B:1*Y*A*Y*Y", "Total charge", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1*NaN***11:B:1*Y*A*Y*Y", "Total charge", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1*1E5***11:B:1*Y*A*Y*Y", "Total charge", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM*ACC1*100***11:B:6*Y*A*Y*Y", "Claim frequency code", None, "segment 17 (CLM)"),
        (CLAIM[0], "CLM**100***11:B:1*Y*A*Y*Y", "Patient account number", None, "segment 17 (CLM)"),
        (CLAIM[1], "HI*BK:25000", "Diagnosis", None, "segment 18 (HI)"),
        (CLAIM[1], "HI*ABF:I10*ABK:E119", "Diagnosis", None, "segment 18 (HI)"),
        (LINE[1], "SV1*HC:99213*x*UN*1***1", "Line charge", 1, "segment 20 (SV1)"),
        (LINE[1], "SV1*HC:99213*100*UN*one***1", "Units", 1, "segment 20 (SV1)"),
        (LINE[1], "SV1*HC:99213*100*UN*1***A", "Diagnosis pointer", 1, "segment 20 (SV1)"),
        (LINE[1], "SV1*WK:99213*100*UN*1***1", "Procedure code", 1, "segment 20 (SV1)"),
        (LINE[1], "SV2*0300*HC:99213*100*UN*1", "Service line", 1, "segment 20 (SV2)"),
        (LINE[2], "DTP*472*D8*20260231", "Date of service", 1, "segment 21 (DTP)"),
        (LINE[2], "DTP*472*D8*260601", "Date of service", 1, "segment 21 (DTP)"),
        (LINE[2], "DTP*472*RD8*20260601", "Date of service", 1, "segment 21 (DTP)"),
        ("SBR*P*18*******CI", "SBR*P********CI", "Patient", None, "segment 17 (CLM)"),
        ("HL*2*1*22*0", "HL*2*1*99*0", "HL03", None, "segment 10 (HL)"),
        ("HL*1**20*1", "REF*D9*X", "Billing provider", None, "segment 17 (CLM)"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_understood(
    tmp_path: Path, old: str, new: str, field: str, line: int | None, place: str
) -> None:
    """It is counted, it says what is wrong and where, and the claim after it is whole."""
    good = [segment.replace("ACC1", "ACC2") for segment in (*BILLING, *SUBSCRIBER, *CLAIM, *LINE)]
    found, _ = read(tmp_path, x12(_swap(old, new), good))
    assert len(found) == 2
    assert found[0].claim is None
    problem = next(problem for problem in found[0].problems if problem.field == field)
    assert problem.severity is Severity.BLOCK
    assert problem.place == place
    assert problem.line == line
    assert problem.account == (found[0].account or None)
    assert problem.message
    assert found[1].claim is not None
    assert found[1].account == "ACC2"


def test_a_missing_date_of_service(tmp_path: Path) -> None:
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, *LINE[:2]]))
    assert found[0].claim is None
    assert {(problem.field, problem.line) for problem in found[0].problems} == {
        ("date of service, from", 1),
        ("date of service, to", 1),
    }
    assert found[0].problems[0].message == "Date of service, from is missing."


def test_a_fault_of_the_subscriber_is_every_claims_of_hers(tmp_path: Path) -> None:
    body = [*_swap("DMG*D8*19500101*F", "DMG*D8*0*F"), CLAIM[0].replace("ACC1", "ACC2"), CLAIM[1], *LINE]
    found, _ = read(tmp_path, x12(body))
    assert [item.claim for item in found] == [None, None]
    assert [item.problems[0].account for item in found] == ["ACC1", "ACC2"]


def test_two_billing_providers_in_one_level(tmp_path: Path) -> None:
    body = [*BILLING, "NM1*85*2*OTHER*****XX*1990000121", *SUBSCRIBER, *CLAIM, *LINE]
    found, _ = read(tmp_path, x12(body))
    assert found[0].claim is None


def test_a_provider_after_other_insurance_is_not_guessed(tmp_path: Path) -> None:
    body = [*BILLING, *SUBSCRIBER, *CLAIM, "SBR*S*18", "NM1*82*1*DOC*ANN****XX*1990000113", *LINE]
    found, _ = read(tmp_path, x12(body))
    assert found[0].claim is None
    assert "not clear whose" in found[0].problems[0].message


def test_two_lines_in_one_loop_are_both_counted(tmp_path: Path) -> None:
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, *LINE, "SV1*HC:99214*0*UN*1***1"]))
    assert found[0].lines == 2
    assert found[0].claim is None


def test_the_same_element_in_unicode(tmp_path: Path) -> None:
    claim = one(tmp_path, *_swap("NM1*IL*1*ROE*JANE****MI*MEMBER1", "NM1*IL*1*MUÑOZ*ÉVA****MI*MEMBER1"))
    assert claim.subscriber.last == "MUÑOZ"


@pytest.mark.parametrize("stray", ["NM1*82*1*DOC\nTOR*A****XX*1990000113", "APT 4"])
def test_a_broken_segment_blocks_its_claim_only(tmp_path: Path, stray: str) -> None:
    """A line break inside a segment, or half a segment after a stray terminator."""
    good = [segment.replace("ACC1", "ACC2") for segment in (*BILLING, *SUBSCRIBER, *CLAIM, *LINE)]
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, stray, *LINE], good))
    assert [item.claim is None for item in found] == [True, False]
    assert "APT" not in str(found[0].problems)


def test_bytes_that_are_not_text_block_their_claim_only(tmp_path: Path) -> None:
    bad = [segment.replace("JANE", "JOS?") for segment in (*BILLING, *SUBSCRIBER, *CLAIM, *LINE)]
    good = [segment.replace("ACC1", "ACC2") for segment in (*BILLING, *SUBSCRIBER, *CLAIM, *LINE)]
    found, problems = read(tmp_path, x12(bad, good).encode().replace(b"JOS?", b"JOS\xe9"))
    assert [item.claim is None for item in found] == [True, False]
    assert problems == []
    assert found[0].problems[0].place == "segment 12 (NM1)"


def test_a_new_billing_provider_forgets_the_last_subscriber(tmp_path: Path) -> None:
    body = [*DEPENDANT, *CLAIM, *LINE, "HL*4**20*1", *BILLING[1:], "CLM*ACC2*100***11:B:1*Y*A*Y*Y", *LINE]
    found, _ = read(tmp_path, x12(body))
    assert [item.claim is None for item in found] == [False, True]
    assert [problem.field for problem in found[1].problems] == ["Subscriber"]


def test_the_subscriber_cannot_be_the_patient_and_another_too(tmp_path: Path) -> None:
    body = ["SBR*P*18*GROUP7******CI" if segment.startswith("SBR") else segment for segment in DEPENDANT]
    found, _ = read(tmp_path, x12([*body, *CLAIM, *LINE]))
    assert found[0].claim is None
    assert [problem.field for problem in found[0].problems] == ["Patient"]


def test_one_role_is_played_once(tmp_path: Path) -> None:
    doctor = "NM1*82*1*DOC*ANN****XX*1990000113"
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, doctor, doctor, *LINE]))
    assert found[0].claim is None
    assert [problem.field for problem in found[0].problems] == ["Rendering provider"]


def test_two_numbers_for_one_thing(tmp_path: Path) -> None:
    for second, blocked in (("AUTH1", False), ("AUTH2", True)):
        body = [*BILLING, *SUBSCRIBER, *CLAIM, "REF*G1*AUTH1", f"REF*G1*{second}", *LINE]
        found, _ = read(tmp_path, x12(body))
        assert (found[0].claim is None) is blocked


def test_charges_in_another_currency(tmp_path: Path) -> None:
    for currency, blocked in (("USD", False), ("CAD", True)):
        found, _ = read(
            tmp_path, x12(["HL*1**20*1", f"CUR*85*{currency}", *BILLING[1:], *SUBSCRIBER, *CLAIM, *LINE])
        )
        assert (found[0].claim is None) is blocked


def test_an_address_abroad_is_named(tmp_path: Path) -> None:
    for country, unread in (("US", ()), ("CA", ("a foreign address (N4)",))):
        body = [segment.replace("MN*55001", f"MN*55001*{country}") for segment in (*BILLING, *SUBSCRIBER)]
        assert one(tmp_path, *body, *CLAIM, *LINE).unread == unread


def test_encounters_warn(tmp_path: Path) -> None:
    found, problems = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, *LINE]).replace("*0000*CH", "*0000*RP"))
    assert found[0].claim is not None
    assert [(problem.rule, problem.severity) for problem in problems] == [("encounter", Severity.WARN)]


def test_other_insurance_after_the_lines(tmp_path: Path) -> None:
    found, _ = read(tmp_path, x12([*BILLING, *SUBSCRIBER, *CLAIM, *LINE, "SBR*S*18"]))
    assert found[0].claim is None
    assert [problem.field for problem in found[0].problems] == ["Other insurance"]


def test_the_patients_casualty_number_comes_first(tmp_path: Path) -> None:
    mine = [*DEPENDANT, "REF*Y4*PATIENTS"]
    mine.insert(mine.index("NM1*PR*2*LAKE*****PI*LK"), "REF*Y4*SUBSCRIBERS")
    assert one(tmp_path, *mine, *CLAIM, *LINE).property_casualty_number == "PATIENTS"
    mine.remove("REF*Y4*PATIENTS")
    assert one(tmp_path, *mine, *CLAIM, *LINE).property_casualty_number == "SUBSCRIBERS"


@pytest.mark.parametrize("charge", ["1" * 16, "9" * 40, "-" + "9" * 15 + ".999"])
def test_absurd_amounts_are_counted_without_a_crash(tmp_path: Path, charge: str) -> None:
    found, _ = read(
        tmp_path, x12([*BILLING, *SUBSCRIBER, f"CLM*ACC1*{charge}***11:B:1*Y*A*Y*Y", *CLAIM[1:], *LINE])
    )
    assert found[0].claim is None
    assert found[0].lines == 1


def test_a_second_note_is_named(tmp_path: Path) -> None:
    claim = one(tmp_path, *BILLING, *SUBSCRIBER, *CLAIM, "NTE*ADD*ONE", "NTE*ADD*TWO", *LINE, "NTE*TPO*THREE")
    assert claim.note == "ONE"
    assert claim.lines[0].note == ""
    assert claim.unread == ("a second note (NTE)", "line 1: a note to a third party (NTE)")


def test_submitter_and_receiver_are_nobody_to_the_claim(tmp_path: Path) -> None:
    header = ["NM1*41*2*OFFICE*****46*S", "PER*IC*ANN*TE*5555555555", "NM1*40*2*HUB*****46*R", "N3*9 Z ST"]
    claim = one(tmp_path, *header, *BILLING, *SUBSCRIBER, *CLAIM, *LINE)
    assert claim.billing.phone == ""
    assert claim.unread == ()
