#!/usr/bin/python3
"""Builds the packages and looks at them: lintian has nothing to say (P1), no configuration is in them (P2), and what
authors of plugins get needs and holds nothing of the router (P3).

    test_packages.py [CASE…]      only these: lintian contents alone; HANSE_PACKAGES: a folder with packages that are there

Exit status 77 when what it needs is not here."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
PACKAGES = ('hanse', 'hanse-dev')
OVERRIDES = 4    # as many of lintian's words may be answered by a reason
NEEDED = ('lintian', 'cpack', 'dpkg-shlibdeps', 'dpkg-deb')


class Wrong(Exception):
    """The packages are not as they must be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def output(*command, status=0):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, timeout=600, check=False)
    expect(status is None or result.returncode == status, '%s: exit status %d\n%s' %
           (' '.join(command), result.returncode, result.stdout[-3000:]))
    return result.stdout


class Packages:
    def __init__(self, folder):
        self.paths = {}
        for name in PACKAGES:
            found = [one for one in os.listdir(folder) if re.fullmatch(re.escape(name) + r'_[^_]+_\w+\.deb', one)]
            expect(len(found) == 1, 'of %s there are %s in %s' % (name, found or 'none', folder))
            self.paths[name] = os.path.join(folder, found[0])

    def files(self, name):
        """path → (mode, owner) as `dpkg-deb --contents` prints them; folders end with a slash."""
        rows = {}
        for line in output('dpkg-deb', '--contents', self.paths[name]).splitlines():
            mode, owner, _, _, _, path = line.split(None, 5)
            rows[path.split(' -> ')[0][1:]] = (mode, owner)
        return rows

    def field(self, name, field):
        return output('dpkg-deb', '--field', self.paths[name], field).strip()


def lintian(packages):
    """No error, no warning, nothing of hardening; what is answered by a reason is little."""
    text = output('lintian', '--allow-root', '--display-info', '--show-overrides', *packages.paths.values(), status=None)
    said = [line for line in text.splitlines() if re.match(r'[EWIO]: ', line)]
    bad = [line for line in said if line[0] in 'EW' or ' hardening-' in line]
    answered = [line for line in said if line[0] == 'O']
    expect(not bad, 'lintian says\n    ' + '\n    '.join(bad))
    expect(len(answered) <= OVERRIDES, '%d overrides:\n    %s' % (len(answered), '\n    '.join(answered)))
    return '%d overrides, %d remarks' % (len(answered), len(said) - len(answered))


def contents(packages):
    """What each holds, and what neither may hold."""
    router, dev = packages.files('hanse'), packages.files('hanse-dev')
    for path in ('/usr/sbin/hanse', '/usr/bin/hansectl', '/usr/lib/systemd/system/hanse.service',
                 '/usr/lib/sysusers.d/hanse.conf', '/usr/lib/tmpfiles.d/hanse.conf', '/usr/share/man/man8/hanse.8.gz',
                 '/usr/share/man/man1/hansectl.1.gz', '/usr/share/doc/hanse/guide.md',
                 '/usr/share/doc/hanse/examples/hanse.conf'):
        expect(path in router, 'hanse lacks ' + path)
    expect(any(path.endswith('/hanse/sip.so') for path in router), 'hanse lacks sip.so')
    for path in ('/usr/include/hanse/plugin.h', '/usr/include/hanse/fake_host.h', '/usr/bin/hanse-plugin',
                 '/usr/share/man/man1/hanse-plugin.1.gz', '/usr/share/doc/hanse-dev/copyright',
                 '/usr/share/doc/hanse-dev/plugins/contract.md', '/usr/share/doc/hanse-dev/failures.md',
                 '/usr/share/doc/hanse-dev/examples/deny_list/deny_list.c'):
        expect(path in dev, 'hanse-dev lacks ' + path)
    for end in ('/pkgconfig/hanse-sdk.pc', '/pkgconfig/hanse-fakehost.pc', '/cmake/HanseSDK/HanseSDKConfig.cmake',
                '/HanseSDK/hanse_add_plugin.cmake', '/libhanse-fakehost.a'):
        expect(any(path.endswith(end) for path in dev), 'hanse-dev lacks …' + end)
    expect(any(path.startswith('/usr/share/hanse/template/policy/') for path in dev), 'hanse-dev lacks the template')
    for name, files in (('hanse', router), ('hanse-dev', dev)):
        odd = [path for path, (mode, owner) in files.items() if owner != 'root/root' or mode[5] == 'w' or mode[8] == 'w']
        expect(not odd, '%s: not root\'s alone: %s' % (name, odd))
        there = [path for path in files if path.startswith(('/etc/', '/var/', '/run/'))]
        expect(not there, '%s brings a configuration or state: %s' % (name, there))
    both = [path for path in set(router) & set(dev) if not path.endswith('/')]
    expect(not both, 'in both packages: %s' % both)
    for word in ('libssl3', 'libunbound8', 'libc6'):
        expect(word in packages.field('hanse', 'Depends'), 'hanse does not depend on ' + word)
    expect(not re.search(r'\bhanse\b', packages.field('hanse-dev', 'Depends')), 'hanse-dev depends on the router')
    return '%d files in hanse, %d in hanse-dev' % tuple(sum(not path.endswith('/') for path in files)
                                                       for files in (router, dev))


def alone(packages):
    """A tree without the router, its plugins and hansectl builds and installs the same files as hanse-dev holds, and no
    header of the router is among them."""
    headers = {name for name in os.listdir(os.path.join(SOURCE, 'router')) if name.endswith('.h')}
    held = {path for path in packages.files('hanse-dev') if not path.endswith('/')}
    router = [path for path in held if '/router/' in path or
              (os.path.basename(path) in headers and not path.startswith('/usr/include/hanse/'))]
    expect(not router, 'of the router: %s' % router)
    with tempfile.TemporaryDirectory(prefix='hanse-sdk-') as folder:
        tree = os.path.join(folder, 'tree')
        shutil.copytree(SOURCE, tree, ignore=lambda where, names: [name for name in names if where == SOURCE and name in
                        ('build', '.git', 'router', 'plugins', 'ctl', 'tests')])
        build, root = os.path.join(folder, 'build'), os.path.join(folder, 'root')
        output('cmake', '-S', tree, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug', '-DHANSE_ROUTER=OFF',
               '-DCMAKE_INSTALL_PREFIX=/usr', '-DHANSE_PACKAGES=ON')
        output('cmake', '--build', build)
        os.environ['DESTDIR'] = root
        output('cmake', '--install', build, '--component', 'hanse-dev')
        del os.environ['DESTDIR']
        made = {os.path.join(where, name)[len(root):] for where, _, names in os.walk(root) for name in names}
        expect(made == held, 'without the router there are other files:\n    lacks %s\n    has %s' %
               (sorted(held - made), sorted(made - held)))
        included = re.compile(r'#\s*include\s*"?<?(router|plugins|contract)/')
        bad = [path for path in made if path.endswith(('.h', '.c')) and
               included.search(open(root + path, errors='replace').read())]
        expect(not bad, 'these include what is not installed: %s' % bad)
    return '%d files, the same without router/' % len(made)


CASES = (('lintian', lintian), ('contents', contents), ('alone', alone))


def main():
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        print('not here: %s' % ' '.join(missing))
        return 77
    folder = os.environ.get('HANSE_PACKAGES')
    if not folder:
        output(os.path.join(SOURCE, 'tools', 'package.sh'))
        folder = os.path.join(SOURCE, 'build', 'packages')
    chosen = sys.argv[1:]
    failed = done = 0
    for name, case in CASES:
        if chosen and name not in chosen:
            continue
        try:
            print('%-10s ok    %s' % (name, case(Packages(folder))))
            done += 1
        except Wrong as wrong:
            print('%-10s FAIL  %s' % (name, wrong))
            failed += 1
    print('%d passed, %d failed' % (done, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
