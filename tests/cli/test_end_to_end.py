"""The main job through the real commands, judged by the portal's own books."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.claims.care import clean, write_cases
from fixtures.claims.pdf import write_pdf
from fixtures.portals.server import RunningPortal, running
from tests.cli.counter import Desk, good


def _sends(portal: RunningPortal) -> list[str | None]:
    return [request["account"] for request in portal.requests if request["stage"] == "submit"]


@pytest.mark.usefixtures("chromium")
def test_two_claims_from_file_to_payer_once(tmp_path: Path) -> None:
    claims = good(2)
    accounts = [claim.account for claim in claims]
    with running("northstar", visibility_delay=0) as portal:
        desk = Desk(tmp_path, {"northstar": portal.url}, portal.users[0])
        assert desk("queue", desk.file(*claims), "--json").document["queued"] == 2

        rehearsal = desk("run", "--dry-run", "--json")
        assert (rehearsal.code, rehearsal.document["left"], rehearsal.document["balanced"]) == (0, 2, True)
        assert [account in rehearsal.err for account in accounts] == [True, True]
        assert "nothing was sent" in rehearsal.err
        assert (_sends(portal), portal.claims) == ([], [])
        assert {(row["state"], row["sent"], row["attempts"]) for row in desk.claims()} == {("queued", "never", 0)}

        done = desk("run", "--json")
        assert done.code == 0, done
        counts = done.document
        assert (counts["queued"], counts["accepted"], counts["unwitnessed"], counts["balanced"]) == (2, 2, 0, True)
        assert counts["payers"]["northstar"]["accepted"] == 2
        assert _sends(portal) == accounts
        stored = {str(claim["account"]): claim for claim in portal.claims}
        assert sorted(stored) == sorted(accounts)
        for row in desk.claims():
            assert (row["state"], row["sent"], row["proof"], row["attempts"]) == ("accepted", "once", "both", 1)
            assert row["control_number"] == stored[row["account"]]["control_number"]
            assert row["charge"] == stored[row["account"]]["charge"]

        again = desk("run", "--json")
        assert (again.code, again.document["queued"], again.document["balanced"]) == (0, 0, True)
        assert desk("follow-up", "--json").code == 0
        assert desk("queue", desk.file(*claims), "--json").document["queued"] == 0
        assert len(_sends(portal)) == len(portal.claims) == 2
        evidence = desk("claims", "show", "1", "--json").document["evidence"]
        assert {"receipt", "look-up"} <= {one["kind"] for one in evidence}
        assert all((desk.home.evidence / one["file"]).exists() for one in evidence)


@pytest.mark.usefixtures("chromium")
def test_without_a_password_a_person_is_asked_and_nothing_is_sent(tmp_path: Path) -> None:
    with running("northstar", visibility_delay=0) as portal:
        desk = Desk(tmp_path, {"northstar": portal.url})
        desk.queued(2)
        done = desk("run", "--json")
        assert (done.code, done.document["parked"], done.document["balanced"]) == (1, 2, True)
        assert [task["kind"] for task in desk.tasks()] == ["person-needed"]
        assert portal.requests == []
        again = desk("run", "--json")
        assert (again.code, len(desk.tasks())) == (1, 1)


@pytest.mark.usefixtures("chromium")
def test_care_and_a_home_visit_arrive_as_they_were_prepared(tmp_path: Path) -> None:
    """Right codes, units, dates and place; and for 99600 description, letter and record, byte for byte."""
    with running("lakeshore", visibility_delay=0) as portal:
        desk = Desk(tmp_path, {"lakeshore": portal.url}, portal.users[0])
        desk("payers", "map", "LAKESHORE HEALTH PLAN", "lakeshore")
        write_cases(tmp_path)
        queued = desk("queue", tmp_path / "clean.837", tmp_path / "clean.support.json", "--json").document
        assert (queued["queued"], queued["held"]) == (6, 1)
        scan = tmp_path / "scan.pdf"
        write_pdf(scan, ["Letter", "signed: A. Lindqvist"])
        assert desk("letters", "sign", "7", scan, "--by", "Anneli Lindqvist").code == 0
        assert desk("run", "--json").document["accepted"] == 7
        stored: dict[str, Any] = {str(claim["account"]): claim for claim in portal.claims}
        for case in clean():
            [claim] = case.claims
            assert [
                (one["code"], one["units"], one["from"], one["to"], one["place_of_service"], one["description"])
                for one in stored[claim.account]["lines"]
            ] == [
                (
                    one.code,
                    f"{one.units:f}",
                    one.service_from.isoformat(),
                    one.service_to.isoformat(),
                    claim.place_of_service,
                    one.description,
                )
                for one in claim.lines
            ]
        kept = desk("claims", "show", "7", "--json").document["evidence"]
        documents = [one["sha256"] for one in kept if one["kind"] == "document"]
        assert [one["sha256"] for one in stored["CU01"]["attachments"]] == documents
        assert len(documents) == 2
