/* Which plugins are taken by their version, for versions that this router does not have yet as well, and how structs of
   another size are read: never further than they reach (K1, K2). */
#include "contract/abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "contract/descriptor.h"

/* How many of a kind are taken, and that each kind has a word (K7). */
static void numbers(void **state) {
  static const unsigned most[] = {0, 1, 0, 1, 2, 0, 1, 0};
  (void)state;
  for (int i = 0; i < (int)(sizeof most / sizeof *most); i++) {
    assert_int_equal(descriptor_most((enum hanse_capability)i), most[i]);
    assert_int_equal(descriptor_capability((enum hanse_capability)i) != NULL, i >= HANSE_PROTOCOL && i <= HANSE_STORE);
  }
}

/* ---- versions ---- */

static void versions(void **state) {
  static const struct {
    struct abi ours, theirs;
    const char *says; /* NULL: it is taken */
  } rows[] = {
      {{0, 9}, {0, 9}, NULL},
      {{0, 9}, {0, 8}, "before 1.0 both must be the same; build it against"},
      {{0, 9}, {0, 10}, "needs ABI 0.10, this router has 0.9; update the router, or build the plugin against"},
      {{0, 9}, {1, 0}, "was built for ABI 1.0, this router has 0.9; build it against"},
      {{1, 0}, {0, 9}, "was built for ABI 0.9, this router has 1.0; build it against"},
      {{1, 0}, {1, 0}, NULL},
      {{1, 4}, {1, 0}, NULL},
      {{1, 4}, {1, 4}, NULL},
      {{1, 4}, {1, 5}, "needs ABI 1.5, this router has 1.4; update the router"},
      {{2, 0}, {1, 9}, "was built for ABI 1.9, this router has 2.0"},
      {{1, 9}, {2, 0}, "was built for ABI 2.0, this router has 1.9"},
      {{1, 4}, {1, UINT32_MAX}, "update the router"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hanse_problem problem = {0};
    bool fits = abi_fits(rows[i].ours, rows[i].theirs, "/modules/x.so", &problem);
    assert_int_equal(fits, rows[i].says == NULL);
    if (rows[i].says && !strstr(problem.text, rows[i].says))
      fail_msg("\"%s\" lacks \"%s\"", problem.text, rows[i].says);
    if (rows[i].says) assert_non_null(strstr(problem.text, "/modules/x.so"));
  }
}

/* ---- structs of another size ---- */

/* A copy of `size` octets whose end is the end of what may be read: the next octet is a fault. */
static void *at_the_edge(const void *object, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(pages != MAP_FAILED && size <= page);
  assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
  char *at = pages + page - size;
  memcpy(at, object, size);
  return at;
}
static void forget(void *at) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  munmap((char *)((uintptr_t)at & ~(uintptr_t)(page - 1)), 2 * page);
}

struct grown {
  uint32_t size;
  uint32_t first;
  uint64_t second, third;
};

static void copies(void **state) {
  struct grown whole = {sizeof whole, 1, 2, 3}, own;
  (void)state;
  for (uint32_t size = 0; size <= sizeof whole; size += 4) {
    whole.size = size;
    struct grown *theirs = at_the_edge(&whole, size < 4 ? 4 : size);
    memset(&own, 0x55, sizeof own);
    bool done = abi_copy(&own, sizeof own, theirs, ABI_REACH(struct grown, second));
    assert_int_equal(done, size >= 16);
    assert_int_equal(own.size, done ? sizeof own : 0x55555555u);
    if (done) assert_int_equal(own.third, size < 20 ? 0 : 3);
    if (done) assert_int_equal(own.second, 2);
    forget(theirs);
  }
}

static void gives_back(void **state) {
  const struct grown whole = {sizeof whole, 1, 2, 3};
  struct grown short_one = {16, 0, 0, 0};
  struct {
    struct grown known;
    uint64_t later;
  } long_one = {{sizeof long_one, 0, 0, 0}, 77};
  (void)state;
  struct grown *theirs = at_the_edge(&short_one, 16);
  abi_give(theirs, &whole);
  assert_int_equal(theirs->size, 16);
  assert_int_equal(theirs->second, 2);
  forget(theirs);
  abi_give(&long_one, &whole);
  assert_int_equal(long_one.known.size, sizeof long_one);
  assert_int_equal(long_one.known.third, 3);
  assert_int_equal(long_one.later, 77);
}

/* ---- descriptors ---- */

static int create(struct hanse_host *host, void **self) {
  *self = host;
  return HANSE_OK;
}
static void destroy(void *self) { (void)self; }
static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  (void)self, (void)c;
  return HANSE_ABSTAIN;
}
static int save_rest(void *self) {
  (void)self;
  return HANSE_OK;
}

#define DESCRIPTOR(the_offers)                                                                                 \
  {                                                                                                            \
    HANSE_NEEDS(HANSE_ABI_MINOR), .name = "x", .version = "1", .summary = "is tested", .offers = (the_offers), \
                                  .create = create, .destroy = destroy, .save_rest = save_rest                 \
  }

static struct hanse_plugin *taken(const struct hanse_plugin *theirs) {
  struct hanse_problem problem = {0};
  if (!descriptor_fits(theirs, HANSE_LIT("x"), "x.so", &problem)) fail_msg("%s", problem.text);
  struct hanse_plugin *copy = descriptor_copy(theirs, "x.so", &problem);
  if (!copy) fail_msg("%s", problem.text);
  return copy;
}

/* Built when the contract was smaller: a descriptor that ends after `destroy`, slots that end after what must be there.
   What came later is NULL, and nothing behind the end is read. */
static void of_older_headers(void **state) {
  const struct hanse_policy policy = {ABI_REACH(struct hanse_policy, decide), HANSE_STAGE_ADMIT, decide, NULL, 99};
  (void)state;
  struct hanse_policy *slots = at_the_edge(&policy, policy.size);
  const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, slots, NULL, 0}, HANSE_OFFERS_END};
  struct hanse_plugin plugin = DESCRIPTOR(offers);
  plugin.size = ABI_REACH(struct hanse_plugin, destroy);
  struct hanse_plugin *theirs = at_the_edge(&plugin, plugin.size);
  struct hanse_plugin *copy = taken(theirs);
  assert_true(copy->create == create && copy->destroy == destroy);
  assert_null(copy->save_rest);
  assert_null(copy->excludes);
  assert_true(copy->size == sizeof *copy);
  assert_null(descriptor_missing_slot(&theirs->offers[0]));
  assert_null(descriptor_missing_slot(&copy->offers[0]));
  const struct hanse_policy *own = copy->offers[0].slots;
  assert_true(own->size == sizeof *own && own->decide == decide && own->stages == HANSE_STAGE_ADMIT);
  assert_null(own->withdrawn);
  assert_int_equal(own->answers, 0);
  assert_int_equal(copy->offers[1].capability, HANSE_END_OF_OFFERS);
  free(copy);
  forget(theirs);
  forget(slots);
}

/* Less than what must be there, for every capability: the sentence names it, and nothing is read. */
static void too_short(void **state) {
  static const struct {
    enum hanse_capability capability;
    size_t least;
    const char *says;
  } rows[] = {
      {HANSE_PROTOCOL, ABI_REACH(struct hanse_protocol, link_close), "a protocol struct that reaches to link_close"},
      {HANSE_FEDERATION, ABI_REACH(struct hanse_federation, route), "a federation struct that reaches to route"},
      {HANSE_POLICY, ABI_REACH(struct hanse_policy, decide), "a policy struct that reaches to decide"},
      {HANSE_OBSERVER, ABI_REACH(struct hanse_observer, event), "an observer struct that reaches to event"},
      {HANSE_COMMAND, ABI_REACH(struct hanse_command, run), "a command struct that reaches to run"},
      {HANSE_STORE, ABI_REACH(struct hanse_store, ask), "a store struct that reaches to ask"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char blank[256] = {0};
    for (uint32_t size = (uint32_t)rows[i].least - 4;; size = 0) {
      memcpy(blank, &size, sizeof size);
      void *slots = at_the_edge(blank, size < 4 ? 4 : size);
      const struct hanse_offer offers[] = {{rows[i].capability, "x", NULL, slots, NULL, 0}, HANSE_OFFERS_END};
      struct hanse_plugin plugin = DESCRIPTOR(offers), *copy = taken(&plugin);
      assert_string_equal(descriptor_missing_slot(&offers[0]), rows[i].says);
      assert_string_equal(descriptor_missing_slot(&copy->offers[0]), rows[i].says);
      free(copy);
      forget(slots);
      if (!size) break;
    }
  }
}

/* ---- what a router must not take ---- */

static void refused(const struct hanse_plugin *theirs, const char *says) {
  struct hanse_problem problem = {0};
  assert_null(descriptor_copy(theirs, "x.so", &problem));
  if (!strstr(problem.text, says)) fail_msg("\"%s\" lacks \"%s\"", problem.text, says);
}

/* Built against later headers: taken as long as it sets nothing that came with them. */
static void of_later_headers(void **state) {
  struct {
    struct hanse_policy known;
    void *later;
  } policy = {{sizeof policy, HANSE_STAGE_ADMIT, decide, NULL, 0}, NULL};
  struct {
    struct hanse_plugin known;
    void *later;
  } plugin = {.known = DESCRIPTOR(NULL)};
  const struct hanse_offer offers[] = {{HANSE_POLICY, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
  (void)state;
  plugin.known.size = sizeof plugin;
  plugin.known.offers = offers;
  struct hanse_plugin *copy = taken(&plugin.known);
  assert_int_equal(copy->size, sizeof *copy);
  assert_int_equal(((const struct hanse_policy *)copy->offers[0].slots)->size, sizeof(struct hanse_policy));
  free(copy);
  policy.later = &policy;
  refused(&plugin.known, "sets fields of its slots that this router does not know");
  policy.later = NULL;
  plugin.later = &plugin;
  refused(&plugin.known, "sets fields of its descriptor that this router does not know");
  plugin.known.size = 0x10000000;
  refused(&plugin.known, "states a size of 268435456 octets for its descriptor");
}

static void tables_of_offers(void **state) {
  static const struct hanse_policy policy = {sizeof policy, HANSE_STAGE_ADMIT, decide, NULL, 0};
  const struct hanse_offer strange[] = {{(enum hanse_capability)99, NULL, NULL, &policy, NULL, 0}, HANSE_OFFERS_END};
  struct hanse_offer endless[70];
  (void)state;
  for (size_t i = 0; i < 70; i++) endless[i] = (struct hanse_offer){HANSE_POLICY, NULL, NULL, &policy, NULL, 0};
  struct hanse_plugin plugin = DESCRIPTOR(strange);
  refused(&plugin, "offers a capability (99) that this router does not know");
  plugin.offers = endless;
  refused(&plugin, "offers more than 64 things; end the table with HANSE_OFFERS_END");
  endless[64].capability = HANSE_END_OF_OFFERS;
  struct hanse_plugin *copy = taken(&plugin);
  assert_int_equal(copy->offers[63].capability, HANSE_POLICY);
  assert_int_equal(copy->offers[64].capability, HANSE_END_OF_OFFERS);
  free(copy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers),          cmocka_unit_test(versions),         cmocka_unit_test(copies),
      cmocka_unit_test(gives_back),       cmocka_unit_test(of_older_headers), cmocka_unit_test(too_short),
      cmocka_unit_test(of_later_headers), cmocka_unit_test(tables_of_offers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
