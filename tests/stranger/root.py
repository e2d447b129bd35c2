"""A clean Debian in a folder, with our packages installed as a stranger does it.

`enter()` comes first: it makes the system once (debootstrap, minbase; kept in build/stranger, as are the packages that apt
fetched, so that a second run needs no network), and runs the program again in namespaces of its own, where mounts and
processes end with it."""
import fcntl
import os
import select
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.realpath(os.path.join(HERE, '..', '..'))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

SUITE = 'bookworm'
MIRROR = os.environ.get('HANSE_MIRROR', 'http://deb.debian.org/debian')
KEPT = os.path.join(SOURCE, 'build', 'stranger')
BASE = os.path.join(KEPT, SUITE)
ARCHIVES = os.path.join(KEPT, 'archives')  # what apt fetched
PACKAGES = os.environ.get('HANSE_PACKAGES') or os.path.join(SOURCE, 'build', 'packages')
INSIDE = 'HANSE_INSIDE'
SKIP = 77
SIZE = 1 << 30  # a system with compiler and packages is smaller


class Wrong(Exception):
    """Something did not come out as the documentation says."""


def skip(why):
    print(why)
    sys.exit(SKIP)


def command(*words, quiet=True):
    result = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
                            stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    if result.returncode:
        raise Wrong('%s: exit status %d\n%s' % (' '.join(words), result.returncode, (result.stdout or '')[-2000:]))
    return result.stdout


def enter():
    """Returns in namespaces of its own, with the clean system and the packages there; ends the program with SKIP where
    that cannot be."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        skip('a root of its own needs root')
    for name in ('debootstrap', 'unshare', 'chroot', 'mount'):
        if not shutil.which(name):
            skip('%s is not here' % name)
    probe = subprocess.run(['unshare', '--mount', '--pid', '--fork', '--mount-proc', 'true'], stderr=subprocess.PIPE,
                           text=True, check=False)
    if probe.returncode:
        skip('namespaces are not allowed here: ' + probe.stderr.strip())
    os.makedirs(ARCHIVES, exist_ok=True)
    with open(os.path.join(KEPT, 'lock'), 'w') as lock:  # several programs of this folder may come at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare()
    os.environ[INSIDE] = '1'
    os.execvp('unshare', ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable,
                          *sys.argv])


def prepare():
    if not os.path.exists(BASE):
        make_base()
    if not os.environ.get('HANSE_PACKAGES') and not fresh():
        command(os.path.join(SOURCE, 'tools', 'package.sh'))


def fresh():
    """The packages are as new as what they are made of."""
    try:
        made = min(os.path.getmtime(os.path.join(PACKAGES, name)) for name in os.listdir(PACKAGES))
    except (FileNotFoundError, ValueError):
        return False
    if any(os.path.getmtime(os.path.join(SOURCE, name)) > made for name in ('CMakeLists.txt', 'CMakePresets.json')):
        return False
    for folder in ('contract', 'router', 'plugins', 'ctl', 'etc', 'sdk', 'docs', 'packaging', 'tools'):
        for where, _, names in os.walk(os.path.join(SOURCE, folder)):
            if any(os.path.getmtime(os.path.join(where, name)) > made for name in names):
                return False
    return True


def make_base():
    """The clean system, with apt's lists of today. Not there when it fails half-way."""
    if subprocess.run(['apt-get', '--help'], stdout=subprocess.DEVNULL, check=False).returncode:
        skip('this is no Debian')
    began, new = time.monotonic(), BASE + '.new'
    shutil.rmtree(new, ignore_errors=True)
    fetched = os.path.join(KEPT, 'debootstrap')
    os.makedirs(fetched, exist_ok=True)
    # With systemd, as nearly every Debian has it.
    made = subprocess.run(['debootstrap', '--variant=minbase', '--include=systemd', '--cache-dir=' + fetched, SUITE, new,
                           MIRROR],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if made.returncode:
        said = made.stdout.strip().splitlines() or ['nothing']
        skip('debootstrap cannot make a root here: ' + said[-1])
    with open(os.path.join(new, 'etc/apt/sources.list'), 'w') as file:
        file.write('deb %s %s main\n' % (MIRROR, SUITE))
    command('chroot', new, 'apt-get', '-qq', 'update')
    os.rename(new, BASE)
    print('the clean root was made in %.0f s' % (time.monotonic() - began))


def memory():
    """Octets that are free for something new."""
    with open('/proc/meminfo') as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith('MemAvailable:'))


class Root:
    """A copy of the clean system for one run, below `folder`. Call after enter()."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, 'system')
        self.path, upper, work = (os.path.join(self.folder, name) for name in ('root', 'upper', 'work'))
        os.makedirs(self.folder)
        if memory() > 4 * SIZE:  # dpkg waits for the disk very often
            command('mount', '-t', 'tmpfs', '-o', 'size=%d' % (2 * SIZE), 'tmpfs', self.folder)
        for one in (self.path, upper, work):
            os.makedirs(one)
        try:
            command('mount', '-t', 'overlay', 'overlay', '-o', 'lowerdir=%s,upperdir=%s,workdir=%s' %
                    (BASE, upper, work), self.path)
        except Wrong:  # where the run folder lies in an overlay itself
            command('cp', '-a', '--reflink=auto', BASE + '/.', self.path)
        command('mount', '-t', 'proc', 'proc', self.path + '/proc')
        command('mount', '--bind', ARCHIVES, self.path + '/var/cache/apt/archives')
        command('mount', '--rbind', '/dev', self.path + '/dev')
        # Whoever sits there says yes; what was fetched serves the next run as well; nobody pulls the plug in the middle
        # of a test, so dpkg need not wait for the disk.
        with open(os.path.join(self.path, 'etc/apt/apt.conf.d/50stranger'), 'w') as file:
            file.write('APT::Get::Assume-Yes "true";\nAcquire::Retries "2";\n'
                       'Binary::apt::APT::Keep-Downloaded-Packages "true";\n')
        with open(os.path.join(self.path, 'etc/dpkg/dpkg.cfg.d/stranger'), 'w') as file:
            file.write('force-unsafe-io\n')

    def put_packages(self, place='/root'):
        """The .deb files, where the stranger has downloaded them."""
        for name in sorted(os.listdir(PACKAGES)):
            if name.endswith('.deb'):
                shutil.copy(os.path.join(PACKAGES, name), self.path + place)

    def shell(self):
        return Shell(self.path)

    def stop(self):
        command('umount', '--recursive', '--lazy', self.path)
        subprocess.run(['umount', '--lazy', self.folder], stderr=subprocess.DEVNULL, check=False)


class Shell:
    """One bash in the root, which keeps its folder and its variables from command to command as a terminal does. Who
    sits there is root already, so `sudo` only does what it is told."""

    def __init__(self, path):
        environment = {'HOME': '/root', 'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
                       'LC_ALL': 'C.UTF-8', 'TERM': 'dumb', 'DEBIAN_FRONTEND': 'noninteractive'}
        self.process = subprocess.Popen(['chroot', path, 'bash', '--noprofile', '--norc'], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.run('cd; umask 022; sudo() { "$@"; }')

    def ask(self, text, seconds=60):
        """(exit status, output) of a command."""
        end = time.monotonic() + seconds
        self.process.stdin.write(('{ %s\n} </dev/null; printf "\\n@end %%d\\n" $?\n' % text).encode())
        self.process.stdin.flush()
        output = b''
        while True:
            found = output.rfind(b'\n@end ')
            if found >= 0 and output.endswith(b'\n'):
                return int(output[found + 6:]), output[:found].decode(errors='replace').strip('\n')
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise Wrong('%s: not done within %d s; so far:\n%s' % (text, seconds, output.decode(errors='replace')))
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise Wrong('%s: the shell ended\n%s' % (text, output.decode(errors='replace')))
            output += piece

    def run(self, text, seconds=60):
        """The output of a command that must succeed."""
        status, output = self.ask(text, seconds)
        if status:
            raise Wrong('%s: exit status %d\n%s' % (text, status, output[-3000:]))
        return output

    def stop(self):
        self.process.kill()
        self.process.wait()
