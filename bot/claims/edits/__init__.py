"""What a payer would send a claim back for, found before it is sent."""
