"""Finds circles among source files: a function of a.c calls into b.c while one of b.c calls back, directly or by way of
others. Reads the object files of a build, so that only real references count.

    circles.py BUILD-FOLDER TARGET…        TARGET: a CMake target whose objects are looked at together"""
import os
import subprocess
import sys


def objects(build, target):
    for where, _, names in os.walk(build):
        if os.path.basename(where) == target + '.dir' or (os.sep + target + '.dir' + os.sep) in where + os.sep:
            for name in names:
                if name.endswith('.o'):
                    yield os.path.join(where, name)


def symbols(paths):
    """file → (functions that it defines, names that it needs)"""
    tables = {os.path.basename(path)[:-2]: (set(), set()) for path in paths}
    if not paths:
        return tables
    listed = subprocess.run(['nm', '--print-file-name', *paths], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        path, _, words = line.partition(':')
        defined, needed = tables[os.path.basename(path)[:-2]]
        kind, name = words.split()[-2:]
        if kind == 'T':
            defined.add(name)
        elif kind == 'U':
            needed.add(name)
    return tables


def edges(build, target):
    """file → files whose functions it calls"""
    tables = symbols(list(objects(build, target)))
    owner = {name: file for file, (defined, _) in tables.items() for name in defined}
    return {file: {owner[name] for name in needed if name in owner and owner[name] != file}
            for file, (_, needed) in tables.items()}


def circles(graph):
    """Strongly connected components of more than one file (Tarjan, without recursion)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph.get(root, ()))))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for target in rest:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(graph.get(target, ())))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = []
                    while True:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                        if part[-1] == node:
                            break
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    build, count = sys.argv[1], 0
    for target in sys.argv[2:]:
        graph = edges(build, target)
        if not graph:
            raise SystemExit('%s holds no objects of %s' % (build, target))
        for part in circles(graph):
            count += 1
            print('%s: circle of files: %s' % (target, ', '.join(part)))
            for file in part:
                print('    %s calls %s' % (file, ', '.join(sorted(graph[file] & set(part)))))
    print('%d circles' % count)
    return 1 if count else 0


if __name__ == '__main__':
    sys.exit(main())
