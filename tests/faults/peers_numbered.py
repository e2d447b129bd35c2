"""Numbered MESSAGEs from the home server to a partner, at a pace; what became of each."""
import time
from collections import Counter

from peers_stand import HOME, expect, say
from sip import Dialog, token


class Numbered:
    def __init__(self, stand, domain, body='hello'):
        self.stand, self.domain, self.body = stand, domain, body
        self.series = token(4)
        self.home = stand.cast.endpoint('home')
        self.sent = {}       # Call-ID → when
        self.answers = {}    # Call-ID → [(when, status)]

    def send(self):
        dialog = Dialog('sip:alice@' + HOME, 'sip:bob@' + self.domain, self.home.via, self.home.contact('alice'),
                        '%06d-%s' % (len(self.sent), self.series))
        self.sent[dialog.call_id] = time.monotonic()
        self.home.send(dialog.request('MESSAGE', self.body), self.stand.cast.own_link('home'))

    def gather(self):
        """Takes over the final answers that have come; those of others stay."""
        inbox, self.home.inbox = self.home.inbox, []
        for arrival in inbox:
            message = arrival.message
            if message.call_id not in self.sent:
                self.home.inbox.append(arrival)
            elif message.status and message.status >= 200:
                self.answers.setdefault(message.call_id, []).append((arrival.at, message.status))

    def run(self, seconds, rate, events=()):
        """Sends for so long; events: (after seconds, what to do), in order."""
        began, first, waiting = time.monotonic(), len(self.sent), list(events)

        def step(elapsed):
            while waiting and waiting[0][0] <= elapsed:
                waiting.pop(0)[1]()
            while len(self.sent) - first < min(elapsed, seconds) * rate:
                self.send()
            self.gather()
        self.stand.turn_for(seconds, step)
        return began

    def settle(self, seconds):
        """Waits until all are answered."""
        def all_answered():
            self.gather()
            return len(self.answers) == len(self.sent)
        try:
            self.stand.reactor.until(all_answered, seconds, 'all are answered')
        except Exception:
            expect(False, '%d of %d requests got no answer' % (len(self.sent) - len(self.answers), len(self.sent)))
        self.stand.turn_for(0.2)
        self.gather()

    def statuses(self):
        return Counter(answers[0][1] for answers in self.answers.values())

    def longest(self):
        return max(answers[0][0] - self.sent[call_id] for call_id, answers in self.answers.items())

    def answered_again(self):
        return [call_id for call_id, answers in self.answers.items() if len(answers) > 1]

    def first_good(self, since):
        """When the first request that was sent after `since` was answered 200."""
        return min((answers[0][0] for call_id, answers in self.answers.items()
                    if answers[0][1] == 200 and self.sent[call_id] >= since), default=None)

    def judge(self, what, delivered, bound):
        """delivered: Call-IDs as they arrived at the far end. Each request was answered once within `bound` seconds,
        none arrived twice, and all that were answered 200 arrived."""
        counts = Counter(delivered)
        twice = [call_id for call_id, count in counts.items() if count > 1]
        statuses = self.statuses()
        say('%s: sent %d, delivered %d, answered %s, twice %d; longest time to an answer %.2f s' % (
            what, len(self.sent), len(counts), ', '.join('%d × %d' % (count, status) for status, count in
                                                        sorted(statuses.items())), len(twice), self.longest()))
        missing = [call_id for call_id, answers in self.answers.items()
                   if answers[0][1] == 200 and call_id not in counts]
        expect(not twice, 'delivered twice: %s' % twice[:5])
        expect(not missing, 'answered 200 and never delivered: %s' % missing[:5])
        expect(not self.answered_again(), 'answered twice: %s' % self.answered_again()[:5])
        expect(self.longest() <= bound, 'an answer took %.2f s' % self.longest())
        bad = set(statuses) - {200, 480, 500, 504}
        expect(not bad, 'answers that are none of a router: %s' % bad)
