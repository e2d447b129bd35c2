"""Two name servers for one place: unbound, which speaks the truth, and a scripted one, which is slow, broken or lies."""
import selectors
import socket
import struct
import time

from name_server import NameServer, encode

A, AAAA = 1, 28
SERVFAIL = 2


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


class Truth(NameServer):
    """unbound with some addresses."""

    def __init__(self, lab, address, port, addresses, seconds):
        super().__init__(lab, address, port)
        self.write('%s. %d IN A %s' % (name, seconds, where) for name, where in addresses.items())


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
