"""Tests of the mock portals themselves: they must behave before anything is tested against them."""
