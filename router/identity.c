#include "router/identity.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "contract/domain.h"

/* The list while it is made. Bounds are known beforehand, so that one block suffices. */
struct names {
  struct hanse_slice *items;
  size_t count, max;
  char *text, *end;
  bool no_memory; /* some are missing */
};

enum { KIND_DNS = 1, KIND_SIP_URI = 2, KIND_XMPP = 4 }; /* which GENERAL_NAMEs are looked at */

static const char sip_scheme[] = "sip:";
static const char xmpp_service[] = "_xmpp-server."; /* RFC 6120 §13.7.1.2.1: never _xmpp-client for a server */

static struct hanse_slice octets_of(const ASN1_STRING *string) {
  int length = string ? ASN1_STRING_length(string) : 0;
  return length > 0 ? hanse_slice((const char *)ASN1_STRING_get0_data(string), (size_t)length) : hanse_slice(NULL, 0);
}

static bool starts_with_nocase(struct hanse_slice text, const char *prefix, size_t length) {
  return text.len > length && hanse_same_nocase(hanse_slice(text.at, length), hanse_slice(prefix, length));
}

/* A certificate's name has no form but the preferred one (RFC 5280 §4.2.1.6): a trailing dot is not dropped here as it
   is in names that people write. NULs and other octets that are in no domain name end in domain_canonical. */
static void add_domain(struct names *names, struct hanse_slice text, const char *before) {
  struct hanse_slice name;
  char buf[DOMAIN_BUFFER];
  size_t prefix = strlen(before);
  if (names->count == names->max || text.len == 0 || text.at[text.len - 1] == '.') return;
  int status = domain_canonical(text, buf, sizeof buf, &name);
  if (status == HANSE_NOMEM) names->no_memory = true;
  if (status != HANSE_OK) return;
  if ((size_t)(names->end - names->text) < prefix + name.len + 1) return;
  names->items[names->count++] = hanse_slice(names->text, prefix + name.len);
  memcpy(names->text, before, prefix);
  memcpy(names->text + prefix, name.at, name.len);
  names->text[prefix + name.len] = '\0';
  names->text += prefix + name.len + 1;
}

static bool is_ascii(struct hanse_slice text) {
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.at[i] >= 0x80) return false;
  return true;
}

/* "*.x": the left label as a whole, and x of at least two labels, so that nobody owns a top-level domain. */
static void add_wildcard(struct names *names, struct hanse_slice text) {
  struct hanse_slice rest = hanse_slice(text.at + 2, text.len - 2);
  if (memchr(rest.at, '.', rest.len)) add_domain(names, rest, "*.");
}

static void add_dns(struct names *names, struct hanse_slice text, bool wildcards) {
  if (!is_ascii(text)) return; /* IA5String holds A-labels, never U-labels */
  if (text.len > 2 && text.at[0] == '*' && text.at[1] == '.') {
    if (wildcards) add_wildcard(names, text);
    return;
  }
  add_domain(names, text, "");
}

/* The host of a sip URI that names a domain and nothing else; false: it names a user, or is no sip URI (RFC 5922 §7.1).
 */
static bool sip_uri_host(struct hanse_slice text, struct hanse_slice *host) {
  size_t length = sizeof sip_scheme - 1;
  if (!starts_with_nocase(text, sip_scheme, length)) return false;
  *host = hanse_slice(text.at + length, text.len - length);
  return memchr(host->at, '@', host->len) == NULL;
}

static void add_other(struct names *names, const OTHERNAME *other) {
  int kind = OBJ_obj2nid(other->type_id);
  if (kind == NID_XmppAddr && other->value->type == V_ASN1_UTF8STRING)
    add_domain(names, octets_of(other->value->value.utf8string), ""); /* with "@" or "/" it is no domain */
  if (kind == NID_SRVName && other->value->type == V_ASN1_IA5STRING) {
    struct hanse_slice text = octets_of(other->value->value.ia5string);
    size_t length = sizeof xmpp_service - 1;
    if (is_ascii(text) && starts_with_nocase(text, xmpp_service, length))
      add_domain(names, hanse_slice(text.at + length, text.len - length), "");
  }
}

static void add_general(struct names *names, const GENERAL_NAME *general, unsigned kinds, bool wildcards) {
  struct hanse_slice host;
  if (general->type == GEN_DNS && (kinds & KIND_DNS)) add_dns(names, octets_of(general->d.dNSName), wildcards);
  if (general->type == GEN_URI && (kinds & KIND_SIP_URI) &&
      sip_uri_host(octets_of(general->d.uniformResourceIdentifier), &host) && is_ascii(host))
    add_domain(names, host, "");
  if (general->type == GEN_OTHERNAME && (kinds & KIND_XMPP)) add_other(names, general->d.otherName);
}

/* Where a sip URI without a user part is present, DNS names do not count for SIP, whatever that URI's host is worth. */
static unsigned kinds_for(const GENERAL_NAMES *san, enum hanse_identity_rule rule) {
  struct hanse_slice host;
  if (rule == HANSE_IDENTITY_XMPP) return KIND_DNS | KIND_XMPP;
  for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
    const GENERAL_NAME *general = sk_GENERAL_NAME_value(san, i);
    if (general->type == GEN_URI && sip_uri_host(octets_of(general->d.uniformResourceIdentifier), &host))
      return KIND_SIP_URI;
  }
  return KIND_DNS;
}

/* Octets that the canonical form of one name may need; an A-label may be longer than what it stands for. */
static size_t bound_of(const GENERAL_NAME *general) {
  size_t length = 0;
  if (general->type == GEN_DNS) length = octets_of(general->d.dNSName).len;
  if (general->type == GEN_URI) length = octets_of(general->d.uniformResourceIdentifier).len;
  if (general->type == GEN_OTHERNAME || length > DOMAIN_MAX) length = DOMAIN_MAX;
  return length + sizeof "*.";
}

static int names_init(struct names *names, size_t max, size_t text) {
  struct hanse_slice *items = malloc(max * sizeof *items + text);
  if (!items) return HANSE_NOMEM;
  *names = (struct names){.items = items, .max = max, .text = (char *)(items + max)};
  names->end = names->text + text;
  return HANSE_OK;
}

static int names_from_san(struct names *names, const GENERAL_NAMES *san, const struct identity_options *options) {
  size_t total = (size_t)sk_GENERAL_NAME_num(san), text = 0;
  unsigned kinds = kinds_for(san, options->rule);
  bool wildcards = options->wildcards || options->rule == HANSE_IDENTITY_XMPP;
  size_t max = total < IDENTITY_NAMES ? total : IDENTITY_NAMES;
  for (size_t i = 0; i < total; i++) text += bound_of(sk_GENERAL_NAME_value(san, (int)i));
  if (text > max * (DOMAIN_MAX + sizeof "*.")) text = max * (DOMAIN_MAX + sizeof "*.");
  if (max == 0) return HANSE_OK;
  if (names_init(names, max, text) != HANSE_OK) return HANSE_NOMEM;
  for (size_t i = 0; i < total; i++) add_general(names, sk_GENERAL_NAME_value(san, (int)i), kinds, wildcards);
  return HANSE_OK;
}

/* Whether OpenSSL got no memory for what could not be read just now, so that it may be there all the same. */
static bool lacked_memory(void) {
  bool lacked = false;
  for (unsigned long error; (error = ERR_get_error()) != 0;) lacked |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  return lacked;
}

/* The common name, where the subject has exactly one. */
static int names_from_subject(struct names *names, const X509 *certificate) {
  X509_NAME *subject = X509_get_subject_name(certificate);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  unsigned char *utf8 = NULL;
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return HANSE_OK;
  int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return lacked_memory() ? HANSE_NOMEM : HANSE_OK;
  int status = names_init(names, 1, DOMAIN_BUFFER);
  if (status == HANSE_OK) add_domain(names, hanse_slice((const char *)utf8, (size_t)length), "");
  OPENSSL_free(utf8);
  return status;
}

int identity_names(const X509 *certificate, const struct identity_options *options, struct hanse_slice **out,
                   size_t *count) {
  struct names names = {0};
  int critical = 0, status = HANSE_OK;
  ERR_clear_error();
  GENERAL_NAMES *san = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
  if (san)
    status = names_from_san(&names, san, options);
  else if (critical == -1 && options->accept_cn) /* -1: not there; anything else: there twice, or not to be read */
    status = names_from_subject(&names, certificate);
  else if (critical != -1 && lacked_memory())
    status = HANSE_NOMEM;
  GENERAL_NAMES_free(san);
  if (names.no_memory) status = HANSE_NOMEM;
  if (status != HANSE_OK) {
    free(names.items);
    return status;
  }
  if (names.count == 0) {
    free(names.items);
    names.items = NULL;
  }
  *out = names.items;
  *count = names.count;
  return HANSE_OK;
}

static bool wildcard_matches(struct hanse_slice pattern, struct hanse_slice wanted) {
  const char *dot = memchr(wanted.at, '.', wanted.len);
  if (!dot || dot == wanted.at) return false;
  size_t left = (size_t)(dot - wanted.at);
  return hanse_same(hanse_slice(pattern.at + 1, pattern.len - 1), hanse_slice(dot, wanted.len - left));
}

bool identity_matches(const struct hanse_slice *names, size_t count, struct hanse_slice wanted,
                      const struct identity_options *options) {
  bool wildcards = options->wildcards || options->rule == HANSE_IDENTITY_XMPP;
  if (wanted.len == 0) return false;
  for (size_t i = 0; i < count; i++) {
    bool pattern = names[i].len > 2 && names[i].at[0] == '*' && names[i].at[1] == '.';
    if (!pattern ? hanse_same(names[i], wanted) : wildcards && wildcard_matches(names[i], wanted)) return true;
  }
  return false;
}

enum { USE_ANY = 1, USE_SERVER = 2, USE_CLIENT = 4, USE_SIP = 8 };

/* id-kp-sipDomain, 1.3.6.1.5.5.7.3.20 (RFC 5924), which OpenSSL has no number for. */
static bool is_sip_domain(const ASN1_OBJECT *object) {
  static const unsigned char der[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x14};
  return OBJ_length(object) == sizeof der && memcmp(OBJ_get0_data(object), der, sizeof der) == 0;
}

/* What the extended key usage allows; a certificate without it may serve for anything. False: it cannot be read. */
static bool usage_of(const X509 *certificate, unsigned *out) {
  int critical = 0;
  unsigned usage = 0;
  EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
  if (!list) {
    if (critical == -1) *out = USE_ANY;
    return critical == -1;
  }
  for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
    const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(list, i);
    int kind = OBJ_obj2nid(object);
    if (kind == NID_anyExtendedKeyUsage) usage |= USE_ANY;
    if (kind == NID_server_auth) usage |= USE_SERVER;
    if (kind == NID_client_auth) usage |= USE_CLIENT;
    if (is_sip_domain(object)) usage |= USE_SIP;
  }
  EXTENDED_KEY_USAGE_free(list);
  *out = usage;
  return true;
}

static const char unreadable[] = "the certificate's extended key usage cannot be read";

bool identity_purpose(const X509 *certificate, enum hanse_identity_rule rule, const char **why) {
  unsigned usage = 0;
  bool readable = usage_of(certificate, &usage);
  unsigned fit = USE_ANY | USE_SERVER | (rule == HANSE_IDENTITY_SIP ? USE_SIP : 0);
  if (usage & fit) return true;
  if (!readable)
    *why = unreadable;
  else if (usage & USE_CLIENT)
    *why = "the certificate is for clients only (extended key usage clientAuth without serverAuth)";
  else if (usage & USE_SIP)
    *why = "the certificate is for SIP only (extended key usage id-kp-sipDomain)";
  else
    *why = "the certificate's extended key usage does not include serverAuth";
  return false;
}

bool identity_purpose_both(const X509 *certificate, const char **why) {
  unsigned usage = 0;
  if (!usage_of(certificate, &usage)) {
    *why = unreadable;
    return false;
  }
  if ((usage & USE_ANY) || ((usage & USE_SERVER) && (usage & USE_CLIENT))) return true;
  *why = "the certificate's extended key usage does not include both serverAuth and clientAuth";
  return false;
}
