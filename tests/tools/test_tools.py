#!/usr/bin/python3
"""The tools by which tests are run: parts that end when they are told to, builds that do not meet.

usage: test_tools.py [unittest arguments]"""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
FAKE_CMAKE = """#!/bin/sh
mkdir "$FAKE/busy" 2>/dev/null || { echo "two at once" >>"$FAKE/met"; exit 1; }
sleep 0.2
rmdir "$FAKE/busy"
echo "$*" >>"$FAKE/done"
"""


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('it never became true')
        time.sleep(0.02)


def alive(pid):
    """Runs still; one that ended and that nobody waited for does not."""
    try:
        with open('/proc/%d/stat' % pid) as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='hanse-tools-')
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def text(self, *names):
        with open(self.path(*names)) as file:
            return file.read()


class Parts(Folder):
    def bash(self, text, deaf=False):
        """deaf: as what a script has started in its background, it does not hear SIGINT."""
        begin = 'set -u; logs=%s; chosen=(); cd %s; . tools/parts.sh\n' % (self.folder, SOURCE)
        return subprocess.Popen(['bash', '-c', begin + text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                                 signal.SIG_IGN if deaf else signal.SIG_DFL))

    def interrupted(self, number, deaf=False):
        """Two parts with children of children, both waited for: whoever interrupts the whole ends them all."""
        deep = 'deep() { printf "%%s\\n" 1 2 | xargs -P 2 -I{} sh -c "echo \\$\\$ >>%s/pids; sleep 30; :"; }\n' % self.folder
        child = self.bash(deep + 'begin one deep; begin two deep; finish one; finish two; echo not reached', deaf)
        until(lambda: os.path.exists(self.path('pids')) and len(self.text('pids').split()) == 4)
        pids = [int(pid) for pid in self.text('pids').split()]
        os.kill(child.pid, number)
        said = child.communicate(timeout=10)[0]
        self.assertEqual(child.returncode, 130, said)
        self.assertNotIn('not reached', said)
        until(lambda: not any(alive(pid) for pid in pids), 5)

    def test_interrupted(self):
        self.interrupted(signal.SIGINT)

    def test_terminated(self):
        self.interrupted(signal.SIGTERM)

    def test_terminated_while_deaf(self):
        self.interrupted(signal.SIGTERM, deaf=True)

    def test_rows(self):
        child = self.bash('bad() { echo "3 passed, 1 failed"; return 1; }; skipped() { echo "no such thing"; return 77; }\n'
                          'begin quick sleep 0.1; part slow sleep 2.2; finish quick; part bad bad; part skipped skipped\n'
                          'echo "$failed failed of ${#rows[@]}"')
        said = child.communicate(timeout=20)[0]
        self.assertRegex(said, r'slow +ok +[23] s')
        self.assertRegex(said, r'quick +ok +[01] s')  # its own time, not the time until somebody asked
        self.assertRegex(said, r'bad +FAIL +0 s  3 passed, 1 failed')
        self.assertRegex(said, r'skipped +SKIP +0 s  no such thing')
        self.assertIn('1 failed of 4', said)


class Build(Folder):
    def test_two_at_once(self):
        """Both end well, one after the other."""
        os.makedirs(self.path('tools'))
        os.makedirs(self.path('bin'))
        shutil.copy(os.path.join(SOURCE, 'tools', 'build.sh'), self.path('tools'))
        with open(self.path('bin', 'cmake'), 'w') as file:
            file.write(FAKE_CMAKE)
        os.chmod(self.path('bin', 'cmake'), 0o755)
        environment = dict(os.environ, FAKE=self.folder, PATH=self.path('bin') + ':' + os.environ['PATH'])
        environment.pop('HANSE_BUILDS', None)
        both = [subprocess.Popen([self.path('tools', 'build.sh'), 'debug'], env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        for child in both:
            said = child.communicate(timeout=20)[0]
            self.assertEqual(child.returncode, 0, said)
        self.assertFalse(os.path.exists(self.path('met')))
        self.assertEqual(len(self.text('done').splitlines()), 4)


if __name__ == '__main__':
    unittest.main()
