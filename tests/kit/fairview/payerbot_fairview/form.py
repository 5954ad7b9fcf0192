"""Fairview Health's claim form, dialog by dialog, and its claim search: every label as the portal writes it."""

from __future__ import annotations

from bot.portal import (
    Field,
    FormPage,
    Grid,
    Search,
    dollars,
    joined,
    last_first,
    money,
    nodot,
    read_ymd,
    shown,
    whole,
    ymd,
)

PAGES = (
    FormPage(
        "New claim",
        (
            Field(
                "Member no.",
                "subscriber.member_id",
                required=True,
                sensitive=True,
                max_length=12,
                then="Check member",
            ),
            shown("Member", "subscriber", last_first, sensitive=True),
            shown("Born", "subscriber.birth_date", ymd, sensitive=True),
            Field("Your reference", "account", max_length=15),
            *(
                Field(f"Diagnosis {n}", f"diagnoses.{n - 1}", nodot, sensitive=True, max_length=7)
                for n in range(1, 5)
            ),
            Field("Rendering NPI", "rendering.npi", required=True, max_length=10),
        ),
        next="Next",
    ),
    FormPage(
        "Services",
        grids=(
            Grid(
                "line",
                (
                    Field("Date {n}", "line.service_from", ymd, required=True),
                    Field("Place {n}", "line.place_of_service", required=True),
                    Field("Code {n}", "line.code", required=True),
                    Field("Modifier {n}", "line.modifiers", joined),
                    Field("Pointers {n}", "line.pointers", joined, required=True),
                    Field("Units {n}", "line.units", whole, required=True),
                    Field("Charge {n}", "line.charge", money, required=True),
                ),
                more="Add line",
            ),
        ),
        next="Next",
    ),
    FormPage(
        "Check your claim",
        (
            shown("Member no.", "subscriber.member_id", sensitive=True),
            shown("Your reference", "account"),
            shown("Lines", lambda claim, _: len(claim.lines)),
            shown("Total", "charge", dollars),
        ),
        next=None,
    ),
)

SEARCH = Search(
    path="/",
    title="Work list",
    member_id="Member no.",
    service_from="From",
    service_to="To",
    table="Claims",
    empty="Nothing found",
    shows_number="Claim no.",
    shows_account="Reference",
    shows_from="From",
    shows_to="To",
    shows_charge="Total",
    shows_status="State",
    shows_received="Received",
    typed_date=ymd,
    read_date=read_ymd,
    press="Find",
)
