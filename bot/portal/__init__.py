"""How a portal is driven: adapters, browser, forms, the guard and the submission protocol. No queue, no
database, no command line."""
