"""PDF documents that go to payers: how many pages they have, what is printed on each, and several as one."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from bot.errors import Refused

# What it complains of, a refusal says in our words.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_MARGIN, _SIZE = 18, 8


def page_count(content: bytes) -> int:
    """Pages of a PDF. Raises `Refused` when it is none, is broken, or is locked."""
    return len(_reader(content).pages)


def words_of(content: bytes) -> str:
    """The words of a PDF; none of a scanned one. Raises `Refused`."""
    return "\n".join(page.extract_text() for page in _reader(content).pages)


def joined(contents: list[bytes]) -> bytes:
    """Several PDFs as one. Raises `Refused`."""
    writer = PdfWriter()
    for content in contents:
        for page in _reader(content).pages:
            writer.add_page(page)
    return _written(writer)


def stamped(content: bytes, words: str) -> bytes:
    """A PDF with a line of plain words at the foot of every page, whatever its size or turn. Raises `Refused`."""
    writer = PdfWriter()
    for page in _reader(content).pages:
        added = writer.add_page(page)
        added.transfer_rotation_to_content()
        box = added.mediabox
        overlay = PdfWriter().add_blank_page(box.right, box.top)
        drawing = DecodedStreamObject()
        text = words.replace("\\", "").replace("(", "").replace(")", "")
        left, bottom = float(box.left) + _MARGIN, float(box.bottom) + _MARGIN
        drawing.set_data(
            f"BT /F1 {_SIZE} Tf {left:.1f} {bottom:.1f} Td ({text}) Tj ET".encode("latin-1", "replace")
        )
        overlay[NameObject("/Contents")] = drawing
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): font})
        overlay[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        added.merge_page(overlay)
    return _written(writer)


def _reader(content: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted or not len(reader.pages):
            raise Refused("The document is locked or has no pages; save it as an open PDF.")
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise Refused("The document is not a PDF that can be read; save it as a PDF again.") from error
    return reader


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
