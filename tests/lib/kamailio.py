"""A Kamailio server: home server of one organisation, or access edge of another."""
import os
import shutil

from network import listening
from process import Child, wait_for

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'interop')
DBTEXT = '/usr/share/kamailio/dbtext/kamailio'
TABLES = ('version', 'presentity', 'active_watchers', 'watchers', 'xcap')
PASSWORD = 'secret'  # of every account on both servers


class Kamailio:
    """role: 'home' or 'edge'. `next_hop` (host:port) takes all foreign domains; `peer_name` is what its certificate
    must prove. `names`: host name → address, for the resolver of this process."""

    def __init__(self, role, domain, name, network, folder):
        self.role, self.domain, self.name = role, domain, name
        self.folder = os.path.join(folder, role)
        self.address = network.address()
        self.phone_port = network.port(self.address, 5060)
        self.tls_port = network.port(self.address, 5061)
        self.child = None
        self.password = PASSWORD
        self.patience = 30  # seconds without any answer until it gives a request up: its own default

    def start(self, certificate, ca, next_hop, peer_name, names):
        os.makedirs(os.path.join(self.folder, 'db'), exist_ok=True)
        for table in TABLES:
            shutil.copy(os.path.join(DBTEXT, table), os.path.join(self.folder, 'db', table))
        words = {'DOMAIN': self.domain, 'NAME': self.name, 'ADDRESS': self.address, 'FOLDER': self.folder,
                 'PHONE_PORT': str(self.phone_port), 'TLS_PORT': str(self.tls_port), 'PASSWORD': PASSWORD,
                 'PATIENCE': str(int(self.patience * 1000)), 'NEXT_HOP': next_hop, 'PEER_NAME': peer_name,
                 'KEY': certificate.key, 'CRT': certificate.crt, 'CA': ca}
        self._fill('kamailio-%s.cfg.in' % self.role, 'kamailio.cfg', words)
        self._fill('kamailio-common.cfg.in', 'kamailio-common.cfg', words)
        self._fill('kamailio-tls.cfg.in', 'tls.cfg', words)
        environment = self._resolver(names)
        self.child = Child('kamailio', ['kamailio', '-f', os.path.join(self.folder, 'kamailio.cfg'), '-DD', '-E',
                                        '-Y', self.folder, '-P', os.path.join(self.folder, 'pid'),
                                        '-m', '32', '-M', '4'],
                           self.folder, environment)
        self.child.start()
        return self

    def wait_ready(self, seconds=15):
        for port in (self.phone_port, self.tls_port):
            wait_for(lambda port=port: listening(self.address, port), seconds,
                     'Kamailio of %s on %s:%d' % (self.domain, self.address, port), self.child)
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def log(self):
        return self.child.log() if self.child else ''

    def _resolver(self, names):
        """Kamailio asks the C library at start and libresolv when it routes: a wrapper for each knows `names`."""
        resolv, hosts = os.path.join(self.folder, 'resolv.hosts'), os.path.join(self.folder, 'hosts')
        with open(resolv, 'w') as records, open(hosts, 'w') as lines:
            for host, address in names.items():
                records.write('A %s %s\n' % (host, address))
                lines.write('%s %s\n' % (address, host))
        return {'LD_PRELOAD': 'libresolv_wrapper.so libnss_wrapper.so', 'RESOLV_WRAPPER_HOSTS': resolv,
                'NSS_WRAPPER_HOSTS': hosts}

    def _fill(self, template, name, words):
        with open(os.path.join(TEMPLATES, template)) as file:
            text = file.read()
        for word, value in words.items():
            text = text.replace('@%s@' % word, value)
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(text)
