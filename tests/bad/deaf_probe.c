/* A protocol that can ask whether a server is there, but has nothing that reads the answer. */
#include "bad.h"

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link;
  return HANSE_OK;
}

static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  (void)self, (void)link;
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

static int ask(void *self, const struct hanse_probe_question *question, struct hanse_arena *arena,
               struct hanse_slice *out) {
  (void)self, (void)question;
  return hanse_copy(arena, HANSE_LIT("are you there?"), out);
}

static const struct hanse_probe probe = {
    .size = sizeof(struct hanse_probe),
    .port = 5061,
    .service = "_bad._tcp",
    .ask = ask,
};

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
                                               .probe = &probe};

static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "deaf", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    BAD_WORDS("deaf_probe", "cannot read what it asks for"),
    .offers = offers,
    BAD_LIFE,
};
