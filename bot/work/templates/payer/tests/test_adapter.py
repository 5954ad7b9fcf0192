"""[[ name ]]'s adapter: what it declares, and what it does at a mock portal played from tests/pages."""

from __future__ import annotations

from pathlib import Path

from bot.testing import PagePortal
from bot.testing.case import AdapterCase

from [[ package ]].adapter import [[ class_name ]]


class Test[[ class_name ]](AdapterCase):
    adapter_class = [[ class_name ]]

    def mock(self) -> PagePortal:
        return PagePortal(
            Path(__file__).parent / "pages",
            {
                "GET /": "home.html",
                "GET /claims/new": "claim.html",
                "POST /claims": "receipt.html",
                "GET /claims/search": "search.html",
            },
            sign_in="sign_in.html",
            signs_in="POST /sign-in",
            opens="GET /claims/new",
            takes="POST /claims",
        )
