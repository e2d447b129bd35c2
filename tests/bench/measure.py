"""What a router costs, from /proc; and the load that makes it work."""
import json
import os
import re
import subprocess

from routers import HERE, INSIDE, LOAD_CORE, library, pinned


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


def cpu_seconds(pids):
    """What all threads of these processes ran: utime and stime of stat together, but to the nanosecond, where stat
    counts hundredths of a second."""
    total = 0
    for pid in pids:
        for thread in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/schedstat' % (pid, thread)) as file:
                total += int(file.read().split()[0])
    return total / 1e9


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

    def __init__(self, router):
        self.router = router
        c = router.certificates
        self.process = subprocess.Popen(
            pinned(LOAD_CORE, [load_program(), '%s:%d' % (router.address, router.port), INSIDE,
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

    def ask(self, *words):
        self.process.stdin.write(' '.join(str(word) for word in words) + '\n')
        self.process.stdin.flush()
        return self._answer()

    def stop(self):
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


class Lane:
    """A running router and its load."""

    def __init__(self, lab, certificates, kind, links=1):
        self.router = lab.own(kind(lab.folder, lab.network, certificates))
        self.name = self.router.name
        self.load = None
        try:
            # The partner's side must listen first: a router may look for it when it starts.
            self.load = lab.own(Load(self.router))
            self.router.start()
            self.opened = self.load.ask('links', links)
            if self.opened['failed'] or self.opened['opened'] != links:
                raise RuntimeError('%s: %r\n%s' % (self.name, self.opened, self.router.child.tail()))
            self.load.ask('laps', 200, 8)
        except Exception:
            self.stop()
            raise
        self.pids = processes(self.router.child.pid)

    def laps(self, count, in_flight):
        """The load's result, with the router's CPU time per lap in microseconds."""
        before = cpu_seconds(self.pids)
        result = self.load.ask('laps', count, in_flight)
        result['cpu'] = (cpu_seconds(self.pids) - before) / max(result['good'], 1) * 1e6
        result['bad'] = result['refused'] + result['lost'] + result['wrong'] + (result['delivered'] != count)
        return result

    def calibrate(self, in_flight, seconds):
        """How many laps take about so long."""
        count = 50 * in_flight if in_flight > 1 else 400
        return max(int(count * seconds / max(self.laps(count, in_flight)['seconds'], 1e-3)), count // 4)

    def pss(self):
        return memory(self.pids)[0]

    def stop(self):
        if self.load:
            self.load.stop()
        self.router.stop()


assert HERE
