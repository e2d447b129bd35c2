"""The router as the package installed it in a clean root, run as its unit says, between scripted servers."""
import os
import re
import subprocess

from root import Wrong

from cast import HOME, PARTNER, Cast
from hanse import Hanse
from process import Child
from sip import Dialog, response

UNIT = 'usr/lib/systemd/system/hanse.service'


class Unit:
    """What hanse.service says. There is no systemd in a chroot, so what it would do is done by hand."""

    def __init__(self, root):
        self.root, self.settings = root, {}
        with open(os.path.join(root, UNIT)) as file:
            for line in file:
                found = re.match(r'(\w+)=(.*)', line)
                if found:
                    self.settings.setdefault(found.group(1), []).append(found.group(2))

    def one(self, name):
        return self.settings[name][0]

    def allowed(self):
        """Its conditions are met."""
        return all(os.path.exists(self.root + path) for path in self.settings.get('ConditionPathExists', []))

    def make_folders(self):
        with open(os.path.join(self.root, 'etc/passwd')) as file:
            entry = next(line.split(':') for line in file if line.startswith(self.one('User') + ':'))
        for name, place in (('Runtime', 'run'), ('State', 'var/lib'), ('Cache', 'var/cache')):
            path = os.path.join(self.root, place, self.one(name + 'Directory'))
            os.makedirs(path, exist_ok=True)
            os.chown(path, int(entry[2]), int(entry[3]))
            os.chmod(path, int(self.one(name + 'DirectoryMode'), 8))
        return int(entry[2]), int(entry[3])

    def command(self):
        return ['chroot', '--userspec=%s:%s' % (self.one('User'), self.one('Group')), self.root, 'sh', '-c',
                'umask %s; exec %s' % (self.one('UMask'), self.one('ExecStart'))]


class Installed(Hanse):
    """Hanse of tests/lib, but in a root: configuration and keys in its /etc/hanse, folders and modules as built in."""

    def __init__(self, root, folder, network):
        super().__init__(folder, network)
        self.root, self.logs = root, self.folder
        self.unit = Unit(root)
        self.folder = os.path.join(root, 'etc/hanse')
        self.config_path = os.path.join(self.folder, 'hanse.conf')
        self.socket = os.path.join(root, 'run/hanse/control.sock')

    def configure(self, *arguments, **words):
        super().configure(*arguments, **words)
        for name in ('run_dir', 'state_dir', 'cache_dir'):
            del self.config[name]
        return self

    def start(self, wait=True):
        self.write()
        return self.begin(wait)

    def begin(self, wait=True):
        """Starts what is configured."""
        if not self.unit.allowed():
            raise Wrong('the unit\'s conditions are not met')
        self.unit.make_folders()
        self.child = Child('hanse', self.unit.command(), self.logs)
        self.child.start()
        if wait:
            self.wait_ready()
        return self

    def ctl(self, *arguments):
        """hansectl of the package, in the root."""
        result = subprocess.run(['chroot', self.root, 'hansectl', *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        return result.returncode, result.stdout

    def _copy(self, source, name):
        """A key must be readable for the service's user, and for nobody else."""
        super()._copy(source, name)
        user, group = self.unit.make_folders()
        os.chown(os.path.join(self.folder, name), user, group)


class Talk:
    """Messages across the installed router, from our alice to a partner's people and back."""

    def __init__(self, lab, root):
        self.cast = Cast(lab, router=Installed(root, lab.folder, lab.network))
        self.hanse = self.cast.hanse

    def judge(self, text, outwards=True, user='bob', seconds=8):
        """Sends one message. (final status at the sender, text as it arrived or None)."""
        sides = [('home', 'alice@' + HOME), ('partner', '%s@%s' % (user, PARTNER))]
        (sender, one), (receiver, other) = sides if outwards else reversed(sides)
        origin, target = self.cast.endpoint(sender), self.cast.endpoint(receiver)
        dialog = Dialog('sip:' + one, 'sip:' + other, origin.via, origin.contact('x'))
        sent = origin.send(dialog.request('MESSAGE', text), self.cast.own_link(sender))
        arrived, ended = [], []

        def done():
            for arrival in [a for a in target.inbox if a.message.is_request and a.message.call_id == sent.call_id]:
                target.inbox.remove(arrival)
                arrived.append(arrival.message.body.decode(errors='replace'))
                target.send(response(arrival.message, 200, tag='p'), arrival.link)
            for arrival in [a for a in origin.inbox if not a.message.is_request and a.message.call_id == sent.call_id]:
                origin.inbox.remove(arrival)
                ended.extend([arrival.message.status] if arrival.message.status >= 200 else [])
            return ended
        self.cast.reactor.until(done, seconds, 'a message is judged')
        return ended[0], arrived[0] if arrived else None
