"""Insurers that run openIMIS."""
