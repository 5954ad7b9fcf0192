"""What chronic care management is denied for: time, consent, care plan, a second biller, the wrong codes.

Each rule names its source. What is only general knowledge, or what payers see differently, warns. A month without
a companion record is looked at as far as the claim goes; a record that contradicts the claim blocks it. A void is
not looked at.
"""
