"""A real name server (unbound) that speaks for the zone "example." with what a test tells it."""
import os
import socket
import struct

from process import Child, wait_for

UNBOUND = '/usr/sbin/unbound'


def encode(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def question(name, kind, number=0x1234):
    return struct.pack('>6H', number, 0x100, 1, 0, 0, 0) + encode(name) + struct.pack('>2H', kind, 1)


class NameServer:
    """`records`: texts like "sip.a.example. 60 IN A 127.0.0.1"; start() and stop() as often as one likes."""

    def __init__(self, lab, address, port, folder='unbound'):
        self.lab, self.address, self.port = lab, address, port
        self.folder = os.path.join(lab.folder, folder)
        os.makedirs(self.folder, exist_ok=True)
        self.child = None

    def write(self, records, refused=()):
        """refused: domains of which it will not speak."""
        with open(os.path.join(self.folder, 'conf'), 'w') as out:
            out.write('server:\n  interface: %s@%d\n  port: %d\n  access-control: 127.0.0.0/8 allow\n  username: ""\n'
                      '  chroot: ""\n  directory: "%s"\n  pidfile: "%s/pid"\n  use-syslog: no\n  do-daemonize: no\n'
                      '  module-config: "iterator"\n  num-threads: 1\n  do-ip6: no\n  local-zone: "example." static\n'
                      % (self.address, self.port, self.port, self.folder, self.folder))
            out.writelines('  local-data: "%s"\n' % record for record in records)
            out.writelines('  local-zone: "%s." always_refuse\n' % domain for domain in refused)
            out.write('remote-control:\n  control-enable: no\n')
        return self

    def start(self):
        if self.child is None:
            command = [UNBOUND, '-d', '-c', os.path.join(self.folder, 'conf')]
            self.child = self.lab.own(Child('unbound', command, self.folder))
        self.child.start()
        wait_for(self._answers, 10, 'the name server answers', self.child)

    def stop(self):
        self.child.kill()

    def _answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.1)
            try:
                sock.connect((self.address, self.port))
                sock.send(question('example', 6))
                return bool(sock.recv(512))
            except OSError:
                return False


class MovingNameServer:
    """Serves what it was told last, each time in a place of its own: a resolver that is pointed to the new place has
    nothing remembered."""

    def __init__(self, lab):
        self.lab, self.number, self.now, self.served = lab, 0, None, None
        self.refused = set()  # domains of which it does not speak

    def serve(self, names):
        """names: name → address(es), _service._tcp.name → "SRV priority weight port target"(s). "address@port" to ask."""
        records = []
        for name, values in sorted(names.items()):
            for value in [values] if isinstance(values, str) else values:
                kind = '' if name.startswith('_') else 'AAAA ' if ':' in value else 'A '
                tail = '' if kind or value.endswith('.') else '.'
                records.append('%s. 60 IN %s%s%s' % (name, kind, value, tail))
        if (records, self.refused) != self.served:
            if self.now:
                self.now.stop()
            self.number += 1
            address = self.lab.network.address()
            self.now = NameServer(self.lab, address, self.lab.network.port(address, 5353), 'unbound-%d' % self.number)
            self.now.write(records, sorted(self.refused)).start()
            self.served = records, set(self.refused)
        return '%s@%d' % (self.now.address, self.now.port)
