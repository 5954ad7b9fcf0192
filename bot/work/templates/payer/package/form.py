"""[[ name ]]'s claim form, page by page, and its claim search: every label as the portal writes it."""

from __future__ import annotations

from bot.portal import FormPage

#: Each page with its heading, its fields in their order, and the button that leads on. For example:
#:
#:   FormPage(
#:       "Claim details",
#:       (
#:           Field("Member ID", "subscriber.member_id", required=True, sensitive=True, max_length=20),
#:           Field("Patient account no.", "account", max_length=20),
#:           Field("Service from", "service_from", mdy, required=True),
#:           Field("Place of service", "place_of_service", kind=Kind.SELECT, required=True),
#:       ),
#:       rows=(Rows("line", table="Service lines", columns=(…), fields=(…), add="Add"),),   # added one by one, or
#:       grids=(Grid("line", (Field("Charge {n}", "line.charge", money), …), more="Add rows"),),   # all at once
#:       next="Continue",                                                   # None on the last page
#:   )
#:
#: What is not a text box says so by its kind (Kind.SELECT, RADIO, CHECK, PICK, TYPED …). What the page shows and
#: nobody types, such as the member's name after a look-up, is declared with shown(…) and compared.
PAGES: tuple[FormPage, ...] = ()

#: The portal's own claim search. For example:
#:
#:   SEARCH = Search(
#:       path="/claims/search", title="Claim search",
#:       member_id="Member ID", service_from="From", service_to="To",      # what it asks
#:       table="Claims found", empty="No claims found",              # caption; what stands there else
#:       shows_number="Claim number", shows_from="Service from", shows_to="Service to",
#:       shows_charge="Charge", shows_status="Status", shows_account="Account", shows_received="Received",
#:   )
