"""``python -m tests.bench``: how fast claims are read, sent, looked up and counted."""

from tests.bench import asking, looking, reading, sending

if __name__ == "__main__":
    reading.main()
    sending.main()
    looking.main()
    asking.main()
