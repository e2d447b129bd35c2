"""Steps of a scenario about several nodes behind one name: who serves a conversation when its node is gone."""
import copy
import os
import shutil
import tempfile

from cast import INSIDE, NODE
from hanse import Hanse
from steps import step


def second_node(play, shares):
    """Another router with the same settings but its own addresses and folders; with the first one's secret or not."""
    first, lab = play.cast.hanse, play.cast.lab
    node = Hanse(tempfile.mkdtemp(prefix='second-', dir=lab.folder), lab.network)
    node.config, node.hosts = copy.deepcopy(first.config), first.hosts
    for folder in ('run', 'state', 'cache'):
        node.config[folder + '_dir'] = os.path.join(node.folder, folder)
    for listener, where in zip(node.config['listen'], ((node.inside, node.inside_port),
                                                       (node.outside, node.outside_port))):
        listener['address'] = '%s:%d' % where
    for name in os.listdir(first.folder):
        if name.endswith(('.pem', '.key')):
            shutil.copy(os.path.join(first.folder, name), os.path.join(node.folder, name))
    if shares:
        shutil.copy(os.path.join(first.folder, 'state', 'secret'), os.path.join(node.folder, 'state', 'secret'))
    node.start()
    play.undo.append(node.stop)
    play.second = node


@step(r'a second node shares the secret')
def shares(play, lines):
    """a second node shares the secret   another router of the same name and settings, at addresses of its own"""
    second_node(play, True)


@step(r'a second node has a secret of its own')
def strange(play, lines):
    """a second node has a secret of its own   as above, but it does not know what the first one wrote"""
    second_node(play, False)


@step(r'(\w+) turns to the second node')
def turn(play, lines, role):
    """NAME turns to the second node   as behind one name; what it sends from now on goes there"""
    node, link = play.second, play.cast.own_links.pop(role, None)
    if link is not None and link.open:
        link.close()
    play.cast.targets[role] = (((node.inside, node.inside_port), INSIDE) if role == 'home' else
                               ((node.outside, node.outside_port), NODE))
