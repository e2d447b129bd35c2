"""Steps of a scenario that concern the router itself: configuration, reload, restart, control, counters, log."""
import json
import os
import re
import shlex
import shutil
import signal
import time

import checks
import wire
from cast import Failure, settings_of
from hanse import SOURCE, build_folder
from name_server import UNBOUND, MovingNameServer
from process import NotReady, wait_for
from steps import DEFAULT_WAIT, step


def locate(config, path):
    """(container, key) of a path like limits.headers, modules[domains].block, partners[a.example].edge."""
    parts = re.findall(r'(\w+)(?:\[([^\]]+)\])?', path)
    where = config
    for index, (key, chosen) in enumerate(parts):
        last = index == len(parts) - 1
        if not chosen:
            if last:
                return where, key
            where = where.setdefault(key, {})
            continue
        entries = where.setdefault(key, [])
        names = [entry.get('name') or entry.get('domain') or entry.get('side') for entry in entries]
        if chosen not in names:
            raise Failure('%s has no entry %s' % (key, chosen))
        if last:
            return entries, names.index(chosen)
        where = entries[names.index(chosen)]
    raise Failure('what is "%s"?' % path)


@step(r'config partner (\S+) at (\S+?)(?: (.+=.+))?')
def config_partner(play, lines, domain, host, settings):
    """config partner DOMAIN at HOST [key=value …]   a direct partner with a scripted edge, role: its first label"""
    play.cast.add_partner(domain, host, settings_of(settings or ''))
    play.config_changed = True


@step(r'config names from a name server')
def config_name_server(play, lines):
    """config names from a name server   unbound, with all names and SRV records of the file; before the first scenario"""
    if not os.access(UNBOUND, os.X_OK):
        raise play.Skip('unbound is not installed')
    play.cast.hanse.name_server = MovingNameServer(play.cast.lab)


@step(r'the name server (fails|answers again) for (\S+)')
def name_server_fails(play, lines, what, domain):
    """the name server fails | answers again for DOMAIN   as of the next reload; with `config names from a name server`"""
    server = play.cast.hanse.name_server
    play.undo.append(lambda: server.refused.discard(domain))
    (server.refused.add if what == 'fails' else server.refused.discard)(domain)
    play.config_changed = True


@step(r'config edge (\S+) at (\S+)')
def config_edge(play, lines, domain, host):
    """config edge DOMAIN at HOST   a scripted edge that no entry names, role: the first label of the domain"""
    play.cast.add_edge(domain, host)
    play.config_changed = True


@step(r'config module (\S+)(?: (.+=.+))?')
def config_module(play, lines, name, settings):
    """config module NAME [key=value …]   one more module"""
    play.cast.hanse.config['modules'].append(dict(settings_of(settings or ''), name=name))
    play.config_changed = True


@step(r'srv (\S+) -> (\S+)(?: rank (\d+ \d+))?')
def srv(play, lines, domain, host, rank):
    """srv DOMAIN -> HOST [rank PRIORITY WEIGHT]   one more record of its federation service; HOST may be "." """
    play.cast.lead(domain, host, rank or '0 0')
    play.config_changed = True


@step(r'srv of (\S+) is gone')
def srv_gone(play, lines, domain):
    """srv of DOMAIN is gone"""
    play.cast.hanse.hosts.pop('_sipfederationtls._tcp.' + domain)
    play.config_changed = True


@step(r'config home (\S+)')
def config_home(play, lines, domain):
    """config home DOMAIN   one more home domain at the same server"""
    homes = play.cast.hanse.config['home']
    homes.append(dict(homes[0], domain=domain))
    play.config_changed = True


@step(r'config (without )?(block|allow)(?: (\S.*))?')
def config_domains(play, lines, without, which, domains):
    """config block DOMAIN …, config allow DOMAIN …, config without block   the lists of the domain policy"""
    container, index = locate(play.cast.hanse.config, 'modules[domains]')
    if without:
        container[index].pop(which, None)
    else:
        container[index][which] = (domains or '').split()
    play.config_changed = True


@step(r'config policy (\w+)((?: (?:admit|routed|answer))*)(?: = (.+))?')
def config_policy(play, lines, name, stages, settings):
    """config policy NAME [admit] [routed] [answer] [= JSON]   loads it with these settings, for these stages of policy"""
    config = play.cast.hanse.config
    config['modules'].append(dict(json.loads(settings or '{}'), name=name))
    for stage in stages.split():
        config['policy'][stage].append(name)
    play.config_changed = True


@step(r'config without (\S+)')
def config_delete(play, lines, path):
    """config without PATH   e.g. partners[fabrikam.example]"""
    container, key = locate(play.cast.hanse.config, path)
    del container[key]
    play.config_changed = True


@step(r'config (?!partner |edge |module |policy |names |home |listen |lists |block|allow|without )(\S+) = (.+)')
def config_set(play, lines, path, value):
    """config PATH = JSON   e.g. limits.headers = "32k", modules[sip].timer_c = "200s" """
    container, key = locate(play.cast.hanse.config, path)
    container[key] = json.loads(value)
    play.config_changed = True


@step(r'config is broken by (".*")')
def config_break(play, lines, text):
    """config is broken by "TEXT"   appends it to the file as it stands (undone by the next `hanse reloads`)"""
    play.cast.hanse.write()
    with open(play.cast.hanse.config_path, 'a') as file:
        file.write('\n' + checks.quoted(text) + '\n')
    play.config_changed = True


@step(r'config is written')
def config_write(play, lines):
    """config is written   to its file, without a reload"""
    play.cast.hanse.write()
    play.config_changed = True


@step(r'hanse reloads')
def reload(play, lines):
    """hanse reloads   writes the configuration and expects `hansectl reload` to succeed"""
    play.cast.hanse.write()
    status, text = play.cast.hanse.ctl('reload')
    if status != 0:
        raise Failure('reload failed with status %d: %s' % (status, text))


@step(r'hanse refuses to reload(?: and says (".*"))?')
def reload_refused(play, lines, wanted):
    """hanse refuses to reload [and says "TEXT"]   with the files as they are (nothing is written first)"""
    status, text = play.cast.hanse.ctl('reload')
    if status == 0:
        raise Failure('the reload was accepted: ' + text)
    if wanted and checks.quoted(wanted) not in text:
        raise Failure('the refusal says %r, not %s' % (text, wanted))


@step(r'hanse is killed')
def killed(play, lines):
    """hanse is killed   kill -9"""
    play.cast.hanse.child.kill()
    play.cast.reactor.idle(0.05)  # whoever was connected notices


@step(r'hanse starts')
def starts(play, lines):
    """hanse starts   again, and answers"""
    play.cast.hanse.start()


@step(r'hanse is asked to stop')
def asked_to_stop(play, lines):
    """hanse is asked to stop   SIGTERM; `hanse ends …` waits for it"""
    play.stopping = True
    play.cast.hanse.child.signal(signal.SIGTERM)


@step(r'hanse ends with status (\d+)(?: within ([\d.]+) s)?')
def ends(play, lines, status, seconds):
    """hanse ends with status N [within N s]   after `hanse is asked to stop` or `hansectl stop`"""
    try:
        play.cast.reactor.until(lambda: not play.cast.hanse.child.alive, float(seconds or 40), 'the end')
    except wire.Late:
        raise Failure('it goes on') from None
    got = play.cast.hanse.child.status
    if got != int(status):
        raise Failure('it ended with status %s' % got)


@step(r'plugin (\S+) is rebuilt')
def rebuilt(play, lines, name):
    """plugin NAME is rebuilt   other bytes under the same name"""
    play.cast.hanse.rebuild(name)
    play.modules_changed = True


@step(r'plugin (\S+) is replaced by (\S+)')
def replaced(play, lines, name, other):
    """plugin NAME is replaced by PATH   a module below the build folder (tests/bad/….so), or `garbage`, or `nothing`"""
    target = os.path.join(play.cast.hanse.modules, name + '.so')
    play.modules_changed = True
    if other == 'nothing':
        os.unlink(target)
        return
    if other == 'garbage':
        with open(target + '.new', 'wb') as file:
            file.write(b'this is no shared object\n')
    else:
        shutil.copy(os.path.join(build_folder(), other), target + '.new')
    os.chmod(target + '.new', 0o755)
    os.replace(target + '.new', target)


@step(r'plugin (\S+) is restored')
def restored(play, lines, name):
    """plugin NAME is restored   to what was built"""
    target = os.path.join(play.cast.hanse.modules, name + '.so')
    shutil.copy(os.path.join(build_folder(), 'modules', name + '.so'), target + '.new')
    os.replace(target + '.new', target)


@step(r'certificate (edge|inside) is renewed')
def renewed(play, lines, which):
    """certificate edge | inside is renewed   same names, another key, under the same file name"""
    cast = play.cast
    authority = cast.partners if which == 'edge' else cast.corporate
    name = cast.hanse.config['node'] if which == 'edge' else cast.hanse.config['listen'][0]['name']
    cast.hanse.install(which, authority.issue('renewed', [name], serial=play.next_number()))


@step(r'counter (\S+) rose(?: by (\d+))?')
def counter_rose(play, lines, name, wanted):
    """counter NAME rose [by N]   since the scenario began; NAME may be the end of a longer one"""
    def value(counters):
        return sum(count for key, count in counters.items()
                   if isinstance(count, (int, float)) and (key == name or key.endswith('.' + name)))

    def rise():
        return value(play.cast.hanse.counters()) - value(play.counters)
    enough = int(wanted or 1)
    try:
        wait_for(lambda: rise() >= enough, 2, 'counter ' + name)
    except NotReady:
        raise Failure('counter %s rose by %d' % (name, rise())) from None
    if wanted and rise() != enough:
        raise Failure('counter %s rose by %d, not %d' % (name, rise(), enough))


@step(r'hansectl (.*?)(?: ends with (\d+))?(?: within ([\d.]+) s)?')
def control(play, lines, arguments, status, seconds):
    """hansectl ARGUMENTS [ends with STATUS] [within N s]   below it: says TEXT, says not TEXT, says /REGULAR EXPRESSION/"""
    play.stopping = play.stopping or arguments.startswith('stop')
    until = time.monotonic() + float(seconds or 0)
    while True:
        try:
            return ask_control(play, lines, arguments, status)
        except Failure:
            if time.monotonic() > until:
                raise
        play.cast.reactor.idle(0.05)


def ask_control(play, lines, arguments, status):
    got, text = play.cast.hanse.ctl(*shlex.split(arguments))
    play.note('hansectl %s: status %d' % (arguments, got))
    if got != int(status or 0):
        raise Failure('hansectl %s ended with %d:\n%s' % (arguments, got, text))
    for line in lines:
        said(line, text)


def said(line, text):
    found = re.fullmatch(r'says (not )?(?:/(.*)/|(.*))', line)
    if not found:
        raise Failure('no such check: ' + line)
    negative, expression, plain = found.groups()
    there = re.search(expression, text, re.MULTILINE) if expression else checks.quoted(plain) in text
    if bool(there) == bool(negative):
        raise Failure('it %s %s:\n%s' % ('says' if negative else 'does not say', expression or plain, text))


@step(r'the refusal of (\w+) is on record')
def decision(play, lines, role):
    """the refusal of NAME is on record   under the word in the Warning of its last answer, in the log as well; below it:
       what hansectl says of it, as above"""
    answer = play.talks.named(None).answers.get(role)
    word = re.search(r'decision=([0-9a-z]{8})"', answer.get('Warning') or '') if answer else None
    if not word:
        raise Failure('there is no word in the answer')
    log_says.function(play, [], 'message.(?:refused|failed) .*decision=%s\\b' % word.group(1), None, None)
    control.function(play, lines, 'decision ' + word.group(1), None, None)


@step(r'the log says (?:/(.*)/|(".*"))(?: within ([\d.]+) s)?')
def log_says(play, lines, expression, plain, seconds):
    """the log says "TEXT" | /REGULAR EXPRESSION/ [within N s]   since the scenario began"""
    wanted = expression or re.escape(checks.quoted(plain))
    try:
        wait_for(lambda: re.search(wanted, play.log()), float(seconds or DEFAULT_WAIT), 'log')
    except NotReady:
        raise Failure('the log does not say ' + (expression or plain)) from None


@step(r'the log never says (".*")')
def log_never_says(play, lines, plain):
    """the log never says "TEXT"   since the scenario began"""
    if checks.quoted(plain) in play.log():
        raise Failure('the log says ' + plain)


@step(r'hanse still runs')
def still_runs(play, lines):
    """hanse still runs   the same process, and it answers"""
    if not play.cast.hanse.child.alive or play.cast.hanse.ctl('status')[0] != 0:
        raise Failure('it does not')


@step(r'only with plugin (\S+)')
def only_with(play, lines, path):
    """only with plugin PATH   skips the scenario when this module below the build folder was not built"""
    if not os.path.exists(os.path.join(build_folder(), path)):
        raise play.Skip('%s was not built' % path)


@step(r'only with data (\S+)')
def only_with_data(play, lines, path):
    """only with data PATH   skips the scenario when the test data is not there"""
    if not os.path.exists(play.data(path)):
        raise play.Skip('%s is not there' % path)


def data_folder():
    return os.environ.get('HANSE_TEST_DATA') or os.path.join(os.path.dirname(SOURCE), 'shared', 'data')
