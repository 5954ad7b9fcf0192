"""``python -m tests.bench``: how fast claims are read, and how fast they are sent."""

from tests.bench import reading, sending

if __name__ == "__main__":
    reading.main()
    sending.main()
