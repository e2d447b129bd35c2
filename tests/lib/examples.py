"""The examples of the SDK, as tests lay them before a router."""
import os

from hanse import SOURCE, build_folder

EXAMPLES = os.path.join(SOURCE, 'sdk', 'examples')


def built(name):
    """NAME.so: in HANSE_EXAMPLES, or where our own build puts it."""
    return os.path.join(os.environ.get('HANSE_EXAMPLES') or os.path.join(build_folder(), 'examples'), name + '.so')


def configuration(name, run):
    """What NAME.conf says, or nothing, with the places of a real machine replaced: by the example's own folder where it
    reads, and by the folder `run` of the run where it writes."""
    path = os.path.join(EXAMPLES, name, name + '.conf')
    if not os.path.exists(path):
        return ''
    with open(path) as file:
        text = file.read()
    for place, here in (('/etc/hanse/', os.path.join(EXAMPLES, name)), ('/run/hanse-helper/', run),
                        ('/var/lib/hanse/', run)):
        text = text.replace(place, here + '/')
    return text
