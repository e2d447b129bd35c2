"""Throw-away certificate authorities and certificates, made with the openssl command."""
import os
import subprocess

EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']


def _openssl(*arguments):
    result = subprocess.run(['openssl', *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError('openssl %s: %s' % (arguments[0], result.stderr))


class Certificate:
    """Paths of one certificate: .crt (alone), .key, .pem (certificate, then key)."""

    def __init__(self, base):
        self.crt = base + '.crt'
        self.key = base + '.key'
        self.pem = base + '.pem'


class Authority:
    """A certificate authority in <folder>; certificates are made once per set of properties."""

    def __init__(self, folder, name='Lab Root CA'):
        self.folder = folder
        self.name = name
        self.pem = os.path.join(folder, 'ca.pem')
        self._key = os.path.join(folder, 'ca.key')
        self._made = {}
        os.makedirs(folder, exist_ok=True)
        _openssl('req', '-x509', '-newkey', *EC, '-nodes', '-days', '3', '-subj', '/O=throw-away/CN=' + name,
                 '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', self._key, '-out', self.pem)

    def issue(self, label, names=(), uris=(), cn=None, eku='serverAuth,clientAuth', serial=0, days=3, by_itself=False):
        """names: DNS names, uris: URI names of the SAN (neither: no SAN); cn: default the first name;
        eku: comma list, '' for none; days: -1 for one that has expired; by_itself: signed with its own key.
        Another serial gives another certificate with the same properties."""
        wanted = (label, tuple(names), tuple(uris), cn, eku, serial, days, by_itself)
        if wanted not in self._made:
            self._made[wanted] = self._issue(len(self._made), *wanted)
        return self._made[wanted]

    def _issue(self, count, label, names, uris, cn, eku, serial, days, by_itself):
        base = os.path.join(self.folder, '%s-%d' % (label, count))
        san = ['DNS:' + name for name in names] + ['URI:' + uri for uri in uris]
        with open(base + '.ext', 'w') as file:
            file.write('basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n')
            if eku:
                file.write('extendedKeyUsage=%s\n' % eku)
            if san:
                file.write('subjectAltName=%s\n' % ','.join(san))
        _openssl('req', '-newkey', *EC, '-nodes', '-subj', '/CN=' + (cn or (names[0] if names else label)),
                 '-keyout', base + '.key', '-out', base + '.csr')
        signer = ['-signkey', base + '.key'] if by_itself else ['-CA', self.pem, '-CAkey', self._key,
                                                                '-CAcreateserial']
        _openssl('x509', '-req', '-in', base + '.csr', *signer, '-days', str(days), '-extfile', base + '.ext',
                 '-out', base + '.crt')
        with open(base + '.pem', 'w') as out:
            for part in ('.crt', '.key'):
                with open(base + part) as file:
                    out.write(file.read())
        for part in ('.key', '.pem'):
            os.chmod(base + part, 0o600)
        return Certificate(base)

    def revoke(self, certificate=None, days=1):
        """The list of revoked certificates as of now, in DER: (octets); with one more on it when a certificate is given."""
        folder = os.path.join(self.folder, 'ca')
        if not os.path.isdir(folder):
            os.makedirs(folder)
            open(os.path.join(folder, 'index.txt'), 'w').close()
            with open(os.path.join(folder, 'crlnumber'), 'w') as file:
                file.write('01\n')
            with open(os.path.join(folder, 'conf'), 'w') as file:
                file.write('[ca]\ndefault_ca=x\n[x]\ndatabase=%s/index.txt\ncrlnumber=%s/crlnumber\ndefault_md=sha256\n'
                           'certificate=%s\nprivate_key=%s\n' % (folder, folder, self.pem, self._key))
        conf = os.path.join(folder, 'conf')
        if certificate:
            _openssl('ca', '-config', conf, '-revoke', certificate.crt)
        made = os.path.join(folder, 'crl.pem')
        late = ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z'] if days < 0 else [
            '-crldays', str(days)]
        _openssl('ca', '-config', conf, '-gencrl', *late, '-out', made)
        _openssl('crl', '-in', made, '-outform', 'DER', '-out', made + '.der')
        with open(made + '.der', 'rb') as file:
            return file.read()
