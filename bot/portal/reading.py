"""What a page shows, read in one go: its controls, its shown values, its tables.

One script in the page answers all of it, so a page of forty fields costs one round trip.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import ElementHandle, Page
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

#: Seconds that a page may take to show the answer to a press.
PATIENCE = 15.0

#: Defines `payerbot` in the page's own world of scripts, once per document.
SCRIPT = r"""
() => window.__payerbot ??= (() => {
  const squeeze = text => (text ?? '').replace(/\s+/g, ' ').trim();
  // What a person reads: without what is hidden from screen readers, such as the asterisk of a mandatory field.
  const words = element => {
    if (!element) return '';
    const copy = element.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true],input,select,textarea,button,script,style').forEach(e => e.remove());
    return squeeze(copy.textContent).replace(/\s*[*:]+$/, '');
  };
  const named = element => {
    const by = element.getAttribute('aria-labelledby');
    if (by) return squeeze(by.split(/\s+/).map(id => words(document.getElementById(id))).join(' '));
    return element.getAttribute('aria-label') || words(element.labels?.[0]) || element.title || beside(element);
  };
  // Of a control without a label: what stands alone beside it, or heads its column, and its row's number.
  const beside = element => {
    for (let e = element.parentElement; e; e = e.parentElement) {
      const labels = [...e.querySelectorAll('label')].filter(words);
      if (e.querySelectorAll('input,select,textarea').length > 1) break;
      if (labels.length) return labels.length === 1 ? words(labels[0]) : '';
    }
    const cell = element.closest('td');
    for (let table = cell?.closest('table'); table; table = table.parentElement.closest('table')) {
      const rows = [...table.querySelectorAll('tr')].filter(row => !row.querySelector('tr'));  // tables in tables
      const entries = rows.filter(row => row.querySelector('input,select,textarea'));
      const header = words(rows.find(row => !entries.includes(row))?.cells[cell.cellIndex]);
      if (header) return `${header} ${entries.indexOf(cell.parentElement) + 1}`;
    }
    return '';
  };
  const visible = element => element.checkVisibility({visibilityProperty: true});
  const section = element => {
    for (let e = element.parentElement; e; e = e.parentElement) {
      const heading = e.matches('section,form,main,[role=region],[role=tabpanel]') && e.querySelector('h1,h2,h3');
      if (heading) return words(heading);
    }
    return '';
  };
  const SKIPPED = ['hidden', 'submit', 'button', 'reset', 'image'];
  const controls = () => {
    const found = [], groups = new Map();
    for (const element of document.querySelectorAll('input,select,textarea')) {
      if (SKIPPED.includes(element.type)) continue;
      const one = {
        element, kind: element.type, label: named(element), value: element.value, text: element.value,
        required: element.required || element.getAttribute('aria-required') === 'true',
        fixed: element.readOnly === true || element.disabled, visible: visible(element),
        section: section(element), max_length: element.maxLength > 0 ? element.maxLength : null,
      };
      if (element.type === 'select-one') one.text = squeeze(element.selectedOptions[0]?.textContent);
      // what is hidden from screen readers stands for a button beside it, which says it in words
      const button = element.ariaHidden === 'true' && element.parentElement.querySelector('[role=button]');
      if (button) one.text = squeeze(button.innerText);
      if (element.type === 'checkbox') one.value = one.text = element.checked ? 'yes' : 'no';
      if (element.type === 'file') one.value = one.text = [...element.files].map(f => f.name).join(' ');
      if (element.type === 'radio') {
        const legend = element.closest('fieldset,[role=radiogroup]');
        const label = words(legend?.querySelector('legend')) || legend?.getAttribute('aria-label') || element.name;
        const key = one.section + '\n' + label;
        const group = groups.get(key) ?? {...one, label, value: '', text: '', options: []};
        group.options.push([named(element), element]);
        if (element.checked) group.value = group.text = named(element);
        group.required ||= one.required;
        if (!groups.has(key)) { groups.set(key, group); found.push(group); }
        continue;
      }
      found.push(one);
    }
    return found;
  };
  const choices = ({element, options}) => options?.map(([name]) => [name, name])
    ?? [...element.options ?? []].map(o => [o.value, squeeze(o.textContent)]).filter(([value]) => value !== '');
  const read = offers => {
    const terms = [], tables = {};
    for (const dt of document.querySelectorAll('dt')) {
      if (!visible(dt)) continue;
      const dd = dt.nextElementSibling;
      if (dd?.tagName === 'DD') terms.push([words(dt), squeeze(dd.innerText)]);
    }
    for (const table of document.querySelectorAll('table')) {
      if (!visible(table)) continue;
      const caption = words(table.caption) || table.getAttribute('aria-label') || '';
      const heads = [...table.querySelectorAll('thead tr')].map(tr => [...tr.cells].map(words));
      const headers = heads.findLast(head => head.some(Boolean)) ?? [];  // sums may stand above
      const rows = [...table.querySelectorAll('tbody tr')].filter(visible)
        .map(tr => [...tr.cells]).filter(cells => cells.length === headers.length)
        .map(cells => cells.map(cell => squeeze(cell.innerText)));
      tables[caption] = {headers, rows};
    }
    const told = ({element, options, ...rest}) =>
      offers ? {...rest, choices: choices({element, options})} : rest;
    return {controls: controls().map(told), terms, tables};
  };
  const find = ([section, label]) => {
    const all = controls().filter(c => c.label === label && c.visible);
    return all.find(c => c.section === section) ?? all[0];
  };
  const has = label => find(['', label]) !== undefined;
  const box = where => find(where)?.element ?? null;
  const say = (element, ...names) => names.forEach(
    name => element.dispatchEvent(new Event(name, {bubbles: true})));
  const write = (element, value) => {  // through the prototype: frameworks shadow the property
    const owner = element.tagName === 'TEXTAREA' ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(owner.prototype, 'value').set.call(element, value);
  };
  // Fills [section, label, kind, value] in order; answers with those it could not.
  const fill = entries => entries.filter(([section, label, kind, value]) => {
    const control = find([section, label]);
    if (!control) return true;
    const element = control.element;
    if (kind === 'radio') {
      const option = control.options.find(([name]) => name === value);
      if (option && !option[1].checked) option[1].click();
      return !option;
    }
    if (kind === 'check') {
      if (element.checked !== (value === 'yes')) element.click();
      return false;
    }
    element.focus();
    if (kind === 'select') {
      const option = [...element.options].find(o => o.value === value || squeeze(o.textContent) === value);
      if (!option) return true;
      element.value = option.value;
      say(element, 'input', 'change');
    } else {
      write(element, value);
      element.dispatchEvent(new InputEvent('input', {bubbles: true, data: value, inputType: 'insertText'}));
      say(element, 'change');
    }
    element.blur();
    return false;
  }).map(([section, label]) => label);
  const shows = label => {
    const reading = read();
    return reading.terms.find(([term]) => term === label)?.[1]
      || reading.controls.find(control => control.label === label && control.visible)?.text;
  };
  const counts = caption => read().tables[caption]?.rows.length ?? 0;
  const says = role => [...document.querySelectorAll(`[role=${role}]`)].some(e => visible(e) && words(e));
  // The browser's own error page, or one that says by its status (RFC 9110, RFC 6585) that nothing more comes.
  const broken = () => {
    const status = performance.getEntriesByType('navigation')[0]?.responseStatus;
    return location.protocol === 'chrome-error:' || status >= 500 || status === 429;
  };
  const complains = () => says('alert'), answers = () => says('status');
  return {read, fill, has, box, shows, counts, broken, complains, answers};
})()
"""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a page as it stands now."""

    label: str
    #: The page's own kind: text, select-one, radio, checkbox, file, …
    kind: str
    value: str
    #: What a person sees: the chosen option's words, else the value.
    text: str
    required: bool
    #: Read only or disabled.
    fixed: bool
    visible: bool
    #: Heading of the section it stands in.
    section: str
    #: Characters it takes, where the page says so.
    max_length: int | None = None
    #: What a select or a group of buttons offers, each as value and words; only where that was asked for.
    choices: tuple[tuple[str, str], ...] = ()

    def holds(self, wanted: str) -> bool:
        """Whether its value, or the words of its chosen option, are exactly these."""
        return wanted in (self.value, self.text)


@dataclass(frozen=True, slots=True)
class Table:
    """One visible table."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> Iterator[Mapping[str, str]]:
        """Its rows, each as header → cell."""
        return (dict(zip(self.headers, row, strict=True)) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page shows at one moment."""

    controls: tuple[Control, ...]
    #: Values shown in description lists, by their term.
    terms: Mapping[str, str]
    #: Visible tables, by caption.
    tables: Mapping[str, Table]

    def control(self, label: str, section: str = "") -> Control | None:
        """The visible control of that label; the one in that section, if several have it."""
        named = [control for control in self.controls if control.label == label and control.visible]
        return next((control for control in named if control.section == section), named[0] if named else None)

    def shown(self, label: str, section: str = "") -> str | None:
        """The value shown for a label, in a description list or a read-only control."""
        if label in self.terms:
            return self.terms[label]
        control = self.control(label, section)
        return control.text if control else None


def same(wanted: str, found: str | None) -> bool:
    """Whether a portal shows what we mean; some write in capitals."""
    return found is not None and " ".join(found.split()).casefold() == " ".join(wanted.split()).casefold()


async def read(page: Page, *, choices: bool = False) -> Reading:
    """Read the page; with what its selects offer, which may be much."""
    return parse(await page.evaluate(f"() => ({SCRIPT})().read({'true' if choices else 'false'})"))


def parse(answer: Any) -> Reading:
    """A reading from the script's answer."""
    return Reading(
        controls=tuple(
            Control(**{**control, "choices": tuple((value, words) for value, words in control.get("choices", ()))})
            for control in answer["controls"]
        ),
        terms=dict(reversed(answer["terms"])),
        tables={
            caption: Table(tuple(table["headers"]), tuple(tuple(row) for row in table["rows"]))
            for caption, table in answer["tables"].items()
        },
    )


async def fill(page: Page, entries: list[tuple[str, str, str, str]]) -> list[str]:
    """Fill controls, each (section, label, kind, value), in order; the labels of those it could not."""
    labels: list[str] = await page.evaluate(f"(entries) => ({SCRIPT})().fill(entries)", entries)
    return labels


async def box(page: Page, label: str, section: str = "") -> ElementHandle:
    """The visible control of that label, to be worked by hand; the one in that section, if several have it.

    Raises Playwright's `TimeoutError` when it does not come.
    """
    await await_control(page, label)
    found = await page.evaluate_handle(f"(where) => ({SCRIPT})().box(where)", [section, label])
    element = found.as_element()
    if element is None:
        raise PlaywrightTimeout(f"the control '{label}' went away")
    return element


async def await_shown(page: Page, labels: list[str]) -> None:
    """Wait until the page shows a value for each label, or complains or answers otherwise; survives a page change
    in between. Raises Playwright's `TimeoutError`."""
    await _until(page, "arg.every(portal.shows) || portal.complains() || portal.answers()", labels)


async def await_control(page: Page, label: str) -> None:
    """Wait until the page has a control of that label; survives a page change in between."""
    await _until(page, "portal.has(arg)", label)


async def await_rows(page: Page, caption: str, number: int) -> None:
    """Wait until the table has that many rows, or the page complains; survives a page change in between."""
    await _until(page, "portal.counts(arg[0]) >= arg[1] || portal.complains()", [caption, number])


async def is_broken(page: Page) -> bool:
    """Whether what stands there is an error page: the browser's own, or one of the portal that says it
    could not serve us."""
    with suppress(PlaywrightError):  # the page is just changing
        return bool(await page.evaluate(f"() => ({SCRIPT})().broken()"))
    return False


async def _until(page: Page, condition: str, arg: object) -> None:
    """Wait for a condition; not with `wait_for_function`, which pages with a strict content policy forbid.

    Raises Playwright's `TimeoutError`; at once when an error page stands there.
    """
    question = f"async (arg) => {{ const portal = ({SCRIPT})(); return portal.broken() || {condition}; }}"
    pause = "() => new Promise(resolve => setTimeout(resolve, 30))"
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(PlaywrightError):  # the page changed under the question
                    if await page.evaluate(question, arg):
                        break
                    await page.evaluate(pause)
                await asyncio.sleep(0)
    except TimeoutError:
        raise PlaywrightTimeout("the page did not show what was awaited") from None
    if await is_broken(page):
        raise PlaywrightTimeout("the page will not show what was awaited")
