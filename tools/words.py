"""docs/from-lync.md knows Lync's words: each parameter of tests/data/lync/parameters.txt stands in it, and each number of
tests/data/lync/diagnostics.txt has a row with the failures of docs/failures.md that carry it.

    words.py          compares          words.py write    writes the rows anew"""
import os
import re
import sys

PAGE, FAILURES = 'docs/from-lync.md', 'docs/failures.md'
DATA = 'tests/data/lync'
BEGIN, END = '<!-- made by tools/words.py write -->\n', '<!-- end -->\n'


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def entries(name):
    """(key, text) of the lines `key: text`."""
    for line in read(os.path.join(DATA, name)).splitlines():
        if line and not line.startswith('#'):
            key, _, text = line.partition(':')
            yield key, text.strip()


def carried():
    """number → names of failures, as docs/failures.md has them."""
    found = {}
    for line in read(FAILURES).splitlines():
        cells = [cell.strip() for cell in line.split('|')]
        if len(cells) > 5 and cells[1].isdigit():
            for number in re.findall(r'\d+', cells[4]):
                found.setdefault(number, []).append(cells[2])
    found.pop('0', None)
    return found


def table():
    names = carried()
    rows = ['| number | what Lync says by it | in Hanse |\n', '|---|---|---|\n']
    for number, meaning in entries('diagnostics.txt'):
        rows.append('| %s | %s | %s |\n' % (number, meaning, ', '.join(names.pop(number, [])) or 'not sent'))
    return ''.join(rows), names


def problems(page):
    for cmdlet, names in entries('parameters.txt'):
        for name in [cmdlet] + names.split():
            if '`%s`' % name not in page:
                yield '%s: %s of %s is missing' % (PAGE, name, cmdlet)
    rows, unknown = table()
    for number, names in unknown.items():
        yield '%s/diagnostics.txt: %s, which %s carries, is missing' % (DATA, number, ', '.join(names))
    if BEGIN + rows + END not in page:
        yield '%s: the numbers are old; run tools/words.py write' % PAGE


def main():
    page = read(PAGE)
    if sys.argv[1:] == ['write']:
        before, rest = page.split(BEGIN)
        page = before + BEGIN + table()[0] + END + rest.split(END, 1)[1]
        with open(PAGE, 'w', encoding='utf-8') as file:
            file.write(page)
    found = list(problems(page))
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
