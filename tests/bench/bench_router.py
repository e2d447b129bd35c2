#!/usr/bin/python3
"""Hanse beside nginx (the same bytes, unparsed: the floor) and Kamailio (a stateful SIP proxy), in one run.

    bench_router.py [full | short] [--rounds N] [--only speed,policies,links,idle,held,scale,soak]
                    [--routers hanse,nginx,kamailio] [--table]

A MESSAGE of about 600 octets goes home → router → partner and its 200 comes back; mutual TLS on both sides, the same
certificates and the same cipher, one core for the router and another for the load. The machine is noisy, so the programs
take turns several times within each round, in changing order, and no turn is left out. A ratio is the median of the ratios
within the rounds. What is measured is the router's own CPU time, and yet it depends on the machine: the speed of a virtual
core swings by half within a second with what its neighbours do, caches are cold when others use the core, and with one lap in
flight the kernel's two wake-ups a lap are most of it. So the quartiles and the share of time that the routers waited for their
core are printed beside. --table writes Markdown besides.
Shows T10 (idle links) and T27 (soak). Exit status 1: a lap went wrong, or (full) a bound was missed."""
import argparse
import os
import resource
import signal
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

from lab import Lab  # noqa: E402
from measure import Lane, descriptors, joined, load_program  # noqa: E402
from report import Report, middle, shown, times, waited  # noqa: E402
from routers import ROUTERS, Certificates, Policies  # noqa: E402

PARTS = ('speed', 'policies', 'links', 'idle', 'held', 'scale', 'soak')


class Bench:
    def __init__(self, options, kinds):
        self.options, self.kinds = options, kinds
        self.short = options.form == 'short'
        self.rounds = options.rounds or (5 if self.short else 15)
        self.seconds = 0.15 if self.short else 0.5  # that a router runs in one round
        self.turns = 2 if self.short else 5  # of each program in a round: a slow moment of the machine then meets all
        self.report = Report()

    def lane(self, lab, kind, links=1):
        return Lane(lab, self.certificates, kind, links)

    def hanse(self):
        return next((kind for kind in self.kinds if kind.name == 'hanse'), None)

    def run(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for part in self.options.only:
            with Lab('bench') as lab:
                self.certificates = Certificates(lab.authority('bench'))
                getattr(self, part)(lab)
            print()
            sys.stdout.flush()

    def take_turns(self, lanes, in_flight):
        """[{router: result}] of all rounds."""
        counts = {lane.name: max(lane.calibrate(in_flight, self.seconds) // self.turns, in_flight) for lane in lanes}
        rounds = []
        for _ in range(self.rounds):
            turns = {lane.name: [] for lane in lanes}
            for number in range(self.turns):
                for lane in lanes if number % 2 else lanes[::-1]:
                    turns[lane.name].append(lane.laps(counts[lane.name], in_flight))
                    self.report.note(lane, '%d in flight' % in_flight, turns[lane.name][-1])
            rounds.append({name: joined(results) for name, results in turns.items()})
        return rounds

    # ---- speed ----

    def speed(self, lab):
        lanes = [self.lane(lab, kind) for kind in self.kinds]
        self.same_ciphers(lanes)
        print('Speed: medians of %d rounds, in brackets quartiles; %s' % (self.rounds, ' / '.join(lanes[0].opened['tls'])))
        print('%-9s %-9s %11s %12s %19s %19s %8s %8s %8s %12s' % (
            'in flight', 'router', 'CPU µs/lap', 'laps/CPU s', 'nginx ×', 'Kamailio ×', 'p50 µs', 'p99 µs', 'PSS MiB',
            'load µs/lap'))
        for in_flight in (1, 64, 256):
            rounds = self.take_turns(lanes, in_flight)
            for lane in lanes:
                self.speed_row(in_flight, lane, rounds)
            print('%-9d waited for their core %.0f %% of the time' % (in_flight, 100 * waited(rounds)))
            self.speed_goals(in_flight, rounds)

    def same_ciphers(self, lanes):
        for lane in lanes:
            if lane.opened['tls'] != lanes[0].opened['tls']:
                self.report.bad.append('%s speaks %s, %s speaks %s: they cannot be compared' % (
                    lane.name, lane.opened['tls'], lanes[0].name, lanes[0].opened['tls']))

    def speed_row(self, in_flight, lane, rounds):
        cpu = middle(rounds, lane.name)
        row = (str(in_flight), lane.name, '%.1f' % cpu, '%.0f' % (1e6 / cpu), shown(rounds, lane.name, 'nginx'),
               shown(rounds, lane.name, 'kamailio'), '%.0f' % middle(rounds, lane.name, 'p50'),
               '%.0f' % middle(rounds, lane.name, 'p99'), '%.1f' % (lane.pss() / 1024))
        print('%-9s %-9s %11s %12s %19s %19s %8s %8s %8s %12.1f' % (*row, middle(rounds, lane.name, 'load')))
        self.report.speeds.append(row)

    def speed_goals(self, in_flight, rounds):
        goal = self.report.goal
        floor, proxy = times(rounds, 'hanse', 'nginx'), times(rounds, 'hanse', 'kamailio')
        if in_flight == 1 and floor:
            goal('1 in flight: CPU per lap at most 1.15 × nginx', '%.2f' % floor, floor <= 1.15)
        if in_flight == 64 and floor:
            goal('64 in flight: laps per CPU second at least 0.35 × nginx', '%.3f' % (1 / floor), 1 / floor >= 0.35)
        if in_flight == 64 and proxy:
            goal('64 in flight: at least 15 × cheaper than Kamailio', '%.1f' % (1 / proxy), 1 / proxy >= 15)
        if in_flight == 256 and 'hanse' in rounds[0]:
            bad = sum(one['hanse']['bad'] for one in rounds)
            goal('256 in flight: no lap lost, none refused', bad, bad == 0)

    # ---- policies ----

    def policies(self, lab):
        """Hanse alone: with the usual policies beside `domains` alone. The bound is one of instructions (bench_lap.py)."""
        kind = self.hanse()
        if kind is None:
            return
        lanes = [self.lane(lab, kind), self.lane(lab, Policies)]
        rounds = self.take_turns(lanes, 64)
        print('The usual policies, 64 in flight: CPU µs/lap %.1f, %.1f with domains alone, × %s' % (
            middle(rounds, 'policies'), middle(rounds, 'hanse'), shown(rounds, 'policies', 'hanse')))

    # ---- many links ----

    def links(self, lab):
        """Traffic over many home links. nginx has a partner link for each home link, the others a few for all."""
        many = 100 if self.short else 500
        lanes = [self.lane(lab, kind, many) for kind in self.kinds]
        rounds = self.take_turns(lanes, 64)
        print('Traffic over %d links, 64 in flight, CPU µs/lap (medians of %d rounds; waited %.0f %%)' % (
            many, self.rounds, 100 * waited(rounds)))
        for lane in lanes:
            print('  %-9s %8.1f   nginx × %s' % (lane.name, middle(rounds, lane.name), shown(rounds, lane.name, 'nginx')))
        floor = times(rounds, 'hanse', 'nginx')
        if floor:
            self.report.goal('%d links: CPU per lap at most 1.3 × nginx' % many, '%.2f' % floor, floor <= 1.3)

    @staticmethod
    def room_for(links):
        """Descriptors of the load and of nginx: two for each link."""
        return min(links, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500) // 2)

    def open_idle(self, lane, count):
        """How many links there are then in the router besides."""
        opened = lane.load.ask('idle', count)
        if opened['failed'] or opened['lost']:
            self.report.bad.append('%s: idle links failed: %r' % (lane.name, opened))
        return opened['opened'] + opened['accepted'] - lane.opened['accepted']

    # ---- memory ----

    def idle(self, lab):
        count = self.room_for(500 if self.short else 5000)
        print('Memory of an idle link (mutual TLS), %d of them' % count)
        for kind in self.kinds:
            lane = self.lane(lab, kind)
            before = lane.pss()
            links = self.open_idle(lane, count)
            each = (lane.pss() - before) / max(links, 1)
            print('  %-9s %6.1f KiB   (%d links in the router)' % (lane.name, each, links))
            if lane.name == 'hanse':
                self.report.goal('an idle link takes at most 28 KiB', '%.1f' % each, each <= 28)
            lane.stop()

    def held(self, lab):
        count = 2000 if self.short else 10000
        print('Memory of an open transaction, %d of them towards a partner that reads and does not answer' % count)
        for kind in self.kinds:
            if kind.name == 'nginx':
                continue
            for method in ('MESSAGE', 'INVITE'):
                self.held_one(self.lane(lab, kind, 10), method, count)

    def held_one(self, lane, method, count):
        result, each = lane.hold(method, count)
        beyond = each - result['octets']
        print('  %-9s %-7s %6.0f octets, %.0f without the message   (%d of %d arrived)' % (
            lane.name, method, each, beyond, result['good'], count))
        if result['good'] != count:
            self.report.bad.append('%s: %d of %d held requests arrived; %s' % (lane.name, result['good'], count,
                                                                               result['note']))
        if lane.name == 'hanse':
            self.report.goal('an open %s takes at most 2000 octets beyond its message' % method, '%.0f' % beyond,
                             beyond <= 2000)
        lane.stop()

    # ---- many partners ----

    def scale(self, lab):
        """Hanse alone: it is beside itself with fewer entries and links that it is to be compared."""
        kind = self.hanse()
        if kind is None:
            return
        entries, idle = (5000, 500) if self.short else (100000, self.room_for(5000))

        class Many(kind):
            name = 'many'
            options = {'modules': [{'name': 'sip'}, {'name': 'direct'},
                                   {'name': 'domains', 'block': ['b%d.blocked.example' % n for n in range(entries)]}]}
        Many.entries = entries
        few, many = self.lane(lab, kind), self.lane(lab, Many)
        starts = [(many.router.took, many.start_ran)] + [self.start_again(many) for _ in range(2)]
        took, ran = (statistics.median(one) for one in zip(*starts))
        self.open_idle(many, idle)
        rounds = self.take_turns([few, many], 64)
        more = times(rounds, 'many', 'hanse')
        print('%d further partners, as many blocked domains, and %d idle links: start %.2f s, of which it ran %.2f (without them %.2f), PSS %.1f MiB '
              '(%.1f), CPU µs/lap %.1f (%.1f), × %s' % (
                  entries, idle, took, ran, few.router.took, many.pss() / 1024, few.pss() / 1024,
                  middle(rounds, 'many'), middle(rounds, 'hanse'), shown(rounds, 'many', 'hanse')))
        goal = self.report.goal
        goal('%d partners and blocked domains: start under 2 s' % entries, '%.2f' % took, took < 2)
        goal('%d partners and blocked domains, %d idle links: CPU per lap at most 1.2 × without' % (entries, idle), '%.2f' % more, more <= 1.2)

    @staticmethod
    def start_again(lane):
        lane.stop()
        lane.start()
        return lane.router.took, lane.start_ran

    # ---- very many laps ----

    def soak(self, lab):
        """Hanse alone: nothing may grow. PSS is sampled a hundred times."""
        kind = self.hanse()
        if kind is None:
            return
        laps = 50000 if self.short else 1000000
        lane = self.lane(lab, kind, 4)
        before, sampled = descriptors(lane.pids), []
        for _ in range(100):
            self.report.note(lane, 'soak', lane.laps(laps // 100, 64))
            sampled.append(lane.pss() / 1024)
        after = descriptors(lane.pids)
        first, last = statistics.median(sampled[:10]), statistics.median(sampled[-10:])
        print('%d laps: PSS %.2f MiB in the first tenth, %.2f in the last, at most %.2f; %d descriptors, then %d' % (
            laps, first, last, max(sampled), before, after))
        goal = self.report.goal
        goal('%d laps: PSS grows by at most 1 MiB from first to last tenth' % laps, '%.2f' % (last - first),
             last - first <= 1)
        goal('%d laps: as many descriptors after as before' % laps, '%d' % (after - before), after == before)
        if last - first > 1 or after != before:  # no matter of a short window: a failure in either form
            self.report.bad.append('%s: grows with the number of laps' % lane.name)


def choice(known):
    def parse(text):
        chosen = text.split(',')
        for one in chosen:
            if one not in known:
                raise argparse.ArgumentTypeError('"%s" is none of %s' % (one, ', '.join(known)))
        return chosen
    return parse


def arguments():
    parser = argparse.ArgumentParser(description='Measures the router beside nginx and Kamailio.')
    parser.add_argument('form', nargs='?', choices=('full', 'short'), default='full')
    parser.add_argument('--rounds', type=int, help='default: 15, short: 5')
    parser.add_argument('--only', type=choice(PARTS), default=PARTS, metavar='PART,…', help=', '.join(PARTS))
    names = [kind.name for kind in ROUTERS]
    parser.add_argument('--routers', type=choice(names), default=names, metavar='NAME,…', help=', '.join(names))
    parser.add_argument('--table', action='store_true', help='write the figures as a table in Markdown at the end')
    return parser.parse_args()


def main():
    options = arguments()
    if not load_program():
        print('the load is not built: ./dev build')
        return 77
    kinds = []
    for kind in ROUTERS:
        if kind.name in options.routers:
            missing = kind.missing()
            print('without %s: %s' % (kind.name, missing)) if missing else kinds.append(kind)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # routers and loads end with it
    sys.stdout.reconfigure(line_buffering=True)
    bench = Bench(options, kinds)
    bench.run()
    bench.report.print()
    if options.table:
        print('\n' + bench.report.markdown('./dev bench'))
    ours = [line for line in bench.report.bad if line.startswith('hanse')]
    return 1 if ours or (bench.report.missed and not bench.short) else 0


if __name__ == '__main__':
    sys.exit(main())
