"""Every link from one of our pages to another file, or to a heading, leads somewhere: README.md, CONTRIBUTING.md and the
like, docs/, and the README.md of any folder.

    links.py          prints each that does not"""
import os
import re
import subprocess
import sys

LINK = re.compile(r'!?\[[^\]]*\]\(([^()\s]+)\)')
CODE = re.compile(r'```.*?```|`[^`\n]*`', re.S)


def pages():
    found = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '*.md'], capture_output=True, text=True, check=True)
    return [name for name in found.stdout.split('\n') if name and os.path.exists(name)]


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def anchors(text):
    """What headings are called by links: as GitHub makes it of them."""
    names, seen = set(), {}
    for heading in re.findall(r'^#+ +(.*?) *#*$', re.sub(r'```.*?```', '', text, flags=re.S), re.M):
        name = re.sub(r'[^\w\- ]', '', re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).lower()).replace(' ', '-')
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.add('%s-%d' % (name, count) if count else name)
    return names


def problems(page):
    text = read(page)
    plain = CODE.sub(lambda code: re.sub(r'[^\n]', ' ', code.group()), text)
    for link in LINK.finditer(plain):
        path, _, heading = link.group(1).partition('#')
        if re.match(r'[a-z]+:', path):
            continue
        where = '%s:%d' % (page, plain.count('\n', 0, link.start()) + 1)
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(target):
            yield '%s: the link to %s leads nowhere' % (where, link.group(1))
        elif heading and target.endswith('.md') and heading not in anchors(read(target)):
            yield '%s: %s has no heading #%s' % (where, target, heading)


def main():
    found = [text for page in pages() for text in problems(page)]
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
