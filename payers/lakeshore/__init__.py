"""Lakeshore Health Plan."""
