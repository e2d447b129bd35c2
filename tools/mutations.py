"""Takes one behaviour away at a time, and sees a test fail for it: the patches of tests/mutations, on a copy of the
sources in build/mutations, which has a build of its own.

    mutations.py [NAME…]      only the patches whose name begins so

A patch begins with three lines: what it takes away, the scenario that must fail (FILE | part of its title), and a part of
the step at which it fails. The scenario must pass without the patch, in the same build and beside the same others: else its
failure shows nothing. A patch that no longer applies is a finding: make it anew, in one small place."""
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
PATCHES = os.path.join(SOURCE, 'tests', 'mutations')
SCRATCH = os.path.join(SOURCE, 'build', 'mutations')
COPY, BUILD, MADE = (os.path.join(SCRATCH, name) for name in ('source', 'build', 'made'))
PARTS = ('CMakeLists.txt', 'contract', 'router', 'plugins', 'sdk', 'ctl', 'etc')
AS_IS = os.path.join(MADE, 'as-is')
HEAD = re.compile(r'takes away: (?P<what>.+)\ntest: (?P<file>\S+) \| (?P<title>.+)\nfails at: (?P<step>.+)\n')


def files(folder):
    for part in PARTS:
        path = os.path.join(folder, part)
        if os.path.isfile(path):
            yield part
        for where, _, names in os.walk(path):
            for name in names:
                yield os.path.relpath(os.path.join(where, name), folder)


def content(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None


def synchronise():
    """Makes the copy as the sources are. What is the same already keeps its time, so that it is not built again."""
    wanted = set(files(SOURCE))
    for name in set(files(COPY)) - wanted:
        os.unlink(os.path.join(COPY, name))
    for name in wanted:
        here, there = os.path.join(SOURCE, name), os.path.join(COPY, name)
        if content(here) != content(there):
            os.makedirs(os.path.dirname(there), exist_ok=True)
            shutil.copyfile(here, there)


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    return done.returncode, done.stdout


def build():
    """The daemon, hansectl and all plugins; returns what went wrong, or nothing."""
    if not os.path.exists(os.path.join(BUILD, 'build.ninja')):
        status, text = run('cmake', '-G', 'Ninja', '-S', COPY, '-B', BUILD, '-DCMAKE_BUILD_TYPE=Debug', '-DHANSE_TESTS=OFF',
                           '-DCMAKE_C_FLAGS_DEBUG=-O0 -w')
        if status:
            return text
    status, text = run('ninja', '-C', BUILD, '-j', str(min(os.cpu_count() or 1, 4)))
    return text if status else ''


def play(head, made):
    """Runs the scenario with what was made: (exit status, output)."""
    environment = dict(os.environ, HANSE_BUILD=made, HANSE_WAIT='1.5')
    return run(sys.executable, 'tests/lib/scenario.py', head['file'], '--only', head['title'], cwd=SOURCE, env=environment)


def fails_as_it_should(head, made):
    """Plays it without the patch and with it; returns what is wrong, or nothing."""
    status, text = play(head, AS_IS)
    if re.search(r'^0 passed, 0 failed', text, re.MULTILINE):
        return 'no scenario of that title ran'
    if status:
        return 'it fails without the patch too:\n' + text
    status, text = play(head, made)
    if status == 0 or '  FAIL  ' not in text:
        return 'the scenario passes all the same'
    if head['step'] not in text:
        return 'it fails elsewhere:\n' + text
    return ''


def put_aside(made):
    for part in ('bin', 'modules'):
        shutil.copytree(os.path.join(BUILD, part), os.path.join(made, part))


def make(name):
    """Builds with one patch and puts what is made aside: (head of the patch, folder), or what is wrong."""
    path, made = os.path.join(PATCHES, name), os.path.join(MADE, name)
    with open(path) as file:
        head = HEAD.match(file.read())
    if not head:
        return 'it begins with "takes away: …", "test: FILE | TITLE", "fails at: …"'
    status, said = run('patch', '-p1', '-f', '-s', '--no-backup-if-mismatch', '-d', COPY, '-i', path)
    if status:
        return 'it no longer applies:\n' + said
    problem = build()
    if problem:
        return 'it does not build:\n' + problem
    put_aside(made)
    return head.groupdict(), made


def main():
    names = sorted(name for name in os.listdir(PATCHES) if name.endswith('.patch') and
                   (len(sys.argv) == 1 or name.startswith(tuple(sys.argv[1:]))))
    began, failed, results = time.monotonic(), 0, {}
    shutil.rmtree(MADE, ignore_errors=True)
    synchronise()
    problem = build()
    if problem:
        print('the copy does not build:\n' + problem)
        return 1
    put_aside(AS_IS)
    with ThreadPoolExecutor(2) as pool:  # tests wait more than they work: the next one is built meanwhile
        for name in names:
            what = make(name)
            results[name] = what if isinstance(what, str) else pool.submit(fails_as_it_should, *what)
            synchronise()
    for name, result in results.items():
        problem = result if isinstance(result, str) else result.result()
        failed += bool(problem)
        print('%-5s tests/mutations/%-24s %s' % ('FAIL' if problem else 'ok', name, problem))
    shutil.rmtree(MADE, ignore_errors=True)
    print('%d passed, %d failed, %.0f s' % (len(names) - failed, failed, time.monotonic() - began))
    return 1 if failed or not names else 0


if __name__ == '__main__':
    sys.exit(main())
