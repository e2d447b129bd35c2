/* What the far end showed in the handshake, and what we showed to it. */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "router/certificate_text.h"
#include "router/generation.h"
#include "router/probe.h"

#define TEXT 700
#define LEFT_WARNED 10 /* percent of a peer's life that is left */

/* What the findings about one handshake share. */
struct shown {
  struct probe *probe;
  SSL *ssl;
  X509 *theirs; /* NULL: none was shown */
  const struct target_settings *settings;
  bool good;
};

static void HANSE_PRINTF(3, 4) fails(struct shown *shown, struct finding finding, const char *format, ...) {
  char text[TEXT * 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  finding.grade = GRADE_FAIL;
  finding_say(&shown->probe->findings, &finding, "%s", text);
  probe_fails(shown->probe, PROBE_THEIRS);
  shown->good = false;
}

/* ---- their chain ---- */

static bool is_about_dates(int fault) {
  return fault == X509_V_ERR_CERT_HAS_EXPIRED || fault == X509_V_ERR_CERT_NOT_YET_VALID;
}

static bool is_about_anchors(int fault) {
  return fault == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || fault == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         fault == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || fault == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
         fault == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static bool is_about_revocation(int fault) {
  return fault == X509_V_ERR_CERT_REVOKED || fault == X509_V_ERR_UNABLE_TO_GET_CRL ||
         fault == X509_V_ERR_CRL_HAS_EXPIRED || fault == X509_V_ERR_CRL_NOT_YET_VALID;
}

static void anchors_finding(struct shown *shown, struct finding *finding) {
  bool alone = shown->probe->visit.fault == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
  finding->meaning = alone ? "The certificate is signed by itself: no authority stands behind it."
                           : "No authority that we trust has signed this chain: it is another one, or the partner does "
                             "not send the certificates in between.";
  finding->cure = alone
                      ? "Ask the partner for a certificate of an authority; or, if you trust it, add that certificate "
                        "to `ca` of the TLS profile."
                      : "Add the partner's authority to `ca` of the TLS profile, if you trust it; or ask the partner "
                        "to send its whole chain.";
  finding->side = alone ? "theirs" : "between";
}

static void fault_row(struct shown *shown) {
  const struct visit *visit = &shown->probe->visit;
  struct finding finding = {.rule = "tls.chain", .side = "theirs", .took = 0};
  if (is_about_dates(visit->fault)) {
    finding.rule = "tls.dates";
    finding.meaning = "A certificate of the partner's chain is not valid today.";
    finding.cure = "Ask the partner to renew it; see that this machine's clock is right.";
  } else if (is_about_anchors(visit->fault)) {
    anchors_finding(shown, &finding);
  } else if (is_about_revocation(visit->fault)) {
    finding.rule = "tls.revocation";
    finding.meaning = "The authority has revoked the certificate, or nobody can say whether it has.";
    finding.cure = "Ask the partner for a new certificate, if it was revoked; else see `hansectl check`.";
  } else {
    finding.meaning = "The partner's certificates do not pass verification.";
    finding.cure = "Tell the partner what is wrong with which certificate.";
  }
  fails(shown, finding, "%s (certificate %d of the chain: %s)", X509_verify_cert_error_string(visit->fault),
        visit->fault_depth, visit->fault_subject);
}

static void chain_row(struct shown *shown) {
  STACK_OF(X509) *chain = SSL_get_peer_cert_chain(shown->ssl);
  char subject[TEXT / 2], issuer[TEXT / 2];
  if (shown->probe->visit.fault != X509_V_OK) {
    fault_row(shown);
    return;
  }
  finding_say(&shown->probe->findings, &(struct finding){.rule = "tls.chain"},
              "%s, signed by %s; %d certificates were sent",
              certificate_name(X509_get_subject_name(shown->theirs), subject, sizeof subject),
              certificate_name(X509_get_issuer_name(shown->theirs), issuer, sizeof issuer), sk_X509_num(chain));
}

static void revocation_row(struct shown *shown) {
  const struct tls_profile *profile = shown->settings->key.tls;
  const struct visit *visit = &shown->probe->visit;
  struct finding finding = {.rule = "tls.revocation", .grade = GRADE_NOTE};
  if (is_about_revocation(visit->fault)) return;
  if (profile->revocation == TLS_REVOCATION_OFF) {
    finding_say(&shown->probe->findings, &finding, "nothing is looked up: profile \"%.*s\" has no `crl`",
                HANSE_FMT(profile->name));
    return;
  }
  finding.grade = visit->unchecked ? GRADE_WARN : GRADE_PASS;
  if (visit->unchecked) {
    finding.side = "ours";
    finding.meaning = "No list of its authority is here, or it is past its end; `crl_check` is soft, so it is taken.";
    finding.cure = "Add the authority's list to `crl`; see `hansectl check` for what could not be fetched.";
  }
  finding_say(&shown->probe->findings, &finding,
              visit->unchecked ? "could not be looked up in %u lists" : "is on none of %u lists", profile->lists);
}

static void dates_row(struct shown *shown) {
  char until[40];
  int left = certificate_left(shown->theirs);
  struct finding finding = {.rule = "tls.dates"};
  if (is_about_dates(shown->probe->visit.fault)) return;
  if (left < LEFT_WARNED) {
    finding.grade = GRADE_WARN;
    finding.side = "theirs";
    finding.meaning = "It is about to end; with it ends the connection to this partner.";
    finding.cure = "Remind the partner to renew it.";
  }
  finding_say(&shown->probe->findings, &finding, "valid until %s (%d %% of its life is left)",
              certificate_date(X509_get0_notAfter(shown->theirs), until, sizeof until), left);
}

/* ---- their names ---- */

/* What would be proved if the entry allowed a common name, or wildcards. */
static const char *leave_that_would_help(const struct shown *shown) {
  const struct target_settings *settings = shown->settings;
  static const struct {
    bool cn, wildcards;
    const char *cure;
  } leaves[] = {
      {false, true,
       "Ask the partner for a certificate without a wildcard; or write `wildcards = true;` into its entry."},
      {true, false,
       "Ask the partner for a certificate with subjectAltName; or write `accept_cn = true;` into its entry."},
  };
  for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
    const struct identity_options options = {settings->rule, leaves[i].cn, leaves[i].wildcards};
    struct hanse_slice *names;
    size_t count;
    if (identity_names(shown->theirs, &options, &names, &count) != HANSE_OK) return NULL;
    bool helps = identity_matches(names, count, settings->key.prove, &options);
    free(names);
    if (helps) return leaves[i].cure;
  }
  return NULL;
}

static void name_row(struct shown *shown) {
  const struct target_settings *settings = shown->settings;
  const struct identity_options options = {settings->rule, settings->accept_cn, settings->wildcards};
  struct hanse_slice wanted = settings->key.prove, *names;
  char all[TEXT], cn[256] = "";
  size_t count;
  if (identity_names(shown->theirs, &options, &names, &count) != HANSE_OK) {
    fails(shown, (struct finding){.rule = "tls.name"}, "no memory for the names");
    return;
  }
  bool proved = identity_matches(names, count, wanted, &options);
  free(names);
  certificate_names(shown->theirs, all, sizeof all);
  certificate_has_cn(shown->theirs, cn, sizeof cn);
  if (proved) {
    finding_say(&shown->probe->findings, &(struct finding){.rule = "tls.name"}, "proves %.*s; its names: %s",
                HANSE_FMT(wanted), all);
    return;
  }
  const char *cure = leave_that_would_help(shown);
  fails(shown,
        (struct finding){.rule = "tls.name",
                         .side = "theirs",
                         .meaning = "The certificate is somebody else's, or lacks the name of the edge.",
                         .cure = cure ? cure
                                      : "Ask the partner for the name of its edge, which must stand in the "
                                        "certificate's subjectAltName; compare it with the entry."},
        "%.*s is not proved; its names: %s; common name: %s", HANSE_FMT(wanted), all, *cn ? cn : "none");
}

static void purpose_row(struct shown *shown) {
  const char *why = NULL;
  char usage[TEXT];
  bool fit = identity_purpose(shown->theirs, shown->settings->rule, &why);
  if (fit && shown->settings->key.tls->strict_purpose) fit = identity_purpose_both(shown->theirs, &why);
  certificate_usage(shown->theirs, usage, sizeof usage);
  if (fit) {
    finding_say(&shown->probe->findings, &(struct finding){.rule = "tls.purpose"}, "%s", usage);
    return;
  }
  fails(shown,
        (struct finding){.rule = "tls.purpose",
                         .side = "theirs",
                         .meaning = "The certificate is not made for a server that federates.",
                         .cure = "Ask the partner for one with extended key usage serverAuth; `purpose` of the TLS "
                                 "profile says what is demanded here."},
        "%s (%s)", why, usage);
}

/* ---- ours ---- */

/* What the far end says it trusts, and whether we are of that (KB2464556: some lists are cut when they are long). */
static void authorities_row(struct shown *shown) {
  const STACK_OF(X509_NAME) *list = SSL_get0_peer_CA_list(shown->ssl);
  X509 *ours = SSL_get_certificate(shown->ssl);
  STACK_OF(X509) *chain = NULL;
  size_t octets = 0;
  bool among = false;
  SSL_CTX_get0_chain_certs(SSL_get_SSL_CTX(shown->ssl), &chain);
  if (sk_X509_NAME_num(list) <= 0 || !ours) return;
  for (int i = 0; i < sk_X509_NAME_num(list); i++) {
    const X509_NAME *name = sk_X509_NAME_value(list, i);
    int length = i2d_X509_NAME(name, NULL);
    octets += length > 0 ? (size_t)length + 2 : 0;
    among |= X509_NAME_cmp(name, X509_get_issuer_name(ours)) == 0;
    for (int k = 0; k < sk_X509_num(chain); k++)
      among |= X509_NAME_cmp(name, X509_get_issuer_name(sk_X509_value(chain, k))) == 0;
  }
  struct finding finding = {.rule = "tls.authorities", .grade = among ? GRADE_NOTE : GRADE_WARN};
  if (!among) {
    finding.side = "between";
    finding.meaning = "The partner lists the authorities it trusts, and ours is not among them. Such lists may be cut.";
    finding.cure = "Tell the partner which authority signed our certificate.";
  }
  finding_say(&shown->probe->findings, &finding, "the partner lists %d authorities (%zu octets); ours is %samong them",
              sk_X509_NAME_num(list), octets, among ? "" : "not ");
}

static void ours_row(struct shown *shown) {
  X509 *ours = SSL_get_certificate(shown->ssl);
  STACK_OF(X509) *chain = NULL;
  char names[TEXT], usage[TEXT], issuer[TEXT];
  if (!shown->probe->visit.asked || !ours) {
    finding_say(&shown->probe->findings,
                &(struct finding){.rule = "tls.mutual",
                                  .grade = GRADE_WARN,
                                  .side = "theirs",
                                  .meaning = "It does not know who we are: it takes us for a client, or is no edge.",
                                  .cure = "Ask the partner whether its edge demands certificates on this port."},
                "the partner did not ask for our certificate");
    return;
  }
  SSL_CTX_get0_chain_certs(SSL_get_SSL_CTX(shown->ssl), &chain);
  finding_say(&shown->probe->findings, &(struct finding){.rule = "tls.ours", .grade = GRADE_NOTE},
              "we show %s, for %s, signed by %s, with %d certificates of its chain",
              certificate_names(ours, names, sizeof names), certificate_usage(ours, usage, sizeof usage),
              certificate_name(X509_get_issuer_name(ours), issuer, sizeof issuer), chain ? sk_X509_num(chain) : 0);
  authorities_row(shown);
}

/* ---- the whole ---- */

bool probe_certificate(struct probe *probe) {
  SSL *ssl = probe->visit.ssl;
  const struct target_settings *settings = target_settings(probe->places[probe->place]);
  struct shown shown = {.probe = probe, .ssl = ssl, .settings = settings, .good = true};
  finding_say(&probe->findings, &(struct finding){.rule = "tls.handshake", .took = probe_took(probe)},
              "%s, %s; offered were %s and newer, by profile \"%.*s\"", SSL_get_version(ssl), SSL_get_cipher_name(ssl),
              settings->key.tls->min_version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2",
              HANSE_FMT(settings->key.tls->name));
  shown.theirs = SSL_get1_peer_certificate(ssl);
  if (shown.theirs) {
    chain_row(&shown);
    revocation_row(&shown);
    dates_row(&shown);
    name_row(&shown);
    purpose_row(&shown);
  }
  /* What decides for messages has the last word. */
  if (shown.good && !tls_verify_again(ssl, settings->key.tls))
    fails(&shown, (struct finding){.rule = "tls.verdict", .side = "between"},
          "the router would not accept this certificate");
  X509_free(shown.theirs);
  ours_row(&shown);
  return shown.good;
}

static const char *cure_of_ours(const struct probe *probe) {
  const struct target_settings *settings = target_settings(probe->places[probe->place]);
  X509 *ours = SSL_CTX_get0_certificate(settings->key.tls->context);
  return ours && !certificate_is_for(ours, NID_client_auth)
             ? "Our certificate is for servers only, and some servers (Kamailio, old edges, AOL's) demand clientAuth "
               "of "
               "whoever connects: use one with both for this partner (`tls` of its entry), or ask the partner not to "
               "demand it. Else its trust list lacks our authority."
             : "Ask the partner to trust the authority of our certificate, and whether the chain that we send is "
               "whole.";
}

void probe_refused(struct probe *probe) {
  const struct visit *visit = &probe->visit;
  bool ours = visit->failure == HANSE_F_TLS_OURS, late = visit->failure == HANSE_F_LINK_LOST;
  struct finding finding = {.rule = "tls.handshake", .grade = GRADE_FAIL, .took = probe_took(probe), .side = "between"};
  enum probe_class class = PROBE_TLS;
  if (ours) {
    finding.rule = "tls.ours";
    finding.meaning = "The partner's server refused our certificate.";
    finding.cure = cure_of_ours(probe);
    class = PROBE_OURS;
  } else if (late) {
    finding.rule = "answer";
    finding.meaning =
        "The partner's server left after the handshake, without a word: it may not like our certificate, or "
        "not know us.";
    finding.cure = cure_of_ours(probe);
    class = PROBE_SILENT;
  } else {
    finding.meaning =
        "No TLS came about: another service listens there, no version or cipher is common to both, or the "
        "partner's server lacks our authority and says so by leaving.";
    finding.cure = "Check host and port with the partner; compare TLS versions (`min_version` of the profile).";
  }
  finding_say(&probe->findings, &finding, "%s: %s", probe->address_text, visit->why);
  probe_fails(probe, class);
}
