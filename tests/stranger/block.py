"""What documents show: their fenced and indented blocks, and the commands in them as somebody pastes them."""
import re
import subprocess

HEADING = re.compile(r'(#+) (.*)')


def section(path, title):
    """The lines below a heading, up to the next one of its rank or a higher."""
    with open(path) as file:
        lines = file.read().splitlines()
    inside, depth, result, fenced = False, 0, [], False
    for line in lines:
        fenced ^= line.startswith('```')
        found = None if fenced else HEADING.fullmatch(line)
        if found and inside and len(found.group(1)) <= depth:
            break
        if inside:
            result.append(line)
        elif found and found.group(2) == title:
            inside, depth = True, len(found.group(1))
    if not inside:
        raise ValueError('%s has no heading "%s"' % (path, title))
    return result


def fenced(path, title, language):
    """The text of the fenced blocks in that language below a heading."""
    blocks, block = [], None
    for line in section(path, title):
        if block is None:
            block = [] if line == '```' + language else None
        elif line == '```':
            blocks.append('\n'.join(block) + '\n')
            block = None
        else:
            block.append(line)
    return blocks


def indented(path, title):
    """The texts of the indented blocks below a heading; blank lines within one are kept."""
    blocks, block = [], []
    for line in section(path, title) + ['end']:
        if line.startswith('    ') or (block and not line):
            block.append(line[4:])
        elif block:
            blocks.append('\n'.join(block).rstrip() + '\n')
            block = []
    return blocks


def commands(text):
    """A block cut into commands: lines that continue (a backslash, an open here-document, quote or brace) stay together;
    comments alone are left out."""
    result, piece = [], ''
    for line in text.splitlines():
        piece += line + '\n'
        check = subprocess.run(['bash', '-n'], input=piece, stderr=subprocess.PIPE, text=True, check=False)
        if check.returncode or check.stderr or line.endswith('\\'):
            continue
        if re.sub(r'(?m)^\s*#.*$', '', piece).strip():
            result.append(piece.strip())
        piece = ''
    if piece:
        raise ValueError('no whole command: ' + piece)
    return result
