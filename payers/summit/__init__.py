"""Summit Medicare."""
