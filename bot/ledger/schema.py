"""The ledger's tables.

Amounts are whole cents, times are UTC. What names a patient (claim bodies, the identifiers sent) is encrypted
before it gets here; the account number, dates of service and amounts are in clear, because people search by
them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from bot.claims.vocabulary import Proof, Sent, Status


class Utc(TypeDecorator[datetime]):
    """An aware time; stored as UTC, with its zone where the database has one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Cents(TypeDecorator[Decimal]):
    """An amount of dollars, stored as whole cents."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Dollars to cents; parts of a cent are an error, not a rounding."""
        if value is None:
            return None
        cents = value * 100
        if cents != cents.to_integral_value():
            raise ValueError("an amount with parts of a cent")
        return int(cents)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Cents to dollars, with two decimals."""
        return None if value is None else Decimal(value).scaleb(-2)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row for each file a person queued.
files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    #: Of the bytes as they were queued.
    Column("sha256", String(64), nullable=False),
    Column("claims", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("charge", Cents, nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("queued_by", Text, nullable=False),
    #: Claims of this file that were queued before; they have no row of their own.
    Column("refused", Integer, nullable=False, default=0),
    #: Whether only a billing lead may release it, and who released it when.
    Column("needs_release", Boolean, nullable=False, default=False),
    Column("released_at", Utc),
    Column("released_by", Text),
)

#: One row for each claim. `rev` grows with every move; whoever moves a claim names the rev it saw.
claims = Table(
    "claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", ForeignKey("files.id"), nullable=False, index=True),
    #: Where in the file it stands: a segment or a row.
    Column("place", Text, nullable=False),
    Column("account", Text, nullable=False, index=True),
    #: The payer as the file names it.
    Column("payer_named", Text, nullable=False),
    #: The portal it goes to; none while nobody has said which.
    Column("payer", String(64)),
    Column("login", String(64)),
    Column("state", String(16), nullable=False),
    Column("status", String(16), nullable=False, default=Status.NONE),
    Column("service_from", Date),
    Column("service_to", Date),
    Column("charge", Cents, nullable=False),
    Column("line_count", Integer, nullable=False),
    Column("control_number", Text),
    Column("tracking_number", Text),
    Column("sent", String(8), nullable=False, default=Sent.NEVER),
    Column("proof", String(8), nullable=False, default=Proof.NONE),
    Column("attempts", Integer, nullable=False, default=0),
    #: How often in a row the portal kept us from it.
    Column("failures", Integer, nullable=False, default=0),
    #: Why it stands where it stands, in a biller's words.
    Column("reason", Text, nullable=False, default=""),
    Column("fingerprint", String(64)),
    #: The fingerprint while the claim stands, else nothing: the unique index refuses a second one.
    Column("standing", String(64), unique=True),
    #: When it must next be looked up at the payer.
    Column("due_at", Utc),
    #: When it became the payer's, and when the payer was last asked about it.
    Column("accepted_at", Utc),
    Column("looked_up_at", Utc),
    #: What the payer said last of its payment, on its own page or in its files: in its words, ...
    Column("payer_words", Text, nullable=False, default=""),
    #: ... why (a list of codes or words), until when it waits for an answer, ...
    Column("payer_reasons", JSON, nullable=False, default=list),
    Column("answer_by", Date),
    #: ... and how much, when and with which payment it paid.
    Column("allowed", Cents),
    Column("paid", Cents),
    Column("paid_on", Date),
    Column("payment_number", Text),
    #: When the payer decided it, by its file or page; the time to appeal runs from here.
    Column("decided_on", Date),
    #: The last day the payer takes it.
    Column("deadline", Date),
    #: The claim itself, encrypted.
    Column("body", LargeBinary),
    #: The companion record of an unlisted visit, encrypted: its letter is written from it.
    Column("support", LargeBinary),
    #: Where that letter stands: ``needed``, ``approved`` or ``signed``; nothing where there is none.
    Column("letter", String(16)),
    #: The earlier claim that this one looks like a fix of; none once a person has said that both are to be sent.
    Column("looks_like", Integer),
    #: The claim that this one replaces or voids at the payer.
    Column("corrects", Integer, index=True),
    #: The payer's number of that claim, as this one names it; the claim itself need not be one of ours.
    Column("corrects_number", Text, index=True),
    #: Held with its whole file, until that is released.
    Column("with_file", Boolean, nullable=False, default=False),
    Column("rev", Integer, nullable=False, default=0),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index("ix_claims_due", "state", "due_at"),
    Index("uq_claims_control_number", "payer", "control_number", unique=True),
)

#: In the order in which a login's claims are worked; those without a deadline last.
QUEUE_ORDER = (claims.c.failures, claims.c.deadline.is_(None).self_group(), claims.c.deadline, claims.c.id)
Index("ix_claims_queue", claims.c.payer, claims.c.login, claims.c.state, *QUEUE_ORDER)

lines = Table(
    "lines",
    metadata,
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    #: From 1, in the order sent.
    Column("number", Integer, primary_key=True),
    Column("code", String(48), nullable=False),
    Column("service_from", Date, nullable=False),
    Column("charge", Cents, nullable=False),
    Column("status", String(16), nullable=False, default=Status.NONE),
    #: As for its claim, where the portal shows lines.
    Column("allowed", Cents),
    Column("paid", Cents),
    Column("payer_reasons", JSON, nullable=False, default=list),
)

#: Keyed hashes of patient, payer, date and code: how a fix of an earlier claim is recognised.
likenesses = Table(
    "likenesses",
    metadata,
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    Column("digest", String(64), primary_key=True, index=True),
)

#: Keyed hashes of patient, payer and month, for claims that are looked at together with others of the month.
patient_months = Table(
    "patient_months",
    metadata,
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    Column("digest", String(64), primary_key=True, index=True),
)

#: Attachment control numbers, ours and those that came with files: one that reached a payer is never used again.
control_numbers = Table(
    "control_numbers",
    metadata,
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    Column("number", Text, primary_key=True, index=True),
)

#: Findings that a lead has set aside for one claim, by name and reason.
overrides = Table(
    "overrides",
    metadata,
    Column("claim_id", ForeignKey("claims.id"), primary_key=True),
    Column("rule", String(64), primary_key=True),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

#: What the edits found, kept with the claim.
problems = Table(
    "problems",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim_id", ForeignKey("claims.id"), nullable=False, index=True),
    Column("severity", String(8), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("line", Integer),
    Column("field", Text),
    Column("message", Text, nullable=False),
)

#: One row for each time we set out to leave something at a payer: written before the first such request.
sends = Table(
    "sends",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payer", String(64), nullable=False),
    Column("login", String(64), nullable=False),
    #: Which worker armed it.
    Column("owner", Text, nullable=False),
    #: The stage armed last.
    Column("stage", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("armed_at", Utc, nullable=False, index=True),
    Column("closed_at", Utc),
)

#: One row for each claim in a send.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("send_id", ForeignKey("sends.id"), nullable=False, index=True),
    Column("claim_id", ForeignKey("claims.id"), nullable=False),
    #: The identifiers as the payer will show them, encrypted.
    Column("sent_as", LargeBinary, nullable=False),
    #: How it ended: the state the claim went to, or ``void`` when the payer does not have it.
    Column("outcome", String(16)),
    Column("closed_at", Utc),
    #: Seconds from opening the form to its outcome, and how many of them the portal kept us waiting.
    Column("seconds", Float),
    Column("portal_seconds", Float),
    #: How the portal tells what this attempt left there unsent, and somebody may send from there; empty: nobody
    #: knows. None: it left nothing, or that is sent or gone.
    Column("left", Text),
    #: That it is not there proves nothing against the claim: it was looked for at once, or a person knows.
    Column("left_seen", Boolean, nullable=False, default=False),
    Index("ix_attempts_claim_id", "claim_id"),
    Index(
        "uq_attempts_open",
        "claim_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim_id", ForeignKey("claims.id"), nullable=False, index=True),
    Column("attempt_id", ForeignKey("attempts.id")),
    #: What it shows: receipt, look-up, refusal, …
    Column("kind", String(32), nullable=False),
    #: Of the bytes before encryption.
    Column("sha256", String(64), nullable=False),
    Column("file", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    #: By this page it became proved, by a receipt or by a look-up, that the payer has the claim under its number.
    Column("proves", Boolean, nullable=False, default=False),
)

#: The last page at which each login failed without a claim's evidence of it; what was kept before is taken away.
failures = Table(
    "failures",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    #: The class of the error.
    Column("error", String(64), nullable=False),
    #: Of the bytes before encryption.
    Column("sha256", String(64), nullable=False),
    Column("file", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)

#: Everything that happened, in order, with who did it; never changed.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(32), nullable=False),
    Column("claim_id", ForeignKey("claims.id"), index=True),
    Column("file_id", ForeignKey("files.id")),
    Column("task_id", ForeignKey("tasks.id"), index=True),
    Column("payer", String(64)),
    Column("login", String(64)),
    Column("before", String(32)),
    Column("after", String(32)),
    Column("why", Text, nullable=False, default=""),
    Index("ix_events_what", "what", "at"),
)

#: What a person must do. One cause, one task: `cause` is unique among the open ones, and with kind and round it is
#: unique for ever.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", Text, nullable=False),
    #: The cause while the task is open, else nothing.
    Column("open_cause", Text, unique=True),
    Column("kind", String(32), nullable=False),
    #: How often this came up, from 1.
    Column("round", Integer, nullable=False),
    #: What only a call can answer: a `vocabulary.Topic`; none where no call is needed.
    Column("topic", String(16)),
    Column("payer", String(64)),
    Column("login", String(64)),
    #: Who can do it: biller, lead or developer.
    Column("actor", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("action", Text, nullable=False),
    #: Whether it may close only with an answer about the claims.
    Column("needs_answer", Boolean, nullable=False),
    #: Who has it, by name; none while nobody has.
    Column("owner", Text),
    #: Out of the list until this day.
    Column("snoozed_until", Date),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("closed_by", Text),
    Column("answer", Text),
    Index("uq_tasks_round", "cause", "kind", "round", unique=True),
)

task_claims = Table(
    "task_claims",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("claim_id", ForeignKey("claims.id"), primary_key=True, index=True),
    #: When the claim did not wait behind it any more, although others did.
    Column("done_at", Utc),
    #: When this claim is to be followed up next; until then it waits for the payer, not for us.
    Column("next_on", Date),
)

#: One row for each claim that somebody called a payer about. What is told is the payer's word, and no proof.
calls = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim_id", ForeignKey("claims.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    #: Who called.
    Column("who", Text, nullable=False),
    Column("said", Text, nullable=False),
    #: Where the claim stands by what was told: a `vocabulary.Status`.
    Column("status", String(16)),
    #: The payer's number for the call, and the name of whoever answered it.
    Column("reference", Text),
    Column("name", Text),
    #: By when something was promised, and when we follow up.
    Column("promised_on", Date),
    Column("next_on", Date),
    #: The number under which the payer says that it has the claim.
    Column("control_number", Text),
    Column("minutes_on_hold", Integer),
)

#: One row for each payer's file that was settled, by what is in it.
replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    #: ``835``, ``277CA``, ``277``, or several.
    Column("kind", String(16), nullable=False),
    Column("claims", Integer, nullable=False),
    Column("charge", Cents, nullable=False),
    Column("paid", Cents, nullable=False),
    #: What was paid in all, after provider-level adjustments.
    Column("payment", Cents, nullable=False),
    Column("settled_at", Utc, nullable=False),
    Column("settled_by", Text, nullable=False),
)

#: One row for each time a payer's file speaks of a claim, ours or not, however often that file is settled.
reply_claims = Table(
    "reply_claims",
    metadata,
    #: Hash of the payer, the payment and the claim's segments.
    Column("digest", String(64), primary_key=True),
    Column("reply_id", ForeignKey("replies.id"), nullable=False, index=True),
    #: Our claim; none while nobody knows one.
    Column("claim_id", ForeignKey("claims.id"), index=True),
    #: Where in the file it stands.
    Column("place", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("control_number", Text, index=True),
    #: The payer as the file names it, its number for the payment or transaction, and its date.
    Column("payer_named", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("dated", Date),
    #: Whether it is a remittance's decision; otherwise it only says how far the payer is.
    Column("decides", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("charge", Cents, nullable=False),
    Column("paid", Cents, nullable=False),
    Column("patient_responsibility", Cents, nullable=False),
)

#: One row for each session a login has now; somebody who stops renewing it has lost it.
seats = Table(
    "seats",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    #: From 0.
    Column("number", Integer, primary_key=True),
    #: Who sits there: a name that is used for one sitting.
    Column("owner", Text, nullable=False),
    Column("renewed_at", Utc, nullable=False),
)

#: One row for each secret a login ever tried: armed before the try, so that none is tried twice.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    #: Keyed hash of the user name and password.
    Column("secret", String(64), primary_key=True),
    Column("armed_at", Utc, nullable=False),
    #: Which worker tried last.
    Column("owner", Text, nullable=False),
    #: Whether the last try worked; nothing while it is under way, or when it never finished.
    Column("worked", Boolean),
    #: The last authenticator time step used.
    Column("code_step", Integer),
)

#: How each login's form looked when it was last found fine: labels, lengths and choices, nothing of a patient.
baselines = Table(
    "baselines",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    #: By page title and declared label: the longest entry and the choices.
    Column("pages", JSON, nullable=False),
    Column("fine_at", Utc, nullable=False),
    #: Since when it looks as it does, and who took that for fine, and why.
    Column("changed_at", Utc, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
)

#: When the next claim may be begun at a payer that limits how many an hour.
paces = Table(
    "paces",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("next_at", Utc, nullable=False),
)

#: What a browser must remember so that the session a person has signed in goes on.
saved_sessions = Table(
    "saved_sessions",
    metadata,
    Column("payer", String(64), primary_key=True),
    Column("login", String(64), primary_key=True),
    #: Playwright's storage state as JSON, in cipher.
    Column("state", LargeBinary, nullable=False),
    #: Keyed hash of the user and the portal's address: under another it does not go on.
    Column("whose", String(64), nullable=False),
    #: Which seat's owner went on with it last: the portal's server has it once, so one browser has it at a time.
    Column("owner", Text),
    Column("who", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

#: What stops a payer or one of its logins. Lifted by a person, or by a changed secret.
pauses = Table(
    "pauses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("payer", String(64), nullable=False),
    #: Nothing: the whole payer.
    Column("login", String(64)),
    #: ``paused`` by a person or ``parked`` by payerbot.
    Column("kind", String(8), nullable=False),
    Column("why", Text, nullable=False),
    #: Keyed hash of the secret that was refused: another one lifts the pause by itself.
    Column("secret", String(64)),
    Column("who", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("lifted_at", Utc),
    Column("lifted_by", Text),
)

#: One row for each time that payerbot worked: somebody must notice when it did not.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    #: ``run``, ``follow-up`` or ``serve``.
    Column("kind", String(16), nullable=False),
    #: Who started it.
    Column("who", Text, nullable=False),
    #: Whether it was about everything that waited, not about one payer or some claims.
    Column("whole", Boolean, nullable=False),
    Column("began_at", Utc, nullable=False),
    #: When it was last known to be at work.
    Column("seen_at", Utc, nullable=False, index=True),
    Column("ended_at", Utc),
    #: Whether something stopped it before its end.
    Column("failed", Boolean, nullable=False, default=False),
    #: What it ended with, as ``run --json`` prints it; nothing for what has no end of its own.
    Column("counts", JSON),
)

#: One row for each time a person said that an older ledger was put back.
restores = Table(
    "restores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    #: The last thing that the older ledger knows.
    Column("since", Utc, nullable=False),
    Column("who", Text, nullable=False),
)

#: Which portal a payer's name or number in a file means; the office owns it.
routes = Table(
    "routes",
    metadata,
    #: Upper-case, single spaces.
    Column("name", Text, primary_key=True),
    Column("payer", String(64), nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
