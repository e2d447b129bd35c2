#!/usr/bin/python3
"""Instructions per lap: the router with its real plugins inside one process, from the octets that the home side wrote to
those that the partner reads, and back, without sockets and TLS (router_laps.c), counted by callgrind.

    bench_lap.py [full | short] [--write] [--profile [NAME]] [--only NAME,…]

What is counted is the same in every run, so that a change of a hundredth shows. tests/bench/laps.tsv holds the accepted
figures; a rise of more than 2 % is a failure, and so is a fall of which the file knows nothing: --write writes down what
is measured now. --profile shows the functions in which the instructions are. Exit status 77: the accepted figures are
another compiler's or another processor's."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

from lab import Lab  # noqa: E402
from routers import EDGE, HERE, POOL, Certificates, Hanse, Passes, Policies, Unjudged, library  # noqa: E402

ACCEPTED = os.path.join(HERE, 'laps.tsv')
MARGIN = 0.02
ALLOCATIONS = 0.02  # a lap: what is rounded in the file, and a timer's that falls into the laps or not
SHOWN = 25
WARM_UP = 500
# name: what the program is told (kind, in flight), laps that are counted, the router, what it is
LAPS = {
    'message': ('message', 1, 500, Hanse, 'MESSAGE and its 200, one at a time'),
    'message_64': ('message', 64, 640, Hanse, 'MESSAGE and its 200, 64 in flight'),
    'dialog': ('dialog', 1, 200, Hanse, 'INVITE, 180, 200, ACK, BYE, 200'),
    'in_dialog': ('in_dialog', 1, 500, Hanse, 'MESSAGE in a dialog and its 200'),
    'policies': ('message', 1, 500, Policies, 'MESSAGE and its 200 through the usual policies'),
    'unjudged': ('message', 1, 500, Unjudged, 'MESSAGE and its 200 through no policy'),
    'passes': ('message', 1, 500, Passes, 'MESSAGE and its 200 through ten policies at ADMIT and ROUTED that say nothing'),
}
# What one lap may cost more than the other (P60: the border between router and plugins).
MORE = {
    'policies': ('message', 0.10, 'the usual policies cost %.1f %% more instructions than domains alone'),
    'passes': ('unjudged', 0.05, 'to ask ten policies costs %.1f %% more instructions than to ask none'),
}
TRAINING = 20000  # laps of each kind
# Entered and left, these switch counting over: the second one, inside the first, is what the far ends do.
TOGGLES = ('lap_measured_turn', 'lap_wire_aside')


def program():
    return os.path.join(library.build_folder(), 'bench', 'router_laps')


def machine():
    """What the figures depend on beside the source: another of these gives other ones."""
    def first_line(*argv):
        return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]
    with open('/proc/cpuinfo') as file:
        flags = re.search(r'^flags\s*:(.*)$', file.read(), re.M)
    vectors = [name for name in ('avx2', 'avx', 'ssse3') if flags and name in flags.group(1).split()]
    return '%s; %s; %s %s' % (first_line('gcc', '--version'), first_line('ldd', '--version'), os.uname().machine,
                              vectors[0] if vectors else '-')


def counted(path):
    """All instructions that callgrind counted."""
    with open(path) as file:
        found = re.search(r'^(?:summary|totals): (\d+)', file.read(), re.M)
    if not found or not int(found.group(1)):
        raise RuntimeError('callgrind counted nothing: %s' % path)
    return int(found.group(1))


def environment():
    """The same for everybody: the C library chooses its functions by what the processor can do."""
    return {'PATH': '/usr/bin:/bin', 'LANG': 'C', 'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM'}


def command(hanse, name, laps):
    """The program and its arguments, for a router that begins anew."""
    kind, in_flight = LAPS[name][:2]
    argv = hanse.argv()
    config, plugins = argv[argv.index('--config') + 1], argv[argv.index('--plugins') + 1]
    shutil.rmtree(os.path.join(os.path.dirname(config), 'state'))  # the number of the start and the keys are made anew
    os.mkdir(os.path.join(os.path.dirname(config), 'state'), 0o700)
    return [program(), config, plugins, kind, str(in_flight), str(WARM_UP), str(laps), POOL, EDGE,
            str(hanse.partner_port)]


def run(argv, **more):
    """What the program says of its laps."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120, check=False, **more)
    if done.returncode:
        raise RuntimeError('%s ended with status %d\n%s' % (' '.join(argv), done.returncode, done.stderr[-4000:]))
    return json.loads(done.stdout)


def measure(lab, hanse, name):
    out = os.path.join(lab.folder, name + '.callgrind')
    said = run(['valgrind', '--quiet', '--tool=callgrind', '--callgrind-out-file=' + out, '--collect-atstart=no',
                *['--toggle-collect=' + one for one in TOGGLES], *command(hanse, name, LAPS[name][2])],
               env=environment())
    return counted(out) / said['laps'], said, out


def routers_of(lab, names):
    """{class: router} for these laps."""
    certificates = Certificates(lab.authority('lap'))
    kinds = dict.fromkeys(LAPS[name][3] for name in names)
    return {kind: kind(lab.folder, lab.network, certificates) for kind in kinds}


def train():
    """Laps of every kind, for a build that notes which of its code they run through."""
    names = [name for name in LAPS if LAPS[name][3] is Hanse]
    with Lab('lap') as lab:
        routers = routers_of(lab, names)
        for name in names:
            run(command(routers[Hanse], name, TRAINING))
    return 0


def read_accepted():
    """({name: (instructions, allocations)}, machine)"""
    rows, made = {}, None
    if os.path.exists(ACCEPTED):
        with open(ACCEPTED) as file:
            for line in file:
                if line.startswith('# counted with: '):
                    made = line[16:].strip()
                elif line.strip() and not line.startswith('#') and not line.startswith('name\t'):
                    name, instructions, allocations = line.rstrip('\n').split('\t')
                    rows[name] = (float(instructions), float(allocations))
    return rows, made


def write_accepted(rows):
    with open(ACCEPTED + '.new', 'w') as file:
        file.write('# Instructions and calls of the allocator per lap, as bench_lap.py --write counted them.\n'
                   '# counted with: %s\nname\tinstructions\tallocations\n' % machine())
        file.writelines('%s\t%.0f\t%.2f\n' % (name, *row) for name, row in rows.items())
    os.replace(ACCEPTED + '.new', ACCEPTED)


def verdict(name, what, now, accepted, least=0):
    """None: as accepted, but for a hundredth or two, or for `least`."""
    if abs(now - accepted) <= max(MARGIN * accepted, least):
        return None
    if now > accepted:
        return '%s: %.2f %s, accepted are %.2f: %.1f %% more' % (name, now, what, accepted, 100 * (now / accepted - 1))
    return '%s: %.2f %s, accepted are %.2f: %.1f %% less; write it down: tests/bench/bench_lap.py --write' % (
        name, now, what, accepted, 100 * (1 - now / accepted))


def dear(now, name):
    """None: it costs what it may, or was not measured."""
    than, margin, words = MORE[name]
    more = now[name][0] / now[than][0] - 1 if name in now and than in now else 0
    return None if more <= margin else words % (100 * more) + ', at most %.0f %% are allowed' % (100 * margin)


def profile(path, laps):
    """The functions by their own cost, per lap; what the compiler took from other files into one is its own."""
    text = subprocess.run(['callgrind_annotate', '--threshold=100', path], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=True).stdout
    costs, homes = {}, {}
    for line in text.splitlines():
        found = re.match(r'\s*([\d,]+) \(\s*[\d.]+%\)\s+(?:\S*?):(\S+)(?: \[(.*)\])?', line)
        if found:
            function = found.group(2)
            costs[function] = costs.get(function, 0) + int(found.group(1).replace(',', ''))
            if found.group(3):
                homes[function] = re.sub(r'-[0-9a-f]{32}-.*', '.so', os.path.basename(found.group(3)))
    total = sum(costs.values())
    for function in sorted(costs, key=costs.get, reverse=True)[:SHOWN]:
        print('    %9.1f  %5.2f %%  %-36s %s' % (costs[function] / laps, 100 * costs[function] / total, function,
                                                homes.get(function, '')))


def main():
    parser = argparse.ArgumentParser(description='Counts instructions per lap.')
    parser.add_argument('form', nargs='?', choices=('full', 'short'), default='full', help='both do the same')
    parser.add_argument('--write', action='store_true', help='what is counted now is accepted from now on')
    parser.add_argument('--train', action='store_true', help='only run laps, uncounted: see tools/build.sh')
    parser.add_argument('--profile', action='store_true', help='show the functions that cost most')
    parser.add_argument('--only', default=','.join(LAPS), metavar='NAME,…', help=', '.join(LAPS))
    options = parser.parse_args()
    chosen = options.only.split(',')
    if any(name not in LAPS for name in chosen):
        parser.error('--only knows %s' % ', '.join(LAPS))
    if not os.access(program(), os.X_OK):
        print('%s is not built: ./dev build' % program())
        return 77
    if options.train:
        return train()
    if not shutil.which('valgrind'):
        print('valgrind is not installed: ./dev setup')
        return 77
    accepted, made = read_accepted()
    now, wrong = dict(accepted), []
    print('%-11s %12s %9s %8s %9s %9s %9s  %s' % (
        'per lap', 'instructions', 'accepted', 'mallocs', 'accepted', 'octets of', 'written', ''))
    with Lab('lap') as lab:
        routers = routers_of(lab, chosen)
        for name in chosen:
            instructions, said, path = measure(lab, routers[LAPS[name][3]], name)
            now[name] = (instructions, said['allocations'])
            known = accepted.get(name)
            print('%-11s %12.0f %9s %8.2f %9s %9.0f %9.0f  %s' % (
                name, instructions, '%.0f' % known[0] if known else '-', said['allocations'],
                '%.2f' % known[1] if known else '-', said['octets_allocated'], said['octets_written'], LAPS[name][4]))
            if options.profile:
                profile(path, said['laps'])
            if known:
                wrong += [verdict(name, 'instructions', instructions, known[0]),
                          verdict(name, 'calls of the allocator', said['allocations'], known[1], ALLOCATIONS)]
            else:
                wrong.append('%s: no figure is accepted yet; write it down: tests/bench/bench_lap.py --write' % name)
            sys.stdout.flush()
    if options.write:
        write_accepted({name: now[name] for name in LAPS if name in now})
        return 0
    wrong = [one for one in wrong + [dear(now, name) for name in MORE] if one]
    print('\n'.join(wrong))
    if made != machine():
        print('the accepted figures were counted with: %s; here: %s' % (made, machine()))
        return 77
    print('%d passed, %d failed' % (2 * len(chosen) - len(wrong), len(wrong)))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
