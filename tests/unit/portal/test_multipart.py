"""An intercepted upload gets the bytes of its files back, all of them and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartParser

from bot.portal.send_once import with_files
from tests.conftest import Loop

BOUNDARY = "----WebKitFormBoundaryuQ3xk"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
Part = tuple[str, str | None, bytes]


def body(*parts: Part, boundary: str = BOUNDARY) -> bytes:
    """A multipart body as a browser writes it: name, file name, content."""
    written = b""
    for name, file, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if file is not None:
            kind = "application/pdf" if file else "application/octet-stream"
            head += f'; filename="{file}"\r\nContent-Type: {kind}'
        written += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return written + f"--{boundary}--\r\n".encode()


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_lost_file_comes_back(tmp_path: Path) -> None:
    note = file(tmp_path, "note.pdf", b"%PDF-1.7\r\n\r\n--x\x00\xff")
    lost = body(("csrf", None, b"abc"), ("file", "note.pdf", b""), ("type", None, b"OZ"))
    whole = body(("csrf", None, b"abc"), ("file", "note.pdf", note.read_bytes()), ("type", None, b"OZ"))
    assert with_files(lost, TYPE, [note]) == whole
    # where the browser did hand them over, they are the same
    assert with_files(whole, TYPE, [note]) == whole


def test_each_file_its_own_bytes(tmp_path: Path) -> None:
    first, second = file(tmp_path, "a.pdf", b"first"), file(tmp_path, "b.pdf", b"second")
    lost = body(("one", "b.pdf", b""), ("two", "a.pdf", b""))
    assert with_files(lost, TYPE, [first, second]) == body(("one", "b.pdf", b"second"), ("two", "a.pdf", b"first"))


def test_a_file_input_left_empty_stays_empty(tmp_path: Path) -> None:
    note = file(tmp_path, "note.pdf", b"x")
    lost = body(("more", "", b""), ("file", "note.pdf", b""))
    assert with_files(lost, TYPE, [note]) == body(("more", "", b""), ("file", "note.pdf", b"x"))
    assert with_files(body(("more", "", b"")), TYPE, []) == body(("more", "", b""))


@pytest.mark.parametrize("attached", [[], ["other.pdf"]])
def test_a_file_nobody_attached_is_an_error(tmp_path: Path, attached: list[str]) -> None:
    paths = [file(tmp_path, name, b"x") for name in attached]
    with pytest.raises(ValueError, match="nobody attached") as raised:
        with_files(body(("file", "note.pdf", b"")), TYPE, paths)
    assert "note" not in str(raised.value)  # a file's name may be a person's


def test_two_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    """Two patients' folders each have their `note.pdf`: the wrong one must never go out."""
    first, second = file(tmp_path / "a", "note.pdf", b"first"), file(tmp_path / "b", "note.pdf", b"second")
    lost = body(("one", "note.pdf", b""), ("two", "note.pdf", b""))
    try:
        whole = with_files(lost, TYPE, [first, second])
    except ValueError:
        return
    assert whole == body(("one", "note.pdf", b"first"), ("two", "note.pdf", b"second"))


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}",
        f"multipart/form-data; boundary={BOUNDARY}; charset=utf-8",
        f"Multipart/Form-Data; Boundary={BOUNDARY}",
    ],
)
def test_the_boundary_however_it_is_written(tmp_path: Path, content_type: str) -> None:
    note = file(tmp_path, "note.pdf", b"x")
    assert with_files(body(("f", "note.pdf", b"")), content_type, [note]) == body(("f", "note.pdf", b"x"))


@pytest.mark.parametrize("content_type", ["", "application/json", "application/x-www-form-urlencoded"])
def test_other_bodies_are_left_alone(tmp_path: Path, content_type: str) -> None:
    note = file(tmp_path, "note.pdf", b"x")
    assert with_files(b'{"filename="note.pdf"": 1}', content_type, [note]) == b'{"filename="note.pdf"": 1}'


def test_a_name_in_another_script(tmp_path: Path) -> None:
    note = file(tmp_path, "Befund für Frau Ö.pdf", b"x")
    assert with_files(body(("f", note.name, b"")), TYPE, [note]) == body(("f", note.name, b"x"))


_values = st.binary(max_size=60).filter(lambda value: b"--" not in value)
_names = st.from_regex(r"[a-zA-Z0-9 _.()-]{1,12}\.pdf", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(_values, max_size=3),
    files=st.dictionaries(_names, st.binary(max_size=200), max_size=3),
    kept=st.booleans(),
)
def test_whatever_is_in_them_comes_through_whole(
    texts: list[bytes], files: dict[str, bytes], kept: bool, loop: Loop
) -> None:
    with TemporaryDirectory() as folder:
        paths = [file(Path(folder), name, content) for name, content in files.items()]
        parts: list[Part] = [(f"t{at}", None, value) for at, value in enumerate(texts)]
        parts[1:1] = [(f"f{at}", name, b"") for at, name in enumerate(files)]
        whole = with_files(body(*parts), TYPE, paths)
    got = loop.run(_parsed(whole))
    assert [got[f"t{at}"] for at in range(len(texts))] == [value.decode("latin-1") for value in texts]
    read = [got[f"f{at}"] for at in range(len(files))]
    assert [(one.filename, one.file.read()) for one in read if isinstance(one, UploadFile)] == list(files.items())
    loop.run(got.close())


async def _parsed(whole: bytes) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield whole

    headers = Headers({"content-type": f"{TYPE}; charset=latin-1"})
    return await MultiPartParser(headers, stream()).parse()
