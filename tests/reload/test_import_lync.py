#!/usr/bin/python3
"""`hansectl import lync`: what Get-Cs… | Export-Clixml wrote becomes a configuration that the router accepts and follows,
and nothing is left out silently (L3); hostile files are refused (L4).

    test_import_lync.py [NAME…]      only these"""
import json
import os
import subprocess
import sys
import time

from trial import HERE, HOME, PARTNER, Trial, Wrong, hanse, lacks, main, response

DATA = os.path.join(HERE, '..', 'data', 'lync')
NAMESPACE = 'http://schemas.microsoft.com/powershell/2004/04'
TYPES = {'CsAccessEdgeConfiguration': 'Settings.Edge.DisplayAccessEdgeConfiguration',
         'CsAllowedDomain': 'Settings.Edge.AllowedDomain', 'CsBlockedDomain': 'Settings.Edge.BlockedDomain',
         'CsHostingProvider': 'Settings.Edge.DisplayHostingProvider',
         'CsPublicProvider': 'Settings.Edge.DisplayPublicProvider',
         'CsExternalAccessPolicy': 'Policy.ExternalAccess.ExternalAccessPolicy',
         'CsXmppAllowedPartner': 'Settings.XmppFederation.XmppAllowedPartner',
         'CsXmppGatewayConfiguration': 'Settings.XmppFederation.XmppGatewaySettings',
         'CsImFilterConfiguration': 'Settings.ImFilter.ImFilterConfiguration',
         'CsFileTransferFilterConfiguration': 'Settings.FileTransferFilter.FileTransferFilterConfiguration',
         'CsArchivingConfiguration': 'Settings.Archiving.ArchivingSettings',
         'CsProxyConfiguration': 'Settings.SipProxy.ProxySettings',
         'CsDiagnosticHeaderConfiguration': 'Settings.Diagnostics.DiagnosticHeaderSettings',
         'CsUserServicesConfiguration': 'Settings.UserServices.UserServicesSettings',
         'CsPresencePolicy': 'Policy.Presence.PresencePolicy'}


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def samples():
    return [os.path.join(DATA, name) for name in sorted(os.listdir(DATA)) if name.endswith('.xml') and 'utf16' not in name]


def objs(inner):
    return '<Objs Version="1.1.0.1" xmlns="%s">%s</Objs>' % (NAMESPACE, inner)


def obj(cmdlet, inner):
    return '<Obj RefId="0"><TN RefId="0"><T>Microsoft.Rtc.Management.WritableConfig.%s</T><T>System.Object</T></TN>' \
        '<ToString>it</ToString><Props>%s</Props></Obj>' % (TYPES[cmdlet], inner)


class ImportLync(Trial):
    def prepare(self):
        self.result = os.path.join(self.hanse.folder, 'conf.d', 'lync.conf')
        self.odd = os.path.join(self.hanse.folder, 'odd.xml')

    def command(self, *words):
        done = subprocess.run([hanse.program('hansectl'), '--config', self.hanse.config_path, 'import', 'lync', *words],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def of(self, text):
        """What is made of a file that holds this."""
        with open(self.odd, 'wb') as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.command(self.odd)

    def readable(self, text):
        """A configuration, as far as its form goes: it is read among the others."""
        os.makedirs(os.path.dirname(self.result), exist_ok=True)
        with open(self.result, 'w', encoding='utf-8') as file:
            file.write(text)
        done = subprocess.run([hanse.program('hansectl'), '--config', self.hanse.config_path, 'partner', 'list'],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.clean()
        expect(done.returncode == 0, '%s%s' % (done.stderr, text))

    def archive_here(self):
        """The archive of what was kept lies in the trial's folder, not in that of a service."""
        with open(self.result, encoding='utf-8') as file:
            text = file.read()
        where = 'file = "/var/lib/hanse/archive.jsonl"'
        expect(text.count(where) == 1, text)
        with open(self.result, 'w', encoding='utf-8') as file:
            file.write(text.replace(where, 'file = "%s"' % os.path.join(self.hanse.folder, 'archive.jsonl')))

    def clean(self):
        if os.path.exists(self.result):
            os.unlink(self.result)

    # ---- tests ----

    def followed(self):
        """The samples, kept, judged, and followed by the running router."""
        status, text = self.command(*samples(), '--write')
        expect(status == 1 and not lacks(text, [PARTNER, 'hanse.conf:', 'lync.conf:']), 'a partner stands twice: %s' % text)
        config = self.hanse.changed(lambda config: config['partners'].clear())
        self.hanse.write(config)
        status, text = self.command(*samples(), '--write')
        expect(status == 0 and 'written' in text, 'it ended with %d:\n%s' % (status, text))
        self.archive_here()
        self.reload_well(config)
        status, text = self.hanse.check()
        expect(status == 0, text)

        def says(sender, receiver, *phrases):
            found = self.hanse.ctl('explain', sender, receiver)[1]
            expect(not lacks(found, phrases), '%s to %s:\n%s' % (sender, receiver, found))
        says('alice@' + HOME, 'x@spam.example', 'blocked', 'lync.conf')
        says('alice@' + HOME, 'bob@fabrikam.example', 'sip.fabrikam.example', 'lync.conf')
        says('alice@' + HOME, 'bob@it.litware.example', 'enhanced')
        says('carl@' + HOME, 'bob@fabrikam.example', 'user-federation')
        says('alice@' + HOME, 'x@xn--sder-5qa.example', 'edge.xn--sder-5qa.example')
        says('x@nobody.example', 'alice@' + HOME, '_sipfederationtls._tcp.nobody.example')
        says('alice@' + HOME, 'x@nobody.example', '_sipfederationtls._tcp.nobody.example')
        expect(not lacks(self.hanse.ctl('modules')[1], ['lync-filter', 'lync-verification', 'lync-disclaimer', 'lync-limits', 'lync-archive', 'hosting', 'public']),
               self.hanse.ctl('modules')[1])
        status, text = self.command(*samples(), '--write')
        expect(status == 1 and 'there already' in text, 'an import over another: %s' % text)
        self.clean()
        status, text = self.command(*samples(), '--write', '--json')
        expect(status == 0 and 'written' in json.loads(text)['text'], text)
        self.clean()
        for form in ('--json', '--markdown'):
            status, text = self.command(*samples(), form)
            expect(status == 2 and 'printed as it is' in text, text)

    def refused(self):
        """What the router would not take is not kept: here the partner that hanse.conf has."""
        config = self.hanse.changed(lambda config: None)
        self.reload_well(config)
        status, text = self.of(objs(obj('CsAllowedDomain', '<S N="Domain">%s</S>' % HOME)))
        expect(status == 0, text)
        status, text = self.command(self.odd, '--write')
        expect(status == 1 and not lacks(text, ['lync.conf:', 'hanse.conf:', 'nothing was changed']), text)
        expect(not os.path.exists(self.result), 'it was kept')

    def encodings(self):
        """UTF-16 with its mark, as Windows PowerShell writes it, and UTF-8 with one say the same."""
        plain = self.command(os.path.join(DATA, 'allowed-domains.xml'))[1]
        wide = self.command(os.path.join(DATA, 'allowed-domains-utf16.xml'))[1]
        with open(os.path.join(DATA, 'allowed-domains.xml'), 'rb') as file:
            marked = self.of(b'\xef\xbb\xbf' + file.read())[1]
        expect('söder.example' in plain and 'second & \\"last\\"' in plain, plain)
        for other in (wide, marked):
            expect(plain.split('\n', 1)[1] == other.split('\n', 1)[1], 'another result:\n' + other)

    def nothing_lost(self):
        """Each parameter that Lync has is known, and what nobody knows is said."""
        known = 0
        with open(os.path.join(DATA, 'parameters.txt')) as file:
            for line in file:
                cmdlet, colon, names = line.partition(':')
                if line.startswith('#') or not colon:
                    continue
                for name in names.split():
                    status, text = self.of(objs(obj(cmdlet, '<S N="%s">True</S>' % name)))
                    expect(status == 0 and 'unknown here' not in text, '%s %s: %s' % (cmdlet, name, text))
                    self.readable(text)
                    status, text = self.of(objs(obj(cmdlet, '<S N="%s">"; }</S>' % name)))
                    expect(status == 0, '%s %s: %s' % (cmdlet, name, text))
                    self.readable(text)
                    known += 1
        for cmdlet in TYPES:
            status, text = self.of(objs(obj(cmdlet, '<S N="Identity">Global</S><S N="Domain">a.example</S>'
                                                    '<S N="Brandnew">seven</S><Nil N="Empty" /><B N="Off">false</B>')))
            expect(status == 0 and 'Brandnew = seven: unknown here' in text, '%s: %s' % (cmdlet, text))
            expect('Empty' not in text and 'Off = false: unknown here' in text, text)
        text = self.of(objs(obj('CsAllowedDomain', '').replace('AllowedDomain', 'Teapot')))[1]
        expect('Teapot' in text and 'nothing was made of it' in text, text)
        text = self.of(objs(obj('CsXmppGatewayConfiguration', '<S N="DialbackPassphrase">hunter2</S>')))[1]
        expect('hunter2' not in text, 'a secret is shown')
        text = self.of(objs(obj('CsXmppAllowedPartner', '<S N="Domain">jabber.example</S>')))[1]
        expect('Domain = jabber.example: there is no XMPP' in text, text)
        print('        %d parameters are known' % known)

    def differences(self):
        """Each value that is not Lync's default, and was not taken, is said; what is its default is not."""
        edge, proxy, provider = 'CsAccessEdgeConfiguration', 'CsProxyConfiguration', 'CsPublicProvider'
        skype = '<S N="Identity">Skype</S><S N="ProxyFqdn">federation.messenger.msn.com</S>'
        for cmdlet, more, name, usual, other in (
                (edge, '', 'EnableDiscoveredPartnerContactsLimit', 'True', 'False'),
                (edge, '', 'MaxContactsPerDiscoveredPartner', '1000', '10'),
                (edge, '', 'DiscoveredPartnerStandardRate', '20', '30'),
                (edge, '', 'DiscoveredPartnerReportPeriodMinutes', '60', '15'),
                (edge, '', 'DiscoveredPartnerVerificationLevel', 'UseSourceVerification', 'AlwaysVerifiable'),
                (edge, '', 'DefaultRouteFqdn', '', 'sip.route.example'),
                (edge, '', 'VerificationLevel', '', 'AlwaysVerifiable'),
                (edge, '', 'KeepCrlsUpToDateForPeers', '', 'False'),
                (edge, '', 'MaxAcceptedCertificatesStored', '1000', '999'),
                (proxy, '', 'LoadBalanceEdgeServers', 'True', 'False'),
                (proxy, '', 'MaxServerCompressionCount', '1024', '0'),
                ('CsImFilterConfiguration', '', 'IgnoreLocal', 'True', 'False'),
                ('CsXmppAllowedPartner', '', 'EnableKeepAlive', 'True', 'False'),
                ('CsArchivingConfiguration', '', 'ArchiveDuplicateMessages', 'True', 'False'),
                ('CsUserServicesConfiguration', '', 'MaxContacts', '250', '300'),
                ('CsPresencePolicy', '', 'MaxPromptedSubscriber', '200', '600'),
                (provider, skype, 'NameDecorationDomain', 'msn.com', 'other.example'),
                (provider, skype, 'NameDecorationRoutingDomain', 'msn.com', 'other.example'),
                (provider, skype, 'NameDecorationExcludedDomainList', 'msn.com,outlook.com,live.com,hotmail.com', 'msn.com')):
            for value in (usual, other):
                text = self.of(objs(obj(cmdlet, more + '<S N="%s">%s</S>' % (name, value))))[1].replace('\n# ', ' ')
                expect(('%s = %s: ' % (name, value) in text) == (value == other), '%s = %s:\n%s' % (name, value, text))
        for files, links, phrase in (('true', 'false', 'BlockFileExtension = False: links'), ('false', 'true', 'The file filter is off'),
                                     ('true', 'true', None), ('false', 'false', None)):
            text = self.of(objs(obj('CsFileTransferFilterConfiguration', '<B N="Enabled">%s</B>' % files) + obj(
                'CsImFilterConfiguration', '<B N="BlockFileExtension">%s</B>' % links)))[1]
            expect(phrase in text if phrase else 'without counterpart' not in text, text)
        text = self.of(objs(obj(proxy, '<S N="Identity">Global</S>') + obj(proxy, '<S N="Identity">Site:x</S>')))[1]
        expect('CsProxyConfiguration of sites: only the global one' in text, text)

    def decisions(self):
        """Switches, modes and levels, one by one."""
        def edge(inner, *phrases, without=()):
            text = self.of(objs(obj('CsAccessEdgeConfiguration', inner)))[1].replace('\n# ', ' ')
            body = text.split('\npartners = (')[1]
            expect(not lacks(body, phrases), '%s gives:\n%s' % (inner, text))
            expect(not [phrase for phrase in without if phrase in body], '%s gives:\n%s' % (inner, text))
            return text
        edge('<B N="AllowFederatedUsers">false</B>', 'federation = false')
        edge('<B N="AllowFederatedUsers">true</B>', 'federation = true', without=['"discovered"', 'default ='])
        edge('<B N="EnablePartnerDiscovery">true</B>', '"discovered"', '"lync-limits"')
        edge('<B N="EnablePartnerDiscovery">true</B><B N="EnableDiscoveredPartnerContactsLimit">false</B><U32 N="Discovered'
             'PartnerStandardRate">30</U32><U32 N="DiscoveredPartnerReportPeriodMinutes">15</U32>',
             'rate = "30/s"; limit_addresses = false; report_period = "15m";')
        edge('<B N="UseDefaultRouting">true</B><S N="DefaultRouteFqdn">sip.route.example</S><B N="EnablePartnerDiscovery">'
             'true</B><S N="VerificationLevel">AlwaysUnverifiable</S>', '{ name = "clearing"; edge = "sip.route.example"; }',
             'level = "AlwaysUnverifiable"', without=['"discovered"'])
        edge('<B N="MarkSourceVerifiableOnOutgoingMessages">false</B>', 'mark_outgoing = false')
        edge('<I32 N="OutgoingTlsCountForFederatedPartners">2</I32>', 'links_per_partner = 2')
        for odd in ('0', '5', '4294967298', '2x', '"', 'True'):
            text = edge('<S N="OutgoingTlsCountForFederatedPartners">%s</S>' % odd, without=['links_per_partner ='])
            expect('= %s: is no number from 1 to 4' % odd in text, text)
        self.hanse.write(self.hanse.changed(lambda config: (config['modules'].pop(1), config['partners'].clear())))
        text = self.of(objs(obj('CsAccessEdgeConfiguration', '<B N="BeClearingHouse">true</B>') + obj(
            'CsAllowedDomain', '<S N="Domain">a.example</S><S N="ProxyFqdn">sip.a.example</S>')))[1]
        expect('be_clearing_house = true' in text and 'member = true' in text, text)
        status, said = self.command(self.odd, '--write')
        expect(status == 0, said)
        self.clean()
        text = self.of(objs(obj('CsDiagnosticHeaderConfiguration', '<B N="SendToExternalNetworks">true</B>')))[1]
        expect('diagnostics = "public"' in text and text.count('"lync-border"') == 4, text)
        for size, wanted in ((1000, ['message = "1064k"']), (20000, ['"20064k"', 'queue_bytes', 'link_output'])):
            self.of(objs(obj('CsProxyConfiguration', '<U32 N="MaxServerMessageBodySizeKb">%d</U32>' % size)))
            status, text = self.command(self.odd, '--write')
            with open(self.result, encoding='utf-8') as file:
                expect(status == 0 and not lacks(file.read(), wanted), text)
            self.clean()
        text = self.of(objs(obj('CsPublicProvider', '<S N="Identity">chat</S><S N="ProxyFqdn">sip.chat.example</S><B N="Enabled">'
                                'true</B><S N="NameDecorationRoutingDomain">chat.example</S><S N="NameDecorationExcludedDomainList">'
                                'chat.example,talk.example</S><S N="VerificationLevel">AlwaysUnverifiable</S>')))[1]
        expect('{ name = "chat"; edge = "sip.chat.example"; enabled = true; verification = "AlwaysUnverifiable"; domains = '
               '[ "chat.example", "talk.example" ]; decoration = "chat.example"; }' in text, text)
        status, said = self.command(self.odd, '--write')
        expect(status == 0, said)
        self.clean()
        text = self.of(objs(obj('CsHostingProvider', '<S N="ProxyFqdn">a.example</S><B N="IsLocal">true</B>')))[1]
        expect('it is your own' in text and 'providers' not in text.split('\npartners = (')[1], text)
        for links, action, on, wanted in (('Warn', 'Block', 'true', ('"warn"', '"listed"')),
                                          ('Block', 'BlockAll', 'true', ('"block"', '"all"')),
                                          ('Allow', 'Block', 'false', ('"off"', '"off"'))):
            text = self.of(objs(''.join(obj(name, '<S N="Action">%s</S><B N="Enabled">%s</B>' % (how, on)) for name, how in
                                        (('CsImFilterConfiguration', links), ('CsFileTransferFilterConfiguration', action))
                                        )))[1]
            expect('links = %s;' % wanted[0] in text and 'files = %s;' % wanted[1] in text, text)

    def bounds(self):
        """A body of exactly the size that Lync takes passes; MaxKeepAliveInterval is after how long a silence one tests."""
        size = 5000
        self.of(objs(obj('CsProxyConfiguration', '<U32 N="MaxServerMessageBodySizeKb">%d</U32><TS N="MaxKeepAliveInterval">PT20M</TS>'
                         % size)))
        status, text = self.command(self.odd, '--write')
        expect(status == 0, text)
        with open(self.result, encoding='utf-8') as file:
            text = file.read()
        expect(not lacks(text, ['message = "5064k"', 'keepalive = "20m"']) and 'idle' not in text, text)
        self.reload_well(self.hanse.changed(lambda config: None))
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        sent = self.message('x' * (size << 10))
        arrival = partner.take_request('MESSAGE', 8, sent.call_id)
        expect(len(arrival.message.body) == size << 10, '%d octets came' % len(arrival.message.body))
        partner.send(response(arrival.message, 200, tag='p'), arrival.link)
        home.take_answer(sent, seconds=8)
        self.empty()
        self.clean()
        self.hanse.write(self.hanse.changed(lambda config: config.update(limits={'headers': '100k', 'keepalive': '30s'})))
        text = self.of(objs(obj('CsProxyConfiguration', '<U32 N="MaxServerMessageBodySizeKb">5000</U32><TS N="MaxKeepAlive'
                                'Interval">PT20M</TS>')))[1]
        expect(not lacks(text, ['message = "5100k"', 'queue_bytes = "10200k"', 'see limits.keepalive']) and 'keepalive =' not in
               text, text)
        self.hanse.write(self.hanse.changed(lambda config: None))
        for interval, wanted in (('PT90S', '\n  keepalive = "90s";'), ('PT1M30S', '\n  keepalive = "90s";'), ('PT5M', '"5m"'),
                                 ('PT0H5M0S', '"5m"'), ('PT21M', '= PT21M: is none of'), ('PT4S', 'none of'), ('20', 'none of'),
                                 ('PT', 'none of'), ('PT1M1H', 'none of'), ('PT99999999999999999999S', 'none of')):
            text = self.of(objs(obj('CsProxyConfiguration', '<TS N="MaxKeepAliveInterval">%s</TS>' % interval)))[1]
            expect(wanted in text and ('none of' in wanted) == ('none of' in text), text)
        for switch, said in (('true', False), ('false', True)):
            text = self.of(objs(obj('CsProxyConfiguration', '<B N="EnableWhiteSpaceKeepAlive">%s</B>' % switch)))[1]
            expect(('keepalive = false of the module sip' in text) == said, text)

    def levels(self):
        """Each domain, provider and discovered partner has its level, as Lync has it (R56); what says nothing is refused."""
        def rows(*objects):
            text = self.of(objs(''.join(objects)))[1]
            status, said = self.command(self.odd, '--write')
            expect(status == 0, said)
            self.clean()
            inner = text.partition('levels = (\n')[2].partition(')')[0]
            return [row.strip().strip(',') for row in inner.splitlines() if row.strip()], text.replace('\n# ', ' ')

        def allowed(name, level=None):
            return obj('CsAllowedDomain', '<S N="Domain">%s</S>' % name + (
                '<S N="VerificationLevel">%s</S>' % level if level else ''))

        def row(what, who, level, more=''):
            return '{ %s = "%s"; level = "%s";%s }' % (what, who, level, more)
        always, never, source = 'AlwaysVerifiable', 'AlwaysUnverifiable', 'UseSourceVerification'
        unmarked = 'For a partner who never says so'
        provider = '<S N="Identity">P</S><S N="ProxyFqdn">sip.p.example</S>'
        made, text = rows(allowed('a.example', source), allowed('b.example'), allowed('x.c.example', never),
                          allowed('d.x.c.example', always), allowed('c.example', source))
        expect(made == [row('domain', 'd.x.c.example', always), row('domain', 'x.c.example', never), row('domain', 'a.example', source),
                        row('domain', 'b.example', source), row('domain', 'c.example', source)] and unmarked in text, text)
        made, text = rows(allowed('a.example', always))
        expect(made == [row('domain', 'a.example', always)] and unmarked not in text, text)
        made, text = rows(allowed('a.example'), obj('CsHostingProvider', provider))
        expect(made == [row('provider', 'P', always), row('domain', 'a.example', source)], text)
        made, text = rows(obj('CsHostingProvider', provider + '<S N="VerificationLevel">%s</S>' % source))
        expect(made == [row('provider', 'P', source)] and unmarked in text, text)
        made, text = rows(obj('CsPublicProvider', provider))
        expect(not made and 'verification = "AlwaysUnverifiable"' in text, text)
        for said in ('', '<S N="DiscoveredPartnerVerificationLevel">%s</S>' % source):
            made, text = rows(obj('CsAccessEdgeConfiguration', '<B N="EnablePartnerDiscovery">true</B>' + said))
            expect(made == [row('type', 'discovered', source)] and unmarked in text, text)
        for said in ('', '<S N="VerificationLevel">%s</S>' % source):
            made, text = rows(obj('CsAccessEdgeConfiguration', '<B N="UseDefaultRouting">true</B><S N="DefaultRouteFqdn">'
                                  'sip.route.example</S>' + said))
            expect(made == [row('provider', 'sip.route.example', source, ' missing = "unverified";')] and unmarked not in text, text)
        status, text = self.command(*samples())
        expect(status == 0 and text.count('level = ') == 7 and 'missing' not in text.split('\npartners = (')[1], text)

    def archiving(self):
        """ImOnly and ImAndWebConf archive, last of all that is asked behind the route; BlockOnArchiveFailure says what a
        full disk does."""
        edge = obj('CsAccessEdgeConfiguration', ''.join('<B N="%s">%s</B>' % pair for pair in (
            ('EnablePartnerDiscovery', 'true'), ('EnableArchivingDisclaimer', 'true'))))
        rest = obj('CsDiagnosticHeaderConfiguration', '<B N="SendToExternalNetworks">true</B>') + obj(
            'CsBlockedDomain', '<S N="Domain">a.example</S>') + obj('CsExternalAccessPolicy', '<S N="Identity">Global</S>')
        for what, block, on_failure in (('ImOnly', 'true', 'deny'), ('ImAndWebConf', 'false', 'abstain'), ('imonly', None, 'abstain')):
            settings = '<S N="EnableArchiving">%s</S>' % what + ('<B N="BlockOnArchiveFailure">%s</B>' % block if block else '')
            text = self.of(objs(edge + rest + obj('CsArchivingConfiguration', settings)))[1]
            expect('{ name = "lync-archive"; plugin = "archive"; file = "/var/lib/hanse/archive.jsonl"; on_failure = "%s"; }' %
                   on_failure in text and text.count(', "lync-archive" ];') == 1, text)
            expect('  routed = [ "lync-domains", "lync-access", "lync-verification", "lync-limits", "lync-disclaimer", '
                   '"lync-border", "lync-archive" ];' in text, text)
            expect(('Meetings' in text) == (what == 'ImAndWebConf'), text)
            status, said = self.command(self.odd, '--write')
            expect(status == 0, said)
            self.clean()
        for settings, said in (('<S N="EnableArchiving">None</S><U32 N="CachePurgingInterval">24</U32>', []),
                               ('<S N="EnableArchiving">None</S><B N="BlockOnArchiveFailure">true</B>', ['asks for nothing while']),
                               ('<S N="EnableArchiving">Mails</S>', ['EnableArchiving = Mails: is none of'])):
            text = self.of(objs(obj('CsArchivingConfiguration', settings)))[1]
            expect('lync-archive' not in text and not lacks(text, said), text)
        text = self.of(objs(obj('CsArchivingConfiguration', '<U32 N="CachePurgingInterval">48</U32>')))[1]
        expect('CachePurgingInterval = 48: nothing is deleted here' in text.replace('\n# ', ' '), text)
        self.hanse.write(self.hanse.changed(lambda config: config['modules'].append(
            {'name': 'archive', 'file': os.path.join(self.hanse.folder, 'own.jsonl')})))
        text = self.of(objs(obj('CsArchivingConfiguration', '<S N="EnableArchiving">ImOnly</S>')))[1]
        expect('lync-archive' not in text and 'loaded already' in text, text)
        self.hanse.write(self.hanse.changed(lambda config: None))

    def many(self):
        """Twenty thousand users, of whom one in ten has a policy of his own, in the UTF-16 of Windows PowerShell."""
        kind = '<TN RefId="0"><T>Selected.Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser</T></TN>'
        users = ''.join('<Obj RefId="%d">%s<MS><S N="SipAddress">sip:u%d@%s</S>%s</MS></Obj>' % (
            n, kind if n == 0 else '<TNRef RefId="0" />', n, HOME,
            '<S N="ExternalAccessPolicy">Tag:own</S>' if n % 10 == 0 else '<Nil N="ExternalAccessPolicy" />')
            for n in range(20000))
        began = time.monotonic()
        status, text = self.of(b'\xff\xfe' + objs(users + obj('CsExternalAccessPolicy', '<S N="Identity">Tag:own</S>').replace(
            'RefId="0"', 'RefId="x"')).encode('utf-16-le'))
        took = time.monotonic() - began
        expect(status == 0 and text.count('policy = "own"') == 2000, '%d %s' % (status, text[:2000]))
        status, said = self.command(self.odd, '--write')
        expect(status == 0, said)
        self.clean()
        expect(took < 20, '%.1f s' % took)
        print('        20000 users took %.2f s' % took)

    def references(self):
        """Lists, dictionaries, references and member sets, as PowerShell nests them."""
        text = self.of(objs(
            '<Obj RefId="0"><TN RefId="0"><T>Deserialized.Microsoft.Rtc.X.ImFilterConfiguration#Decorated</T></TN><Props>'
            '<Obj N="Prefixes" RefId="1"><TN RefId="1"><T>List</T></TN><LST><S>one:</S><S>two_x003A_</S></LST></Obj></Props>'
            '<MS><Obj N="Action" RefId="2"><ToString>Warn</ToString><I32>1</I32></Obj></MS></Obj>'
            '<Obj RefId="3"><TNRef RefId="0" /><Props><Ref N="Prefixes" RefId="1" /></Props></Obj>'
            '<Obj RefId="4"><DCT><En><S N="Key">Domain</S><S N="Value">late.example</S></En></DCT>'
            '<TN RefId="5"><T>X.BlockedDomain</T></TN></Obj>'
            '<foreign xmlns="urn:x"><Obj><S>no</S></Obj></foreign>'))[1]
        expect(not lacks(text, ['prefixes = [ "one:", "two:" ]', 'links = "warn"', 'Filters of sites', '"late.example"']), text)

    def hostile(self):
        """L4: a line and a sentence, at once, whatever the file is."""
        laughs = '<!DOCTYPE x [<!ENTITY a "ha">%s]>' % ''.join(
            '<!ENTITY %s "%s">' % (chr(98 + n), '&%s;' % chr(97 + n) * 10) for n in range(9))
        deep = objs('<Obj><Props>' * 5000 + '</Props></Obj>' * 5000)
        cases = [(laughs + objs('<S>&j;</S>'), 'DOCTYPE'), ('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + objs(''), 'DOCTYPE'),
                 (deep, 'within each other'), (objs('')[:-4], 'line 1'), ('', 'no element'), ('domain,edge\na.example,', 'line 1'),
                 ('<Objs xmlns="urn:x"/>', 'not what Export-Clixml writes'), (b'\xff\xfeO\0b', 'line 1'), (b'\0' * 100, 'line'),
                 (objs('<S>&nope;</S>'), 'line 1'), (objs('<S>%s</S>' % ('x' * (2 << 20))), 'octets'),
                 (objs('<Obj><LST>%s</LST></Obj>' % ('<S>x</S>' * 1100000)), 'values'), (b'x' * (65 << 20), 'octets')]
        began = time.monotonic()
        for text, wanted in cases:
            status, said = self.of(text)
            expect(status == 1 and wanted in said and 'odd.xml: ' in said, 'status %d: %s' % (status, said[:300]))
        chain = objs('<Obj RefId="0"><LST><S>x</S></LST></Obj>' + ''.join(
            '<Obj RefId="%d"><LST>%s</LST></Obj>' % (n + 1, '<Ref RefId="%d" />' % n * 10) for n in range(20000)))
        status, said = self.of(chain)
        expect(status == 0, 'references to references: %d %s' % (status, said[:300]))
        took = time.monotonic() - began
        expect(took < 20, '%.1f s' % took)
        print('        %d hostile files took %.1f s' % (len(cases) + 1, took))
        expect(self.command('/nonexistent.xml')[0] == 5 and self.command()[0] == 2, 'statuses')


NAMES = ('followed', 'refused', 'encodings', 'nothing_lost', 'differences', 'decisions', 'bounds', 'levels', 'archiving', 'many', 'references', 'hostile')

if __name__ == '__main__':
    sys.exit(main('import-lync', ImportLync, NAMES))
