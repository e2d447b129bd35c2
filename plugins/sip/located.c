#include "located.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_ROOM 288 /* a domain of 253 octets behind the service */

void located_init(struct located *located, struct hanse_host *host) {
  located->host = host;
  located->unresolved = hanse_counter(host, "unresolved", "questions for a domain whose SRV records nobody could tell");
  located->conflicting = hanse_counter(host, "conflicting", "domains whose SRV records all lead outside the domain");
  located->unproved =
      hanse_counter(host, "unproved", "peers whose certificate names no host of the sender's SRV records");
}

int located_create(struct hanse_host *host, void **self) {
  struct located *located = (struct located *)calloc(1, sizeof *located);
  if (!located) return HANSE_NOMEM;
  located_init(located, host);
  *self = located;
  return HANSE_OK;
}

int located_configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}

int located_start(void *self) {
  (void)self;
  return HANSE_OK;
}

void located_destroy(void *self) { free(self); }

void located_withdrawn(void *self, hanse_token token) { (void)self, (void)token; }

static void count(uint64_t *counter, const struct hanse_question *question) {
  if (!question->dry) ++*counter;
}

/* ---- the records ---- */

static enum hanse_found ask(struct located *located, struct hanse_question *question, struct hanse_where where,
                            const char *name) {
  if (question->dry)
    return hanse_question_refuse(
        question, where, HANSE_F_SRV,
        "nobody has asked for %s lately, and nothing is asked for an explanation; send a message, "
        "then ask again",
        name);
  if (question->token && hanse_services_await(located->host, question->token, hanse_text(name)) == HANSE_OK)
    return HANSE_FOUND_LATER;
  return hanse_question_refuse(question, where, HANSE_F_BUSY,
                               "too many questions for the DNS wait already, %s is not asked", name);
}

/* One record with the target "." is a domain's way to say that it has no such service (RFC 2782, R43). */
static bool is_absent(const struct hanse_services *services) {
  return services->result == HANSE_LOOKUP_NONE || (services->count == 1 && services->items[0].host.len == 0);
}

enum hanse_found located_services(struct located *located, struct hanse_question *question, struct hanse_where where,
                                  struct hanse_services *out) {
  char name[NAME_ROOM];
  snprintf(name, sizeof name, LOCATED_SERVICE "%.*s", HANSE_FMT(question->domain));
  int status = hanse_services(located->host, question->arena, hanse_text(name), out);
  if (status == HANSE_SKIP) return ask(located, question, where, name);
  if (status != HANSE_OK) return hanse_question_refuse(question, where, HANSE_F_MEMORY, "no memory for %s", name);
  question->lasts = out->lasts;
  if (is_absent(out)) {
    count(located->unresolved, question);
    return hanse_question_refuse(
        question, where, HANSE_F_SRV_NONE,
        "%s %s; the partner must publish it, or be entered with its edge as type \"direct\"", name,
        out->result == HANSE_LOOKUP_NONE ? "does not exist" : "says that the domain has no such service");
  }
  if (out->result == HANSE_LOOKUP_FOUND) return HANSE_FOUND_YES;
  count(located->unresolved, question);
  return hanse_question_refuse(question, where, HANSE_F_SRV, "the resolver cannot tell %s: %s", name, out->error);
}

/* ---- the partner's own edge ---- */

static struct hanse_where where_of(const struct located *located, const struct hanse_partner *partner) {
  return partner ? hanse_partner_where(located->host, partner) : (struct hanse_where){0};
}

/* Of a domain that no entry names another type may know more. */
static enum hanse_found not_here(const struct hanse_partner *partner) {
  return partner ? HANSE_FOUND_NO : HANSE_FOUND_NOT_MINE;
}

static enum hanse_found records(struct located *located, struct hanse_question *question,
                                const struct hanse_partner *partner, struct hanse_services *out) {
  enum hanse_found found = located_services(located, question, where_of(located, partner), out);
  return found == HANSE_FOUND_NO && question->why->failure == HANSE_F_SRV_NONE ? not_here(partner) : found;
}

static enum hanse_found conflict(struct located *located, struct hanse_question *question,
                                 const struct hanse_partner *partner, struct hanse_slice host) {
  count(located->conflicting, question);
  hanse_question_refuse(question, where_of(located, partner), HANSE_F_SRV_DOMAIN,
                        "the SRV record of %.*s leads to %.*s, which lies outside the domain and so proves nothing; "
                        "if that is right, enter the partner with this edge as type \"direct\"",
                        HANSE_FMT(question->domain), HANSE_FMT(host));
  return not_here(partner);
}

enum hanse_found located_confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct located *located = (struct located *)self;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  struct hanse_where where = where_of(located, partner);
  struct hanse_services services;
  struct hanse_slice inside = hanse_slice(NULL, 0);
  char names[HANSE_PEER_NAMES];
  enum hanse_found found = records(located, question, partner, &services);
  if (found != HANSE_FOUND_YES) return found;
  question->why->where = where;
  for (uint32_t i = 0; i < services.count; i++) {
    struct hanse_slice host = services.items[i].host;
    if (!hanse_domain_within(host, question->domain)) continue;
    if (question->peer && hanse_peer_proves(question->peer, host)) return HANSE_FOUND_YES;
    if (!inside.at) inside = host;
  }
  if (!inside.at) return conflict(located, question, partner, services.items[0].host);
  count(located->unproved, question);
  return hanse_question_refuse(
      question, where, HANSE_F_NAME_NOT_PROVED,
      "the peer proved %s, but the SRV record of %.*s leads to %.*s: it does not speak for that "
      "domain, or its certificate lacks that name",
      hanse_peer_names(question->peer, names), HANSE_FMT(question->domain), HANSE_FMT(inside));
}

enum hanse_found located_route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct located *located = (struct located *)self;
  if (question->ours) return HANSE_FOUND_NOT_MINE;
  struct hanse_where where = where_of(located, partner);
  struct hanse_services services;
  uint32_t added = 0;
  enum hanse_found found = records(located, question, partner, &services);
  if (found != HANSE_FOUND_YES) return found;
  question->why->where = where;
  for (uint32_t i = 0; i < services.count; i++) {
    const struct hanse_service *service = &services.items[i];
    struct hanse_place place = {.size = sizeof place,
                                .protocol = HANSE_LIT("sip"),
                                .port = service->port,
                                .host = service->host,
                                .prove = service->host};
    if (!hanse_domain_within(service->host, question->domain)) continue;
    int status = hanse_route_add(located->host, question->targets, &place);
    if (status == HANSE_OK) added++;
    if (status == HANSE_NOMEM && added == 0)
      return hanse_question_refuse(question, where, HANSE_F_MEMORY, "no memory for the target");
  }
  return added ? HANSE_FOUND_YES : conflict(located, question, partner, services.items[0].host);
}
