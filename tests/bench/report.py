"""What the benchmark has found: bounds that were met or missed, what went wrong, and a table in Markdown."""
import datetime
import os
import re
import statistics


def machine():
    with open('/proc/cpuinfo') as file:
        model = re.search(r'^model name\s*: *(.*)$', file.read(), re.M)
    return '%s, %d cores, Linux %s' % (model.group(1) if model else os.uname().machine, os.cpu_count(),
                                       os.uname().release.split('-')[0])


class Report:
    def __init__(self):
        self.bad, self.missed, self.goals = [], [], []
        self.speeds, self.facts = [], []

    def note(self, lane, what, result):
        """A result of the load: whatever is not a whole lap is remembered."""
        if result['bad']:
            self.bad.append('%s, %s: %d refused, %d lost, %d wrong, %d of %d delivered; %s' % (
                lane.name, what, result['refused'], result['lost'], result['wrong'], result['delivered'], result['laps'],
                result['note']))

    def goal(self, text, value, good):
        self.goals.append('%-74s %10s  %s' % (text, value, 'met' if good else 'MISSED'))
        self.facts.append((text, value))
        if not good:
            self.missed.append(text)

    def print(self):
        for line in self.goals:
            print(line)
        for line in sorted(set(self.bad)):
            print('WRONG  ' + line)

    def markdown(self, how):
        lines = ['Measured on %s: %s. To repeat it: `%s`.' % (datetime.date.today().isoformat(), machine(), how), '',
                 '| in flight | router | CPU µs per lap | laps per CPU second | CPU, nginx = 1 | CPU, Kamailio = 1 | p50 µs '
                 '| p99 µs | PSS MiB |', '|---:|---|---:|---:|---:|---:|---:|---:|---:|']
        lines += ['| %s |' % ' | '.join(row) for row in self.speeds]
        lines += ['', '| bound | measured |', '|---|---:|']
        lines += ['| %s | %s |' % fact for fact in self.facts]
        return '\n'.join(lines)


# ---- rounds: [{router: result}] ----

def middle(rounds, name, key='cpu'):
    return statistics.median(one[name][key] for one in rounds)


def ratios(rounds, name, other):
    """CPU per lap of `name` by that of `other`, round by round; None when one of them did not run."""
    if name == other or name not in rounds[0] or other not in rounds[0]:
        return None
    return [one[name]['cpu'] / one[other]['cpu'] for one in rounds]


def times(rounds, name, other):
    found = ratios(rounds, name, other)
    return statistics.median(found) if found else None


def shown(rounds, name, other):
    """Median and quartiles: how far the rounds agree."""
    found = ratios(rounds, name, other)
    if not found:
        return '-'
    low, _, high = statistics.quantiles(found, n=4) if len(found) > 1 else found * 3
    return '%.3f (%.2f–%.2f)' % (statistics.median(found), low, high)


def waited(rounds):
    """Of the time in which a router could have run, the share in which another process had its core."""
    ran = sum(result['ran'] for one in rounds for result in one.values())
    lost = sum(result['waited'] for one in rounds for result in one.values())
    return lost / max(ran + lost, 1e-9)
