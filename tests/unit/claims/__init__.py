"""Tests of what a claim is."""
