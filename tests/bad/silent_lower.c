/* A protocol that takes messages of others, and never says what became of them. What it lifts itself is no UTF-8. */
#include "bad.h"

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link;
  return HANSE_OK;
}

static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  struct bad *bad = self;
  struct hanse_message *message = hanse_message_new(bad->host, link, hanse_slice(in->bytes, in->len));
  if (!message) return in->len;
  message->facts->from = message->facts->to = (struct hanse_address_fact){HANSE_LIT("\xff"), HANSE_LIT("partner.test")};
  message->facts->action = HANSE_ACTION_MESSAGE;
  hanse_submit_take(bad->host, message);
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

static enum hanse_failure lift(void *self, struct hanse_message *message, struct hanse_lifted *lifted) {
  (void)self;
  lifted->kind = HANSE_LIFTED_IM;
  lifted->from = message->facts->from;
  lifted->to = message->facts->to;
  return HANSE_F_NONE;
}

static enum hanse_failure lower(void *self, struct hanse_message *message, const struct hanse_lifted *lifted) {
  (void)self, (void)message, (void)lifted;
  return HANSE_F_NONE;
}

static void conclude(void *self, struct hanse_message *message, uint16_t status) {
  (void)status;
  take(self, message);
}

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
                                               .link_close = link_close,
                                               .lift = lift,
                                               .lower = lower,
                                               .conclude = conclude};

static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "silent", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("silent_lower", "takes messages and says nothing"),
    .offers = offers,
    BAD_LIFE,
};
