#!/usr/bin/python3
"""Holds listening sockets and keeps one program running that they are handed to, as a service manager does
(sd_listen_fds(3)). Says on standard output which process it started.

    supervisor.py --pause SECONDS --listen ADDRESS:PORT [--listen …] -- PROGRAM [ARGUMENT…]

It ends with SIGTERM, after the program has ended; then its status is the program's."""
import argparse
import fcntl
import os
import signal
import socket
import sys
import time

FIRST = 3  # SD_LISTEN_FDS_START


def listen(place):
    address, _, port = place.rpartition(':')
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, int(port)))
    sock.listen(4096)
    return sock


def become(program, socks):
    """In the child: the sockets are descriptors 3, 4, …, and nothing else is inherited."""
    high = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 100) for sock in socks]
    for number, fd in enumerate(high):
        os.dup2(fd, FIRST + number)
    os.closerange(FIRST + len(high), 200)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)))
    os.execvp(program[0], program)


class Supervisor:
    def __init__(self, program, socks, pause):
        self.program, self.socks, self.pause = program, socks, pause
        self.child, self.ending = 0, False
        signal.signal(signal.SIGTERM, self.end)

    def end(self, number, frame):
        del number, frame
        self.ending = True
        if self.child:
            os.kill(self.child, signal.SIGTERM)

    def start(self):
        self.child = os.fork()
        if self.child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                become(self.program, self.socks)
            finally:
                os._exit(127)
        print('supervisor started %d' % self.child, flush=True)

    def run(self):
        while True:
            self.start()
            status = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
            self.child = 0
            print('supervisor saw it end with %d' % status, flush=True)
            if self.ending:
                return max(status, 0)
            time.sleep(self.pause)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--pause', type=float, default=0.2)
    parser.add_argument('--listen', action='append', default=[])
    parser.add_argument('program', nargs='+')
    chosen = parser.parse_args()
    return Supervisor(chosen.program, [listen(place) for place in chosen.listen], chosen.pause).run()


if __name__ == '__main__':
    sys.exit(main())
