"""What happened to every claim. The only room that touches the database."""
