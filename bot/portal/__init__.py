"""How a portal is driven: adapters, browser, forms, the guard and the submission protocol. No queue, no
database, no command line.

What is exported here, and `bot.portal.graphql` beside it, is what an adapter is written with, in this project or
in a package of its own; it changes with the version number only. Everything else in this room is the core's: it
may change any day.

the contract    `Adapter`, `SavingAdapter`, `BatchAdapter`, and what they declare: `Limits`, `FormPage` of `Field`,
                `Rows` and `Grid`, `Stage`, `SignInForm`, `Search`, `Unexpected`, `Options`
what it gives   `Receipt`, `FoundClaim`, `FoundLine`, `Batch`, `SentAs`
what it gets    `Claim`, `Line`, `Credentials`, `Code`
converters      how a portal writes values (`mdy`, `money`, `choice` …) and how they are read back (`read_mdy` …)
on a page       `press`, `target`, `heading`, `reach`, `records`; `read`, `box`, `await_control`, `await_shown`
what it raises  `PortalRefused`, `PayerHasIt`, `PersonNeeded`, `SessionLost`, `NotAsQueued`, `Passing`
"""

from bot.claims.model import Claim, Line
from bot.claims.vocabulary import Status
from bot.errors import (
    NotAsQueued,
    Passing,
    PayerHasIt,
    PersonNeeded,
    PortalProblem,
    PortalRefused,
    SessionLost,
)
from bot.portal.adapter import (
    Adapter,
    Batch,
    BatchAdapter,
    Code,
    Credentials,
    Field,
    Fixed,
    FormPage,
    FoundClaim,
    FoundLine,
    Grid,
    Kind,
    Limits,
    Options,
    Receipt,
    Rows,
    SavingAdapter,
    Search,
    SentAs,
    SignInForm,
    Stage,
    StageKind,
    shown,
    text,
)
from bot.portal.convert import (
    choice,
    dmy,
    dollars,
    joined,
    last_first,
    mdy,
    mmddccyy,
    money,
    nodot,
    read_dmy,
    read_mdy,
    read_moment,
    read_money,
    read_ymd,
    upper,
    whole,
    yes_no,
    ymd,
)
from bot.portal.reading import await_control, await_shown, box, read
from bot.portal.way import USUAL, Trouble, Unexpected, heading, press, reach, records, target

__all__ = [
    "USUAL",
    "Adapter",
    "Batch",
    "BatchAdapter",
    "Claim",
    "Code",
    "Credentials",
    "Field",
    "Fixed",
    "FormPage",
    "FoundClaim",
    "FoundLine",
    "Grid",
    "Kind",
    "Limits",
    "Line",
    "NotAsQueued",
    "Options",
    "Passing",
    "PayerHasIt",
    "PersonNeeded",
    "PortalProblem",
    "PortalRefused",
    "Receipt",
    "Rows",
    "SavingAdapter",
    "Search",
    "SentAs",
    "SessionLost",
    "SignInForm",
    "Stage",
    "StageKind",
    "Status",
    "Trouble",
    "Unexpected",
    "await_control",
    "await_shown",
    "box",
    "choice",
    "dmy",
    "dollars",
    "heading",
    "joined",
    "last_first",
    "mdy",
    "mmddccyy",
    "money",
    "nodot",
    "press",
    "reach",
    "read",
    "read_dmy",
    "read_mdy",
    "read_moment",
    "read_money",
    "read_ymd",
    "records",
    "shown",
    "target",
    "text",
    "upper",
    "whole",
    "yes_no",
    "ymd",
]
