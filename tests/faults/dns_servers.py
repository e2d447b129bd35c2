"""Two name servers for one place: unbound, which speaks the truth, and a scripted one, which is slow, broken or lies."""
import os
import selectors
import socket
import struct
import time

from process import Child, wait_for

UNBOUND = '/usr/sbin/unbound'
A, AAAA = 1, 28
SERVFAIL = 2


def encode(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def question(name, kind, number=0x1234):
    return struct.pack('>6H', number, 0x100, 1, 0, 0, 0) + encode(name) + struct.pack('>2H', kind, 1)


def read_question(packet):
    """(number, name, kind, the question's octets)"""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode('ascii', 'replace'))
        at += 1 + packet[at]
    return (struct.unpack('>H', packet[:2])[0], '.'.join(labels).lower(), struct.unpack('>H', packet[at + 1:at + 3])[0],
            packet[12:at + 5])


def record(name, address, seconds):
    return encode(name) + struct.pack('>2HIH', A, 1, seconds, 4) + socket.inet_aton(address)


def answer(number, asked, answers=(), more=(), code=0):
    """answers, more: whole records; asked: octets of the question."""
    return (struct.pack('>6H', number, 0x8180 | code, 1, len(answers), 0, len(more)) + asked + b''.join(answers) +
            b''.join(more))


class Truth:
    """unbound with some addresses; start() and stop() as often as one likes."""

    def __init__(self, lab, address, port, addresses, seconds):
        self.address, self.port = address, port
        folder = os.path.join(lab.folder, 'unbound')
        os.makedirs(folder)
        with open(os.path.join(folder, 'conf'), 'w') as out:
            out.write('server:\n  interface: %s@%d\n  port: %d\n  access-control: 127.0.0.0/8 allow\n  username: ""\n'
                      '  chroot: ""\n  directory: "%s"\n  pidfile: "%s/pid"\n  use-syslog: no\n  do-daemonize: no\n'
                      '  module-config: "iterator"\n  num-threads: 1\n  do-ip6: no\n  local-zone: "example." static\n'
                      % (address, port, port, folder, folder))
            for name, where in addresses.items():
                out.write('  local-data: "%s. %d IN A %s"\n' % (name, seconds, where))
            out.write('remote-control:\n  control-enable: no\n')
        self.probe = question(next(iter(addresses)), A)
        self.child = lab.own(Child('unbound', [UNBOUND, '-d', '-c', os.path.join(folder, 'conf')], folder))

    def start(self):
        self.child.start()
        wait_for(self._answers, 10, 'the name server answers', self.child)

    def stop(self):
        self.child.kill()

    def _answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.1)
            try:
                sock.connect((self.address, self.port))
                sock.send(self.probe)
                return bool(sock.recv(512))
            except OSError:
                return False


class Liar:
    """what(liar, packet, peer) is called for each question while it is there; `asked` are (when, name, kind)."""

    def __init__(self, reactor, address, port):
        self.reactor, self.address, self.port = reactor, address, port
        self.sock, self.what, self.asked, self.later = None, None, [], []

    def start(self, what):
        self.what, self.asked, self.later = what, [], []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.address, self.port))
        self.sock.setblocking(False)
        self.reactor.selector.register(self.sock, selectors.EVENT_READ, self._ready)

    def stop(self):
        self.reactor.selector.unregister(self.sock)
        self.sock.close()
        self.sock, self.later = None, []

    def send(self, packet, peer):
        self.sock.sendto(packet, peer)

    def delay(self, seconds, packet, peer):
        self.later.append((time.monotonic() + seconds, packet, peer))

    def tick(self):
        """Sends what was delayed and is due."""
        while self.later and self.later[0][0] <= time.monotonic():
            _, packet, peer = self.later.pop(0)
            self.send(packet, peer)

    def rate(self):
        """{(name, kind): how often it was asked}"""
        counts = {}
        for _, name, kind in self.asked:
            counts[name, kind] = counts.get((name, kind), 0) + 1
        return counts

    def _ready(self, events):
        del events
        while True:
            try:
                packet, peer = self.sock.recvfrom(2048)
            except OSError:
                return
            _, name, kind, _ = read_question(packet)
            self.asked.append((time.monotonic(), name, kind))
            self.what(self, packet, peer)
