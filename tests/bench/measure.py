"""What a router costs, from /proc; and the load that makes it work."""
import json
import os
import re
import statistics
import subprocess

from routers import INSIDE, LOAD_CORE, library, pinned


def processes(pid):
    """The process and all that descend from it."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name) as file:
                    parents[int(name)] = int(file.read().rpartition(')')[2].split()[1])
            except OSError:
                pass
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def schedule(pids):
    """(seconds that all threads of these processes ran, seconds that they waited for a core while they could have run).
    Running is what utime and stime of /proc/PID/stat are together, but to the nanosecond, where stat counts hundredths of
    a second; what the host took away (steal) is not in it."""
    ran = waited = 0
    for pid in pids:
        for thread in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/schedstat' % (pid, thread)) as file:
                words = file.read().split()
            ran += int(words[0])
            waited += int(words[1])
    return ran / 1e9, waited / 1e9


def descriptors(pids):
    return sum(len(os.listdir('/proc/%d/fd' % pid)) for pid in pids)


def memory(pids):
    """(PSS, RSS) in KiB of these processes together."""
    pss = rss = 0
    for pid in pids:
        with open('/proc/%d/smaps_rollup' % pid) as file:
            text = file.read()
        pss += int(re.search(r'^Pss: +(\d+)', text, re.M).group(1))
        rss += int(re.search(r'^Rss: +(\d+)', text, re.M).group(1))
    return pss, rss


def load_program():
    for folder in (os.environ.get('HANSE_BENCH_LOAD'), os.path.join(library.build_folder(), 'bench')):
        path = folder and os.path.join(folder, 'router_load')
        if path and os.access(path, os.X_OK):
            return path
    return None


class Load:
    """load.c around one router."""

    def __init__(self, router, core=LOAD_CORE):
        self.router = router
        c = router.certificates
        self.process = subprocess.Popen(
            pinned(core, [load_program(), '%s:%d' % (router.address, router.port), INSIDE,
                               '%s:%d' % (router.partner_address, router.partner_port), c.home.pem, c.partner.pem,
                               c.ca]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError('the load for %s ended with status %s' % (self.router.name, self.process.wait()))
        answer = json.loads(line)
        if 'error' in answer:
            raise RuntimeError(answer['error'])
        return answer

    def begin(self, *words):
        """Gives a command whose answer is fetched with end()."""
        self.process.stdin.write(' '.join(str(word) for word in words) + '\n')
        self.process.stdin.flush()

    def end(self):
        return self._answer()

    def ask(self, *words):
        self.begin(*words)
        return self.end()

    def stop(self):
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def joined(results):
    """Several turns of Lane.laps as one: sums, and medians of the latencies."""
    one = {key: sum(result[key] for result in results) for key in ('good', 'bad', 'ran', 'waited', 'load_ran')}
    one.update((key, statistics.median(result[key] for result in results)) for key in ('p50', 'p99'))
    one['cpu'], one['load'] = (one[key] / max(one['good'], 1) * 1e6 for key in ('ran', 'load_ran'))
    return one


class Lane:
    """A running router and its load."""

    def __init__(self, lab, certificates, kind, links=1):
        self.lab, self.links = lab, links
        self.router = lab.own(kind(lab.folder, lab.network, certificates))
        self.name = self.router.name
        self.load = None
        self.start()

    def start(self):
        try:
            # The partner's side must listen first: a router may look for it when it starts.
            self.load = self.lab.own(Load(self.router))
            self.router.start()
            self.start_ran = schedule(processes(self.router.child.pid))[0]  # seconds, until it listened
            opened = self.load.ask('links', self.links)
            if opened['failed'] or opened['opened'] != self.links:
                raise RuntimeError('%s: %r\n%s' % (self.name, opened, self.router.child.tail()))
            self.load.ask('laps', 200, 8)
            self.opened = self.load.ask('links', 0)  # what is open now on either side: the partner's came with the laps
        except Exception:
            self.stop()
            raise
        self.pids = processes(self.router.child.pid)

    def laps(self, count, in_flight):
        """The load's result, with the router's CPU time per lap in microseconds (`cpu`), and how long the router ran and
        waited for its core and the load ran (`ran`, `waited`, `load_ran`, seconds)."""
        before, load_before = schedule(self.pids), schedule([self.load.process.pid])
        result = self.load.ask('laps', count, in_flight)
        after, load_after = schedule(self.pids), schedule([self.load.process.pid])
        result['ran'], result['waited'] = after[0] - before[0], after[1] - before[1]
        result['load_ran'] = load_after[0] - load_before[0]
        result['cpu'] = result['ran'] / max(result['good'], 1) * 1e6
        result['bad'] = result['refused'] + result['lost'] + result['wrong'] + (result['delivered'] != count)
        return result

    def calibrate(self, in_flight, seconds):
        """How many laps the router runs for so long. By its own time, not by the clock: where other processes take its
        core, a count by the clock gives windows in which it hardly ran. This warms it up as well."""
        count = 20 * in_flight if in_flight > 1 else 200
        while True:
            ran = self.laps(count, in_flight)['ran']
            if ran >= seconds / 3 or count >= 1000000:
                return max(int(count * seconds / max(ran, 1e-6)), in_flight)
            count *= 3

    def pss(self):
        return memory(self.pids)[0]

    def hold(self, method, count):
        """Opens so many transactions that the partner does not answer; (the load's result, octets of memory for each)."""
        before = self.pss()
        result = self.load.ask({'MESSAGE': 'hold', 'INVITE': 'invite'}[method], count)
        return result, (self.pss() - before) * 1024 / max(result['good'], 1)

    def stop(self):
        if self.load:
            self.load.stop()
        self.router.stop()
