"""Why openIMIS refuses a line, by the number that stands in its column R (openIMIS 1.11, claim module)."""

from __future__ import annotations

REASONS = {
    "-1": "refused by the medical officer",
    "1": "the service is not among those registered",
    "2": "the service is not in the facility's price list",
    "3": "no active policy covers the service",
    "4": "the service is not for patients of this sex or age",
    "5": "the service was given again too soon",
    "6": "the service is there twice",
    "7": "the patient has no valid policy",
    "8": "the diagnosis is not in the list",
    "9": "the policy was not valid on the day of the visit",
    "10": "the service is not for this type of visit",
    "11": "more admissions than the policy covers",
    "12": "more visits than the policy covers",
    "13": "more consultations than the policy covers",
    "14": "more surgeries than the policy covers",
    "15": "more deliveries than the policy covers",
    "16": "more of the service than the policy covers",
    "17": "the policy's waiting period is not over",
    "19": "more antenatal visits than the policy covers",
    "20": "the claim is not valid",
    "21": "the patient has no cover",
}
