"""Does what a page says: pastes its `sh` blocks, command by command, and compares what they print with the `text` block that
follows: its lines must come, in their order; … stands for anything within a line."""
import re

import block


class Strayed(Exception):
    """The page does not tell what happens."""


def steps(path):
    """[(heading, [command], [expected line])], one for each `sh` block."""
    found, heading, kind, lines = [], '', None, []
    with open(path) as file:
        for line in file.read().splitlines():
            if kind is not None and line == '```':
                if kind == 'sh':
                    found.append((heading, block.commands('\n'.join(lines) + '\n'), []))
                elif kind == 'text' and found:
                    found[-1][2].extend(lines)
                kind = None
            elif kind is not None:
                lines.append(line)
            elif line.startswith('```'):
                kind, lines = line[3:], []
            elif line.startswith('#'):
                heading = line.lstrip('# ')
    return found


def pattern(line):
    """Words may stand farther apart than they do in the page: tables are as wide as what they hold."""
    return '.*'.join(r'\s+'.join(re.escape(word) for word in part.split()) for part in line.split('…'))


def compare(expected, output):
    """The first line that did not come, or None."""
    at = 0
    for line in expected:
        found = re.compile(pattern(line)).search(output, at)
        if not found:
            return line
        at = found.end()
    return None


def follow(path, run, done):
    """`run` takes a command and returns what it printed, or raises; `done` is told of each block."""
    for heading, commands, expected in steps(path):
        output = '\n'.join(run(command) for command in commands)
        missing = compare(expected, output)
        if missing is not None:
            raise Strayed('%s, "%s": "%s" did not come; what came:\n%s' % (path, heading, missing, output[-3000:]))
        done('%s: %s' % (heading, commands[-1].splitlines()[0]))
