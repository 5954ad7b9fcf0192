"""Whether a claim fits a portal's form: what each field must hold, and what the form has no place for.

A claim that does not fit is refused before sign-in, with the reason; nothing is dropped silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from bot.claims.model import Attachment, Claim, Frequency, Line, Problem, Severity
from bot.errors import Refused
from bot.portal.adapter import Adapter, Each, Field, Fixed, FormPage, Kind
from bot.portal.documents import page_count

#: What changes how a payer decides: a portal must have a field for it, or the claim is not for this portal.
MEANINGFUL = {
    "dependant": "a patient who is not the subscriber",
    "referring": "a referring provider",
    "supervising": "a supervising provider",
    "facility": "a service facility",
    "prior_authorisation": "a prior authorisation",
    "referral_number": "a referral number",
    "clia": "a CLIA number",
    "note": "a claim note",
    "onset_on": "a date of onset",
    "admitted_on": "an admission date",
    "discharged_on": "a discharge date",
    "pay_to": "a pay-to address",
    "other_dates": "further dates",
    "special_program": "a special program",
    "property_casualty_number": "a property and casualty claim number",
    "delay_reason": "a delay reason",
    "accident": "an accident",
    "condition_codes": "condition codes",
    "patient_paid": "an amount the patient paid",
    "other_insurance": "other insurance",
    "attachments": "attachments",
}
MEANINGFUL_ON_A_LINE = {
    "line.rendering": "a rendering provider",
    "line.modifiers": "modifiers",
    "line.description": "a line description",
    "line.emergency": "the emergency indicator",
    "line.note": "a line note",
    "line.prior_authorisation": "a line's own prior authorisation",
    "line.epsdt": "the EPSDT indicator",
    "line.family_planning": "the family planning indicator",
    "line.ordering": "an ordering provider",
    "line.referring": "a line's own referring provider",
    "line.supervising": "a line's own supervising provider",
    "line.facility": "a line's own service facility",
    "line.drug": "a drug",
    "line.other_dates": "a line's further dates",
    "line.referral_number": "a line's own referral number",
    "line.paid_by_others": "what another payer paid for a line",
    "line.attachments": "attachments to a line",
}
#: Lists that a portal may take item by item, in fields of their own.
_LISTS = {
    "diagnoses": "diagnoses",
    "attachments": "attachments",
    "other_insurance": "other insurance",
    "line.modifiers": "modifiers",
    "line.pointers": "diagnosis pointers",
}

_ITEM_WORDS = ("line", "diagnosis", "attachment", "other")


def items(claim: Claim, each: Each) -> tuple[object, ...]:
    """The claim's lines (complete with place and rendering provider), diagnoses, attachments or other
    insurances."""
    match each:
        case "line":
            return tuple(_complete(claim, line) for line in claim.lines)
        case "diagnosis":
            return claim.diagnoses
        case "attachment":
            return claim.attachments
        case "other":
            return claim.other_insurance


def pages(adapter: Adapter, claim: Claim) -> tuple[FormPage, ...]:
    """The pages of the form that this claim meets."""
    return tuple(page for page in adapter.pages if page.when is None or page.when(claim))


def expected(field: Field, claim: Claim, item: object = None) -> str | None:
    """What a field must hold for a claim, as the portal wants it written; None when the claim says nothing."""
    source = field.source
    if isinstance(source, Fixed):
        return source.value
    value = _at(source, claim, item) if isinstance(source, str) else source(claim, item)
    return None if _is_empty(value) else field.convert(value)


def labels(adapter: Adapter) -> frozenset[str]:
    """Every label that the adapter declares on its form."""
    numbers = range(1, adapter.limits.lines + 1)
    return frozenset(
        field.label
        for page in adapter.pages
        for field in (
            *page.fields,
            *(field for rows in page.rows for field in rows.fields),
            *(field for grid in page.grids for number in numbers for field in grid.row(number)),
        )
    )


def check(adapter: Adapter, claim: Claim) -> tuple[Problem, ...]:
    """Every reason why this portal cannot carry this claim; none when it can."""
    return tuple(_problems(adapter, claim))


def _problems(adapter: Adapter, claim: Claim) -> Iterator[Problem]:
    limits = adapter.limits
    if len(claim.lines) > limits.lines:
        yield _no(adapter, claim, "lines", f"takes at most {limits.lines} service lines")
    if len(claim.diagnoses) > limits.diagnoses:
        yield _no(adapter, claim, "diagnoses", f"takes at most {limits.diagnoses} diagnoses")
    if claim.unread:
        yield _no(adapter, claim, "unread", f"has no field for {', '.join(claim.unread)}, which the file carries")
    yield from _attachments(adapter, claim)
    paths = _paths(adapter)
    if claim.frequency is not Frequency.ORIGINAL and not _covers(paths, "original_control_number"):
        yield _no(adapter, claim, "frequency", "takes no replacement or void claims")
    for path, words in MEANINGFUL.items():
        if (
            not _says_nothing(_at(path, claim, None))
            and not _covers(paths, path)
            and path not in adapter.not_asked
        ):
            yield _no(adapter, claim, path, f"has no field for {words}")
    if claim.subscriber.payer_order != "P" and not _covers(paths, "other_insurance"):
        yield _no(adapter, claim, "payer order", "takes only claims that its payer is the first to pay")
    periods = {(line.service_from, line.service_to) for line in claim.lines}
    if (
        len(periods) > 1
        and not _covers(paths, "line.service_from")
        and "line.service_from" not in adapter.not_asked
    ):
        yield _no(adapter, claim, "line.service_from", "takes one period of service for all lines")
    for number, line in enumerate(items(claim, "line"), start=1):
        assert isinstance(line, Line)
        for path, words in MEANINGFUL_ON_A_LINE.items():
            if path == "line.rendering" and _says_who_renders(paths, claim, line):
                continue
            if _is_empty(_at(path, claim, line)) or path in adapter.not_asked:
                continue
            if not _covers(paths, path):
                yield _no(adapter, claim, path, f"has no field for {words}", number)
        if line.unit_type != "UN" and not _covers(paths, "line.unit_type"):
            yield _no(adapter, claim, "line.unit_type", "counts units only, not minutes", number)
        for path in ("line.modifiers", "line.pointers"):
            yield from _too_many(adapter, claim, path, line, paths, number)
    for path in ("diagnoses", "attachments", "other_insurance"):
        yield from _too_many(adapter, claim, path, None, paths)
    yield from _fields(adapter, claim)


def _fields(adapter: Adapter, claim: Claim) -> Iterator[Problem]:
    """What each field of the form would have to hold, and whether it can."""
    for page in pages(adapter, claim):
        for field in page.fields:
            yield from _field(adapter, claim, field)
        for rows in page.repeated:
            for number, item in enumerate(items(claim, rows.each), start=1):
                for field in rows.fields:
                    yield from _field(adapter, claim, field, item, number if rows.each == "line" else None)


def _field(
    adapter: Adapter, claim: Claim, field: Field, item: object = None, line: int | None = None
) -> Iterator[Problem]:
    if field.kind is Kind.SHOWN:
        return
    try:
        value = expected(field, claim, item)
    except (KeyError, ValueError, TypeError):
        yield _no(adapter, claim, field.label, f"has no choice for this claim's '{field.label}'", line)
        return
    if value is None:
        if field.required:
            yield _no(adapter, claim, field.label, f"insists on '{field.label}', which the claim lacks", line)
        return
    if field.max_length is not None and len(value) > field.max_length:
        why = f"takes {field.max_length} characters in '{field.label}', not {len(value)}"
        yield _no(adapter, claim, field.label, why, line)
    if field.kind is not Kind.FILE and (bad := sorted(set(value) & set(adapter.limits.forbidden))):
        yield _no(adapter, claim, field.label, f"does not take {' '.join(bad)} in '{field.label}'", line)


def _attachments(adapter: Adapter, claim: Claim) -> Iterator[Problem]:
    limits = adapter.limits
    if not claim.attachments or "attachments" in adapter.not_asked:
        return
    if not limits.attachment_routes:
        yield _no(adapter, claim, "attachments", "takes no attachments")
        return
    if len(claim.attachments) > limits.attachments:
        yield _no(adapter, claim, "attachments", f"takes at most {limits.attachments} attachments")
    for attachment in claim.attachments:
        if attachment.transmission not in limits.attachment_routes:
            yield _no(adapter, claim, "attachments", "does not take attachments in the way this claim sends them")
        elif attachment.transmission == "EL":
            path = Path(attachment.file)
            if not attachment.file or not path.is_file():
                yield _no(
                    adapter,
                    claim,
                    "attachments",
                    "needs the attached file, which is not where the claim says",
                )
            elif path.suffix.lower() not in limits.attachment_types:
                yield _no(adapter, claim, "attachments", f"takes only {', '.join(limits.attachment_types)} files")
            elif path.stat().st_size > limits.attachment_bytes:
                size = limits.attachment_bytes // (1024 * 1024)
                yield _no(adapter, claim, "attachments", f"takes files of at most {size} MB")
            else:
                yield from _document(adapter, claim, attachment, path.read_bytes())


def _document(adapter: Adapter, claim: Claim, attachment: Attachment, content: bytes) -> Iterator[Problem]:
    """A document is still the one that was queued, and a PDF of it has pages, not too many."""
    most = adapter.limits.attachment_pages
    if attachment.sha256 and hashlib.sha256(content).hexdigest() != attachment.sha256:
        yield _no(adapter, claim, "attachments", "would get another document than the one that was queued")
    elif Path(attachment.file).suffix.lower() == ".pdf":
        try:
            pages = page_count(content)
        except Refused as error:
            message = f"needs a PDF that can be read. {error.message}".rstrip(".")
            yield _no(adapter, claim, "attachments", message)
        else:
            if pages > most:
                yield _no(adapter, claim, "attachments", f"takes documents of at most {most} pages, not {pages}")


def _too_many(
    adapter: Adapter, claim: Claim, path: str, item: object, paths: frozenset[str], line: int | None = None
) -> Iterator[Problem]:
    """A list taken field by field must have a field for each of its items."""
    fields = len(
        {declared.split(".")[path.count(".") + 1] for declared in paths if declared.startswith(f"{path}.")}
    )
    several = _at(path, claim, item)
    if fields and path not in paths and isinstance(several, tuple) and len(several) > fields:
        yield _no(adapter, claim, path, f"has {fields} fields for {_LISTS[path]}, not {len(several)}", line)


def _no(adapter: Adapter, claim: Claim, field: str, why: str, line: int | None = None) -> Problem:
    where = f" (line {line})" if line else ""
    return Problem(
        severity=Severity.BLOCK,
        rule="portal-cannot-carry",
        account=claim.account,
        line=line,
        field=field,
        message=f"{adapter.name}'s portal {why}{where}.",
    )


def _paths(adapter: Adapter) -> frozenset[str]:
    """Every path that some field of the form carries."""
    declared = set()
    for page in adapter.pages:
        for field in (*page.fields, *(field for rows in page.repeated for field in rows.fields)):
            if isinstance(field.source, str) and field.kind is not Kind.SHOWN:
                declared.add(field.source)
        declared |= {
            {"diagnosis": "diagnoses", "attachment": "attachments", "other": "other_insurance"}[rows.each]
            for rows in page.rows
            if rows.each != "line" and rows.add
        }
    return frozenset(declared)


def _covers(paths: frozenset[str], path: str) -> bool:
    # a shown patient name proves nothing about a dependant: only filled fields count
    return any(declared == path or declared.startswith(f"{path}.") for declared in paths)


def _says_who_renders(paths: frozenset[str], claim: Claim, line: Line) -> bool:
    """Whether a form that does not ask it line by line says who renders this one: the billing provider, or the one
    whom it asks once for the whole claim."""
    if line.rendering is None:
        return True
    once = _covers(paths, "rendering") and claim.rendering is not None
    return line.rendering.npi in (claim.billing.npi, claim.rendering.npi if once and claim.rendering else None)


def _complete(claim: Claim, line: Line) -> Line:
    return line.model_copy(
        update={"rendering": claim.rendering_of(line), "place_of_service": claim.place_of(line)}
    )


def _at(path: str, claim: Claim, item: object) -> object:
    first, *rest = path.split(".")
    value = item if first in _ITEM_WORDS else getattr(claim, first)
    for part in rest:
        if value is None:
            return None
        if part.isdigit():
            value = value[int(part)] if isinstance(value, tuple) and int(part) < len(value) else None
        else:
            value = getattr(value, part)
    return value


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ("", ())


def _says_nothing(value: object) -> bool:
    """Many exports write 0.00 where nobody paid anything."""
    return _is_empty(value) or value == Decimal(0)
