"""payerbot: enters prepared claims into payer portals, proves each one arrived, follows it until it is paid."""
