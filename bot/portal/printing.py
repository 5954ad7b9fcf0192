"""Prints pages to PDF with the browser, which reaches nothing while it does."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import async_playwright


async def print_pdf(executable: Path, body: str, header: str, footer: str) -> bytes:
    """An HTML document as a letter-size PDF, with header and footer on every page."""
    async with async_playwright() as playwright:
        root = getattr(os, "geteuid", lambda: 1)() == 0  # Chromium has no sandbox for root
        browser = await playwright.chromium.launch(executable_path=executable, chromium_sandbox=not root)
        try:
            context = await browser.new_context(offline=True, java_script_enabled=False)
            page = await context.new_page()
            await page.set_content(body)
            return await page.pdf(
                format="Letter",
                display_header_footer=True,
                header_template=header,
                footer_template=footer,
                margin={"top": "16mm", "bottom": "16mm", "left": "18mm", "right": "18mm"},
                print_background=True,
            )
        finally:
            await browser.close()
