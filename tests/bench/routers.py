"""The programs that the benchmark compares: each takes requests from the home side over mutual TLS and carries them to
the partner's side over mutual TLS, with the same certificates, on one core."""
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

import hanse as library  # noqa: E402
from network import listening  # noqa: E402
from process import Child, wait_for  # noqa: E402

HOME, PARTNER = 'contoso.example', 'fabrikam.example'
NODE, INSIDE = 'edge.contoso.example', 'inside.contoso.example'
POOL, EDGE = 'pool.contoso.example', 'sip.fabrikam.example'
NGINX_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'
ROUTER_CORE, LOAD_CORE = '0', '1'


def pinned(core, argv):
    """core None: wherever the kernel puts it."""
    if core is None:
        return argv
    return ['taskset', '-c', core] + argv if os.cpu_count() > 1 and shutil.which('taskset') else argv


class Certificates:
    """One authority and four certificates, the same for every router."""

    def __init__(self, authority):
        self.ca = authority.pem
        self.home, self.inside, self.edge, self.partner = (
            authority.issue(name.split('.')[0], [name]) for name in (POOL, INSIDE, NODE, EDGE))


class Router:
    """Where it listens (home side) and where it finds the partner; both before start()."""

    name = None
    inside_name = INSIDE  # what it proves to the home side

    def __init__(self, folder, network, certificates):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.certificates = certificates
        self.address = network.address()
        self.port = network.port(self.address, 5061)
        self.partner_address = network.address()
        self.partner_port = network.port(self.partner_address, 5061)
        self.child = None
        self.took = None  # seconds from its start until it listened

    @classmethod
    def missing(cls):
        """Why it cannot be run here; None when it can."""
        raise NotImplementedError

    def argv(self):
        """Writes its configuration and returns its command."""
        raise NotImplementedError

    def start(self):
        self.child = Child(self.name, pinned(ROUTER_CORE, self.argv()), self.folder)
        began = time.monotonic()
        self.child.start()
        wait_for(lambda: listening(self.address, self.port), 20, self.name + ' listens', self.child)
        self.took = time.monotonic() - began
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as file:
            file.write(text)
        return path

    def words(self):
        c = self.certificates
        return {'folder': self.folder, 'address': self.address, 'port': self.port, 'partner': self.partner_address,
                'partner_port': self.partner_port, 'ca': c.ca, 'inside': c.inside.crt, 'inside_key': c.inside.key,
                'edge': c.edge.crt, 'edge_key': c.edge.key, 'edge_name': EDGE, 'module': NGINX_MODULE}


class Nginx(Router):
    """Moves the bytes unparsed: the floor of what TLS on both sides costs."""

    name = 'nginx'
    CONFIG = '''daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
pid %(folder)s/pid;
error_log %(folder)s/error.log warn;
load_module %(module)s;
events { worker_connections 16384; }
stream {
  access_log off;
  server {
    listen %(address)s:%(port)d ssl backlog=4096;
    ssl_certificate %(inside)s;
    ssl_certificate_key %(inside_key)s;
    ssl_client_certificate %(ca)s;
    ssl_verify_client on;
    ssl_protocols TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
    proxy_pass %(partner)s:%(partner_port)d;
    proxy_timeout 1h;
    proxy_ssl on;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_certificate %(edge)s;
    proxy_ssl_certificate_key %(edge_key)s;
    proxy_ssl_trusted_certificate %(ca)s;
    proxy_ssl_verify on;
    proxy_ssl_name %(edge_name)s;
    proxy_ssl_server_name on;
    proxy_ssl_session_reuse off;
  }
}
'''

    @classmethod
    def missing(cls):
        if not shutil.which('nginx'):
            return 'nginx is not installed'
        return None if os.path.exists(NGINX_MODULE) else 'libnginx-mod-stream is not installed'

    def argv(self):
        return ['nginx', '-p', self.folder, '-e', os.path.join(self.folder, 'start.log'), '-c',
                self.write('nginx.conf', self.CONFIG % self.words())]


class Kamailio(Router):
    """A stateful SIP proxy: t_relay in one worker process."""

    name = 'kamailio'
    CONFIG = '''#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
tcp_max_connections=16384
tcp_connection_lifetime=3600
tls_max_connections=16384
auto_aliases=no
dns=no
rev_dns=no
enable_tls=yes
disable_core_dump=yes
listen=tls:%(address)s:%(port)d
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so"
loadmodule "tls.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
modparam("tls", "config", "%(folder)s/tls.cfg")
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  $du = "sip:%(partner)s:%(partner_port)d;transport=tls";
  t_relay();
}
'''
    TLS = '''[server:default]
method = TLSv1.2+
private_key = %(inside_key)s
certificate = %(inside)s
ca_list = %(ca)s
verify_certificate = yes
require_certificate = yes
[client:default]
method = TLSv1.2+
private_key = %(edge_key)s
certificate = %(edge)s
ca_list = %(ca)s
verify_certificate = yes
require_certificate = yes
'''

    @classmethod
    def missing(cls):
        return None if shutil.which('kamailio') else 'kamailio is not installed'

    def argv(self):
        self.write('tls.cfg', self.TLS % self.words())
        return ['kamailio', '-f', self.write('kamailio.cfg', self.CONFIG % self.words()), '-DD', '-E', '-Y', self.folder,
                '-P', os.path.join(self.folder, 'pid'), '-m', '1024', '-M', '16']


class Hanse(Router):
    """The configuration of the manual: two listeners, one direct partner, the domain policy."""

    name = 'hanse'
    entries = 0  # further partners, which nobody talks to
    options = {}

    def __init__(self, folder, network, certificates):
        super().__init__(folder, network, certificates)
        self.node = library.Hanse(self.folder, network)
        self.node.inside, self.node.inside_port = self.address, self.port

    @classmethod
    def missing(cls):
        return None if os.access(library.program('hanse'), os.X_OK) else '%s is not built' % library.program('hanse')

    def argv(self):
        node, c = self.node, self.certificates
        node.hosts = {POOL: '127.0.0.1', EDGE: self.partner_address, INSIDE: self.address, NODE: node.outside}
        partners = [(PARTNER, '%s:%d' % (EDGE, self.partner_port))]
        partners += [('d%d.partners.example' % n, 'sip.d%d.partners.example' % n) for n in range(self.entries)]
        node.configure(node=NODE, inside_name=INSIDE, edge=c.edge, inside=c.inside, partner_ca=c.ca, home_ca=c.ca,
                       home=(HOME, POOL + ':5061', [POOL]), partners=partners)
        node.config['log'] = {'level': 'info', 'format': 'text'}
        node.config['limits'] = {'messages_in_flight_per_link': 20000}
        node.config.update(self.options)
        node.write()
        return [library.program('hanse'), '--config', node.config_path, '--plugins',
                os.path.join(library.build_folder(), 'modules')]


class Policies(Hanse):
    """The same with the policies that an edge usually has, each with something to look through."""

    name = 'policies'

    @property
    def options(self):
        users = [{'address': 'u%d@%s' % (n, HOME), 'policy': 'open'} for n in range(100)]
        rules = [{'domain': 'd%d.partners.example' % n, 'open': ['im', 'presence']} for n in range(100)]
        levels = [{'type': 'direct', 'level': 'source', 'missing': 'unverified'}]
        return {
            'modules': [
                {'name': 'sip'}, {'name': 'direct'}, {'name': 'domains'},
                {'name': 'access', 'policies': [{'name': 'open', 'public_im': True}], 'users': users},
                {'name': 'verification', 'levels': levels},
                {'name': 'modality', 'partners': rules},
                {'name': 'limits'}, {'name': 'filter'}, {'name': 'contacts'},
            ],
            'policy': {'admit': ['domains', 'limits', 'modality', 'filter'],
                       'routed': ['access', 'verification', 'limits', 'contacts'],
                       'answer': ['modality', 'filter']},
        }


class Unjudged(Hanse):
    """The same without any policy: who is ours, or a partner, is known."""

    name = 'unjudged'
    passes = 0  # policies that have nothing to say, at each stage of a message

    @property
    def options(self):
        names = ['passes%d' % n for n in range(self.passes)]
        return {
            'modules': [{'name': 'sip'}, {'name': 'direct'}, *({'name': name, 'plugin': 'passes'} for name in names)],
            'policy': {'admit': names, 'routed': names, 'answer': []},
        }

    def argv(self):
        argv = super().argv()
        self.node.install_modules()
        shutil.copy(os.path.join(library.build_folder(), 'test_modules', 'passes.so'), self.node.modules)
        argv[argv.index('--plugins') + 1] = self.node.modules
        return argv


class Passes(Unjudged):
    name = 'passes'
    passes = 10


ROUTERS = (Hanse, Nginx, Kamailio)
