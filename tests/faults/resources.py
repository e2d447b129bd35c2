"""What the tests of short resources share: a router with honest traffic, and what the kernel says of its process."""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'reload'))

from trial import Lab, NotReady, Trial, Wrong, hanse, wait_for  # noqa: E402

from sip import response  # noqa: E402

LONG = os.environ.get('HANSE_LONG') == '1'
SKIP = 77
TICK = os.sysconf('SC_CLK_TCK')


class Skip(Exception):
    """It cannot be tried here."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Honest:
    """Messages from home to the partner, each followed to its end: what was answered, and how long it took."""

    def __init__(self, trial):
        self.trial = trial
        self.delivered, self.refused, self.longest = 0, {}, 0.0

    def message(self, seconds=8):
        """One message; the status that its sender got. Wrong when it got none."""
        cast = self.trial.cast
        home, partner = cast.endpoint('home'), cast.endpoint('partner')
        began = time.monotonic()
        sent = self.trial.message('honest')
        arrivals, answers = [], []

        def ended():
            for arrival in [a for a in partner.inbox if a.message.is_request and a.message.call_id == sent.call_id]:
                partner.inbox.remove(arrival)
                arrivals.append(arrival)
                partner.send(response(arrival.message, 200, tag='p'), arrival.link)
            for arrival in [a for a in home.inbox if not a.message.is_request and a.message.call_id == sent.call_id]:
                home.inbox.remove(arrival)
                answers.extend([arrival.message.status] if arrival.message.status >= 200 else [])
            return answers
        cast.reactor.until(ended, seconds, 'an honest message ends')
        expect(len(arrivals) == (answers[0] == 200), 'answered %d, and arrived %d times' % (answers[0], len(arrivals)))
        self.longest = max(self.longest, time.monotonic() - began)
        if answers[0] == 200:
            self.delivered += 1
        else:
            self.refused[answers[0]] = self.refused.get(answers[0], 0) + 1
        return answers[0]

    def __str__(self):
        refused = ', '.join('%d refused with %d' % (count, status) for status, count in sorted(self.refused.items()))
        return 'honest: %d delivered%s, longest %.0f ms' % (self.delivered, ', ' + refused if refused else '',
                                                          1e3 * self.longest)


def stolen():
    """Seconds that the machine's host has taken from all processors."""
    with open('/proc/stat') as file:
        return int(file.readline().split()[8]) / TICK


class Resources(Trial):
    """A router in short supply of something; `wrapper` and `environment` say of what."""

    def __init__(self, lab, wrapper=(), environment=None, change=None):
        self.wrapper, self.environment, self.change = list(wrapper), environment or {}, change
        self.stolen = stolen()
        super().__init__(lab)
        lab.own(self)

    def stop(self):
        """The servers close their links first, so that the router need not wait for them."""
        self.cast.clear()

    def prepare(self):
        self.hanse.wrapper, self.hanse.environment = self.wrapper, self.environment
        if self.change:
            self.change(self.hanse.config)

    def status(self):
        return self.hanse.ctl_json('status')['rows'][0]

    def stat(self):
        """The fields of proc(5)'s stat, from the state on."""
        with open('/proc/%d/stat' % self.hanse.child.pid) as file:
            return file.read().rpartition(')')[2].split()

    def processor(self):
        """Seconds of processor time that the process has used."""
        fields = self.stat()
        return (int(fields[11]) + int(fields[12])) / TICK

    def pages_read(self):
        """How often it had to wait for a page of a file, its own code among them, to be read from the disk."""
        return int(self.stat()[9])

    def kept_waiting(self):
        """Seconds for which the loop wanted to run and the machine did not let it, since it began: other processes had the
        processors, or the machine's host had them (stolen time, of all processors)."""
        with open('/proc/%d/schedstat' % self.hanse.child.pid) as file:
            queued = int(file.read().split()[1]) / 1e9
        return queued + stolen() - self.stolen

    def alive(self):
        expect(self.hanse.child.alive, 'the router ended with %s\n%s' % (self.hanse.child.status,
                                                                        self.hanse.child.tail()))


def run(name, cases):
    """Each case in a lab of its own: (name, function of the lab, which returns what it measured). The exit status."""
    if not hanse.built():
        print('the router is not built: ./dev build')
        return SKIP
    chosen = [case for case in cases if len(sys.argv) == 1 or case[0] in sys.argv[1:]]
    bad = skipped = 0
    for case, test in chosen:
        began, verdict = time.monotonic(), 'ok'
        try:
            with Lab(name) as lab:
                try:
                    said = test(lab)
                except Skip as why:
                    verdict, said, skipped = 'skip', str(why), skipped + 1
        except Exception as error:  # one result must not hide the others
            verdict, said, bad = 'FAIL', '%s: %s' % (type(error).__name__, error), bad + 1
        print('  %-5s %-22s %5.1f s  %s' % (verdict, case, time.monotonic() - began, said))
        sys.stdout.flush()
    print('%d passed, %d failed' % (len(chosen) - bad - skipped, bad))
    return 1 if bad or not chosen else SKIP if skipped == len(chosen) else 0


__all__ = ['HERE', 'LONG', 'Honest', 'Lab', 'NotReady', 'Resources', 'Skip', 'Wrong', 'expect', 'hanse', 'run',
           'wait_for']
