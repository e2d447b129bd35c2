"""What the programs about peers and the network share: a router with honest traffic through it, home to the partner
fabrikam.example, that a process of its own sends and checks (tests/bench/load.c), while the test does harm beside it."""
import os
import signal
import sys
import time
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ('lib', 'bench', 'reload'):
    sys.path.insert(0, os.path.join(HERE, '..', folder))

import hanse  # noqa: E402
from cast import HOME, Cast  # noqa: E402
from lab import Lab  # noqa: E402
from measure import Load, load_program, memory, processes  # noqa: E402
from trial import Wrong  # noqa: E402

LONG = bool(os.environ.get('HANSE_LONG'))
PACE = 200          # honest requests per second
NOISE = 80          # ms that honest requests may take on a busy machine, whatever they took in quiet
BUSY = 0.1          # share of the time that a process waits for a core, above which others are too busy


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def say(text):
    print('        ' + text)
    sys.stdout.flush()


def waited(pid):
    """Seconds that a process was ready and had no core."""
    with open('/proc/%d/schedstat' % pid) as file:
        return int(file.read().split()[1]) / 1e9


class Stand:
    """change(config) is applied before the router starts; `more` adds roles to the cast (add_partner)."""

    def __init__(self, lab, change=None, more=None):
        self.lab = lab
        self.cast = Cast(lab)
        self.hanse, self.reactor = self.cast.hanse, self.cast.reactor
        self.hanse.config['log']['level'] = 'info'
        if more:
            more(self.cast)
        if change:
            change(self.hanse.config)
        self.cast.endpoint('partner').deafen()  # the load is the partner
        self.cast.start()
        self.load = self._load()
        self.quiet = None

    def _load(self):
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        both = os.path.join(self.lab.folder, 'both-ca.pem')
        with open(both, 'w') as out:
            for authority in (self.cast.corporate, self.cast.partners):
                with open(authority.pem) as file:
                    out.write(file.read())
        certificates = SimpleNamespace(home=self.cast.corporate.issue('home', [home.host]), ca=both,
                                       partner=self.cast.partners.issue('partner', [partner.host]))
        load = self.lab.own(Load(SimpleNamespace(
            name='hanse', address=self.hanse.inside, port=self.hanse.inside_port, partner_address=partner.address,
            partner_port=partner.port, certificates=certificates), core=None))
        opened = load.ask('links', 2)
        expect(opened['opened'] == 2, 'the home server cannot connect: %r' % opened)
        load.ask('laps', 200, 8)
        return load

    @property
    def pid(self):
        return self.hanse.child.pid

    def memory(self):
        """KiB of the router that are its own."""
        return memory(processes(self.pid))[0]

    # ---- honest traffic ----

    def measure_quiet(self, seconds=1.5):
        """How long honest requests take while nothing happens."""
        self.quiet = self.load.ask('beat', int(seconds * PACE), PACE)
        self.judge(self.quiet, 'in quiet')

    def honest_begin(self, seconds, rate=PACE):
        self.begun = time.monotonic(), waited(self.pid), waited(self.load.process.pid)
        self.load.begin('beat', int(seconds * rate), rate)

    def honest_end(self, what, bound=None):
        """Every honest request was delivered once and answered 200; p99 is at most twice that in quiet, or NOISE, or
        `bound` (ms). The time is not judged where the machine had no core for the router or its load."""
        result = self.load.end()
        began, router, load = self.begun
        lasted = time.monotonic() - began
        busy = max(waited(self.pid) - router, waited(self.load.process.pid) - load) / lasted
        self.judge(result, what)
        limit = max(2 * self.quiet['p99'] / 1e3, bound or NOISE)
        if result['p99'] / 1e3 > limit and busy > BUSY:
            say('p99 is over %.0f ms, but is not judged: no core was free for %.0f %% of the time' % (limit, 100 * busy))
            return result
        expect(result['p99'] / 1e3 <= limit, 'honest p99 %s is %.1f ms, over %.1f' % (what, result['p99'] / 1e3, limit))
        return result

    @staticmethod
    def judge(result, what):
        say('honest, %s: %d sent, %d answered 200, refused %d, lost %d, twice %d; p50 %.1f ms, p99 %.1f, worst %.1f' % (
            what, result['laps'], result['good'], result['refused'], result['lost'], result['twice'],
            result['p50'] / 1e3, result['p99'] / 1e3, result['worst'] / 1e3))
        bad = {key: result[key] for key in ('refused', 'lost', 'wrong', 'twice') if result[key]}
        expect(not bad and result['good'] == result['laps'] == result['delivered'],
               'honest requests %s: %s %s' % (what, bad, result['note']))

    # ---- turning ----

    def turn_for(self, seconds, do=None):
        """Turns the reactor so long; do(elapsed) is called in between and ends it early by returning True."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if do and do(time.monotonic() - began):
                return
            self.reactor.turn(0.005)

    def end(self):
        """The router ends while the others still serve their links, as it does in life."""
        self.load.stop()
        self.hanse.child.signal(signal.SIGTERM)
        self.reactor.until(lambda: not self.hanse.child.alive, 20, 'the router ends')

    def no_trouble(self):
        expect(self.hanse.child.alive, 'the router ended with %s\n%s' % (self.hanse.child.status,
                                                                        self.hanse.child.tail()))


def run(name, stand, tests, chosen, change=None, more=None):
    """Runs the methods `tests` of the class `stand` on one router; returns the exit status of the program."""
    if not hanse.built() or not load_program():
        print('the router is not built: ./dev build')
        return 77
    bad, ran = 0, 0
    with Lab(name) as lab:
        one = stand(lab, change, more)
        one.measure_quiet()
        for test in tests:
            if chosen and test not in chosen:
                continue
            began, problem = time.monotonic(), None
            try:
                getattr(one, test)()
                one.no_trouble()
            except Exception as error:  # one result must not hide the others
                problem = '%s: %s' % (type(error).__name__, error)
            ran += 1
            bad += problem is not None
            print('  %-5s %-20s %5.1f s' % ('FAIL' if problem else 'ok', test, time.monotonic() - began))
            if problem:
                print('    ' + problem.replace('\n', '\n    '))
                print('    ' + one.hanse.child.tail(15).replace('\n', '\n    '))
            sys.stdout.flush()
            if problem:
                break  # the load may be in the middle of something: what follows would mean nothing
        else:
            one.end()
    print('%d passed, %d failed' % (ran - bad, bad))
    return 1 if bad or not ran else 0


assert HOME
