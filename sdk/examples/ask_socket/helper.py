#!/usr/bin/python3
"""helper.py PATH   answers the questions of Hanse's plugin ask_socket on the Unix socket PATH: one line of JSON each.

A question: {"id": 7, "direction": "in", "from": "eve@fabrikam.example", "to": "bob@contoso.example",
             "text": "hello"}
An answer:  {"id": 7, "verdict": "allow" | "deny" | "abstain", "reason": "for the log"}"""
import json
import os
import socketserver
import sys

FORBIDDEN = ('lottery', 'inheritance')


def judge(question):
    """The rule; this is the function to change. Returns a verdict and a reason."""
    if question['direction'] == 'out':
        return 'abstain', 'what our users write is their business'
    for word in FORBIDDEN:
        if word in question['text'].lower():
            return 'deny', 'its text says "%s"' % word
    return 'allow', ''


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            question = json.loads(line)
            verdict, reason = judge(question)
            answer = {'id': question['id'], 'verdict': verdict, 'reason': reason}
            self.wfile.write(json.dumps(answer).encode() + b'\n')


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True  # during a reload the old and the new instance of the plugin are both connected


if __name__ == '__main__':
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)  # a predecessor's
    os.umask(0o117)  # its group may connect: run it with the group that the router runs with
    with Server(path, Lines) as server:
        server.serve_forever()
