/* The protocol PLUGIN_NAME: each line "FROM TO TEXT" is a message, which goes on as it came and is not answered. */
#include "PLUGIN_NAME.h"

#include <stdlib.h>

/* What this protocol has no use for: answers, several instances with one ticket, pings. */
static int link_open(void *self, struct hanse_link *link) { return (void)self, (void)link, HANSE_OK; }
static void hand_over(void *self, struct hanse_link *link, struct hanse_slice b) { (void)self, (void)link, (void)b; }
static void waiting(void *self, struct hanse_message *message) { (void)self, (void)message; }
static void answer(void *self, void *o, struct hanse_message *m, const struct hanse_refusal *w) {
  (void)o, PLUGIN_NAME_refuse(self, m, w);
}
static void link_lost(void *self, void *object, struct hanse_link *link) { (void)self, (void)object, (void)link; }
static void keepalive(void *self, struct hanse_link *link) { (void)self, (void)link; }
static void link_close(void *self, struct hanse_link *link, enum hanse_close why) { (void)self, (void)link, (void)why; }

static int create(struct hanse_host *host, void **self) {
  struct PLUGIN_NAME *me = calloc(1, sizeof *me);
  if (!me) return HANSE_NOMEM;
  me->host = host;
  *self = me;
  return HANSE_OK;
}
/* What still waits is given back; `destroy` frees the rest. */
static void stop(void *self) {
  struct PLUGIN_NAME *me = self;
  for (size_t i = 0; i < PLUGIN_NAME_WAITING; i++)
    if (me->waiting[i]) PLUGIN_NAME_finish(me, me->waiting[i], NULL, HANSE_F_DRAINING);
}

/* IDENTITY_SIP: which names of a certificate count. Listeners and `home` name the protocol as the offer does. */
static const struct hanse_protocol protocol = {.size = sizeof protocol,
                                               .identity = HANSE_IDENTITY_SIP,
                                               .link_open = link_open,
                                               .input = PLUGIN_NAME_input,
                                               .hand_over = hand_over,
                                               .waiting = waiting,
                                               .deliver = PLUGIN_NAME_deliver,
                                               .refuse = PLUGIN_NAME_refuse,
                                               .answer = answer,
                                               .link_ready = PLUGIN_NAME_link_ready,
                                               .link_lost = link_lost,
                                               .keepalive = keepalive,
                                               .link_close = link_close};
static const struct hanse_offer offers[] = {{HANSE_PROTOCOL, "PLUGIN_NAME", NULL, &protocol, NULL, 0},
                                            HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {HANSE_NEEDS(HANSE_ABI_MINOR),
                                          .name = "PLUGIN_NAME",
                                          .version = "0.1",
                                          .summary = "messages in lines",
                                          .offers = offers,
                                          .create = create,
                                          .stop = stop,
                                          .destroy = free};
