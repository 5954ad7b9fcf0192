"""Serves the assembly on a socket that is given (``serve FD``), or works off its queue (``work``).

Says ``ready`` when it is, and ends when its standard input does: nothing is left behind by a test run that dies.
"""

import os
import socket
import sys
import threading

_TO_PARENT = os.dup(1)
os.dup2(2, 1)


def ready():
    """Tell the parent. It reads nothing else: all that openIMIS prints goes with its log."""
    os.write(_TO_PARENT, b"ready\n")


def leave_with_the_parent():
    """Wait for the end of standard input, which is the parent's to hold open."""
    sys.stdin.buffer.read()
    os._exit(0)


def serve(number):
    """Serve HTTP on the listening socket with this file descriptor."""
    import waitress
    from openIMIS.wsgi import application

    server = waitress.create_server(application, sockets=[socket.socket(fileno=number)], threads=8)
    ready()
    server.run()


def work():
    """Carry out what waits in the queue, and what comes."""
    import django
    from celery.signals import worker_ready
    from openIMIS import celery_app

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openIMIS.settings")
    django.setup()
    worker_ready.connect(lambda **_: ready(), weak=False)
    options = ("--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat")
    celery_app.worker_main(["worker", "--loglevel=WARNING", *options])


if __name__ == "__main__":
    threading.Thread(target=leave_with_the_parent, daemon=True).start()
    serve(int(sys.argv[2])) if sys.argv[1] == "serve" else work()
