#include "router/lookup.h"

#include <stdlib.h>
#include <utlist.h>

#include "contract/abi.h"
#include "router/router.h"
#include "router/token.h"
#include "router/wait.h"

struct lookup {
  struct lookup *next, *prev;
  struct router *router;
  struct dns_query *query;
  hanse_token token; /* whose message may be gone by now */
  size_t length;
  char name[];
};

static void lookup_free(struct lookup *lookup) {
  DL_DELETE(lookup->router->lookups, lookup);
  dns_cancel(lookup->query);
  free(lookup);
}

/* The answer is remembered, at least as a failure, until the stage has looked. */
static void done(void *argument, const struct dns_answer *answer) {
  struct lookup *lookup = argument;
  struct router *router = lookup->router;
  hanse_token token = lookup->token;
  (void)answer;
  lookup->query = NULL;
  lookup_free(lookup);
  wait_ask_again(router, token);
}

int lookup_await(struct router *router, hanse_token token, struct hanse_slice name) {
  if (!token_find(router->tokens, token)) return HANSE_GONE;
  struct lookup *lookup = calloc(1, sizeof *lookup + name.len);
  if (!lookup) return HANSE_NOMEM;
  lookup->router = router;
  lookup->token = token;
  lookup->length = name.len;
  memcpy(lookup->name, name.at, name.len);
  lookup->query = dns_services(router->dns, name, done, lookup);
  if (!lookup->query) {
    free(lookup);
    return HANSE_NOMEM;
  }
  DL_APPEND(router->lookups, lookup);
  return HANSE_OK;
}

static enum hanse_lookup result_of(const struct dns_answer *answer) {
  if (answer->verdict == DNS_BOGUS) return HANSE_LOOKUP_FAILED;
  return answer->result == DNS_FOUND  ? HANSE_LOOKUP_FOUND
         : answer->result == DNS_NONE ? HANSE_LOOKUP_NONE
                                      : HANSE_LOOKUP_FAILED;
}

int lookup_known(struct router *router, struct hanse_arena *arena, struct hanse_slice name,
                 struct hanse_services *out) {
  struct dns_answer answer;
  if (!dns_services_known(router->dns, name, &answer)) return HANSE_SKIP;
  enum hanse_lookup result = result_of(&answer);
  size_t count = result == HANSE_LOOKUP_FOUND ? answer.count : 0;
  struct hanse_service *items = hanse_alloc(arena, (count + 1) * sizeof *items);
  if (!items) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    const struct dns_service *service = &answer.services[i];
    items[i] = (struct hanse_service){hanse_text(service->host), service->priority, service->weight, service->port};
  }
  const struct hanse_services services = {.size = sizeof services,
                                          .count = (uint32_t)count,
                                          .result = result,
                                          .secure = answer.verdict == DNS_SECURE,
                                          .lasts = answer.lasts,
                                          .error = answer.error,
                                          .items = items};
  abi_give(out, &services);
  return HANSE_OK;
}

/* One that finds no memory now lets its message ask again, which is then told so. */
void lookups_dns_changed(struct router *router) {
  struct lookup *lookup, *next;
  DL_FOREACH_SAFE(router->lookups, lookup, next) {
    dns_cancel(lookup->query);
    lookup->query = dns_services(router->dns, hanse_slice(lookup->name, lookup->length), done, lookup);
    hanse_token token = lookup->token;
    if (lookup->query) continue;
    lookup_free(lookup);
    wait_ask_again(router, token);
  }
}

void lookups_free(struct router *router) {
  while (router->lookups) lookup_free(router->lookups);
}
