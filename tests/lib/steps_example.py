"""Steps of a scenario about the examples of the SDK: each is put where an administrator would put it, with its own
configuration. HANSE_EXAMPLES names the folder of their .so files, by default the one that our own build makes."""
import os
import shutil
import stat
import sys

from cast import Failure
from examples import EXAMPLES, built, configuration
from process import Child, NotReady, wait_for
from steps import DEFAULT_WAIT, step


@step(r'example (\S+) is installed')
def installed(play, lines, name):
    """example NAME is installed   NAME.so among the modules, NAME.conf into conf.d; of effect with the next reload"""
    if not os.path.exists(built(name)):
        raise play.Skip('%s was not built' % built(name))
    hanse = play.cast.hanse
    module, conf = os.path.join(hanse.modules, name + '.so'), os.path.join(hanse.folder, 'conf.d', name + '.conf')
    os.makedirs(os.path.dirname(conf), exist_ok=True)
    shutil.copy(built(name), module + '.new')
    os.replace(module + '.new', module)
    with open(conf, 'w') as file:
        file.write(configuration(name, hanse.folder))
    os.chmod(conf, 0o600)
    play.undo.append(lambda: os.unlink(conf))
    play.config_changed = True


@step(r'the helper of ask_socket (runs|ends)')
def helper(play, lines, what):
    """the helper of ask_socket runs | ends   sdk/examples/ask_socket/helper.py on the socket of ask_socket.conf, to which its
    group may connect, and nobody else"""
    path = os.path.join(play.cast.hanse.folder, 'helper.sock')
    if what == 'ends':
        play.helper.stop()
        return
    play.helper = Child('helper', [sys.executable, os.path.join(EXAMPLES, 'ask_socket', 'helper.py'), path],
                        play.cast.hanse.folder).start()
    play.undo.append(play.helper.stop)
    wait_for(lambda: os.path.exists(path), DEFAULT_WAIT, 'the helper', play.helper)
    if stat.S_IMODE(os.stat(path).st_mode) != 0o660:
        raise Failure('the helper\'s socket has the mode %o' % stat.S_IMODE(os.stat(path).st_mode))


@step(r'file (\S+) comes to say (.+)')
def says(play, lines, name, text):
    """file NAME comes to say TEXT   in the router's folder"""
    path = os.path.join(play.cast.hanse.folder, name)

    def content():
        try:
            with open(path) as file:
                return file.read()
        except FileNotFoundError:
            return ''
    try:
        wait_for(lambda: text in content(), DEFAULT_WAIT, name)
    except NotReady:
        raise Failure('%s says:\n%s' % (name, content())) from None
