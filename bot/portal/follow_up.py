"""A claim that the payer has, looked up again: where it stands by the payer's own search.

Whatever that shows, or does not show, such a claim is never sent again: it stays accepted, or becomes disputed.
"""

from __future__ import annotations

from dataclasses import replace

from bot.claims.vocabulary import Proof, State, Status
from bot.portal.adapter import Adapter
from bot.portal.look_up import LookUp, Verdict
from bot.portal.submission import Outcome, told


def followed(now: Outcome, found: LookUp, adapter: Adapter, *, conclusive: bool) -> Outcome:
    """An accepted claim after the payer's own search was asked for its number. `conclusive`: the search had time
    to show it, so that "not there" says something.

    One that the search has never shown, because a person entered it (`Proof.NONE`), is waited for; one that it has
    shown and shows no more is not on file.
    """
    now = replace(now, evidence=now.evidence + found.evidence)
    by_hand = now.proof is Proof.NONE
    match found.verdict:
        case Verdict.FOUND:
            return told(replace(now, proof=Proof.LOOK_UP if by_hand else now.proof), found.row, adapter)
        case Verdict.DIFFERENT if by_hand:
            reason = "The payer's own search shows its number over other content than was queued."
            return replace(now, reason=reason, needs_person=True)
        case Verdict.DIFFERENT:
            reason = "The payer's own search now shows this claim with other content than was sent."
            return replace(now, state=State.DISPUTED, reason=reason, needs_person=True)
        case Verdict.ABSENT if not found.answered:
            return replace(now, reason="The payer's own search shows other claims than were asked for.")
        case Verdict.ABSENT if conclusive and not by_hand and adapter.limits.look_up_authoritative:
            reason = f"The payer's own search does not show number {now.control_number} any more."
            return replace(now, status=Status.NOT_ON_FILE, reason=reason)
        case Verdict.ABSENT:
            return replace(now, reason="The payer's own search does not show it.")
        case _:
            return replace(now, reason="The payer's own search shows too little of it to say where it stands.")
