"""How Hanse carried something, from its log: over which links, under which rule, in how many milliseconds."""
import os

from hanse import parse_event
from process import NotReady, wait_for


class Carried:
    """One request and its answer on their way."""

    def __init__(self, routed, answered):
        self.routed, self.answered = routed, answered

    def sentence(self):
        routed, answered = self.routed, self.answered
        rule = 'rule ' + os.path.basename(routed['rule']) if routed['rule'] != '-' else 'without an entry'
        who = [word for word in (routed['type'], routed['partner'], routed['through']) if word != '-']
        return 'link %s ▸ %s, %s (%s), answered after %.1f ms' % (
            routed['link'], answered['link'], rule, ', '.join(who), float(answered['ms']))


class Ways:
    """Reads the router's log as it grows; each answer is told of once."""

    def __init__(self, hanse):
        self.hanse = hanse
        self.routed = {}    # decision → event
        self.answered = []  # those that were not asked for yet
        self.refused = []
        self._read = 0

    def _catch_up(self):
        log = self.hanse.child.log()
        end = log.rfind('\n') + 1
        for line in log[self._read:end].splitlines():
            event = parse_event(line)
            if event.get('event') == 'message.routed':
                self.routed[event['decision']] = event
            elif event.get('event') == 'message.answered':
                self.answered.append(event)
            elif event.get('event') in ('message.refused', 'message.failed'):
                self.refused.append(event)
        self._read = end

    def _take(self, events, fits):
        self._catch_up()
        for event in events:
            if fits(event):
                events.remove(event)
                return event
        return None

    def of(self, call_id, method, status=200):
        """The next exchange of this conversation with that answer; NotReady when the log does not tell of it in full.
        None without a router."""
        if self.hanse is None:
            return None
        answered = wait_for(lambda: self._take(self.answered, lambda event: (
            event.get('conversation') == call_id and event.get('method') == method and
            event.get('status') == str(status))), 3, 'the log of Hanse tells of %s %s' % (method, call_id), step=0.01)
        routed = self.routed.get(answered['decision'])
        missing = [key for key in ('type', 'link', 'target') if (routed or {}).get(key, '-') == '-']
        missing += [key for key in ('link', 'ms') if key not in answered]
        if missing:
            raise NotReady('the log of Hanse does not tell %s of %s %s' % (', '.join(missing), method, call_id))
        return Carried(routed, answered)

    def refusal(self, call_id):
        """The event of a refusal: reason, rule, text."""
        return wait_for(lambda: self._take(self.refused, lambda event: event.get('conversation') == call_id), 3,
                        'the log of Hanse tells why %s was refused' % call_id, step=0.01)
