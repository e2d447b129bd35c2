#!/usr/bin/python3
"""What `explain` says and what then happens, for some hundred senders, recipients and proved names: the verdict, the
reason, the status and the next server must be the same (R24). The reason is what `decision` says of the word in the
answer (J1). Shows also R10, R16, R17 and R19 in all combinations.

usage: test_explain.py     HANSE_BUILD: the build folder, default build/release; exit status 77 when it is not there"""
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

import hanse    # noqa: E402
import sip      # noqa: E402
from cast import Cast  # noqa: E402
from lab import Lab    # noqa: E402

SENDERS = ('contoso.example', 'hr.contoso.example', 'notcontoso.example', 'fabrikam.example', 'FABRIKAM.Example.',
           'it.fabrikam.example', 'sales.fabrikam.example', 'emea.sales.fabrikam.example', 'litware.example',
           'bad.litware.example', 'deep.bad.litware.example', 'notbad.litware.example', 'notlitware.example',
           'tailspin.example', 'spam.example', 'example')
RECIPIENTS = ('contoso.example', 'Hr.Contoso.Example', 'fabrikam.example', 'sales.fabrikam.example',
              'it.fabrikam.example', 'litware.example', 'bad.litware.example', 'tailspin.example', 'spam.example')
# What a peer outside shows: (words of Cast.certificate, the names that it proves)
PEERS = (('with certificate dns:sip.fabrikam.example', 'sip.fabrikam.example'),
         ('with certificate dns:sip.litware.example', 'sip.litware.example'),
         ('with certificate dns:sip.sales.fabrikam.example,dns:sip.fabrikam.example',
          'sip.sales.fabrikam.example,sip.fabrikam.example'),
         ('with certificate dns:fabrikam.example,dns:litware.example', 'fabrikam.example,litware.example'),
         ('with certificate dns:sip.tailspin.example', 'sip.tailspin.example'))
METHODS = ('MESSAGE', 'INVITE', 'SUBSCRIBE', 'OPTIONS', 'REGISTER', 'PUBLISH', 'REFER', 'NOTIFY', 'BYE', 'INFO',
           'FROBNICATE', 'message')


class Explainer:
    """The control socket, asked a few hundred times over one connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile('rb')

    def ask(self, sender, recipient, names, method):
        arguments = {'from': sender, 'to': recipient, 'method': method}
        if names:
            arguments['names'] = names
        self.socket.sendall(json.dumps({'command': 'explain', 'arguments': arguments}).encode() + b'\n')
        reply = json.loads(self.lines.readline())
        row = {}
        for part in reply['rows']:
            row.update(part)
        assert row, reply
        assert reply['ok'] == (row['verdict'] == 'allow'), reply
        for key in ('partner', 'type', 'rule', 'verdict', 'cure'):
            assert row.get(key), 'explain does not say %s: %s' % (key, row)
        return row

    def close(self):
        self.lines.close()
        self.socket.close()


class Trial:
    """Sends the message over a real link and says in the same words what became of it."""

    def __init__(self, cast):
        self.cast = cast
        self.servers = {name: cast.roles[name] for name in ('home', 'partner', 'litware', 'sales')}

    def run(self, role, link, sender, recipient, method):
        endpoint = self.cast.roles[role]
        dialog = sip.Dialog('sip:' + sender, 'sip:' + recipient, endpoint.via, endpoint.contact('x'))
        request = dialog.request(method)
        link.send(request.bytes())
        reached = []

        def done():
            for name, server in self.servers.items():
                for arrival in list(server.inbox):
                    server.inbox.remove(arrival)
                    if not arrival.message.is_request:
                        endpoint.inbox.append(arrival) if server is not endpoint else self.kept.append(arrival)
                    elif arrival.message.method != 'ACK':
                        reached.append('%s:%d' % (server.host, server.port))
                        server.answer(arrival, 488, tag=sip.token(4))
            for arrival in self.kept + endpoint.inbox:
                if arrival.message.call_id == request.call_id and arrival.message.status >= 200:
                    return arrival.message
            return None
        self.kept = []
        answer = self.cast.reactor.until(done, 5, '%s %s -> %s' % (method, sender, recipient))
        endpoint.inbox.clear()
        if method == 'INVITE':
            link.send(dialog.ack(answer).bytes())
        if reached:
            return {'verdict': 'allow', 'target': reached[0], 'status': 488 if answer.status == 488 else answer.status}
        word = re.search(r'decision=(\w+)"', answer.get('Warning') or '')
        status, text = self.cast.hanse.ctl('--json', 'decision', word.group(1)) if word else (5, '')
        reason = json.loads(text)['rows'][0]['reason'] if status == 0 else None
        return {'verdict': 'deny', 'status': answer.status, 'reason': reason}


def differences(said, was):
    """What explain said that was not so; () when all was so."""
    if said['verdict'] != was['verdict']:
        return ['verdict']
    if was['verdict'] == 'allow':
        return [] if said['target'] == was['target'] else ['target']
    wrong = [] if said['status'] == was['status'] else ['status']
    return wrong + (['reason'] if was['reason'] not in (None, said['reason']) else [])


def cases(cast):
    """(role, its link, names for explain, sender, recipient, method)"""
    for words, names in PEERS:
        link = cast.connect('stranger', 'to the federation listener', words)
        assert link.open, (words, link.closed)
        for sender in SENDERS:
            for recipient in RECIPIENTS:
                yield 'stranger', link, names, 'x@' + sender, 'y@' + recipient, 'MESSAGE'
    link = cast.own_link('home')
    for sender in ('contoso.example', 'hr.contoso.example', 'HR.Contoso.Example.'):
        for recipient in RECIPIENTS + ('notbad.litware.example', 'example'):
            yield 'home', link, None, 'x@' + sender, 'y@' + recipient, 'MESSAGE'
            yield 'home', link, 'pool.contoso.example', 'x@' + sender, 'y@' + recipient, 'MESSAGE'
    link = cast.connect('stranger', 'to the federation listener', PEERS[0][0])
    for method in METHODS:
        for sender in ('fabrikam.example', 'tailspin.example', 'contoso.example'):
            yield 'stranger', link, PEERS[0][1], 'x@' + sender, 'y@contoso.example', method


def main():
    if not hanse.built():
        print('%s is not there: ./dev build makes it' % hanse.program('hanse'))
        return 77
    with Lab('explain') as lab:
        cast = Cast(lab)
        for domain, host in (('litware.example', 'sip.litware.example'),
                             ('sales.fabrikam.example', 'sip.sales.fabrikam.example')):
            cast.add_partner(domain, host, {})
        cast.hanse.config['modules'][2]['block'] = ['bad.litware.example', 'spam.example']
        cast.hanse.config['limits'] = {'handshakes_per_network': '1000/s'}
        cast.start()
        explainer, trial = Explainer(cast.hanse.socket), Trial(cast)
        count, verdicts, problems = 0, {}, []
        for role, link, names, sender, recipient, method in cases(cast):
            said = explainer.ask(sender, recipient, names, method)
            was = trial.run(role, link, sender, recipient, method)
            count += 1
            key = was['verdict'] if was['verdict'] == 'allow' else said['reason']
            verdicts[key] = verdicts.get(key, 0) + 1
            wrong = differences(said, was)
            if wrong:
                problems.append('%s %s -> %s with %s: %s differs: explain %s, in truth %s'
                                % (method, sender, recipient, names, ' and '.join(wrong),
                                   {k: said.get(k) for k in was}, was))
        explainer.close()
    print('\n'.join(problems))
    print(', '.join('%s %d' % pair for pair in sorted(verdicts.items())))
    print('%d passed, %d failed, 0 skipped' % (count - len(problems), len(problems)))
    return 1 if problems or count < 300 or verdicts.get('allow', 0) < 20 else 0


if __name__ == '__main__':
    sys.exit(main())
