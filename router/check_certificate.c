/* The certificates that partners are shown. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/certificate_text.h"
#include "router/check.h"
#include "router/clock.h"

#define TEXT 700
#define LEFT_WARNED 33 /* percent of its life */

/* One profile that partners see, and the listener or entry that shows it. */
struct own {
  struct findings *findings;
  const struct router *router;
  const struct check_walk *walk;
  const struct settings_tls *written;
  const struct tls_profile *profile;
  X509 *certificate;
  struct hanse_slice name; /* what partners enter as our edge */
};

static void HANSE_PRINTF(6, 7) say(const struct own *own, const char *rule, enum grade grade, const char *meaning,
                                   const char *cure, const char *format, ...) {
  char text[TEXT * 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  finding_say(own->findings,
              &(struct finding){.rule = rule,
                                .grade = grade,
                                .side = grade == GRADE_WARN || grade == GRADE_FAIL ? "ours" : NULL,
                                .where = own->written->where,
                                .meaning = meaning,
                                .cure = cure},
              "%s", text);
}

/* ---- key, dates, purpose (R28, R29, R30) ---- */

static void check_key(const struct own *own) {
  char key[80];
  bool weak;
  certificate_key(own->certificate, key, sizeof key, &weak);
  say(own, "own.key", weak ? GRADE_FAIL : GRADE_PASS,
      weak ? "Partners refuse keys under 2048 bits of RSA, or 256 bits of a curve." : NULL,
      weak ? "Make a new key, and have it certified." : NULL, "%s", key);
}

static void check_dates(const struct own *own) {
  int left = certificate_left(own->certificate);
  char until[40];
  certificate_date(X509_get0_notAfter(own->certificate), until, sizeof until);
  if (left <= 0)
    say(own, "own.dates", GRADE_FAIL, "Every partner refuses it.", "Renew it; a reload takes it up.", "ended %s",
        until);
  else if (left < LEFT_WARNED)
    say(own, "own.dates", GRADE_WARN, "Less than a third of its life is left: renewing it did not work, or nobody did.",
        "Renew it; a reload takes it up.", "valid until %s (%d %% of its life is left)", until, left);
  else
    say(own, "own.dates", GRADE_PASS, NULL, NULL, "valid until %s (%d %% of its life is left)", until, left);
}

struct purpose_needs {
  struct hanse_needs needs; /* first */
  const struct own *own;
  bool client;
};

static void purpose_need(struct hanse_needs *needs, const struct hanse_need *need) {
  const struct purpose_needs *purpose = (const struct purpose_needs *)needs;
  char cn[256];
  struct hanse_slice name = purpose->own->name;
  if ((need->flags & HANSE_NEED_CLIENT_PURPOSE) && !purpose->client)
    finding_say(purpose->own->findings,
                &(struct finding){.rule = "own.client",
                                  .grade = GRADE_FAIL,
                                  .side = "ours",
                                  .where = need->where,
                                  .meaning = "Its servers take only certificates that are for clients as well.",
                                  .cure = "Get a certificate with extended key usage serverAuth and clientAuth."},
                "our certificate is not for clients, which %.*s demands", HANSE_FMT(need->who));
  if ((need->flags & HANSE_NEED_COMMON_NAME) &&
      !(certificate_has_cn(purpose->own->certificate, cn, sizeof cn) && hanse_same_nocase(hanse_text(cn), name)))
    finding_say(purpose->own->findings,
                &(struct finding){.rule = "own.cn",
                                  .grade = GRADE_FAIL,
                                  .side = "ours",
                                  .where = need->where,
                                  .meaning = "Its servers look at the common name only, which must be our edge's name.",
                                  .cure = "Get a certificate whose common name is the name of the edge."},
                "the common name of our certificate is not %.*s, which %.*s compares", HANSE_FMT(name),
                HANSE_FMT(need->who));
}

static void check_purpose(const struct own *own) {
  bool server = certificate_is_for(own->certificate, NID_server_auth);
  char usage[TEXT];
  certificate_usage(own->certificate, usage, sizeof usage);
  struct purpose_needs needs = {.needs = {.size = sizeof needs.needs, .say = purpose_need},
                                .own = own,
                                .client = certificate_is_for(own->certificate, NID_client_auth)};
  if (!server)
    say(own, "own.server", GRADE_FAIL, "Partners that connect to us refuse a certificate that is not for servers.",
        "Get a certificate with extended key usage serverAuth.", "%s", usage);
  else
    say(own, "own.server", GRADE_PASS, NULL, NULL, "%s", usage);
  if (server && !needs.client)
    say(own, "own.client", GRADE_NOTE,
        "Public authorities issue no others any more. Some servers refuse it when we connect to them: Kamailio and "
        "other "
        "servers with OpenSSL's own rule, ejabberd before 25.08, old access edges.",
        "Only if a partner refuses it: a profile with another certificate as `tls` of that partner's entry.",
        "our certificate is for servers, not for clients");
  check_needs(own->router, &needs.needs);
}

/* ---- names (R28, R31, R105) ---- */

static bool proves(const struct own *own, struct hanse_slice name, bool wildcards, enum hanse_identity_rule rule) {
  const struct identity_options options = {rule, false, wildcards};
  struct hanse_slice *names;
  size_t count;
  if (identity_names(own->certificate, &options, &names, &count) != HANSE_OK) return false;
  bool good = identity_matches(names, count, name, &options);
  free(names);
  return good;
}

static void check_edge_name(const struct own *own) {
  char names[TEXT], cn[256];
  certificate_names(own->certificate, names, sizeof names);
  if (proves(own, own->name, false, HANSE_IDENTITY_SIP))
    say(own, "own.name", GRADE_PASS, NULL, NULL, "names %.*s: %s", HANSE_FMT(own->name), names);
  else
    say(own, "own.name", GRADE_FAIL, "Partners that enter this name as our edge refuse the certificate.",
        "Get a certificate with that name in subjectAltName, or correct `name` of the listener.",
        "%.*s is not among its names: %s", HANSE_FMT(own->name), names);
  if (strstr(names, "*."))
    say(own, "own.wildcard", GRADE_WARN, "SIP knows no wildcards (RFC 5922): most edges refuse them.",
        "Get a certificate that names each host.", "%s", names);
  if (!certificate_has_cn(own->certificate, cn, sizeof cn)) {
    say(own, "own.cn", GRADE_NOTE, "Old edges and public providers compare the common name alone.",
        "Nothing, unless such a partner refuses it.", "the certificate has no common name");
    return;
  }
  struct hanse_slice common = hanse_text(cn);
  if (!hanse_same_nocase(common, own->name))
    say(own, "own.cn", GRADE_WARN, "Old edges and public providers compare the common name alone.",
        "Get a certificate whose common name is the name of the edge.", "the common name is %s, not %.*s", cn,
        HANSE_FMT(own->name));
  else
    say(own, "own.cn", GRADE_PASS, NULL, NULL, "the common name is %s", cn);
  if (!proves(own, common, false, HANSE_IDENTITY_SIP) && !proves(own, common, true, HANSE_IDENTITY_XMPP))
    say(own, "own.san", GRADE_WARN, "Who finds a subjectAltName does not look at the common name.",
        "Have the common name repeated in subjectAltName.", "the common name %s is not among its names", cn);
}

/* "sip.<domain>" for each domain of the protocol sip; the bare domain where names count as XMPP does. */
static void check_domain_names(const struct own *own) {
  const struct generation *generation = own->router->now;
  for (size_t i = 0; i < generation->settings->home.count; i++) {
    const struct settings_home *home = settings_home_at(generation->settings, i);
    const struct protocol *protocol = generation_protocol(generation, home->protocol);
    bool xmpp = protocol && protocol->slots->identity == HANSE_IDENTITY_XMPP;
    char name[300];
    snprintf(name, sizeof name, "%.*s%s%.*s", xmpp ? 0 : (int)home->protocol.len, home->protocol.at, xmpp ? "" : ".",
             HANSE_FMT(home->domain.name));
    struct finding finding = {.rule = "own.domain", .where = home->where};
    if (proves(own, hanse_text(name), false, xmpp ? HANSE_IDENTITY_XMPP : HANSE_IDENTITY_SIP)) {
      finding_say(own->findings, &finding, "%.*s: %s is among its names", HANSE_FMT(home->domain.name), name);
      continue;
    }
    finding.grade = xmpp ? GRADE_FAIL : GRADE_WARN;
    finding.side = "ours";
    finding.meaning = xmpp ? "Partners that speak XMPP look for the domain itself."
                           : "Edges of the generation of 2007 look for this name, and so do partners whose record "
                             "leads to it.";
    finding.cure = xmpp ? "Get a certificate with the domain in subjectAltName."
                        : "Get a certificate with this name too; or nothing, where no partner asks for it.";
    finding_say(own->findings, &finding, "%.*s: %s is not among the certificate's names", HANSE_FMT(home->domain.name),
                name);
  }
}

/* ---- chain and lists ---- */

static bool is_signed_by_itself(X509 *certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

/* Whether each certificate that we send is signed by the next. */
static void check_chain(const struct own *own) {
  STACK_OF(X509) *chain = NULL;
  X509 *last = own->certificate;
  char issuer[TEXT], subject[TEXT];
  SSL_CTX_get0_chain_certs(own->profile->context, &chain);
  for (int i = 0; i < sk_X509_num(chain); i++) {
    X509 *next = sk_X509_value(chain, i);
    if (X509_check_issued(next, last) != X509_V_OK) {
      say(own, "own.chain", GRADE_FAIL, "Partners cannot follow a chain that is out of order or has a gap.",
          "Write our certificate first, then the one that signed it, then that one's, up to the root.",
          "certificate %d of the file, %s, did not sign the one before it", i + 2,
          certificate_name(X509_get_subject_name(next), subject, sizeof subject));
      return;
    }
    last = next;
  }
  certificate_name(X509_get_issuer_name(last), issuer, sizeof issuer);
  if (is_signed_by_itself(own->certificate))
    say(own, "own.chain", GRADE_FAIL,
        "A certificate that is signed by itself is believed by nobody who did not enter it.",
        "Get one of an authority that partners believe.", "signed by itself");
  else
    say(own, "own.chain", GRADE_PASS, NULL, NULL, "%d certificates are sent; partners must believe %s",
        1 + (chain ? sk_X509_num(chain) : 0), issuer);
}

/* Long lists are cut by some peers (KB2464556), so ours ends at a bound, beyond which none is sent. */
static void check_authorities(const struct own *own) {
  const STACK_OF(X509_NAME) *list = SSL_CTX_get0_CA_list(own->profile->context);
  int sent = sk_X509_NAME_num(list), octets = 0;
  for (int i = 0; i < sent; i++) octets += i2d_X509_NAME(sk_X509_NAME_value(list, i), NULL) + 2;
  say(own, "own.authorities", GRADE_NOTE, NULL, NULL, "%d authorities are listed to those who connect (%d octets)%s",
      sent > 0 ? sent : 0, octets, sent > 0 ? "" : ": too many to be of use, or none");
}

static const struct check_users *users_of(const struct check_walk *walk, const struct tls_profile *profile) {
  for (size_t i = 0; i < CHECK_PROFILES; i++)
    if (walk->users[i].profile == profile) return &walk->users[i];
  return NULL;
}

/* Who speaks by which profile, so from which version on (R37). */
static void check_versions(const struct own *own) {
  const struct check_users *users = users_of(own->walk, own->profile);
  size_t count = users ? users->count : 0;
  say(own, "own.version", GRADE_NOTE, NULL, NULL, "%s and newer, with %zu partners%s%s%s",
      own->profile->min_version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2", count, count ? ": " : "",
      users ? users->who : "", count > CHECK_NAMED ? ", …" : "");
}

/* ---- revocation (R32) ---- */

static void check_revocation(struct findings *findings, const struct settings_tls *written,
                             const struct tls_profile *profile) {
  struct finding finding = {.rule = "peers.revocation", .where = written->where};
  bool over = profile->lists_until && profile->lists_until < clock_wall() / HANSE_SECOND;
  if (profile->revocation == TLS_REVOCATION_OFF) {
    finding.grade = GRADE_NOTE;
    finding_say(findings, &finding, "revoked certificates are not looked up by profile \"%.*s\"",
                HANSE_FMT(written->name));
    return;
  }
  if (profile->lists_trouble[0] || over) {
    finding.grade = GRADE_WARN;
    finding.side = "ours";
    finding.meaning = profile->revocation == TLS_REVOCATION_HARD
                          ? "Peers of an authority without a list that counts are refused (`crl_check` is hard)."
                          : "Peers of an authority without a list that counts are taken (`crl_check` is soft).";
    finding.cure =
        "See that the list is there, and that TCP port 80 may leave here; lists that are past their end must "
        "be fetched anew.";
  }
  finding_say(findings, &finding, "%u lists of profile \"%.*s\"%s%s%s", profile->lists, HANSE_FMT(written->name),
              profile->lists_trouble[0] ? "; " : "", profile->lists_trouble, over ? "; one is past its end" : "");
}

/* ---- the whole ---- */

static bool is_shown_to_partners(const struct own *own, struct hanse_slice *name) {
  const struct generation *generation = own->router->now;
  for (size_t i = 0; i < generation->settings->listen.count; i++) {
    const struct settings_listener *listener = settings_listener_at(generation->settings, i);
    if (listener->side != SETTINGS_PARTNER || !hanse_same(listener->tls, own->written->name)) continue;
    *name = listener->name.name;
    return true;
  }
  *name = generation->settings->node.name;
  return users_of(own->walk, own->profile) != NULL;
}

void check_certificates(struct findings *findings, const struct router *router, const struct check_walk *walk) {
  const struct generation *generation = router->now;
  for (size_t i = 0; i < generation->settings->tls.count; i++) {
    struct own own = {.findings = findings,
                      .router = router,
                      .walk = walk,
                      .written = settings_tls_at(generation->settings, i),
                      .profile = generation->profiles[i]};
    own.certificate = own.profile ? SSL_CTX_get0_certificate(own.profile->context) : NULL;
    if (!own.certificate || !is_shown_to_partners(&own, &own.name)) continue;
    check_key(&own);
    check_dates(&own);
    check_purpose(&own);
    check_edge_name(&own);
    check_domain_names(&own);
    check_chain(&own);
    check_authorities(&own);
    check_versions(&own);
    check_revocation(findings, own.written, own.profile);
  }
}
