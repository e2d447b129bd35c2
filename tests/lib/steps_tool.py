"""Steps of a scenario in which hansectl runs while the others play: probe and check open connections to them."""
import socket
import subprocess
import time

import wire
from cast import Failure
from hanse import program
from steps import step
from steps_node import said


@step(r'meanwhile hansectl (.*)')
def begin(play, lines, arguments):
    """meanwhile hansectl ARGUMENTS   begins it; `the answer comes with STATUS` waits for it"""
    command = [program('hansectl'), '--socket', play.cast.hanse.socket, *arguments.split()]
    play.asked = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
    play.asked_at = time.monotonic()
    play.undo.append(play.asked.kill)


@step(r'the answer comes with (\d+)(?: within ([\d.]+) s)?')
def ended(play, lines, status, seconds):
    """the answer comes with STATUS [within N s]   the one that began meanwhile; below it: says TEXT, as for hansectl"""
    try:
        play.cast.reactor.until(lambda: play.asked.poll() is not None, float(seconds or 20), 'the end of hansectl')
    except wire.Late:
        raise Failure('hansectl goes on') from None
    text = play.asked.stdout.read()
    play.asked.stdout.close()
    play.note('hansectl: status %d after %.2f s\n%s' % (play.asked.returncode, time.monotonic() - play.asked_at, text))
    if play.asked.returncode != int(status):
        raise Failure('hansectl ended with %d:\n%s' % (play.asked.returncode, text))
    for line in lines:
        said(line, text)


@step(r'(\w+) believes only (another authority|nobody in particular)')
def believes(play, lines, role, whom):
    """NAME believes only another authority | nobody in particular   of those who dial it: refuses our certificate, or does
       not ask for one"""
    cast, endpoint = play.cast, play.cast.endpoint(role)
    certificate = cast.certificate(role, cast.partners, 'with certificate dns:' + endpoint.host)
    endpoint.accept_context = wire.server_context(cast.lab.authority('stranger').pem, certificate,
                                                  whom == 'another authority')
    endpoint.deafen()
    endpoint.listen()
    cast.disguised.add(role)


@step(r'(\w+) speaks no TLS')
def plain(play, lines, role):
    """NAME speaks no TLS   to those who dial it"""
    endpoint = play.cast.endpoint(role)
    endpoint.accept_context = None
    endpoint.deafen()
    endpoint.listen()
    play.cast.disguised.add(role)


@step(r'(\w+) takes no connections')
def crowded(play, lines, role):
    """NAME takes no connections   refuses none either: who dials it waits in vain, as behind a firewall that drops"""
    endpoint = play.cast.endpoint(role)
    endpoint.deafen()
    full = socket.socket(socket.AF_INET)
    full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    full.bind((endpoint.address, endpoint.port))
    full.listen(0)
    fill = []
    for _ in range(4):  # a queue of one; what waits longer is not answered any more
        one = socket.socket(socket.AF_INET)
        one.setblocking(False)
        one.connect_ex((endpoint.address, endpoint.port))
        fill.append(one)
    play.undo.extend(one.close for one in [*fill, full])
