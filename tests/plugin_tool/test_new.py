#!/usr/bin/python3
"""`hanse-plugin new`: what it writes builds out of the tree with CMake and with the compiler alone, against the installed
development files; it passes its own test and the check, a router takes it, and bad names and full folders are refused (P20).

    test_new.py [CASE…]      only these"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('HANSE_BUILD') or os.path.join(SOURCE, 'build', 'release')
KINDS = ('policy', 'federation', 'protocol', 'observer', 'command')
CHECK = {'federation': ['--entry', 'server = "edge.partner.test";']}
LINES_MAX = 80


class Wrong(Exception):
    """A step went wrong."""


def run(command, folder=None, status=0, **more):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240,
                          stdin=subprocess.DEVNULL, env={**os.environ, **more})
    text = done.stdout.decode('utf-8', 'replace')
    if done.returncode != status:
        raise Wrong('%s ended with %d where %d is due:\n%s' % (command, done.returncode, status, text))
    return text


class Place:
    """Installed development files, and a folder to work in."""

    def __init__(self, root):
        self.root = root
        self.prefix = os.path.join(root, 'prefix')
        run(['cmake', '--install', BUILD, '--prefix', self.prefix, '--component', 'hanse-dev'])
        self.tool = os.path.join(self.prefix, 'bin', 'hanse-plugin')
        found = subprocess.run(['find', self.prefix, '-name', 'hanse-sdk.pc', '-printf', '%h'], stdout=subprocess.PIPE,
                               check=True)
        self.packages = found.stdout.decode()

    def new(self, kind, name=None):
        """Its folder."""
        name = name or 'my_' + kind
        folder = os.path.join(self.root, name)
        shutil.rmtree(folder, ignore_errors=True)
        run([self.tool, 'new', name, '--kind', kind, folder])
        return name, folder

    def flags(self, package):
        text = run(['pkg-config', '--cflags', '--libs', package], PKG_CONFIG_PATH=self.packages)
        return text.split()


def check_files(name, folder):
    """Each file is there, nothing of the template's own words is left, and the source is short."""
    for file in ('CMakeLists.txt', 'README.md', name + '.c', name + '.conf', 'test_%s.c' % name):
        if not os.path.exists(os.path.join(folder, file)):
            raise Wrong('%s: %s is missing' % (name, file))
    for file in os.listdir(folder):
        with open(os.path.join(folder, file)) as stream:
            text = stream.read()
        if re.search('PLUGIN_(?!FILE|DIR)[A-Z]', text):
            raise Wrong('%s still has words of the template' % file)
        if file.endswith('.c') and not file.startswith('test_') and len(text.splitlines()) >= LINES_MAX:
            raise Wrong('%s has %d lines, where less than %d are promised' % (file, len(text.splitlines()), LINES_MAX))


# ---- cases ----

def case_cmake(place):
    """find_package(HanseSDK): builds, passes its test and the check, and is installed."""
    said = []
    for kind in KINDS:
        began = time.monotonic()
        name, folder = place.new(kind)
        check_files(name, folder)
        build = os.path.join(folder, 'build')
        run(['cmake', '-S', folder, '-B', build, '-DCMAKE_PREFIX_PATH=' + place.prefix, '-DCMAKE_C_FLAGS=-Werror'])
        run(['cmake', '--build', build])
        text = run(['ctest', '--test-dir', build, '--output-on-failure'])
        if '100% tests passed' not in text:
            raise Wrong(text)
        text = run([place.tool, 'check', os.path.join(build, name + '.so'), *CHECK.get(kind, [])])
        if 'warning' in text.replace('0 warnings', ''):
            raise Wrong(text)
        said.append('%s %.1f s' % (kind, time.monotonic() - began))
    return ', '.join(said)


def case_compiler(place):
    """The lines of its README with the compiler alone."""
    for kind in KINDS:
        name, folder = place.new(kind)
        with open(os.path.join(folder, 'README.md')) as file:
            block = re.search(r'compiler alone:\n\n```sh\n(.*?)```', file.read(), re.S).group(1)
        text = run(['sh', '-ec', block], folder, PKG_CONFIG_PATH=place.packages)
        if 'PASSED' not in text:
            raise Wrong(text)
        run([place.tool, 'check', os.path.join(folder, name + '.so'), *CHECK.get(kind, [])])
    return '%d kinds' % len(KINDS)


NODE = '''node = "edge.example.org";
run_dir = "{0}"; state_dir = "{0}"; cache_dir = "{0}";
tls = ( {{ name = "own"; certificate = "own.pem"; key = "own.key"; ca = "own.pem"; }} );
'''
CERTIFICATE = ('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=edge.example.org '
               '-addext subjectAltName=DNS:edge.example.org -keyout own.key -out own.pem')


def case_configuration(place):
    """What stands at the head of a protocol's configuration, to be pasted, is good where it is laid."""
    name, folder = place.new('protocol')
    node = os.path.join(place.root, 'node')
    for part in ('modules', 'conf.d'):
        os.makedirs(os.path.join(node, part), 0o700)
    run(['cmake', '-S', folder, '-B', folder + '/build', '-DCMAKE_PREFIX_PATH=' + place.prefix])
    run(['cmake', '--build', folder + '/build'])
    shutil.copy(os.path.join(folder, 'build', name + '.so'), os.path.join(node, 'modules'))
    run(CERTIFICATE.split(), node)
    os.chmod(os.path.join(node, 'own.key'), 0o600)
    with open(os.path.join(node, 'hanse.conf'), 'w') as file:
        file.write(NODE.format(node))
    with open(os.path.join(folder, name + '.conf')) as file:
        text, lines = re.subn('(?m)^#   ', '', file.read())
    with open(os.path.join(node, 'conf.d', name + '.conf'), 'w') as file:
        file.write(text)
    said = run([os.path.join(BUILD, 'bin', 'hanse'), '--config', os.path.join(node, 'hanse.conf'), '--plugins',
                os.path.join(node, 'modules'), '--check'])
    if lines != 2 or 'the configuration is good' not in said:
        raise Wrong('%d lines:\n%s' % (lines, said))
    return '%d lines' % lines


def case_names(place):
    """Names that are no words of C but of its libraries, or long, do as well."""
    for name in ('a', 'select', 'time', 'z' * 48, 'create', 'settings', 'x_9'):
        name, folder = place.new('policy', name)
        run(['gcc', '-Wall', '-Wextra', '-Werror', '-o', name + '.so', name + '.c', *place.flags('hanse-sdk')], folder)
        run([place.tool, 'check', os.path.join(folder, name + '.so')])
    return '7 names'


def case_refused(place):
    """Bad names, kinds that are none, full folders: nothing is written, and it is said what to do."""
    target = os.path.join(place.root, 'refused')
    names = {'9a': 'begin with', 'Upper': 'lower-case', 'with-dash': '"_"', '': 'begin with', '../up': 'begin with',
             'switch': 'word of C', 'linux': 'word of C', 'hanse_mine': 'SDK', 'fake_mine': 'SDK', 'z' * 49: 'too long',
             'a b': 'begin with', 'ä': 'begin with'}
    own = [name[:-3] for name in os.listdir(os.path.join(BUILD, 'modules')) if name.endswith('.so')]
    names.update({name: 'of the router itself' for name in own})
    for name, words in names.items():
        text = run([place.tool, 'new', name, '--kind', 'policy', target], status=2)
        if words not in text or os.path.exists(target):
            raise Wrong('"%s": %s' % (name, text))
    for arguments, words in ((['new', 'mine'], '--kind'), (['new', 'mine', '--kind', 'store'], 'not "store"'), (['new'], 'name')):
        if words not in run([place.tool, *arguments], status=2):
            raise Wrong(str(arguments))
    os.mkdir(target)
    run([place.tool, 'new', 'mine', '--kind', 'policy', target])  # an empty folder will do
    before = sorted(os.listdir(target))
    if 'not empty' not in run([place.tool, 'new', 'mine', '--kind', 'observer', target], status=1):
        raise Wrong('a full folder is not told')
    if before != sorted(os.listdir(target)):
        raise Wrong('a full folder was written to')
    if 'above' not in run([place.tool, 'new', 'mine', '--kind', 'policy', target + '/a/b'], status=5):
        raise Wrong('a missing folder is not told')
    text = run([place.tool, 'new', 'mine', '--kind', 'policy', target + '/c'], status=5, HANSE_TEMPLATES='/nowhere')
    if 'hanse-dev' not in text or os.path.exists(target + '/c'):
        raise Wrong(text)
    return '%d names' % len(names)


def main():
    chosen, bad, ran = sys.argv[1:], 0, 0
    with tempfile.TemporaryDirectory() as root:
        place = Place(root)
        for name, case in [(name[5:], case) for name, case in globals().items() if name.startswith('case_')]:
            if chosen and name not in chosen:
                continue
            began = time.monotonic()
            ran += 1
            try:
                said = case(place)
                print('ok    %-10s %5.1f s  %s' % (name, time.monotonic() - began, said))
            except Wrong as wrong:
                bad += 1
                print('FAIL  %-10s %s' % (name, wrong))
            sys.stdout.flush()
    print('%d passed, %d failed' % (ran - bad, bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
