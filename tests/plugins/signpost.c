/* A protocol that nobody speaks yet: it only tells under which service its servers are published, and at which port, so
   that what looks records up can be shown with another protocol than SIP (XMPP's: RFC 6120 §3.2.1, §13.3). */
#include <hanse/plugin.h>
#include <stdlib.h>

static int link_open(void *self, struct hanse_link *link) {
  (void)self, (void)link;
  return HANSE_FAIL;
}

static size_t input(void *self, struct hanse_link *link, struct hanse_input *in) {
  (void)self, (void)link;
  return in->len;
}

static void deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  (void)self, (void)message, (void)route;
}

static void refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)self, (void)message, (void)why;
}

static void answer(void *self, void *object, struct hanse_message *message, const struct hanse_refusal *denied) {
  (void)self, (void)object, (void)message, (void)denied;
}

static void link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  (void)self, (void)object, (void)link, (void)why;
}

static void link_lost(void *self, void *object, struct hanse_link *link) { (void)self, (void)object, (void)link; }
static void keepalive(void *self, struct hanse_link *link) { (void)self, (void)link; }
static void waiting(void *self, struct hanse_message *message) { (void)self, (void)message; }

static void hand_over(void *self, struct hanse_link *link, struct hanse_slice octets) {
  (void)self, (void)link, (void)octets;
}

static void link_close(void *self, struct hanse_link *link, enum hanse_close why) { (void)self, (void)link, (void)why; }

static int ask(void *self, const struct hanse_probe_question *question, struct hanse_arena *arena,
               struct hanse_slice *out) {
  (void)self, (void)question;
  return hanse_copy(arena, HANSE_LIT("?"), out);
}

static enum hanse_probe_verdict read_answer(void *self, struct hanse_slice octets, struct hanse_arena *arena,
                                            struct hanse_probe_answer *out) {
  (void)self, (void)arena;
  out->text = octets;
  return HANSE_PROBE_ODD;
}

static const struct hanse_probe probe = {
    .size = sizeof(struct hanse_probe), .port = 5269, .service = "_xmpp-server._tcp", .ask = ask, .read = read_answer};

static const struct hanse_protocol protocol = {
    .size = sizeof(struct hanse_protocol),
    .identity = HANSE_IDENTITY_XMPP,
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
    .probe = &probe,
};

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}

static int start(void *self) {
  (void)self;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}

static void destroy(void *self) { (void)self; }

static const struct hanse_option options[] = {HANSE_OPTIONS_END};
static const struct hanse_offer offers[] = {
    {HANSE_PROTOCOL, "xmpp", NULL, &protocol, NULL, 0},
    HANSE_OFFERS_END,
};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),     .name = "signpost",
    .version = "1.0.0", .summary = "tells where servers of a protocol are published",
    .options = options, .offers = offers,
    .create = create,   .configure = configure,
    .start = start,     .destroy = destroy,
};
