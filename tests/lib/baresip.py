"""baresip, a real SIP phone, remote-controlled over its JSON port (netstrings over TCP, module ctrl_tcp)."""
import json
import os
import re
import shutil
import signal
import struct
import socket
import wave

import sip
from network import listening
from process import Child, wait_for

MODULES = ('/usr/lib/baresip/modules', '/lib/baresip/modules')

# What option -s writes: two addresses, then the message up to the end of the colour.
TRACE = re.compile(r'^TCP (\S+) -> \S+\n(.*?)\x1b\[;m', re.MULTILINE | re.DOTALL)

CONFIG = '''poll_method epoll
sip_listen {address}:{port}
call_local_timeout 60
audio_source aufile,{folder}/voice.wav
rtp_ports {rtp}-{rtp_end}
net_interface {address}
rtp_stats yes
module_path {modules}
module stdio.so
module g711.so
module aufile.so
module ctrl_tcp.so
module_tmp uuid.so
module_tmp account.so
audio_path /usr/share/baresip
module_app contact.so
module_app menu.so
module_app debug_cmd.so
ctrl_tcp_listen {address}:{control}
'''


class Baresip:
    """One account at one server; `events` holds what the phone reported, in order."""

    def __init__(self, user, domain, network, folder):
        self.user, self.domain = user, domain
        self.folder = os.path.join(folder, 'baresip-' + user)
        self.address = network.address()
        self.port = network.port(self.address, 5070)
        self.control = network.port(self.address, 4444)
        self.child = None
        self.server = None
        self.events = []
        self._socket = None
        self._buffer = b''

    @property
    def uri(self):
        return 'sip:%s@%s' % (self.user, self.domain)

    def start(self, server, friend, answer='early'):
        """server: the Kamailio it registers with; friend: the URI that `message` writes to; answer: manual, early
        (183 with media) or auto."""
        self.server = server
        os.makedirs(self.folder, exist_ok=True)
        modules = next(path for path in MODULES if os.path.isdir(path))
        self._write('config', CONFIG.format(folder=self.folder, address=self.address, port=self.port, modules=modules,
                                            control=self.control, rtp=10000, rtp_end=10100))
        self._write('accounts', '<%s;transport=tcp>;auth_user=%s;auth_pass=%s;regint=600;answermode=%s;'
                                'outbound="sip:%s:%d;transport=tcp";audio_codecs=pcma;mediaenc=;ptime=20\n'
                    % (self.uri, self.user, server.password, answer, server.address, server.phone_port))
        self._write('contacts', '"friend" <%s>\n' % friend)
        self._voice()
        self.child = Child('baresip', ['baresip', '-f', self.folder, '-v', '-s'], self.folder, {'HOME': self.folder},
                           signal.SIGKILL)  # it would wait for its farewell to a server that is gone, too
        self.child.start()
        wait_for(lambda: listening(self.address, self.control), 15, 'control port of ' + self.uri, self.child)
        self._socket = socket.create_connection((self.address, self.control), 5)
        self._socket.setblocking(False)
        return self

    def wait_registered(self, seconds=10):
        wait_for(lambda: '200 OK' in self.child.log(), seconds, self.uri + ' registers', self.child)

    def command(self, name, parameters=''):
        """A command of baresip's long form, e.g. dial, accept, hangup, hold, resume, message."""
        text = json.dumps({'command': name, 'params': parameters, 'token': name}).encode()
        self._socket.sendall(b'%d:%s,' % (len(text), text))

    def poll(self):
        """Takes in what the phone reported; returns all events so far."""
        try:
            while True:
                data = self._socket.recv(65536)
                if not data:
                    break
                self._buffer += data
        except BlockingIOError:
            pass
        while b':' in self._buffer:
            length, _, rest = self._buffer.partition(b':')
            if len(rest) < int(length) + 1:
                break
            self.events.append(json.loads(rest[:int(length)]))
            self._buffer = rest[int(length) + 1:]
        return self.events

    def event(self, kind, since=0):
        """The first event of this type after the first `since` ones, None when there is none yet."""
        for event in self.poll()[since:]:
            if event.get('type') == kind:
                return event
        return None

    def wait_event(self, kind, since=0, seconds=10):
        return wait_for(lambda: self.event(kind, since), seconds, '%s: %s' % (self.uri, kind), self.child, step=0.004)

    def trace(self):
        """The SIP messages that this phone sent and got, in order: (arrived, sip.Message)."""
        found = []
        for source, text in TRACE.findall(self.child.log().replace('\r\n', '\n')):
            head, _, body = text.partition('\n\n')
            message = sip.Message.read(head.replace('\n', '\r\n').encode(), body.encode(), text.encode())
            found.append((source.startswith(self.server.address + ':'), message))
        return found

    def arrived(self, test, seconds=10):
        """The first message that test(message) accepts among those that arrived."""
        def find():
            for arrived, message in self.trace():
                if arrived and test(message):
                    return message
            return None
        return wait_for(find, seconds, self.uri + ' gets what it should', self.child, step=0.004)

    def heard(self):
        """(sent, received) packets of sound of each finished call, from the statistics that it prints at the end."""
        return [(int(sent), int(received))
                for sent, received in re.findall(r'^packets:\s+(\d+)\s+(\d+)', self.child.log(), re.MULTILINE)]

    def stop(self):
        if self._socket:
            self._socket.close()
        if self.child:
            self.child.stop(3)

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(text)

    def _voice(self):
        """Two minutes of a saw tooth at 8 kHz (any sound will do; baresip hangs up at the end of the file)."""
        second = b''.join(struct.pack('<h', i * 40 % 8000 - 4000) for i in range(8000))
        with wave.open(os.path.join(self.folder, 'voice.wav'), 'wb') as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(second * 120)


def available():
    return shutil.which('baresip') is not None
