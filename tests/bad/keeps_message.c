/* A protocol that makes a message of whatever arrives and never gives it back. */
#include "bad.h"

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link;
  return HANSE_OK;
}

static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  struct bad *bad = (struct bad *)self;
  if (!in->len) return 0;
  struct hanse_message *message = hanse_message_new(bad->host, link, hanse_slice(in->bytes, in->len));
  hanse_log(bad->host, HANSE_INFO, "bad.kept", "octets=%zu kept=%d", in->len, message != NULL);
  if (in->budget) in->budget--;
  return in->len;
}

static void take(void *self, struct hanse_message *message) { hanse_message_free(((struct bad *)self)->host, message); }
static void deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  (void)route;
  take(self, message);
}
static void refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)why;
  take(self, message);
}
static void answer(void *self, void *object, struct hanse_message *message, const struct hanse_refusal *denied) {
  (void)object, (void)denied;
  take(self, message);
}
static void hand_over(void *self, struct hanse_link *link, struct hanse_slice bytes) {
  (void)self, (void)link, (void)bytes;
}
static void waiting(void *self, struct hanse_message *message) { (void)self, (void)message; }
static void link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  (void)self, (void)object, (void)link, (void)why;
}
static void link_lost(void *self, void *object, struct hanse_link *link) { (void)self, (void)object, (void)link; }
static void keepalive(void *self, struct hanse_link *link) { (void)self, (void)link; }
static void link_close(void *self, struct hanse_link *link, enum hanse_close why) { (void)self, (void)link, (void)why; }

static const struct hanse_protocol protocol = {.size = sizeof(struct hanse_protocol),
                                               .identity = HANSE_IDENTITY_SIP,
                                               .link_open = link_open,
                                               .input = input,
                                               .hand_over = hand_over,
                                               .waiting = waiting,
                                               .deliver = deliver,
                                               .refuse = refuse,
                                               .answer = answer,
                                               .link_ready = link_ready,
                                               .link_lost = link_lost,
                                               .keepalive = keepalive,
                                               .link_close = link_close};

static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "keeper", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("keeps_message", "never gives a message back"),
    .offers = offers,
    BAD_LIFE,
};
