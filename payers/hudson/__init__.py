"""Hudson Medicaid."""
