"""What to do next, and when: files into the queue, shifts, look-ups, tasks."""
