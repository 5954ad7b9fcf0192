"""Fairview Health."""
