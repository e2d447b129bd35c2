"""The demo: two organisations, real servers and phones, and Hanse between them.

    demo.py [--stay] [--direct]

--stay keeps everything up until Ctrl-C and says how to connect a SIP client. --direct leaves Hanse out and lets the two
servers talk to each other, which proves servers and phones themselves. The exit status is 0 only if all happened."""
import argparse
import signal
import sys
import time

import baresip
import conversations
import hanse
import refusals
from lab import Lab
from process import NotReady
from story import Story
from wire import Late
from world import EDGE, HOME, INSIDE, NODE, PARTNER, POOL, World


def introduce(story, world):
    story.home = HOME
    story.title('Hanse between %s and %s' % (HOME, PARTNER))
    rows = [('home server', 'Kamailio of ' + HOME, world.home.address, world.home.tls_port, POOL)]
    if world.hanse:
        rows += [('inside', 'Hanse, mutual TLS', world.hanse.inside, world.hanse.inside_port, INSIDE),
                 ('federation', 'Hanse, mutual TLS', world.hanse.outside, world.hanse.outside_port, NODE)]
    rows += [('partner edge', 'Kamailio of ' + PARTNER, world.edge.address, world.edge.tls_port, EDGE)]
    for role, what, address, port, name in rows:
        story.line('  %-13s %-30s %-24s %s' % (role, what, '%s:%d' % (address, port), story.paint('dim', name)))


def stay(story, world):
    story.title('Everything stays up. Connect a SIP client of your own:')
    for server, name in ((world.home, 'erin'), (world.edge, 'frank')):
        story.line('  sip:%s@%s   password %s   proxy sip:%s:%d;transport=tcp (or udp)'
                   % (name, server.domain, server.password, server.address, server.phone_port))
    story.line('  Any user name will do; all have the same password. Write to sip:alice@%s or sip:bob@%s.'
               % (HOME, PARTNER))
    if world.hanse:
        story.line('  Look into the router:  %s --socket %s status' % (hanse.program('hansectl'), world.hanse.socket))
    story.line('  Ctrl-C ends it.')
    try:
        while True:
            world.reactor.turn(1)
            conversations.be_polite(world)
    except KeyboardInterrupt:
        story.line()


def main():
    parser = argparse.ArgumentParser(prog='./dev demo', description='Real servers, real phones, Hanse between them.')
    parser.add_argument('--stay', action='store_true', help='keep it up and say how to connect a SIP client')
    parser.add_argument('--direct', action='store_true', help='without Hanse: prove servers and phones themselves')
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not baresip.available():
        sys.exit('baresip is not installed: ./dev setup installs it')
    if not options.direct and not hanse.built():
        sys.exit('%s is not there: ./dev build makes it' % hanse.program('hanse'))
    story = Story()
    began = time.monotonic()
    try:
        with Lab('demo') as lab:
            world = World(lab, with_router=not options.direct).start()
            introduce(story, world)
            world.move_in()
            conversations.play(story, world)
            if world.neighbours:
                world.neighbours.talk(story)
                refusals.play(story, world)
                world.neighbours.clear(story)
            story.line()
            story.good('All of it happened, in %.1f s.' % (time.monotonic() - began))
            if options.stay:
                stay(story, world)
    except (Late, NotReady, conversations.Wrong) as problem:
        story.bad(str(problem))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
