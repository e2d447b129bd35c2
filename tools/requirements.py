"""Checks docs/requirements.md: every row names tests that exist and that cite the row's number.

    requirements.py docs/requirements.md

A row is a table line whose first cell is a number like R16, A7, B12; tests are the paths beginning with tests/ in its
last cell. A test cites a number in a `shows` line (scenarios) or anywhere in its text (programs)."""
import os
import re
import sys

ROW = re.compile(r'^\|\s*([A-Z]\d+)\s*\|(.*)\|\s*$')
PATH = re.compile(r'tests/[\w./-]+\w')


def problems(path):
    seen, before = set(), ''
    with open(path) as file:
        for number, line in enumerate(file, 1):
            found, above, before = ROW.match(line), before, line
            if not found:
                continue
            if not above.startswith('|'):
                yield '%s:%d: %s stands in no table; put its heading above it' % (path, number, found.group(1))
            name, cells = found.group(1), found.group(2).split('|')
            if name in seen:
                yield '%s:%d: %s stands here twice' % (path, number, name)
            seen.add(name)
            tests = PATH.findall(cells[-1])
            if not tests:
                yield '%s:%d: %s names no test' % (path, number, name)
            for test in tests:
                if not os.path.isfile(test):
                    yield '%s:%d: %s names %s, which does not exist' % (path, number, name, test)
                elif not cites(test, name):
                    yield '%s:%d: %s names %s, which does not cite it' % (path, number, name, test)
    if not seen:
        yield '%s: no row was found' % path


def cites(test, name):
    with open(test, errors='replace') as file:
        return re.search(r'\b%s\b' % name, file.read()) is not None


def main():
    count = 0
    for text in problems(sys.argv[1]):
        print(text)
        count += 1
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main())
