"""A session or a call between the two scripted servers of a trial, moved step by step; each step fails when what was sent
does not arrive on the other side, or is not answered."""
from trial import HOME, PARTNER, Wrong

import sip

SDP = {'im': 'v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 5060 sip null\r\n',
       'audio': 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n'}


class Conversation:
    """Begins with an INVITE of `caller` ("home" or "partner") that has arrived at the other one."""

    def __init__(self, trial, kind, caller='home'):
        self.cast = trial.cast
        self.kind = kind
        self.caller, self.callee = caller, {'home': 'partner', 'partner': 'home'}[caller]
        users = {'home': 'sip:alice@' + HOME, 'partner': 'sip:bob@' + PARTNER}
        here, there = self._endpoint(caller), self._endpoint(self.callee)
        self.dialogs = {caller: sip.Dialog(users[caller], users[self.callee], here.via, here.contact('one'))}
        self.invite = self._send(caller, self.dialogs[caller].request('INVITE', SDP[kind], 'application/sdp'))
        self.arrival = self._take(self.callee, 'INVITE')
        self.dialogs[self.callee] = sip.Dialog.from_request(self.arrival.message, there.via, there.contact('two'))

    def _endpoint(self, role):
        return self.cast.endpoint(role)

    def _send(self, role, message):
        return self._endpoint(role).send(message, self.cast.own_link(role))

    def _take(self, role, method):
        return self._endpoint(role).take_request(method, 8, self.dialogs[self.caller].call_id)

    def _answer(self, role, arrival, status, body=b''):
        dialog = self.dialogs[role]
        contact = dialog.contact if arrival.message.method == 'INVITE' else None
        self._endpoint(role).send(sip.response(arrival.message, status, None, dialog.local_tag, contact, body,
                                               'application/sdp' if body else None), arrival.link)

    def _answered(self, role, request, status):
        answer = self._endpoint(role).take_answer(request, 101, 699, 8).message
        if answer.status != status:
            raise Wrong('%s was answered %s, not %d' % (request.line(), answer.start, status))
        self.dialogs[role].learn(answer)
        return answer

    def ring(self):
        self._answer(self.callee, self.arrival, 180)
        self._answered(self.caller, self.invite, 180)
        return self

    def accept(self):
        self._answer(self.callee, self.arrival, 200, SDP[self.kind])
        answer = self._answered(self.caller, self.invite, 200)
        self._send(self.caller, self.dialogs[self.caller].ack(answer))
        self._take(self.callee, 'ACK')
        return self

    def decline(self):
        """Ends its transaction at once, where an accepted one stays for 64*T1."""
        self._answer(self.callee, self.arrival, 486)
        self._take(self.callee, 'ACK')
        self._send(self.caller, self.dialogs[self.caller].ack(self._answered(self.caller, self.invite, 486)))

    def cancel(self):
        cancel = self._send(self.caller, self.dialogs[self.caller].cancel())
        self._answered(self.caller, cancel, 200)
        self._answer(self.callee, self._take(self.callee, 'CANCEL'), 200)
        self._answer(self.callee, self.arrival, 487)
        self._take(self.callee, 'ACK')
        self._send(self.caller, self.dialogs[self.caller].ack(self._answered(self.caller, self.invite, 487)))

    def ask(self, role, method, text=''):
        """A request inside the dialog, answered 200 by the other side."""
        other = self.callee if role == self.caller else self.caller
        request = self._send(role, self.dialogs[role].request(method, text))
        self._answer(other, self._take(other, method), 200)
        self._answered(role, request, 200)

    def talk(self, text):
        for role in (self.caller, self.callee):
            self.ask(role, 'MESSAGE', text)

    def end(self):
        self.ask(self.callee, 'BYE')
