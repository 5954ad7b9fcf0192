"""What has changed on a portal's form: each page against its declaration, and against how it looked when it was
last found fine.

The declaration says what we need; the baseline says what was there. A field without which nothing works is missed
by the declaration alone; that a select offers less than last week, or that a field now keeps fewer characters
than it did, only the baseline can tell. It holds labels of ours, lengths and the words of choices: no values,
nothing of a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from bot.portal.adapter import Adapter, Field, Fixed, FormPage, Kind, Search
from bot.portal.reading import Control, Reading

#: How alike two labels are, from 0 to 1, for one to be taken for the other's new name wherever it stands.
ALIKE = 0.6

_KINDS = {Kind.SELECT: "select-one", Kind.RADIO: "radio", Kind.CHECK: "checkbox", Kind.FILE: "file"}


class What(StrEnum):
    """How a page differs."""

    MISSING = "missing"
    RENAMED = "renamed"
    MOVED = "moved"
    NEW_MANDATORY = "new mandatory"
    OPTIONS = "options"
    LENGTH = "length"
    #: Something else than a field: a button, a table, two of what there was one of.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    what: What
    #: Heading of the page.
    page: str
    #: The field, by its declared label; one that is new by its own.
    field: str
    #: What is there now, as far as there is something.
    now: str = ""
    #: Whether the adapter must be corrected. Otherwise only the baseline knew it otherwise, and a person may
    #: accept it as it is now.
    declared: bool = True

    def __str__(self) -> str:
        """What has changed, in the portal's words."""
        match self.what:
            case What.MISSING:
                return f"page '{self.page}' has no field '{self.field}' any more"
            case What.RENAMED:
                return f"page '{self.page}' has no field '{self.field}' any more; in its place stands '{self.now}'"
            case What.MOVED:
                return f"'{self.field}' has moved from page '{self.page}' to page '{self.now}'"
            case What.NEW_MANDATORY:
                return f"page '{self.page}' has a mandatory field we do not know: '{self.field}'"
            case What.OPTIONS:
                return f"'{self.field}' on page '{self.page}' {self.now}"
            case What.LENGTH:
                return f"'{self.field}' on page '{self.page}' {self.now}"
            case What.OTHER:
                return self.now


def told(adapter: Adapter, changes: Sequence[Change]) -> str:
    """The changes as one sentence."""
    return f"{adapter.name}'s " + "; ".join(str(change) for change in changes) + "."


@dataclass(frozen=True, slots=True)
class Mark:
    """How a page showed one declared field."""

    #: Characters it takes; None where the page does not say.
    longest: int | None = None
    #: The words it offers to choose from.
    choices: tuple[str, ...] = ()


class Baseline:
    """How the pages of one login's form looked when they were last found fine: declared fields, by page title."""

    def __init__(self, pages: Mapping[str, Mapping[str, Mark]] | None = None) -> None:
        self._pages = dict(pages or {})
        #: Whether, since it was opened, a whole form was walked and found fine.
        self.confirmed = False

    def page(self, title: str) -> Mapping[str, Mark] | None:
        """One page; None when it was never seen."""
        return self._pages.get(title)

    def learn(self, page: FormPage, reading: Reading) -> None:
        """The page is fine as it is."""
        self._pages[page.title] = dict(_marks(page, reading))

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            title: {label: [mark.longest, list(mark.choices)] for label, mark in marks.items()}
            for title, marks in self._pages.items()
        }

    @classmethod
    def of(cls, document: Mapping[str, Mapping[str, Sequence[Any]]]) -> Baseline:
        """From what JSON kept."""
        return cls(
            {
                title: {label: Mark(longest, tuple(choices)) for label, (longest, choices) in marks.items()}
                for title, marks in document.items()
            }
        )


def compare(adapter: Adapter, page: FormPage, reading: Reading, baseline: Baseline) -> list[Change]:
    """What has changed on a page, which is open. Whether a select offers what one claim needs shows when it is
    filled."""
    known = baseline.page(page.title)
    declared = list(_declared(page))
    labels = {field.label for field in (*page.fields, *declared)}
    editable = [c for c in reading.controls if c.visible and not c.fixed]
    strangers = [c for c in editable if c.label not in labels]
    found: list[Change] = []
    for field in declared:
        control = reading.control(field.label, page.title)
        if control is not None:
            found += _altered(page, field, control, known)
        elif field.required or (_was_there(field, known) and not _waits(adapter, page, field, reading)):
            found.append(_gone(adapter, page, field, declared, reading, strangers))
    renamed = {change.now for change in found if change.what is What.RENAMED}
    found += [
        Change(What.NEW_MANDATORY, page.title, control.label)
        for control in strangers
        if control.required and control.label not in renamed
    ]
    # known by name: one more of it than is declared, or one to be typed that was only shown
    more = Counter(c.label for c in editable if c.required and c.label in labels)
    more.subtract(field.label for field in declared)
    return found + [Change(What.NEW_MANDATORY, page.title, label) for label, number in more.items() if number > 0]


def strangers(page: FormPage, reading: Reading) -> set[str]:
    """Labels of visible fields that the declaration of this page does not name."""
    labels = {field.label for field in (*page.fields, *_declared(page))}
    return {c.label for c in reading.controls if c.visible and not c.fixed} - labels


def never_seen(page: FormPage, reading: Reading, baseline: Baseline) -> list[str]:
    """Labels of optional fields that a page does not have and never had: it may show them once something asks for
    them, or the declaration is wrong. A claim that needs one stops the payer."""
    known = baseline.page(page.title)
    return [
        field.label
        for field in _declared(page)
        if not field.required
        and not _was_there(field, known)
        and all(control.label != field.label for control in reading.controls)
    ]


def search_page(search: Search) -> FormPage:
    """The page of the claim search, as far as something is entered there."""
    asked = (search.member_id, search.service_from, search.service_to)
    return FormPage(search.title, tuple(Field(label, Fixed(""), required=True) for label in asked), next=None)


def _declared(page: FormPage) -> Iterator[Field]:
    """The fields that a page must have from the start."""
    yield from (field for field in page.fields if field.kind is not Kind.SHOWN)
    for rows in page.rows:
        if rows.add is not None:
            yield from rows.fields
    for grid in page.grids:
        yield from grid.row(1)


def _marks(page: FormPage, reading: Reading) -> Iterator[tuple[str, Mark]]:
    for field in _declared(page):
        control = reading.control(field.label, page.title) or _hidden(field, reading)
        if control is not None:
            yield field.label, Mark(control.max_length, _words(field, control))


def _words(field: Field, control: Control) -> tuple[str, ...]:
    """What a field offers; nothing of one that may name people, or that offers each claim something else."""
    if field.sensitive or field.varies or field.kind not in (Kind.SELECT, Kind.RADIO):
        return ()
    return tuple(words or value for value, words in control.choices)


def _was_there(field: Field, known: Mapping[str, Mark] | None) -> bool:
    return known is not None and field.label in known


def _waits(adapter: Adapter, page: FormPage, field: Field, reading: Reading) -> bool:
    """Whether a field is there and hidden until some answer asks for it; not one hidden on another page."""
    control = _hidden(field, reading)
    return control is not None and control.section not in _titles(adapter) - {page.title}


def _hidden(field: Field, reading: Reading) -> Control | None:
    return next((c for c in reading.controls if c.label == field.label and not c.visible), None)


def _titles(adapter: Adapter) -> set[str]:
    return {page.title for page in adapter.pages}


def _gone(
    adapter: Adapter,
    page: FormPage,
    field: Field,
    declared: Sequence[Field],
    reading: Reading,
    strangers: Sequence[Control],
) -> Change:
    """Where a field went that is not where it was declared."""
    hidden = _hidden(field, reading)
    if hidden is not None and hidden.section in _titles(adapter) - {page.title}:
        return Change(What.MOVED, page.title, field.label, hidden.section)
    if (control := _in_its_place(page, field, declared, reading, strangers)) is not None:
        return Change(What.RENAMED, page.title, field.label, control.label)
    return Change(What.MISSING, page.title, field.label, declared=field.required)


def _in_its_place(
    page: FormPage, field: Field, declared: Sequence[Field], reading: Reading, strangers: Sequence[Control]
) -> Control | None:
    """The unknown field of the same kind with a label like this one's, else that between the same neighbours."""
    kind = _KINDS.get(field.kind)
    alike = [one for one in strangers if (one.kind == kind if kind else one.kind not in _KINDS.values())]
    for one in alike:
        if SequenceMatcher(None, one.label.casefold(), field.label.casefold()).ratio() >= ALIKE:
            return one
    order = [one.label for one in declared]
    there = [control.label for control in reading.controls if control.visible and not control.fixed]
    at = order.index(field.label)
    before = next((label for label in reversed(order[:at]) if label in there), None)
    after = next((label for label in order[at + 1 :] if label in there), None)
    first = there.index(before) + 1 if before else 0
    last = there.index(after, first) if after and after in there[first:] else len(there)
    # at the page's edge anything may stand, such as a search of the whole portal
    edge = before is None or after is None
    between = [one for one in alike if one.label in there[first:last] and (one.required or not edge)]
    return between[0] if len(between) == 1 and (before or after) else None


def _altered(page: FormPage, field: Field, control: Control, known: Mapping[str, Mark] | None) -> Iterator[Change]:
    """What has changed about a field that is where it was."""
    was = known.get(field.label) if known else None
    now = control.max_length
    if now is not None:
        if field.max_length is not None and now < field.max_length:
            yield Change(What.LENGTH, page.title, field.label, f"takes {now} characters, not {field.max_length}")
        elif was is not None and was.longest is not None and now < was.longest:
            change = f"takes {now} characters, not {was.longest} as before"
            yield Change(What.LENGTH, page.title, field.label, change, declared=False)
    offered = _words(field, control)
    if was is not None and (less := [words for words in was.choices if words not in offered]):
        more = [words for words in offered if words not in was.choices]
        new = f", and now offers {_listed(more)}" if more else ""
        change = f"does not offer {_listed(less)} any more{new}"
        yield Change(What.OPTIONS, page.title, field.label, change, declared=False)


def _listed(words: Sequence[str]) -> str:
    few = ", ".join(f"'{one}'" for one in words[:3])
    return few if len(words) <= 3 else f"{few} and {len(words) - 3} more"
