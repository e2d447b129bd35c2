"""The router under test: its configuration as a Python structure, its process, its control command."""
import copy
import json
import os
import re
import shlex
import shutil
import signal
import subprocess

from process import Child, wait_for

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))


def build_folder():
    """Where the programs under test lie; HANSE_BUILD chooses another preset's folder."""
    return os.environ.get('HANSE_BUILD') or os.path.join(SOURCE, 'build', 'release')


def program(name):
    return os.path.join(build_folder(), 'bin', name)


def built():
    return os.access(program('hanse'), os.X_OK) and os.access(program('hansectl'), os.X_OK)


def libconfig(value, depth=0):
    """A Python structure in libconfig's syntax: dict → group, list of dicts → list, other lists → array."""
    pad = '  ' * (depth + 1)
    if isinstance(value, dict):
        body = ''.join('%s%s = %s;\n' % (pad, key, libconfig(item, depth + 1)) for key, item in value.items())
        return '{\n%s%s}' % (body, '  ' * depth)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return '(\n%s\n%s)' % (',\n'.join(pad + libconfig(item, depth + 1) for item in value), '  ' * depth)
    if isinstance(value, list):
        return '[ %s ]' % ', '.join(libconfig(item) for item in value)
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return str(value)
    return '"%s"' % str(value).replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')


class Hanse:
    """One node in its own folder; `config` is changed by tests and written by write()."""

    def __init__(self, folder, network):
        self.folder = os.path.join(folder, 'hanse')
        self.inside = network.address()
        self.outside = network.address()
        self.inside_port = network.port(self.inside, 5061)
        self.outside_port = network.port(self.outside, 5061)
        self.modules = os.path.join(self.folder, 'modules')
        self.config_path = os.path.join(self.folder, 'hanse.conf')
        self.socket = os.path.join(self.folder, 'run', 'control.sock')
        self.hosts = {}
        self.name_server = None  # name_server.MovingNameServer: says what `hosts` holds
        self.config = {}
        self.wrapper = []  # a command in front of the router's, which must exec it
        self.environment = {}
        self.child = None
        for name in ('run', 'state', 'cache'):
            os.makedirs(os.path.join(self.folder, name), 0o700, exist_ok=True)

    def configure(self, node, inside_name, edge, inside, partner_ca, home_ca, home, partners):
        """The configuration of the manual with this lab's names. edge, inside: Certificates; home: (domain, host:port,
        [peer names]); partners: [(domain, edge host:port)]."""
        self.config = {
            'node': node,
            'run_dir': os.path.join(self.folder, 'run'),
            'state_dir': os.path.join(self.folder, 'state'),
            'cache_dir': os.path.join(self.folder, 'cache'),
            'log': {'level': 'debug', 'format': 'text'},
            'dns': {'allow_loopback': True, 'hosts': 'hosts'},
            'tls': [{'name': 'edge', 'certificate': 'edge.pem', 'key': 'edge.key', 'ca': 'partners-ca.pem'},
                    {'name': 'inside', 'certificate': 'inside.pem', 'key': 'inside.key', 'ca': 'corp-ca.pem'}],
            'modules': [{'name': 'sip'}, {'name': 'direct'}, {'name': 'domains'}],
            'listen': [{'protocol': 'sip', 'side': 'home', 'address': '%s:%d' % (self.inside, self.inside_port),
                        'tls': 'inside', 'name': inside_name},
                       {'protocol': 'sip', 'side': 'partner', 'address': '%s:%d' % (self.outside, self.outside_port),
                        'tls': 'edge'}],
            'home': [{'domain': home[0], 'protocol': 'sip', 'server': home[1], 'tls': 'inside', 'peers': home[2]}],
            'partners': [{'domain': domain, 'type': 'direct', 'edge': where} for domain, where in partners],
            'policy': {'admit': ['domains'], 'routed': ['domains'], 'answer': [], 'default': 'deny'},
        }
        self.install('edge', edge, partner_ca, 'partners-ca.pem')
        self.install('inside', inside, home_ca, 'corp-ca.pem')
        return self

    def install(self, name, certificate, ca=None, ca_name=None):
        """Puts a certificate where the configuration expects it (again: a renewal under the same name)."""
        self._copy(certificate.crt, name + '.pem')
        self._copy(certificate.key, name + '.key')
        if ca:
            self._copy(ca, ca_name)

    def write(self, config=None):
        config = dict(config or self.config)
        # All of a run come from one /24, which is one site to the router.
        config['limits'] = dict({'handshakes_per_network': '1000/s'}, **config.get('limits', {}))
        if self.name_server:
            config = copy.deepcopy(config)
            config['dns'].pop('hosts', None)
            config['dns']['forwarders'] = [self.name_server.serve(self.hosts)]
        text = libconfig(config)
        with open(os.path.join(self.folder, 'hosts'), 'w') as file:
            for name, values in self.hosts.items():
                service = name.startswith('_')  # its values are SRV records
                file.writelines('%s %s\n' % ((name, value) if service else (value, name))
                                for value in ([values] if isinstance(values, str) else values))
        with open(self.config_path + '.new', 'w') as file:
            file.write(text.strip()[1:-1].replace('\n  ', '\n').lstrip('\n'))
        os.replace(self.config_path + '.new', self.config_path)

    def changed(self, change):
        """A copy of the configuration after change(copy)."""
        config = copy.deepcopy(self.config)
        change(config)
        return config

    def cleared(self, place):
        """A copy of the configuration in which all that no entry names goes to the clearing house at HOST:PORT; no type
        that finds them otherwise may be loaded beside it."""
        gone = ('discovered', 'hosting', 'public')

        def change(config):
            config['modules'] = [module for module in config['modules'] if module['name'] not in gone]
            config['modules'].append({'name': 'clearing', 'edge': place})
            config['partners'] = [entry for entry in config['partners'] if entry['type'] not in gone]
        return self.changed(change)

    def install_modules(self):
        """Copies of the modules, which a test may replace."""
        if not os.path.isdir(self.modules):
            shutil.copytree(os.path.join(build_folder(), 'modules'), self.modules)

    def start(self, wait=True):
        self.install_modules()
        self.write()
        self.child = Child('hanse', [*self.wrapper, program('hanse'), '--config', self.config_path, '--plugins',
                                     self.modules], self.folder, self.environment)
        self.child.start()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=20):
        wait_for(lambda: os.path.exists(self.socket) and self.ctl('status')[0] == 0, seconds,
                 'hanse answers', self.child)

    def check(self):
        """hanse --check on what is written: (exit status, output)."""
        result = subprocess.run([program('hanse'), '--config', self.config_path, '--plugins', self.modules, '--check'],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=30, check=False)
        return result.returncode, result.stdout

    def ctl(self, *arguments):
        """hansectl: (exit status, output)."""
        result = subprocess.run([program('hansectl'), '--socket', self.socket, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        return result.returncode, result.stdout

    def ctl_json(self, *arguments):
        status, text = self.ctl('--json', *arguments)
        if status:
            raise RuntimeError('hansectl %s: exit status %d\n%s' % (' '.join(arguments), status, text))
        return json.loads(text)

    def counters(self):
        """Counter name → value, however the answer is nested (groups are joined with a dot)."""
        flat = {}

        def walk(prefix, value):
            if isinstance(value, dict) and {'name', 'value'} <= value.keys():
                flat[str(value['name'])] = value['value']
            elif isinstance(value, dict):
                for key, item in value.items():
                    walk('%s.%s' % (prefix, key) if prefix else key, item)
            elif isinstance(value, list):
                for item in value:
                    walk(prefix, item)
            else:
                flat[prefix] = value
        walk('', self.ctl_json('counters'))
        return flat

    def rebuild(self, name):
        """What a new build of a plugin looks like: same code, other content, replaced by rename."""
        path = os.path.join(self.modules, name + '.so')
        with open(path, 'rb') as file:
            content = file.read()
        with open(path + '.new', 'wb') as file:
            file.write(content + b'\0')
        os.chmod(path + '.new', 0o755)
        os.replace(path + '.new', path)

    def events(self):
        """The log as dicts: level, subsystem, event, and the keys of the line; `line` is the line itself."""
        return [parse_event(line) for line in self.child.log().splitlines() if line]

    def terminate(self, seconds=40):
        self.child.signal(signal.SIGTERM)
        return self.child.wait(seconds)

    def stop(self):
        if self.child:
            self.child.stop(10)
            self.no_complaint()

    def no_complaint(self):
        """What a sanitizer found, also at the end of a process that was stopped before, is a failure."""
        found = re.search(r'(ERROR: \w+Sanitizer|runtime error:).*(\n.*){0,30}', self.child.log())
        if found:
            raise RuntimeError('the router ended with a report:\n' + found.group(0))

    def _copy(self, source, name):
        target = os.path.join(self.folder, name)
        shutil.copy(source, target + '.new')
        os.chmod(target + '.new', 0o600)
        os.replace(target + '.new', target)


def parse_event(line):
    """time LEVEL subsystem event key=value … (values with blanks are quoted)."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    event = {'line': line}
    plain = [word for word in words if '=' not in word]
    for name, word in zip(('time', 'level', 'subsystem', 'event'), plain):
        event[name] = word
    for word in words:
        key, equals, value = word.partition('=')
        if equals:
            event[key] = value
    return event
