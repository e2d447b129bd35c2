#include "router/prepare_net.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/nearest.h"
#include "router/address.h"
#include "router/crl_file.h"
#include "router/router.h"

#define SIP_TLS_PORT 5061

/* ---- TLS profiles ---- */

static bool lists_fit(const struct settings_tls *written, struct problem_list *problems) {
  const struct hanse_slice *sources = written->crl.items;
  bool fit = true;
  for (size_t i = 0; i < written->crl.count; i++) {
    const char *why;
    if (crl_source_fits(sources[i], &why)) continue;
    problem_error(problems, &written->where, "tls \"%.*s\": crl \"%.*s\": %s", HANSE_FMT(written->name),
                  HANSE_FMT(sources[i]), why);
    fit = false;
  }
  return fit;
}

/* A list that is not there keeps nothing from starting: those behind URLs come later, and the check may be soft. */
static void note_lists(const struct tls_profile *profile, const struct settings_tls *written,
                       struct problem_list *problems) {
  const struct hanse_slice *sources = written->crl.items;
  for (size_t i = 0; profile && i < written->crl.count; i++)
    if (crl_is_url(sources[i])) return;
  if (profile && profile->lists_trouble[0])
    problem_warning(problems, &written->where, "tls \"%.*s\": crl: %s", HANSE_FMT(written->name),
                    profile->lists_trouble);
}

static int make_profiles(struct generation *generation, struct problem_list *problems) {
  const struct settings *settings = generation->settings;
  generation->profiles = calloc(settings->tls.count + 1, sizeof(struct tls_profile *));
  if (!generation->profiles) return HANSE_NOMEM;
  for (size_t i = 0; i < settings->tls.count; i++) {
    const struct settings_tls *written = settings_tls_at(settings, i);
    struct tls_source source = {.name = written->name,
                                .certificate = written->certificate,
                                .key = {.path = HANSE_LIT("key"), .content = written->key},
                                .ca = written->ca,
                                .min_version = written->min_version,
                                .depth = (int)written->depth,
                                .strict_purpose = written->purpose == SETTINGS_PURPOSE_BOTH,
                                .revocation = written->crl.count ? (enum tls_revocation)written->crl_check : 0,
                                .lists = (struct hanse_slice *)written->crl.items,
                                .list_count = written->crl.count,
                                .state_dir = settings->state_dir.at,
                                .where = written->where};
    struct hanse_problem problem = {.where = written->where};
    if (!lists_fit(written, problems)) continue;
    if (!written->certificate.content.len || !written->key.len || !written->ca.content.len) continue; /* reported */
    generation->profiles[i] = tls_profile_new(&source, &problem);
    if (!generation->profiles[i]) problem_error_from(problems, &problem);
    note_lists(generation->profiles[i], written, problems);
  }
  return HANSE_OK;
}

static struct tls_profile *profile_hold(const struct generation *generation, struct hanse_slice name) {
  struct tls_profile *profile = name.len ? generation_profile(generation, name) : NULL;
  return profile ? tls_profile_hold(profile) : NULL;
}

/* ---- listeners ---- */

static uint16_t port_of(const struct settings_listener *written) {
  return written->address.port ? written->address.port : SIP_TLS_PORT;
}

static int make_locals(struct generation *generation, struct problem_list *problems) {
  const struct settings *settings = generation->settings;
  generation->listeners = calloc(settings->listen.count + 1, sizeof(struct listener *));
  generation->locals = calloc(settings->listen.count + 1, sizeof *generation->locals);
  if (!generation->listeners || !generation->locals) return HANSE_NOMEM;
  for (size_t i = 0; i < settings->listen.count; i++) {
    const struct settings_listener *written = settings_listener_at(settings, i);
    snprintf(generation->locals[i], sizeof generation->locals[i], "%.*s:%u", HANSE_FMT(written->name.name),
             port_of(written));
    if (!generation_protocol(generation, written->protocol))
      problem_error(problems, &written->where, "no module offers protocol \"%.*s\"; add its module to `modules`",
                    HANSE_FMT(written->protocol));
    if (!written->tls.len)
      problem_error(problems, &written->where,
                    "a listener has no `tls`; federation is served over mutual TLS only, so "
                    "name a profile of `tls`");
  }
  if (!settings->listen.count && !problems->errors) /* else it may stand in what could not be read */
    problem_error(problems, NULL, "there is no listener; write `listen = ( { … } );` with one for each side");
  return HANSE_OK;
}

int prepare_listener(const struct generation *generation, size_t index, struct listener_settings *out,
                     struct hanse_problem *problem) {
  const struct settings_listener *written = settings_listener_at(generation->settings, index);
  const struct protocol *protocol = generation_protocol(generation, written->protocol);
  *out = (struct listener_settings){.side = (enum hanse_side)written->side,
                                    .protocol = protocol->name,
                                    .rule = (enum hanse_identity_rule)protocol->slots->identity,
                                    .tls = generation_profile(generation, written->tls),
                                    .local = hanse_text(generation->locals[index]),
                                    .where = written->where};
  problem->where = written->where;
  if (address_parse(written->address.host, &out->address, &out->address_length) != HANSE_OK) {
    hanse_explain(problem, "listener address \"%.*s\" is no IP address; write one of this machine's",
                  HANSE_FMT(written->address.host));
    return HANSE_INVALID;
  }
  address_port_set((struct sockaddr *)&out->address, port_of(written));
  return HANSE_OK;
}

/* ---- home domains ---- */

static struct hanse_slice keep(struct partner_set *set, struct hanse_slice text, int *status) {
  struct hanse_slice copy = {NULL, 0};
  if (hanse_copy(&set->pool.arena, text, &copy) != HANSE_OK) *status = HANSE_NOMEM;
  return copy;
}

static int entry_make(struct partner_set *set, struct entry *entry, enum entry_kind kind, struct hanse_slice domain,
                      struct hanse_where where) {
  int status = HANSE_OK;
  entry->kind = kind;
  entry->domain = keep(set, domain, &status);
  if (option_pool_where(&set->pool, where, &entry->where) != HANSE_OK) status = HANSE_NOMEM;
  if (status == HANSE_OK && partner_set_add(set, entry) == HANSE_NOMEM) status = HANSE_NOMEM;
  return status; /* a domain that is there twice was reported by settings_read */
}

static int home_make(struct generation *generation, size_t i, struct problem_list *problems) {
  const struct settings_home *written = settings_home_at(generation->settings, i);
  struct partner_set *set = generation->partners;
  struct home *home = &set->homes[i];
  int status = entry_make(set, &home->entry, ENTRY_HOME, written->domain.name, written->where);
  home->protocol = keep(set, written->protocol, &status);
  home->server = written->server;
  home->server.host = keep(set, written->server.host, &status);
  if (!home->server.port) home->server.port = SIP_TLS_PORT;
  home->tls = profile_hold(generation, written->tls);
  struct hanse_domain *peers = hanse_alloc(&set->pool.arena, (written->peers.count + 1) * sizeof *peers);
  if (!peers) return HANSE_NOMEM;
  for (size_t k = 0; k < written->peers.count; k++)
    peers[k].name = keep(set, ((const struct hanse_domain *)written->peers.items)[k].name, &status);
  home->peers = peers;
  home->peer_count = written->peers.count;
  home->shared = written->shared;
  if (!generation_protocol(generation, written->protocol))
    problem_error(problems, &written->where, "no module offers protocol \"%.*s\"; add its module to `modules`",
                  HANSE_FMT(written->protocol));
  if (!written->tls.len)
    problem_error(problems, &written->where, "home domain \"%.*s\" has no `tls`; name a profile of `tls`",
                  HANSE_FMT(written->domain.name));
  return status;
}

/* ---- partners ---- */

static void unknown_type(const struct generation *generation, const struct settings_partner *written,
                         struct problem_list *problems) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, written->type);
  for (size_t i = 0; i < generation->federation_count; i++) nearest_offer(&nearest, generation->federations[i].name);
  problem_error(problems, &written->where,
                "partner \"%.*s\": no module offers federation type \"%.*s\"%s; add its module "
                "to `modules`",
                HANSE_FMT(written->domain.name), HANSE_FMT(written->type), nearest_text(&nearest, hint, sizeof hint));
}

static int partner_make(struct generation *generation, size_t i, struct problem_list *problems) {
  static const struct hanse_option none[] = {HANSE_OPTIONS_END};
  const struct settings_partner *written = settings_partner_at(generation->settings, i);
  struct partner_set *set = generation->partners;
  struct hanse_partner *partner = &set->partners[i];
  struct federation *federation = generation_federation(generation, written->type);
  int status = entry_make(set, &partner->entry, ENTRY_PARTNER, written->domain.name, written->where);
  if (status != HANSE_OK) return status;
  partner->set = set;
  partner->source_taken = written->source_taken;
  partner->accept_cn = written->accept_cn;
  partner->wildcards = written->wildcards;
  partner->comment = keep(set, written->comment, &status);
  partner->protocol = keep(set, written->protocol, &status);
  if (written->protocol.len && !generation_protocol(generation, written->protocol))
    problem_error(problems, &written->where, "no module offers protocol \"%.*s\"; add its module to `modules`",
                  HANSE_FMT(written->protocol));
  partner->tls = profile_hold(generation, written->tls);
  if (written->source.host.len) {
    socklen_t length;
    if (address_parse(written->source.host, &partner->source, &length) != HANSE_OK)
      problem_error(problems, &written->where, "partner \"%.*s\": source is no IP address",
                    HANSE_FMT(written->domain.name));
  }
  if (!federation) {
    unknown_type(generation, written, problems);
    return status;
  }
  partner->type = federation->name;
  if (!hanse_same_nocase(written->type, federation->name)) partner->called = keep(set, written->type, &status);
  partner->federation = federation;
  void *entry_settings = NULL;
  if (settings_partner_options(generation->settings, i, federation->entry ? federation->entry : none,
                               federation->entry_size, &set->pool, &entry_settings, problems) == HANSE_NOMEM)
    return HANSE_NOMEM;
  partner->settings = entry_settings;
  return status;
}

static int make_partners(struct generation *generation, struct problem_list *problems) {
  const struct settings *settings = generation->settings;
  struct partner_set *set = generation->partners = partner_set_new(settings->home.count, settings->partners.count);
  int status = set ? HANSE_OK : HANSE_NOMEM;
  if (set) set->bin = generation->router->bin;
  for (size_t i = 0; status == HANSE_OK && i < settings->home.count; i++) {
    set->home_count = i + 1;
    status = home_make(generation, i, problems);
  }
  for (size_t i = 0; status == HANSE_OK && i < settings->partners.count; i++) {
    set->partner_count = i + 1;
    status = partner_make(generation, i, problems);
  }
  if (!settings->home.count && !problems->errors)
    problem_error(problems, NULL, "there is no home domain; write `home = ( { domain = …; server = …; } );`");
  return status;
}

/* What an established connection was trusted by: a change has its peers verified again (design §4.6). */
static void note_trust(struct generation *generation, const unsigned char partners[32]) {
  crypto_generichash_state state;
  unsigned char digest[32];
  crypto_generichash_init(&state, NULL, 0, sizeof digest);
  for (size_t i = 0; i < generation->settings->tls.count; i++)
    if (generation->profiles[i]) {
      const struct tls_profile *profile = generation->profiles[i];
      crypto_generichash_update(&state, profile->anchors, sizeof profile->anchors);
      crypto_generichash_update(&state, profile->lists_digest, sizeof profile->lists_digest);
      crypto_generichash_update(&state, (const unsigned char *)&profile->revocation, sizeof profile->revocation);
    }
  crypto_generichash_update(&state, partners, 32);
  crypto_generichash_final(&state, digest, sizeof digest);
  memcpy(&generation->trust, digest, sizeof generation->trust);
}

static int note_digests(struct generation *generation) {
  const struct settings *settings = generation->settings;
  unsigned char entries[2][32];
  if (settings_digest(settings, SETTINGS_PART_HOME, entries[0]) == HANSE_NOMEM ||
      settings_digest(settings, SETTINGS_PART_PARTNERS, entries[1]) == HANSE_NOMEM ||
      settings_digest(settings, SETTINGS_PART_DNS, generation->dns_digest) == HANSE_NOMEM)
    return HANSE_NOMEM;
  crypto_generichash(generation->entries_digest, sizeof generation->entries_digest, entries[0], sizeof entries, NULL,
                     0);
  note_trust(generation, entries[1]);
  return HANSE_OK;
}

int prepare_net(struct generation *generation, struct problem_list *problems) {
  if (make_profiles(generation, problems) != HANSE_OK || make_locals(generation, problems) != HANSE_OK ||
      make_partners(generation, problems) != HANSE_OK)
    return HANSE_NOMEM;
  return note_digests(generation);
}
