#include "router/rehearsal.h"

#include "contract/domain.h"
#include "router/generation.h"
#include "router/router.h"
#include "router/way.h"

void rehearsal_end(struct rehearsal *rehearsal) {
  if (rehearsal->message) message_free(rehearsal->message);
  rehearsal->message = NULL;
}

void rehearse(struct rehearsal *rehearsal, struct router *router, enum hanse_side side,
              const struct hanse_address_fact *from, const struct hanse_address_fact *to,
              const struct hanse_slice *names, size_t count) {
  const struct protocol *protocol = router->now->protocol_count ? &router->now->protocols[0] : NULL;
  memset(rehearsal, 0, sizeof *rehearsal);
  if (!protocol || !protocol->instance) return;
  rehearsal->link = (struct hanse_link){.holds = 1,
                                        .state = LINK_OPEN,
                                        .protocol = protocol->name,
                                        .side = side,
                                        .proved = (struct hanse_slice *)names,
                                        .proved_count = count};
  struct message *message = message_new(router, protocol->instance, &rehearsal->link, hanse_slice("", 0));
  if (!message) return;
  struct hanse_facts *facts = &message->facts;
  message->dry = true;
  facts->side = (uint8_t)side;
  facts->from = *from;
  facts->to = *to;
  facts->method = HANSE_LIT("MESSAGE");
  facts->hops = 70;
  facts->modality = HANSE_MODALITY_IM;
  facts->modalities = HANSE_MODALITY_BIT(HANSE_MODALITY_IM);
  facts->action = HANSE_ACTION_MESSAGE;
  facts->proved = names;
  facts->proved_count = (uint32_t)count;
  rehearsal->message = message;
  rehearsal->allowed = way_try(message);
}

bool rehearsal_address(struct hanse_rows *rows, const char *argument, struct hanse_arena *arena,
                       struct hanse_address_fact *out) {
  struct hanse_slice text = rows_argument(rows, argument), domain, canonical;
  const char *colon = memchr(text.at ? text.at : "", ':', text.len), *at;
  char buf[DOMAIN_BUFFER];
  if (colon) text = hanse_slice(colon + 1, text.len - (size_t)(colon + 1 - text.at));
  at = memchr(text.at ? text.at : "", '@', text.len);
  *out = (struct hanse_address_fact){0};
  if (at) out->user = hanse_slice(text.at, (size_t)(at - text.at));
  domain = at ? hanse_slice(at + 1, text.len - (size_t)(at + 1 - text.at)) : text;
  if (domain_canonical(domain, buf, sizeof buf, &canonical) == HANSE_OK &&
      hanse_copy(arena, canonical, &out->domain) == HANSE_OK)
    return true;
  rows_say(rows, "\"%.*s\" is no address: %s", HANSE_FMT(rows_argument(rows, argument)),
           domain_fault_text(domain_fault(domain)));
  return false;
}
