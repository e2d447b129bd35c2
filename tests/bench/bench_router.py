#!/usr/bin/python3
"""Hanse beside nginx (the same bytes, unparsed: the floor) and Kamailio (a stateful SIP proxy), in one run.

    bench_router.py [full | short] [--rounds N] [--only speed,links,idle,held,scale] [--routers hanse,nginx,kamailio]

A MESSAGE of about 600 octets goes home → router → partner and its 200 comes back; mutual TLS on both sides, ECDSA P-256,
one core for the router and another for the load. The machine is noisy, so the programs take turns and medians are
quoted; a ratio is the median of the ratios of the rounds. Exit status 1: a lap went wrong, or (full) a goal was missed."""
import argparse
import os
import resource
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

from lab import Lab  # noqa: E402
from measure import Lane, load_program  # noqa: E402
from routers import ROUTERS, Certificates  # noqa: E402

MESSAGE = 624     # octets of one request as the load sends it
PARTS = ('speed', 'links', 'idle', 'held', 'scale')


class Bench:
    def __init__(self, options, kinds):
        self.options, self.kinds = options, kinds
        self.short = options.form == 'short'
        self.rounds = options.rounds or (5 if self.short else 15)
        self.seconds = 0.25 if self.short else 0.6
        self.bad, self.missed, self.goals = [], [], []

    def lane(self, lab, kind, links=1):
        return Lane(lab, self.certificates, kind, links)

    def run(self):
        for part in self.options.only:
            with Lab('bench') as lab:
                self.certificates = Certificates(lab.authority('bench'))
                getattr(self, part)(lab)
            sys.stdout.flush()

    def note(self, lane, what, result):
        if result['bad']:
            self.bad.append('%s, %s: %d refused, %d lost, %d wrong, %d of %d delivered; %s' % (
                lane.name, what, result['refused'], result['lost'], result['wrong'], result['delivered'], result['laps'],
                result['note']))

    def goal(self, text, value, good):
        self.goals.append('%-74s %10s  %s' % (text, value, 'met' if good else 'MISSED'))
        if not good:
            self.missed.append(text)

    def take_turns(self, lanes, in_flight):
        """[{router: result}] of all rounds."""
        counts = {lane.name: lane.calibrate(in_flight, self.seconds) for lane in lanes}
        rounds = []
        for number in range(self.rounds):
            order = lanes[number % len(lanes):] + lanes[:number % len(lanes)]
            rounds.append({lane.name: lane.laps(counts[lane.name], in_flight) for lane in order})
            for lane in lanes:
                self.note(lane, '%d in flight' % in_flight, rounds[-1][lane.name])
        return rounds

    # ---- speed ----

    def speed(self, lab):
        lanes = [self.lane(lab, kind) for kind in self.kinds]
        print('Speed: medians of %d rounds; %s' % (
            self.rounds, ', '.join('%s %s' % (lane.name, lane.opened['tls']) for lane in lanes)))
        print('%-9s %-9s %11s %15s %9s %9s %9s %9s %9s' % (
            'in flight', 'router', 'CPU µs/lap', 'laps/CPU second', 'nginx ×', 'Kamailio×', 'p50 µs', 'p99 µs', 'PSS MiB'))
        for in_flight in (1, 64, 256):
            rounds = self.take_turns(lanes, in_flight)
            for lane in lanes:
                self.speed_row(in_flight, lane, rounds)
            self.speed_goals(in_flight, rounds)
        print()

    def speed_row(self, in_flight, lane, rounds):
        own = [one[lane.name] for one in rounds]
        cpu = statistics.median(one['cpu'] for one in own)
        print('%-9d %-9s %11.1f %15.0f %9s %9s %9.0f %9.0f %9.1f' % (
            in_flight, lane.name, cpu, 1e6 / cpu, ratio(rounds, lane.name, 'nginx'), ratio(rounds, lane.name, 'kamailio'),
            statistics.median(one['p50'] for one in own), statistics.median(one['p99'] for one in own),
            lane.pss() / 1024))

    def speed_goals(self, in_flight, rounds):
        floor, proxy = times(rounds, 'hanse', 'nginx'), times(rounds, 'hanse', 'kamailio')
        if in_flight == 1 and floor:
            self.goal('1 in flight: CPU per lap at most 1.15 × nginx', '%.2f' % floor, floor <= 1.15)
        if in_flight == 64 and floor:
            self.goal('64 in flight: laps per CPU second at least 0.35 × nginx', '%.2f' % (1 / floor), 1 / floor >= 0.35)
        if in_flight == 64 and proxy:
            self.goal('64 in flight: at least 15 × cheaper than Kamailio', '%.1f' % (1 / proxy), 1 / proxy >= 15)
        if in_flight == 256 and 'hanse' in rounds[0]:
            bad = sum(one['hanse']['bad'] for one in rounds)
            self.goal('256 in flight: no lap lost, none refused', bad, bad == 0)

    # ---- many links ----

    def links(self, lab):
        """Traffic over many home links, and beside many idle ones. nginx has a partner link for each home link, the
        others a few for all."""
        many, idle = (100, 500) if self.short else (500, self.room_for(5000))
        spread = [self.lane(lab, kind, many) for kind in self.kinds]
        print('Traffic over %d links, 64 in flight, CPU µs/lap (medians of %d rounds)' % (many, self.rounds))
        rounds = self.take_turns(spread, 64)
        for lane in spread:
            print('  %-9s %8.1f   nginx × %s' % (lane.name, middle(rounds, lane.name), ratio(rounds, lane.name, 'nginx')))
        floor = times(rounds, 'hanse', 'nginx')
        if floor:
            self.goal('%d links: CPU per lap at most 1.3 × nginx' % many, '%.2f' % floor, floor <= 1.3)
        for lane in spread:
            lane.stop()
        print('Beside %d idle links, 64 in flight, CPU µs/lap' % idle)
        for kind in self.kinds:
            self.beside_idle(lab, kind, idle)
        print()

    def beside_idle(self, lab, kind, idle):
        lane = self.lane(lab, kind)
        before = statistics.median(one[lane.name]['cpu'] for one in self.take_turns([lane], 64))
        opened = lane.load.ask('idle', idle)
        after = statistics.median(one[lane.name]['cpu'] for one in self.take_turns([lane], 64))
        print('  %-9s %8.1f, without them %.1f; × %.2f' % (lane.name, after, before, after / before))
        if opened['failed'] or opened['lost']:
            self.bad.append('%s: idle links failed: %r' % (lane.name, opened))
        if lane.name == 'hanse':
            self.goal('%d idle links: CPU per lap at most 1.2 × without' % idle, '%.2f' % (after / before),
                      after / before <= 1.2)
        lane.stop()

    @staticmethod
    def room_for(links):
        """Descriptors of the load and of nginx: two for each link."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return min(links, (hard - 500) // 2)

    # ---- memory ----

    def idle(self, lab):
        count = 500 if self.short else self.room_for(5000)
        print('Memory of an idle link (mutual TLS), %d of them' % count)
        for kind in self.kinds:
            lane = self.lane(lab, kind)
            before = lane.pss()
            opened = lane.load.ask('idle', count)
            links = opened['opened'] + opened['accepted'] - lane.opened['accepted']
            each = (lane.pss() - before) / max(links, 1)
            print('  %-9s %6.1f KiB   (%d links in the router)' % (lane.name, each, links))
            if opened['failed'] or opened['lost']:
                self.bad.append('%s: idle links failed: %r' % (lane.name, opened))
            if lane.name == 'hanse':
                self.goal('an idle link takes at most 28 KiB', '%.1f' % each, each <= 28)
            lane.stop()
        print()

    def held(self, lab):
        count = 2000 if self.short else 10000
        print('Memory of an open transaction, %d of them towards a partner that does not answer' % count)
        for kind in self.kinds:
            if kind.name == 'nginx':
                continue
            lane = self.lane(lab, kind, 10)
            before = lane.pss()
            result = lane.load.ask('hold', count)
            each = (lane.pss() - before) * 1024 / max(result['good'], 1)
            print('  %-9s %6.0f octets, %d without the message   (%d of %d arrived)' % (
                lane.name, each, each - MESSAGE, result['good'], count))
            if result['good'] != count:
                self.bad.append('%s: %d of %d held requests arrived; %s' % (lane.name, result['good'], count,
                                                                            result['note']))
            if lane.name == 'hanse':
                self.goal('an open transaction takes at most 2000 octets beyond its message', '%d' % (each - MESSAGE),
                          each - MESSAGE <= 2000)
            lane.stop()
        print()

    # ---- many partners ----

    def scale(self, lab):
        """Hanse alone: it is beside itself with fewer entries that it is to be compared."""
        kind = next((kind for kind in self.kinds if kind.name == 'hanse'), None)
        if kind is None:
            return
        entries = 5000 if self.short else 100000

        class Many(kind):
            name = 'many'
        Many.entries = entries
        few, many = self.lane(lab, kind), self.lane(lab, Many)
        rounds = self.take_turns([few, many], 64)
        more = times(rounds, 'many', 'hanse')
        print('%d further partners: start %.2f s (without them %.2f), PSS %.1f MiB (%.1f), CPU µs/lap %.1f (%.1f)' % (
            entries, many.router.took, few.router.took, many.pss() / 1024, few.pss() / 1024, middle(rounds, 'many'),
            middle(rounds, 'hanse')))
        self.goal('%d partners: start under 2 s' % entries, '%.2f' % many.router.took, many.router.took < 2)
        self.goal('%d partners: CPU per lap at most 1.2 × without' % entries, '%.2f' % more, more <= 1.2)
        print()


def middle(rounds, name):
    return statistics.median(one[name]['cpu'] for one in rounds)


def times(rounds, name, other):
    """Median over the rounds of CPU per lap of `name` by that of `other`; None when one of them did not run."""
    if name not in rounds[0] or other not in rounds[0]:
        return None
    return statistics.median(one[name]['cpu'] / one[other]['cpu'] for one in rounds)


def ratio(rounds, name, other):
    value = None if name == other else times(rounds, name, other)
    return '-' if value is None else '%.3f' % value


def choice(known):
    def parse(text):
        chosen = text.split(',')
        for one in chosen:
            if one not in known:
                raise argparse.ArgumentTypeError('"%s" is none of %s' % (one, ', '.join(known)))
        return chosen
    return parse


def main():
    parser = argparse.ArgumentParser(description='Measures the router beside nginx and Kamailio.')
    parser.add_argument('form', nargs='?', choices=('full', 'short'), default='full')
    parser.add_argument('--rounds', type=int, help='default: 15, short: 5')
    parser.add_argument('--only', type=choice(PARTS), default=PARTS, metavar='PART,…', help=', '.join(PARTS))
    names = [kind.name for kind in ROUTERS]
    parser.add_argument('--routers', type=choice(names), default=names, metavar='NAME,…', help=', '.join(names))
    options = parser.parse_args()
    if not load_program():
        print('the load is not built: ./dev build')
        return 77
    kinds = []
    for kind in ROUTERS:
        if kind.name in options.routers:
            missing = kind.missing()
            print('without %s: %s' % (kind.name, missing)) if missing else kinds.append(kind)
    bench = Bench(options, kinds)
    bench.run()
    for line in bench.goals:
        print(line)
    for line in sorted(set(bench.bad)):
        print('WRONG  ' + line)
    ours = [line for line in bench.bad if line.startswith('hanse')]
    return 1 if ours or (bench.missed and not bench.short) else 0


if __name__ == '__main__':
    sys.exit(main())
