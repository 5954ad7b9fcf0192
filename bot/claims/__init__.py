"""What a claim is: its model, the files it comes in, the edits it must pass. No portal, browser, database."""
