#!/usr/bin/python3
"""`hanse-plugin check`: finds what is wrong with a plugin, says in one line what and what to do, and outlives crashes, hangs
and hostile files; every plugin of ours passes, and each of tests/bad is found that can be without a router (P21, K7, K8).

    test_check.py [NAME…]      only these plugins"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('HANSE_BUILD') or os.path.join(SOURCE, 'build', 'release')
TOOL = os.path.join(BUILD, 'bin', 'hanse-plugin')
PASSED, NO, USAGE, NO_SUCH_THING, NOT_DETERMINED = 0, 1, 2, 5, 6
SANITIZED = 'asan' in os.path.basename(BUILD.rstrip('/'))

# What our own plugins need so that everything of them can be run; %s is a folder.
OURS = {
    'archive': ['--settings', 'file = "%s/texts";'],
    'clearing': ['--settings', 'edge = "edge.clearing.test";'],
    'direct': ['--entry', 'edge = "edge.partner.test";'],
    'public': ['--settings', 'providers = ( { name = "example"; edge = "edge.partner.test"; } );',
               '--entry', 'provider = "example";'],
}

# The same for the examples.
EXAMPLES = {
    'ask_helper': ['--settings', 'program = "/bin/true";'],
    'ask_socket': ['--settings', 'path = "%s/nobody.sock";'],
    'json_log': ['--settings', 'file = "%s/events.json";'],
    'static_routes': ['--entry', 'servers = [ "edge.partner.test" ];'],
}

# A word that makes tests/plugin_tool/odd.c wrong; more for the linker; arguments of check; exit status; phrases.
ODD = [
    ('GOOD', [], [], PASSED, ['odd.so: passed']),
    ('SHOWS', [], [], NO, ['exported symbols', 'exports helper_that_is_seen besides', '-fvisibility=hidden']),
    ('GOOD', ['-Wl,-z,lazy'], [], NO, ['bound when loaded', 'at the first call', '-Wl,-z,now']),
    ('TEXTREL', ['-Wl,-z,notext'], [], NO, ['text relocations', '-fPIC']),
    ('GOOD', ['-Wl,-z,execstack'], [], NO, ['executable stack', '-Wl,-z,noexecstack']),
    ('GOOD', ['-Wl,-z,nodelete'], [], PASSED, ['warning', 'never unloaded']),
    ('STATE', [], [], PASSED, ['warning', 'file-level state', 'how_often_it_was_asked', 'hang on `self`']),
    ('STATE', ['-s'], [], PASSED, ['ok       file-level state']),
    ('NO_HELP', [], [], PASSED, ['warning', '"needed" has no help']),
    ('CORES_NAME="plugin"', [], [], NO, ['option table', '"plugin"', 'belongs to the core']),
    ('CORES_NAME="on_failure"', [], [], NO, ['option table', '"on_failure"', 'belongs to the core']),
    ('REQUIRED', [], [], NOT_DETERMINED, ['not run', '"needed" must be set', "--settings 'needed = …;'", 'not passed']),
    ('REQUIRED', [], ['--settings', 'needed = 3;'], PASSED, ['odd.so: passed']),
    ('REQUIRED', [], ['--settings', 'needed = 0;'], NOT_DETERMINED, ['not run', 'needed', 'correct --settings']),
    ('REQUIRED', [], ['--settings', 'needed = ;'], NOT_DETERMINED, ['not run', 'settings']),
    ('SILENT', [], [], NO, ['configure', 'no reason']),
    ('CRASHES_EARLY', [], [], NO, ['loading', 'crashes', 'constructors']),
    ('CRASHES', [], [], NO, ['crashes in decide (stage ADMIT, action REFER', 'gdb']),
    ('HANGS', [], ['--timeout', '1'], NO, ['hangs in decide (stage ROUTED', 'for 1 s']),
    ('EXITS', [], [], NO, ['ends the process in decide', 'one letter', 'never calls exit']),
    ('ABORTS', [], [], NO, ['decide (stage ADMIT, action MESSAGE, a text of a megabyte', 'It said: the text is too long for me']),
    ('DENIES_SILENTLY', [], [], NO, ['decide', 'denies without a failure']),
    ('ODD_MARK', [], [], NO, ['decide', 'marks that do not exist']),
    ('NO_TEXT', [], [], NO, ['decide', 'not UTF-8']),
    ('COUNTS_DRY', [], [], NO, ['decide', 'counts although `dry` is set']),
    ('LEAKS', [], [], NO, ['lifecycle', 'octets of memory each time']),
    ('LEAKS_FILE', [], [], NO, ['lifecycle', 'files or sockets open after']),
    ('LEAKS_THREAD', [], [], NO, ['lifecycle', 'threads running after']),
    ('TWICE', [], [], NO, ['crashes in destroy']),
    ('NO_MEMORY', [], [], NO, ['without memory', 'crashes in create']),
]


class Wrong(Exception):
    """The tool did not say what it must."""


def check(path, *arguments, tool=TOOL):
    done = subprocess.run([tool, 'check', path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


def judge(result, status, phrases):
    if result[0] != status:
        raise Wrong('exit status %d where %d is due:\n%s' % (result[0], status, result[1]))
    missing = [phrase for phrase in phrases if phrase not in result[1]]
    if missing:
        raise Wrong('lacks %s:\n%s' % (missing, result[1]))


def table(name):
    with open(os.path.join(SOURCE, 'tests', 'bad', name)) as file:
        return [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]


def modules(folder):
    return sorted(name[:-3] for name in os.listdir(os.path.join(BUILD, folder)) if name.endswith('.so'))


# ---- cases ----

def all_pass(kind, wishes):
    """With everything run."""
    with tempfile.TemporaryDirectory() as folder:
        for name in modules(kind):
            wish = [word.replace('%s', folder) for word in wishes.get(name, [])]
            judge(check(os.path.join(BUILD, kind, name + '.so'), *wish), PASSED, ['%s.so: passed' % name])


def case_ours():
    """Each of our own plugins passes."""
    all_pass('modules', OURS)
    return '%d plugins' % len(modules('modules'))


def case_examples():
    """So does each example."""
    all_pass('examples', EXAMPLES)
    return '%d examples' % len(modules('examples'))


def case_bad():
    """Each of tests/bad does what tests/bad/CHECK.tsv says, and each has its line there."""
    rows = {row[0]: row for row in table('CHECK.tsv')}
    lost = sorted(set(row[0] for row in table('EXPECT.tsv')) ^ set(rows))
    if lost:
        raise Wrong('not in both tests/bad/EXPECT.tsv and CHECK.tsv: %s' % ', '.join(lost))
    for name, status, phrases in rows.values():
        try:
            result = check(os.path.join(BUILD, 'bad', name + '.so'))
            # The build with sanitizers does not link them with -z now, which is found as well.
            judge(result, result[0] if SANITIZED else int(status), phrases.split(' | '))
        except Wrong as wrong:
            raise Wrong('%s: %s' % (name, wrong)) from None
    return '%d plugins, %d of them found' % (len(rows), sum(row[1] != '0' for row in rows.values()))


def build_odd(folder, word, more):
    path = os.path.join(folder, 'odd.so')
    flags = ['-std=gnu11', '-g', '-O1', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-unused-result', '-shared',
             '-Wl,-z,now', '-Wl,-z,defs', '-pthread', '-I', os.path.join(SOURCE, 'sdk', 'include')]
    if SANITIZED:
        flags += ['-fsanitize=address']
    subprocess.run(['gcc', *flags, '-D' + word, *more, '-o', path, os.path.join(HERE, 'odd.c')], check=True)
    return path


def case_odd():
    """What is wrong in one way is found, with what to do; also crashes, hangs and ends of the process."""
    # A sanitizer has words of its own for a crash, a file-level state and a memory of its own.
    others = ('STATE', 'TWICE', 'NO_MEMORY', 'CRASHES', 'TEXTREL', 'EXITS') if SANITIZED else ()
    with tempfile.TemporaryDirectory() as folder:
        for word, more, arguments, status, phrases in ODD:
            if word in others:
                continue
            try:
                judge(check(build_odd(folder, word, more), *arguments), status, phrases)
            except Wrong as wrong:
                raise Wrong('%s %s: %s' % (word, ' '.join(more), wrong)) from None
    return '%d ways' % sum(row[0] not in others for row in ODD)


def case_json():
    """--json is one object with the same points and the outcome."""
    status, text = check(os.path.join(BUILD, 'bad', 'empty_slot.so'), '--json')
    answer = json.loads(text)
    if status != NO or answer['ok'] or answer['outcome'] != NO or not any(
            row['result'] == 'wrong' and row['point'] == 'offers' and 'decide' in row['text'] for row in answer['rows']):
        raise Wrong(text)
    return '%d rows' % len(answer['rows'])


def case_usage():
    """What is asked wrongly is told, each with its exit status."""
    good = os.path.join(BUILD, 'modules', 'domains.so')
    judge(check('nowhere.so'), NO_SUCH_THING, ['nowhere.so', 'No such file'])
    judge(check(__file__), USAGE, ['NAME.so'])
    judge(check(good, '--timeout', '0'), USAGE, ['--timeout'])
    judge(check(good, '--settings'), USAGE, ['--settings'])
    judge(check(good, good), USAGE, ['one file'])
    judge(check(good, '--nonsense'), USAGE, ['--nonsense'])
    for word in ('--help', 'manual', '--version'):
        text = subprocess.run([TOOL, word], stdout=subprocess.PIPE, check=True).stdout.decode()
        if 'hanse' not in text:
            raise Wrong('%s says %s' % (word, text))
    page = subprocess.run([TOOL, 'manual'], stdout=subprocess.PIPE, check=True).stdout
    if shutil.which('man'):
        shown = subprocess.run(['man', '--warnings', '-l', '-'], input=page, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               check=True, env={**os.environ, 'MANPAGER': 'cat', 'LC_ALL': 'C.UTF-8'})
        if shown.stderr:
            raise Wrong('man says: %s' % shown.stderr.decode())
    return '9 questions'


def case_hostile():
    """Files that were cut off or damaged neither crash nor stop the tool."""
    with open(os.path.join(BUILD, 'modules', 'verification.so'), 'rb') as file:
        whole = file.read()
    chance, began, seen = random.Random(5), time.monotonic(), {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'verification.so')
        for turn in range(120):
            octets = bytearray(whole)
            if turn < 30:
                octets = octets[:len(octets) * turn // 30]
            elif turn < 70:  # its head and its tables
                octets[chance.randrange(0, 1024)] = chance.randrange(256)
            else:
                for _ in range(20):
                    octets[-1 - chance.randrange(min(20000, len(octets)))] = chance.randrange(256)
            with open(path, 'wb') as file:
                file.write(octets)
            status, text = check(path, '--timeout', '2')
            seen[status] = seen.get(status, 0) + 1
            if status not in (PASSED, NO, NOT_DETERMINED) or not re.search(r'\(\d+ ok, \d+ warnings', text):
                raise Wrong('turn %d: exit status %d:\n%s' % (turn, status, text))
    if not seen.get(NO):
        raise Wrong('none was found: %s' % seen)
    return '120 files in %.1f s, exit statuses %s' % (time.monotonic() - began, seen)


def main():
    chosen, bad = sys.argv[1:], 0
    cases = [(name[5:], run) for name, run in globals().items() if name.startswith('case_')]
    for name, run in cases:
        if chosen and name not in chosen:
            continue
        began = time.monotonic()
        try:
            said = run()
            print('ok    %-10s %5.1f s  %s' % (name, time.monotonic() - began, said))
        except Wrong as wrong:
            bad += 1
            print('FAIL  %-10s %s' % (name, wrong))
        sys.stdout.flush()
    print('%d passed, %d failed' % (len(cases) - bad, bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
