"""Northstar Medicaid."""
