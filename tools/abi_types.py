"""Reads the layout of the contract's headers out of debug information: structs, fields with offset and type, values of
enumerations, constants. A compiler and abidw (abigail-tools) do the work."""
import os
import re
import subprocess
import xml.etree.ElementTree as tree

# Beside the contract, and no part of the ABI: what tests of plugins are linked with, never the router …
OF_TESTS = {'fake_host.h'}
# … and what is code of the plugin's own as soon as it is built.
OF_PLUGINS = {'worker.h'}
# The version itself is what changes.
NO_CONSTANTS = {'HANSE_ABI_MAJOR', 'HANSE_ABI_MINOR'}
NOTHING = 'abi_nothing'


def to_build_with(include):
    """The headers that a plugin of that version was built with."""
    return sorted(set(os.listdir(os.path.join(include, 'hanse'))) - OF_TESTS)


def headers(include):
    return [name for name in to_build_with(include) if name not in OF_PLUGINS]


def text_of(include):
    """All of it, one header after the other."""
    parts = []
    for name in headers(include):
        with open(os.path.join(include, 'hanse', name)) as file:
            parts.append(file.read())
    return '\n'.join(parts)


def version(include):
    text = text_of(include)
    return tuple(int(re.search(r'^#define HANSE_ABI_%s (\d+)u' % part, text, re.M).group(1))
                 for part in ('MAJOR', 'MINOR'))


def names(include):
    """[(struct or enum, name)] of every one that has a name."""
    return re.findall(r'^(struct|enum) (hanse_\w+) \{', text_of(include), re.M)


def includes(include):
    return ''.join('#include <hanse/%s>\n' % name for name in headers(include))


def library(include, folder):
    """A library whose debug information names every type of the contract; its path. abidw takes "const void" for "void",
    so it is given a name of its own."""
    source, target = os.path.join(folder, 'all.c'), os.path.join(folder, 'all.so')
    os.makedirs(os.path.join(folder, 'hanse'))
    for name in headers(include):
        with open(os.path.join(include, 'hanse', name)) as file:
            text = file.read()
        with open(os.path.join(folder, 'hanse', name), 'w') as file:
            file.write(re.sub(r'\bconst void\b', 'const struct %s' % NOTHING, text))
    with open(source, 'w') as file:
        file.write('struct %s;\n' % NOTHING + includes(include))
        for kind, name in names(include):
            file.write('%s %s *abi_%s;\n' % (kind, name, name))
    subprocess.run(['gcc', '-std=c11', '-w', '-g', '-fPIC', '-shared', '-I', folder, '-o', target, source], check=True)
    return target


def without_comments(include):
    """What the compiler reads of the headers, macros included, one space between words."""
    out = subprocess.run(['gcc', '-std=c11', '-w', '-fpreprocessed', '-dD', '-E', '-P', '-x', 'c', '-'], input=text_of(include),
                         stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    return ' '.join(out.split())


class Types:
    """The types of one abidw file, as C writes them."""

    def __init__(self, path):
        xml = subprocess.run(['abidw', '--no-show-locs', path], stdout=subprocess.PIPE, check=True).stdout
        self.root = tree.fromstring(xml)
        self.by_id = {node.get('id'): node for node in self.root.iter() if node.get('id')}

    def c(self, number, inner=''):
        """The type with that id, around a declarator."""
        node = self.by_id[number]
        kind = node.tag
        if kind == 'pointer-type-def':
            pointed = self.by_id[node.get('type-id')]
            if pointed.get('name') == '__va_list_tag':
                return joined('va_list', inner)
            if pointed.tag in ('function-type', 'array-type-def'):
                return self.c(node.get('type-id'), '(*%s)' % inner)
            return self.c(node.get('type-id'), '*' + inner)
        if kind == 'qualified-type-def':
            words = ' '.join(word for word in ('const', 'volatile') if node.get(word) == 'yes')
            if self.by_id[node.get('type-id')].tag == 'pointer-type-def':
                return self.c(node.get('type-id'), joined(words, inner))
            return words + ' ' + self.c(node.get('type-id'), inner)
        if kind == 'function-type':
            taken = [self.c(one.get('type-id')) for one in node.findall('parameter')]
            return self.c(node.find('return').get('type-id'), '%s(%s)' % (inner, ', '.join(taken) or 'void'))
        if kind == 'array-type-def':
            ranges = ''.join('[%s]' % one.get('length') for one in node.findall('subrange'))
            return self.c(node.get('type-id'), inner + ranges)
        if node.get('name') == NOTHING:
            return joined('void', inner)
        prefix = {'class-decl': 'struct ', 'union-decl': 'union ', 'enum-decl': 'enum '}.get(kind, '')
        return joined(prefix + node.get('name'), inner)

    def fields(self, node):
        """[(name, offset in octets, type)]"""
        return [(member.find('var-decl').get('name'), int(member.get('layout-offset-in-bits')) // 8,
                 self.c(member.find('var-decl').get('type-id'))) for member in node.findall('data-member')]

    def node(self, tag, name):
        for node in self.root.iter(tag):
            if node.get('name') == name and node.get('is-declaration-only') != 'yes':
                return node
        raise KeyError('%s %s is not in the debug information' % (tag, name))


def joined(left, right):
    return left + ' ' + right if right else left


def constants(include):
    """[(name, text)] of macros and nameless enumerations that stand for a number or a text."""
    out = subprocess.run(['gcc', '-std=c11', '-dM', '-E', '-I', include, '-x', 'c', '-'], input=includes(include),
                         stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    found = re.findall(r'^#define (HANSE_\w+) (\(*(?:\((?:hanse_time|size_t)\))?\(?[0-9][^;{}"\n]*|"[^"\n]*")$', out, re.M)
    found += re.findall(r'^enum \{ (HANSE_\w+) = (\d+) \};', text_of(include), re.M)
    return sorted((name, text.strip()) for name, text in found if name not in NO_CONSTANTS)
