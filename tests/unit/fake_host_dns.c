/* DNS answers that a test gives, and federation types that wait for them (P32). */
#include "tests/unit/toy.h"

static bool asks_for_ever;

/* Goes where the first server of the domain is. */
static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct toy *toy = self;
  struct hanse_services found;
  char name[200];
  (void)partner;
  toy->decided++;
  toy->token = question->token;
  int n = snprintf(name, sizeof name, "_toy._tcp.%.*s", HANSE_FMT(question->domain));
  const struct hanse_slice service = hanse_slice(name, (size_t)n);
  int status = hanse_services(toy->host, question->arena, service, &found);
  if (status == HANSE_SKIP || asks_for_ever)
    return hanse_services_await(toy->host, question->token, service) == HANSE_OK ? HANSE_FOUND_LATER : HANSE_FOUND_NO;
  if (status != HANSE_OK || found.result == HANSE_LOOKUP_FAILED) {
    question->why->failure = HANSE_F_SRV;
    question->why->text = hanse_text(status == HANSE_OK ? found.error : "no memory");
    return HANSE_FOUND_NO;
  }
  if (found.result == HANSE_LOOKUP_NONE) return HANSE_FOUND_NOT_MINE;
  for (uint32_t i = 0; i < found.count; i++) {
    const struct hanse_place place = {
        .size = sizeof place, .port = found.items[i].port, .host = found.items[i].host, .prove = question->domain};
    hanse_route_add(toy->host, question->targets, &place);
  }
  question->lasts = found.lasts;
  question->configured = found.secure;
  return HANSE_FOUND_YES;
}
static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  (void)self, (void)partner, (void)question;
  return HANSE_FOUND_NO;
}
static void withdrawn(void *self, hanse_token token) {
  (void)token;
  ((struct toy *)self)->withdrawn++;
}
static const struct hanse_federation type = {
    .size = sizeof type, .catch_all = true, .confirm = confirm, .route = route, .withdrawn = withdrawn};
static const struct hanse_offer offers[] = {{HANSE_FEDERATION, "toy", NULL, &type, NULL, 0}, HANSE_OFFERS_END};
static const struct hanse_plugin plugin = TOY(.offers = offers);

#define B "_toy._tcp.b.test"
static const struct hanse_service services[] = {{HANSE_LIT("late.b.test"), 20, 1, 1},
                                                {HANSE_LIT("light.b.test"), 10, 1, 2},
                                                {HANSE_LIT("heavy.b.test"), 10, 9, 3},
                                                {HANSE_LIT("light2.b.test"), 10, 1, 4}};

struct bench {
  struct fake_world *world;
  struct fake_instance *instance;
  struct toy *toy;
  struct fake_finding is;
};

static enum hanse_found ask(struct bench *b) { return fake_ask(b->instance, "b.test", NULL, 0, &b->is); }
static enum hanse_found became(struct bench *b) { return fake_found(b->world, b->is.token, &b->is); }

static void known(void **state) {
  struct bench *b = *state;
  static const uint16_t order[] = {3, 2, 4, 1};
  fake_dns(b->world, B, services, 4, true);
  assert_int_equal(ask(b), HANSE_FOUND_YES);
  assert_int_equal(b->is.place_count, 4);
  for (size_t i = 0; i < 4; i++) assert_int_equal(b->is.places[i].port, order[i]);
  assert_true(hanse_same(b->is.places[0].host, HANSE_LIT("heavy.b.test")));
  assert_true(b->is.configured && b->is.lasts > 0);
  fake_dns(b->world, B, NULL, 0, false);
  assert_int_equal(ask(b), HANSE_FOUND_NOT_MINE);
  fake_partner(b->world, "b.test"); /* an entry has no next type to be asked */
  assert_int_equal(ask(b), HANSE_FOUND_NO);
  assert_int_equal(b->is.why.failure, HANSE_F_ERROR);
  fake_dns_failed(b->world, B, "SERVFAIL");
  assert_int_equal(ask(b), HANSE_FOUND_NO);
  assert_int_equal(b->is.why.failure, HANSE_F_SRV);
  assert_string_equal(b->is.why.text.at, "SERVFAIL");
}

static void waited_for(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b), HANSE_FOUND_LATER);
  assert_int_equal(fake_dns_waits(b->world, B), 1);
  assert_int_equal(became(b), HANSE_FOUND_LATER);
  assert_string_equal(fake_left(b->world), "answers 1");
  fake_dns(b->world, "_toy._tcp.c.test", services, 1, false); /* nobody waits for that */
  assert_int_equal(became(b), HANSE_FOUND_LATER);
  fake_dns(b->world, B, services, 1, false);
  assert_int_equal(became(b), HANSE_FOUND_YES);
  assert_int_equal(b->is.place_count, 1);
  assert_int_equal(b->toy->decided, 2);
  assert_int_equal(fake_dns_waits(b->world, B), 0);
  assert_string_equal(fake_left(b->world), "");
  fake_dns_forget(b->world, B);
  assert_int_equal(ask(b), HANSE_FOUND_LATER);
  fake_dns_failed(b->world, B, "SERVFAIL");
  assert_int_equal(became(b), HANSE_FOUND_NO);
  assert_int_equal(b->is.why.failure, HANSE_F_SRV);
}

static void never_known(void **state) {
  struct bench *b = *state;
  assert_int_equal(ask(b), HANSE_FOUND_LATER);
  fake_advance(b->world, 10 * HANSE_SECOND);
  assert_int_equal(b->toy->withdrawn, 1);
  assert_int_equal(became(b), HANSE_FOUND_NO);
  assert_int_equal(b->is.why.failure, HANSE_F_DEFERRED);
  assert_int_equal(fake_dns_waits(b->world, B), 0);
  fake_dry(b->world, true); /* who may not ask anybody has no token to wait with */
  assert_int_equal(ask(b), HANSE_FOUND_NO);
  assert_int_equal(hanse_services_await(fake_host(b->instance), 77, HANSE_LIT(B)), HANSE_GONE);
}

/* A type that never has enough is stopped, as in the router. */
static void without_end(void **state) {
  struct bench *b = *state;
  asks_for_ever = true;
  fake_dns(b->world, B, services, 1, false);
  assert_int_equal(ask(b), HANSE_FOUND_NO);
  assert_int_equal(b->is.why.failure, HANSE_F_SRV);
  assert_int_equal(b->toy->decided, 9);
  asks_for_ever = false;
}

static int setup(void **state) {
  struct bench *b = calloc(1, sizeof *b);
  b->world = fake_world_new();
  b->instance = toy_load(b->world, &plugin, NULL);
  b->toy = toy_of(b->instance);
  *state = b;
  return 0;
}
static int teardown(void **state) {
  fake_world_free(((struct bench *)*state)->world);
  free(*state);
  return 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(known), TEST(waited_for), TEST(never_known), TEST(without_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
