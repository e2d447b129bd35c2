"""A real name server (knot) whose zones are signed, with the trust anchors that the router gets; and its steps."""
import os
import shutil
import subprocess

from name_server import NameServer
from process import Child, wait_for
from steps import step

KNOT, KEYMGR = '/usr/sbin/knotd', '/usr/sbin/keymgr'
FOREIGN = '%s. IN DS 4711 13 2 ' + '00112233445566778899aabbccddeeff' * 2 + '\n'  # of a key that nobody has


class SignedNameServer:
    """As name_server.MovingNameServer. `zones`: zone → "signed", "forged" (signed with a key that the anchor does not
    name), "stripped" (there is an anchor, and the zone has no signatures); others have neither."""

    def __init__(self, lab):
        self.lab, self.number, self.now, self.served, self.zones = lab, 0, None, None, {}
        self.anchor = os.path.join(lab.folder, 'anchor')

    def serve(self, names):
        wanted = (sorted(names.items()), sorted(self.zones.items()))
        if repr(wanted) != self.served:
            if self.now:
                self.now.stop()
            self.number += 1
            address = self.lab.network.address()
            self.now = KnotServer(self.lab, address, self.lab.network.port(address, 5353), 'knot-%d' % self.number)
            self.now.write(names, self.zones).start()
            self._write_anchor()
            self.served = repr(wanted)
        return '%s@%d' % (self.now.address, self.now.port)

    def _write_anchor(self):
        with open(self.anchor + '.new', 'w') as file:
            file.writelines(self.now.key(zone) if how == 'signed' else FOREIGN % zone
                            for zone, how in sorted(self.zones.items()))
        os.chmod(self.anchor + '.new', 0o600)
        os.replace(self.anchor + '.new', self.anchor)


class KnotServer(NameServer):
    """One place where it serves."""

    def write(self, records, zones=None):
        os.makedirs(os.path.join(self.folder, 'db'), exist_ok=True)
        by_zone = {zone: [] for zone in zones}
        for name, values in records.items():
            zone = '.'.join(name.split('.')[-2:])
            for value in [values] if isinstance(values, str) else values:
                kind = '' if name.startswith('_') else 'AAAA ' if ':' in value else 'A '
                tail = '' if kind or value.endswith('.') else '.'
                by_zone.setdefault(zone, []).append('%s. 60 %s%s%s\n' % (name, kind, value, tail))
        with open(os.path.join(self.folder, 'conf'), 'w') as out:
            out.write('server:\n  listen: %s@%d\n  rundir: "%s"\n  pidfile: "%s/pid"\ndatabase:\n  storage: "%s/db"\n'
                      'log:\n  - target: stderr\n    any: warning\npolicy:\n  - id: own\n'
                      '    algorithm: ecdsap256sha256\n    single-type-signing: on\nzone:\n'
                      % (self.address, self.port, self.folder, self.folder, self.folder))
            for zone, lines in by_zone.items():
                out.write('  - domain: %s\n    storage: "%s"\n    file: %s\n' % (zone, self.folder, zone))
                if zones.get(zone) in ('signed', 'forged'):
                    out.write('    dnssec-signing: on\n    dnssec-policy: own\n')
                with open(os.path.join(self.folder, zone), 'w') as file:
                    file.write('$ORIGIN %s.\n@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\n'
                               'ns 300 A %s\n' % (zone, self.address))
                    file.writelines(lines)
        return self

    def start(self):
        command = [KNOT, '-c', os.path.join(self.folder, 'conf')]
        self.child = self.lab.own(Child('knot', command, self.folder))
        self.child.start()
        wait_for(self._answers, 10, 'the name server answers', self.child)

    def key(self, zone):
        """The DS records of the key that the server made for the zone; it is there some moments after the start."""
        found = []

        def look():
            done = subprocess.run([KEYMGR, '-c', os.path.join(self.folder, 'conf'), zone, 'ds'],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False)
            found[:] = [line + '\n' for line in done.stdout.splitlines() if ' DS ' in line]
            return found
        wait_for(look, 10, 'the key of ' + zone, self.child)
        return ''.join(found)


@step(r'config names from a signed name server')
def signed_names(play, lines):
    """config names from a signed name server   knot, with all names and SRV records of the file; before the first scenario"""
    if not shutil.which(KNOT) or not shutil.which(KEYMGR):
        raise play.Skip('knot is not installed')
    server = SignedNameServer(play.cast.lab)
    play.cast.hanse.name_server = server
    play.cast.hanse.config['dns']['trust_anchor'] = server.anchor


@step(r'zone (\S+) is (signed|forged|stripped|unsigned)')
def zone_is(play, lines, zone, how):
    """zone NAME is signed | forged | stripped | unsigned   as of the next reload; forged: with a key that our anchor does
       not name; stripped: without the signatures that our anchor promises"""
    server = play.cast.hanse.name_server
    before = server.zones
    server.zones = {name: what for name, what in before.items() if name != zone}
    if how != 'unsigned':
        server.zones[zone] = how
    play.undo.append(lambda: setattr(server, 'zones', before))
    play.config_changed = True
