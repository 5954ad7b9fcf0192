"""The payers in the box: one folder each, with its adapter, policy and README."""
