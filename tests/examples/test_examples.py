#!/usr/bin/python3
"""The examples of the SDK as a stranger has them: the development files are installed into a folder of their own, each
example is built there by pkg-config and by CMake, its own test runs both times, it shows one symbol, and then the scenarios
of tests/scenario/examples.txt load it into a real router (P43).

    test_examples.py [NAME…]      only these examples, without the scenarios"""
import concurrent.futures
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

import hanse  # noqa: E402

NEEDS = {'ask_socket': ['jansson'], 'json_log': ['jansson']}
STRICT = '-O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror'.split()
COMPILER = os.environ.get('CC', 'cc')


class Wrong(Exception):
    """A step did not end well; its text says which, with its output."""


def run(words, folder=None, **environment):
    done = subprocess.run(words, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    if done.returncode:
        raise Wrong('%s: status %d\n%s' % (' '.join(words), done.returncode, done.stdout))
    return done.stdout


def one(pattern):
    found = glob.glob(pattern, recursive=True)
    if len(found) != 1:
        raise Wrong('%s is there %d times' % (pattern, len(found)))
    return found[0]


class Examples:
    def __init__(self, folder):
        self.folder = folder
        self.prefix = os.path.join(folder, 'prefix')

    def install(self):
        run(['cmake', '--install', hanse.build_folder(), '--prefix', self.prefix, '--component', 'hanse-dev'])
        self.packages = os.path.dirname(one(self.prefix + '/**/hanse-sdk.pc'))
        self.sources = os.path.dirname(os.path.dirname(one(self.prefix + '/**/tally/tally.c')))
        if glob.glob(self.prefix + '/**/router', recursive=True):
            raise Wrong('something of router/ was installed')
        return sorted(name for name in os.listdir(self.sources)
                      if os.path.exists(os.path.join(self.sources, name, 'test_%s.c' % name)))

    def package(self, *words):
        """What pkg-config says."""
        return run(['pkg-config', *words], PKG_CONFIG_PATH=self.packages).split()

    def copy(self, name, way):
        """A folder of the author's own, and where what is built in it goes."""
        target = os.path.join(self.folder, way, name)
        shutil.copytree(os.path.join(self.sources, name), target)
        return target

    def by_hand(self, name):
        """As README.md says it."""
        folder, needs = self.copy(name, 'by-hand'), NEEDS.get(name, [])
        sources = [one for one in sorted(os.listdir(folder)) if one.endswith('.c') and not one.startswith('test_')]
        run([COMPILER, *STRICT, *self.package('--cflags', 'hanse-sdk', *needs), '-o', name + '.so', *sources,
             *self.package('--libs', 'hanse-sdk', *needs)], folder)
        run([COMPILER, *STRICT, '-DHANSE_PLUGIN_FILE="./%s.so"' % name, '-o', 'test_' + name, 'test_%s.c' % name,
             *self.package('--cflags', '--libs', 'hanse-fakehost'), '-lcmocka'], folder)
        run(['./test_' + name], folder)
        return os.path.join(folder, name + '.so')

    def by_cmake(self, name):
        folder = self.copy(name, 'by-cmake')
        run(['cmake', '-B', 'build', '-DCMAKE_PREFIX_PATH=' + self.prefix, '-DCMAKE_BUILD_TYPE=Release',
             '-DCMAKE_C_FLAGS=' + ' '.join(STRICT[1:]), '-DCMAKE_INSTALL_PREFIX=' + self.prefix], folder)
        run(['cmake', '--build', 'build'], folder)
        run(['ctest', '--test-dir', 'build', '--output-on-failure'], folder)
        run(['cmake', '--install', 'build'], folder)
        return one(self.prefix + '/**/%s.so' % name)

    def example(self, name):
        """Builds it in both ways; their .so files come to lie in <folder>/<way>.so/."""
        began = time.monotonic()
        try:
            for way, build in (('by-hand', self.by_hand), ('by-cmake', self.by_cmake)):
                built = build(name)
                symbols = [line.split()[-1] for line in run(['nm', '-D', '--defined-only', built]).splitlines()]
                if symbols != ['hanse_plugin']:
                    raise Wrong('%s: %s shows %s' % (way, built, ' '.join(symbols)))
                where = os.path.join(self.folder, way + '.so')
                os.makedirs(where, exist_ok=True)
                shutil.copy(built, where)
        except Wrong as wrong:
            return '  FAIL  %s\n%s' % (name, wrong)
        return '  ok    %-20s by hand and by CMake, with its test  %5.1f s' % (name, time.monotonic() - began)

    def scenarios(self, way):
        run([sys.executable, os.path.join(HERE, '..', 'lib', 'scenario.py'),
             os.path.join(HERE, '..', 'scenario', 'examples.txt')], HANSE_EXAMPLES=os.path.join(self.folder, way + '.so'))


def test(examples, chosen):
    names = examples.install()
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise Wrong('there is no example %s, but %s' % (', '.join(unknown), ', '.join(names)))
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for line in pool.map(examples.example, chosen or names):
            print(line)
            bad += line.startswith('  FAIL')
            sys.stdout.flush()
    for way in () if chosen or bad else ('by-hand', 'by-cmake'):
        began = time.monotonic()
        examples.scenarios(way)
        print('  ok    %-20s in a real router                      %5.1f s' % (way, time.monotonic() - began))
    return len(chosen or names), bad


def main():
    if not hanse.built():
        print('the router is not built: ./dev build')
        return 77
    with tempfile.TemporaryDirectory(prefix='hanse-examples-') as folder:
        try:
            count, bad = test(Examples(folder), sys.argv[1:])
        except Wrong as wrong:
            print('  FAIL  %s' % wrong)
            count, bad = 1, 1
    print('%d passed, %d failed' % (count - bad, bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
