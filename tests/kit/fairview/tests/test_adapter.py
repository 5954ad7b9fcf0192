"""Fairview Health's adapter: what it declares, and what it does at a mock portal played from tests/pages."""

from __future__ import annotations

from pathlib import Path

from bot.testing import PagePortal
from bot.testing.case import AdapterCase

from payerbot_fairview.adapter import Fairview


class TestFairview(AdapterCase):
    adapter_class = Fairview

    def mock(self) -> PagePortal:
        return PagePortal(
            Path(__file__).parent / "pages",
            {
                "GET /": "home.html",
                "GET /api/blank": "member.json",
                "GET /api/member": "member.json",
                "POST /api/claims": "receipt.json",
                "GET /api/claims": "claims.json",
            },
            sign_in="sign_in.html",
            signs_in="POST /sign-in",
            opens="GET /api/blank",
            takes="POST /api/claims",
        )
