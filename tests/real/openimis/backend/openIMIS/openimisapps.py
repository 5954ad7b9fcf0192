"""The openIMIS modules that make up this assembly, each after those it builds on."""

MODULES = (
    "core",
    "location",
    "medical",
    "medical_pricelist",
    "product",
    "insuree",
    "policyholder",
    "contribution_plan",
    "policy",
    "payer",
    "contribution",
    "payment",
    "claim_batch",
    "claim",
    "calculation",
    "contract",
    "invoice",
    "report",
    "tools",
)


def openimis_apps() -> list[str]:
    """The modules' names; the report module asks for them by this function."""
    return list(MODULES)
