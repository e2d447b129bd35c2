"""A conversation as each of its sides sees it, and what was said last."""
import sip
from cast import Failure


class Talk:
    """One Call-ID. Sides are roles of the cast; a side's view begins with what it first sends or gets."""

    def __init__(self, name, call_id=None):
        self.name = name
        self.call_id = call_id
        self.dialogs = {}   # role → sip.Dialog
        self.requests = {}  # (role, method) → last request it sent
        self.arrivals = {}  # (role, method) → last request it got and did not answer
        self.answers = {}   # role → last response it got
        self.said = []      # (role, message) in order, as sent
        self.latest = {}    # role → the last message it got

    def begin(self, endpoint, role, sender, receiver):
        dialog = sip.Dialog('sip:' + sender, 'sip:' + receiver, endpoint.via, endpoint.contact(sender.split('@')[0]))
        self.call_id = dialog.call_id
        self.dialogs[role] = dialog
        return dialog

    def dialog(self, role):
        if role not in self.dialogs:
            raise Failure('%s takes no part in this conversation yet' % role)
        return self.dialogs[role]

    def sent(self, role, message):
        self.said.append((role, message))
        if message.is_request:
            self.requests[role, message.method] = message

    def got_request(self, endpoint, role, arrival):
        message = arrival.message
        if role not in self.dialogs:
            user = sip.address_uri(message.get('To') or 'sip:x').split(':', 1)[-1].split('@')[0]
            self.dialogs[role] = sip.Dialog.from_request(message, endpoint.via, endpoint.contact(user))
        else:
            self.dialogs[role].learn(message)
        self.arrivals[role, message.method] = arrival
        self.latest[role] = message

    def got_answer(self, role, message):
        self.answers[role] = message
        self.latest[role] = message
        if role in self.dialogs:
            self.dialogs[role].learn(message)

    def original(self, role):
        """What the other side sent that should be what this role got last: for checks of the word `same`."""
        got = self.latest.get(role)
        for sender, message in reversed(self.said):
            if sender == role or got is None or message.is_request != got.is_request or message.method != got.method:
                continue
            if got.is_request or message.status == got.status:
                return message
        raise Failure('there is nothing to compare with')


class Talks:
    """All conversations of a scenario, by name and by Call-ID; the current one is the last that was touched."""

    def __init__(self):
        self.by_name = {}
        self.by_call_id = {}
        self.current = None

    def new(self, name=None):
        self.current = Talk(name)
        if name:
            self.by_name[name] = self.current
        return self.current

    def know(self, talk):
        self.by_call_id[talk.call_id] = talk
        self.current = talk

    def named(self, name):
        if name is None:
            if self.current is None:
                raise Failure('no conversation has begun')
            return self.current
        if name not in self.by_name:
            raise Failure('no conversation is called "%s"' % name)
        self.current = self.by_name[name]
        return self.current

    def of(self, message):
        talk = self.by_call_id.get(message.call_id)
        if talk is None:
            talk = Talk(None, message.call_id)
            self.by_call_id[message.call_id] = talk
        self.current = talk
        return talk
