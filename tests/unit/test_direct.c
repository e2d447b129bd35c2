/* The federation type `direct`, as built: confirm and route against a host that is faked here (R1, R2, R7, R12, R19).
 */
#include <dlfcn.h>
#include <hanse/plugin.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

/* What direct.so's tables lay out; checked against them below. */
struct settings {
  bool be_clearing_house;
};
struct entry {
  struct hanse_where where;
  struct hanse_address edge;
  bool member;
};

struct fake {
  struct hanse_host host; /* first */
  void *library;
  const struct hanse_plugin *plugin;
  const struct hanse_federation *slots;
  void *self;
  struct settings settings;
  struct entry entry;
  uint64_t counter;
  struct hanse_place place;
  int places, route_status;
  struct hanse_arena arena;
  char memory[4096];
};

static uint64_t *fake_counter(struct hanse_host *host, const char *name, const char *help) {
  (void)name, (void)help;
  return &((struct fake *)host)->counter;
}
static const struct hanse_partner *partner_of(struct fake *fake) { return (const struct hanse_partner *)(void *)fake; }
static const void *fake_settings(const struct hanse_partner *partner) {
  return &((const struct fake *)(const void *)partner)->entry;
}
static int fake_route_add(struct hanse_host *host, struct hanse_found_targets *targets,
                          const struct hanse_place *place) {
  struct fake *fake = (struct fake *)host;
  (void)targets;
  fake->place = *place;
  fake->places++;
  return fake->route_status;
}
static void *no_more(struct hanse_arena *arena, size_t n) {
  (void)arena, (void)n;
  return NULL;
}

static const struct hanse_host_ops fake_ops = {
    .size = sizeof(struct hanse_host_ops),
    .counter = fake_counter,
    .partner_settings = fake_settings,
    .route_add = fake_route_add,
};

static int setup(void **state) {
  struct fake *fake = calloc(1, sizeof *fake);
  fake->host.size = sizeof fake->host;
  fake->host.ops = &fake_ops;
  fake->library = dlopen(HANSE_BUILD_DIR "/modules/direct.so", RTLD_NOW | RTLD_LOCAL);
  if (!fake->library) fail_msg("%s", dlerror());
  fake->plugin = dlsym(fake->library, "hanse_plugin");
  fake->slots = fake->plugin->offers[0].slots;
  fake->entry.where = (struct hanse_where){"hanse.conf", 42};
  fake->entry.edge.host = HANSE_LIT("sip.fabrikam.example");
  assert_int_equal(fake->plugin->create(&fake->host, &fake->self), HANSE_OK);
  struct hanse_problem problem = {0};
  assert_int_equal(fake->plugin->configure(fake->self, &fake->settings, &problem), HANSE_OK);
  assert_int_equal(fake->plugin->start(fake->self), HANSE_OK);
  *state = fake;
  return 0;
}

static int teardown(void **state) {
  struct fake *fake = *state;
  fake->plugin->destroy(fake->self);
#ifndef HANSE_SANITIZED
  dlclose(fake->library);
#endif
  free(fake);
  return 0;
}

/* Asks with these names proved; the question lives in the caller. */
static enum hanse_found confirm(struct fake *fake, struct hanse_question *question, struct hanse_refusal *why,
                                const struct hanse_slice *proved, uint32_t count, bool dry) {
  struct hanse_peer peer = {sizeof peer, count, proved};
  fake->arena = (struct hanse_arena){sizeof fake->arena, 0, fake->memory, fake->memory + sizeof fake->memory, no_more};
  *why = (struct hanse_refusal){.size = sizeof *why};
  *question = (struct hanse_question){.size = sizeof *question,
                                      .dry = dry,
                                      .domain = HANSE_LIT("fabrikam.example"),
                                      .peer = &peer,
                                      .why = why,
                                      .arena = &fake->arena,
                                      .lasts = 7};
  return fake->slots->confirm(fake->self, partner_of(fake), question);
}

static bool says(const struct hanse_refusal *why, const char *words) {
  return memmem(why->text.at, why->text.len, words, strlen(words)) != NULL;
}

static void descriptor(void **state) {
  struct fake *fake = *state;
  const struct hanse_offer *offer = &fake->plugin->offers[0];
  assert_string_equal(fake->plugin->name, "direct");
  assert_int_equal(offer->capability, HANSE_FEDERATION);
  assert_int_equal(offer->entry_size, sizeof(struct entry));
  assert_int_equal(offer->entry[0].type, HANSE_ORIGIN);
  assert_int_equal(offer->entry[0].offset, offsetof(struct entry, where));
  assert_int_equal(offer->entry[1].type, HANSE_ADDRESS);
  assert_int_equal(offer->entry[1].offset, offsetof(struct entry, edge));
  assert_int_equal(offer->entry[1].flags, HANSE_REQUIRED | HANSE_HOST_NAME); /* R12 */
  assert_int_equal(fake->slots->wire_type, HANSE_WIRE_DIRECT_PARTNER);
  assert_false(fake->slots->catch_all);
  assert_int_equal(fake->plugin->settings_size, sizeof(struct settings));
  assert_int_equal(fake->plugin->options[0].offset, offsetof(struct settings, be_clearing_house));
  assert_string_equal(fake->plugin->options[0].fallback, "false");
  assert_int_equal(offer->entry[2].offset, offsetof(struct entry, member));
  assert_string_equal(offer->entry[2].fallback, "false");
}

/* R16: only where the module and the entry both say so may what comes from there go on to another. */
static void members(void **state) {
  struct fake *fake = *state;
  const struct hanse_slice edge = HANSE_LIT("sip.fabrikam.example");
  for (int i = 0; i < 4; i++) {
    struct hanse_question question;
    struct hanse_refusal why;
    fake->settings.be_clearing_house = i & 1;
    fake->entry.member = i & 2;
    assert_int_equal(confirm(fake, &question, &why, &edge, 1, false), HANSE_FOUND_YES);
    assert_int_equal(question.terms.relays, i == 3);
    question.terms.relays = false;
    assert_int_equal(fake->slots->route(fake->self, partner_of(fake), &question), HANSE_FOUND_YES);
    assert_int_equal(question.terms.relays, i == 3);
  }
}

/* R7: the words of all generations. */
static void aliases(void **state) {
  struct fake *fake = *state;
  const char *wanted[] = {"allowed partner server", "allowed-partner-server", "DirectPartner",
                          "allowed domain with Access Edge FQDN"};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    const char *const *alias = fake->plugin->offers[0].aliases;
    while (*alias && strcmp(*alias, wanted[i]) != 0) alias++;
    if (!*alias) fail_msg("no alias \"%s\"", wanted[i]);
  }
}

/* R2: the edge itself, 5061 unless written, no SRV (there is only one place, and it is the edge). */
static void route(void **state) {
  struct fake *fake = *state;
  struct hanse_refusal why = {.size = sizeof why};
  struct hanse_question question = {
      .size = sizeof question, .domain = HANSE_LIT("it.fabrikam.example"), .why = &why, .lasts = 7};
  for (int written = 0; written < 2; written++) {
    fake->entry.edge.port = written ? 15061 : 0;
    assert_int_equal(fake->slots->route(fake->self, partner_of(fake), &question), HANSE_FOUND_YES);
    assert_int_equal(fake->places, written + 1);
    assert_int_equal(fake->place.port, written ? 15061 : 5061);
    assert_true(hanse_same(fake->place.host, HANSE_LIT("sip.fabrikam.example")));
    assert_true(hanse_same(fake->place.prove, fake->place.host));
    assert_true(fake->place.may_be_private);
    assert_int_equal(question.lasts, 0);
    assert_int_equal(why.where.line, 42);
  }
}

static void route_fails(void **state) {
  struct fake *fake = *state;
  struct hanse_refusal why = {.size = sizeof why};
  fake->arena = (struct hanse_arena){sizeof fake->arena, 0, fake->memory, fake->memory, no_more};
  struct hanse_question question = {.size = sizeof question, .why = &why, .arena = &fake->arena};
  fake->route_status = HANSE_NOMEM;
  assert_int_equal(fake->slots->route(fake->self, partner_of(fake), &question), HANSE_FOUND_NO);
  assert_int_equal(why.failure, HANSE_F_MEMORY);
  assert_int_equal(why.text.len, 0); /* the arena is empty: no text, no crash */
  fake->route_status = HANSE_INVALID;
  assert_int_equal(fake->slots->route(fake->self, partner_of(fake), &question), HANSE_FOUND_NO);
  assert_int_equal(why.failure, HANSE_F_ADDRESS);
}

/* R19: the configured name must be among those that the certificate proves, wherever it stands. */
static void proved(void **state) {
  struct fake *fake = *state;
  struct hanse_question question;
  struct hanse_refusal why;
  const struct hanse_slice names[] = {HANSE_LIT("a.example"), HANSE_LIT("b.example"),
                                      HANSE_LIT("sip.fabrikam.example")};
  assert_int_equal(confirm(fake, &question, &why, names, 3, false), HANSE_FOUND_YES);
  assert_int_equal(question.lasts, 0);
  assert_int_equal(why.where.line, 42);
  assert_int_equal(fake->counter, 0);
  /* The core lists a wildcard only where the partner's entry allows it. */
  const struct hanse_slice near = HANSE_LIT("*.fabrikam.example"), far = HANSE_LIT("*.example");
  assert_int_equal(confirm(fake, &question, &why, &near, 1, false), HANSE_FOUND_YES);
  assert_int_equal(confirm(fake, &question, &why, &far, 1, false), HANSE_FOUND_NO);
}

/* R19: another peer that uses the domain is refused, and the text names what was proved and what was wanted. */
static void unproved(void **state) {
  struct fake *fake = *state;
  struct hanse_question question;
  struct hanse_refusal why;
  const struct hanse_slice names[] = {HANSE_LIT("fabrikam.example"),
                                      HANSE_LIT("x.sip.fabrikam.example"),
                                      HANSE_LIT("evilsip.fabrikam.example"),
                                      HANSE_LIT("d.example"),
                                      HANSE_LIT("e.example"),
                                      HANSE_LIT("f.example")};
  assert_int_equal(confirm(fake, &question, &why, names, 6, false), HANSE_FOUND_NO);
  assert_int_equal(why.failure, HANSE_F_NAME_NOT_PROVED);
  assert_string_equal(why.where.file, "hanse.conf");
  assert_int_equal(why.where.line, 42);
  assert_true(says(&why, "proved fabrikam.example, x.sip.fabrikam.example"));
  assert_true(says(&why, "and 2 more"));
  assert_true(says(&why, "only sip.fabrikam.example may speak for fabrikam.example"));
  assert_true(says(&why, "change edge"));
  assert_int_equal(fake->counter, 1);
  assert_int_equal(confirm(fake, &question, &why, NULL, 0, true), HANSE_FOUND_NO);
  assert_true(says(&why, "proved no name"));
  assert_int_equal(fake->counter, 1); /* dry */
}

/* The longest names there are, and many of them: one has room, the others are counted. */
static void long_names(void **state) {
  struct fake *fake = *state;
  struct hanse_question question;
  struct hanse_refusal why;
  char name[254];
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  struct hanse_slice names[1024];
  for (size_t i = 0; i < 1024; i++) names[i] = hanse_text(name);
  fake->entry.edge.host = HANSE_LIT(
      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      "bbbbbbbbbbb.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
      "example");
  assert_int_equal(confirm(fake, &question, &why, names, 1024, false), HANSE_FOUND_NO);
  assert_true(says(&why, "and 1023 more"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(descriptor, setup, teardown),
      cmocka_unit_test_setup_teardown(members, setup, teardown),
      cmocka_unit_test_setup_teardown(aliases, setup, teardown),
      cmocka_unit_test_setup_teardown(route, setup, teardown),
      cmocka_unit_test_setup_teardown(route_fails, setup, teardown),
      cmocka_unit_test_setup_teardown(proved, setup, teardown),
      cmocka_unit_test_setup_teardown(unproved, setup, teardown),
      cmocka_unit_test_setup_teardown(long_names, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
