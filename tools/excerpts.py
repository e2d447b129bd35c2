"""Code that our pages show is code that is built and tested: a block below `<!-- from FILE -->` stands in that file, line for
line.

    excerpts.py          prints each that does not"""
import os
import re
import sys

import links

MARK = re.compile(r'^<!-- from (\S+) -->\n```\w*\n(.*?)^```$', re.M | re.S)


def problems(page):
    text = links.read(page)
    for mark in MARK.finditer(text):
        where = '%s:%d' % (page, text.count('\n', 0, mark.start()) + 1)
        source, shown = mark.groups()
        if not os.path.isfile(source):
            yield '%s: %s does not exist' % (where, source)
        elif '\n' + shown not in '\n' + links.read(source):
            yield '%s: %s has no such lines' % (where, source)
    if len(re.findall(r'^<!-- from ', text, re.M)) != len(MARK.findall(text)):
        yield '%s: a line `<!-- from FILE -->` is not followed by a block' % page


def main():
    found = [text for page in links.pages() for text in problems(page)]
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
