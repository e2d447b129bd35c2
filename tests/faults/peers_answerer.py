#!/usr/bin/python3
"""A partner as a process of its own, to be killed and stopped: answers every request 200 and keeps a ledger, one
Call-ID to a line, written before the answer leaves.

    peers_answerer.py ADDRESS PORT CERTIFICATE KEY CA LEDGER"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

from types import SimpleNamespace  # noqa: E402

from endpoint import Endpoint  # noqa: E402
from sip import response  # noqa: E402
from wire import Reactor, server_context  # noqa: E402


def main():
    address, port, certificate, key, authority, path = sys.argv[1:]
    ledger = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    reactor = Reactor()
    context = server_context(authority, SimpleNamespace(crt=certificate, key=key))
    endpoint = Endpoint(reactor, 'partner', address, int(port), None, context).listen()
    while True:
        reactor.turn(60)
        inbox, endpoint.inbox = endpoint.inbox, []
        requests = [arrival for arrival in inbox if arrival.message.is_request]
        if requests:
            os.write(ledger, ''.join(arrival.message.call_id + '\n' for arrival in requests).encode())
        for arrival in requests:
            if not arrival.link.closed:
                endpoint.send(response(arrival.message, 200, tag='p'), arrival.link)


if __name__ == '__main__':
    main()
