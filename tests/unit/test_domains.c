/* The policy `domains`, as built, against a host that is faked here (R9 to R12, and its part of a reload, T29). */
#include <dlfcn.h>
#include <hanse/plugin.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

/* What domains.so's option table lays out; checked against the table below. */
struct settings {
  struct hanse_list allow, block;
};

#define RECORDS 64

struct fake {
  struct hanse_host host; /* first */
  const struct hanse_plugin *plugin;
  const struct hanse_policy *policy;
  const struct hanse_command *command;
  void *self;
  struct settings settings;
  struct hanse_problem problem;
  uint64_t blocked, allowed, finds;
  int warnings, errors;
  char logged[640];
  struct hanse_slice records[RECORDS];
  uint32_t record_count;
  int pieces;     /* calls of configure or save_rest */
  double longest; /* of them, in ms */
  int rows;
  int64_t row_hits;
  char row_domain[256];
  struct hanse_refusal why;
  struct hanse_arena arena;
  char memory[2048];
};

/* ---- the host ---- */

static uint64_t *fake_counter(struct hanse_host *host, const char *name, const char *help) {
  struct fake *fake = (struct fake *)host;
  (void)help;
  return strcmp(name, "blocked") == 0 ? &fake->blocked : &fake->allowed;
}
static void fake_random(struct hanse_host *host, void *out, size_t n) {
  (void)host;
  memset(out, 0x5a, n);
}
static void fake_log(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                     va_list arguments) {
  struct fake *fake = (struct fake *)host;
  (void)event;
  if (level == HANSE_WARNING) fake->warnings++;
  if (level == HANSE_ERROR) fake->errors++;
  vsnprintf(fake->logged, sizeof fake->logged, format, arguments);
}
/* contoso.example is home (line 7), fabrikam.example and deep.allowed.example are partners (lines 8 and 9). */
static bool fake_entry_find(struct hanse_host *host, struct hanse_slice domain, const char **kind,
                            struct hanse_where *where) {
  ((struct fake *)host)->finds++;
  bool home = hanse_same(domain, HANSE_LIT("contoso.example"));
  bool first = hanse_same(domain, HANSE_LIT("fabrikam.example"));
  if (!home && !first && !hanse_same(domain, HANSE_LIT("deep.allowed.example"))) return false;
  *kind = home ? "home" : "partners";
  *where = (struct hanse_where){"hanse.conf", home ? 7 : first ? 8 : 9};
  return true;
}
static bool fake_home_is(struct hanse_host *host, struct hanse_slice domain) {
  (void)host;
  struct hanse_slice home = HANSE_LIT("contoso.example"), below = HANSE_LIT(".contoso.example");
  return hanse_same(domain, home) ||
         (domain.len > below.len && hanse_same(hanse_slice(domain.at + domain.len - below.len, below.len), below));
}
static void fake_row_begin(struct hanse_rows *rows) { ((struct fake *)(void *)rows)->rows++; }
static void fake_row_text(struct hanse_rows *rows, const char *name, struct hanse_slice value) {
  struct fake *fake = (struct fake *)(void *)rows;
  if (strcmp(name, "domain") == 0) snprintf(fake->row_domain, sizeof fake->row_domain, "%.*s", HANSE_FMT(value));
}
static void fake_row_number(struct hanse_rows *rows, const char *name, int64_t value) {
  if (strcmp(name, "hits") == 0) ((struct fake *)(void *)rows)->row_hits += value;
}
static int fake_save(struct hanse_host *host, struct hanse_slice record) {
  struct fake *fake = (struct fake *)host;
  if (fake->record_count == RECORDS) return HANSE_NOMEM;
  char *copy = malloc(record.len);
  memcpy(copy, record.at, record.len);
  fake->records[fake->record_count++] = hanse_slice(copy, record.len);
  return HANSE_OK;
}
static void *no_more(struct hanse_arena *arena, size_t n) {
  (void)arena, (void)n;
  return NULL;
}

static const struct hanse_host_ops fake_ops = {
    .size = sizeof(struct hanse_host_ops),
    .log = fake_log,
    .counter = fake_counter,
    .random = fake_random,
    .entry_find = fake_entry_find,
    .home_is = fake_home_is,
    .row_begin = fake_row_begin,
    .row_text = fake_row_text,
    .row_number = fake_row_number,
    .save = fake_save,
};

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double longer(double a, double b) { return a > b ? a : b; }

/* ---- an instance ---- */

static void *library;

static struct hanse_list list_of(const char *const *names, unsigned line) {
  size_t count = 0;
  while (names[count]) count++;
  struct hanse_domain *items = count ? calloc(count, sizeof *items) : NULL;
  for (size_t i = 0; i < count; i++) {
    items[i].name = hanse_text(names[i]);
    items[i].where = (struct hanse_where){"domains.conf", line + (unsigned)i};
  }
  return (struct hanse_list){count, items};
}

/* allow stands on lines 10…, block on lines 20… */
static struct fake *fake_new(const char *const *allow, const char *const *block, int *status) {
  struct fake *fake = calloc(1, sizeof *fake);
  fake->host = (struct hanse_host){.size = sizeof fake->host, .ops = &fake_ops, .module = "domains"};
  fake->plugin = dlsym(library, "hanse_plugin");
  for (const struct hanse_offer *offer = fake->plugin->offers; offer->capability; offer++) {
    if (offer->capability == HANSE_POLICY) fake->policy = offer->slots;
    if (offer->capability == HANSE_COMMAND) fake->command = offer->slots;
  }
  fake->settings.allow = list_of(allow, 10);
  fake->settings.block = list_of(block, 20);
  assert_int_equal(fake->plugin->create(&fake->host, &fake->self), HANSE_OK);
  for (;;) {
    double begin = now_ms();
    *status = fake->plugin->configure(fake->self, &fake->settings, &fake->problem);
    fake->pieces++;
    fake->longest = longer(fake->longest, now_ms() - begin);
    if (*status != HANSE_AGAIN) return fake;
  }
}

static void fake_free(struct fake *fake) {
  fake->plugin->destroy(fake->self);
  for (uint32_t i = 0; i < fake->record_count; i++) free((void *)(uintptr_t)fake->records[i].at);
  free((void *)(uintptr_t)fake->settings.allow.items);
  free((void *)(uintptr_t)fake->settings.block.items);
  free(fake);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE ((const char *const[]){NULL})

static struct fake *good(const char *const *allow, const char *const *block) {
  int status;
  struct fake *fake = fake_new(allow, block, &status);
  if (status) fail_msg("configure: %s", fake->problem.text);
  assert_int_equal(fake->plugin->start(fake->self), HANSE_OK);
  return fake;
}

static enum hanse_verdict judge(struct fake *fake, enum hanse_side side, const char *from, const char *to,
                                enum hanse_stage stage, uint64_t decision, bool dry) {
  struct hanse_facts facts = {.size = sizeof facts, .side = (uint8_t)side, .decision = decision};
  struct hanse_marks marks = {.size = sizeof marks};
  facts.from.domain = hanse_text(from);
  facts.to.domain = hanse_text(to);
  fake->arena = (struct hanse_arena){sizeof fake->arena, 0, fake->memory, fake->memory + sizeof fake->memory, no_more};
  fake->why = (struct hanse_refusal){.size = sizeof fake->why};
  struct hanse_case c = {.size = sizeof c, .stage = stage, .dry = dry, .facts = &facts, .marks = &marks};
  c.arena = &fake->arena;
  c.why = &fake->why;
  return fake->policy->decide(fake->self, &c);
}

static enum hanse_verdict inbound(struct fake *fake, const char *from) {
  return judge(fake, HANSE_SIDE_PARTNER, from, "contoso.example", HANSE_STAGE_ADMIT, 1, false);
}
static enum hanse_verdict outbound(struct fake *fake, const char *to) {
  return judge(fake, HANSE_SIDE_HOME, "contoso.example", to, HANSE_STAGE_ADMIT, 1, false);
}

static void refused(const char *const *allow, const char *const *block, unsigned line, const char *words) {
  int status;
  struct fake *fake = fake_new(allow, block, &status);
  assert_int_equal(status, HANSE_INVALID);
  assert_string_equal(fake->problem.where.file, "domains.conf");
  assert_int_equal(fake->problem.where.line, line);
  if (!strstr(fake->problem.text, words)) fail_msg("\"%s\" lacks \"%s\"", fake->problem.text, words);
  fake_free(fake);
}

/* ---- tests ---- */

static void descriptor(void **state) {
  (void)state;
  const struct hanse_plugin *plugin = dlsym(library, "hanse_plugin");
  assert_int_equal(plugin->settings_size, sizeof(struct settings));
  assert_string_equal(plugin->options[0].name, "allow");
  assert_int_equal(plugin->options[0].offset, offsetof(struct settings, allow));
  assert_string_equal(plugin->options[1].name, "block");
  assert_int_equal(plugin->options[1].offset, offsetof(struct settings, block));
  for (int i = 0; i < 2; i++) {
    assert_int_equal(plugin->options[i].type, HANSE_PATTERN);
    assert_int_equal(plugin->options[i].flags, HANSE_LIST);
  }
}

/* R9 */
static void both_directions(void **state) {
  (void)state;
  struct fake *fake = good(NONE, NAMES("spam.example"));
  assert_int_equal(fake->policy->stages, HANSE_STAGE_ADMIT | HANSE_STAGE_ROUTED);
  assert_int_equal(inbound(fake, "spam.example"), HANSE_DENY);
  assert_int_equal(fake->why.failure, HANSE_F_BLOCKED);
  assert_string_equal(fake->why.where.file, "domains.conf");
  assert_int_equal(fake->why.where.line, 20);
  assert_non_null(memmem(fake->why.text.at, fake->why.text.len, "sender's domain spam.example", 28));
  assert_int_equal(outbound(fake, "spam.example"), HANSE_DENY);
  assert_non_null(memmem(fake->why.text.at, fake->why.text.len, "recipient's domain spam.example", 31));
  assert_int_equal(judge(fake, HANSE_SIDE_HOME, "contoso.example", "spam.example", HANSE_STAGE_ROUTED, 2, false),
                   HANSE_DENY);
  assert_int_equal(outbound(fake, "fabrikam.example"), HANSE_ABSTAIN);
  assert_int_equal(fake->blocked, 3);
  fake_free(fake);
}

/* R10 */
static void label_borders(void **state) {
  (void)state;
  struct fake *fake = good(NAMES("ok.example"), NAMES("spam.example"));
  assert_int_equal(inbound(fake, "it.spam.example"), HANSE_DENY);
  assert_int_equal(inbound(fake, "a.b.c.d.spam.example"), HANSE_DENY);
  assert_int_equal(inbound(fake, "evilspam.example"), HANSE_ABSTAIN);
  assert_int_equal(inbound(fake, "spam.example.org"), HANSE_ABSTAIN);
  assert_int_equal(inbound(fake, "example"), HANSE_ABSTAIN);
  assert_int_equal(inbound(fake, ""), HANSE_ABSTAIN);
  assert_int_equal(inbound(fake, "."), HANSE_ABSTAIN);
  assert_int_equal(inbound(fake, "it.ok.example"), HANSE_ALLOW);
  assert_int_equal(inbound(fake, "notok.example"), HANSE_ABSTAIN);
  fake_free(fake);
}

static void longest_decides(void **state) {
  (void)state;
  struct fake *fake = good(NAMES("good.spam.example", "ok.example"), NAMES("spam.example", "bad.ok.example"));
  assert_int_equal(inbound(fake, "good.spam.example"), HANSE_ALLOW);
  assert_int_equal(fake->why.where.line, 10);
  assert_int_equal(inbound(fake, "x.good.spam.example"), HANSE_ALLOW);
  assert_int_equal(inbound(fake, "spam.example"), HANSE_DENY);
  assert_int_equal(inbound(fake, "x.bad.ok.example"), HANSE_DENY);
  assert_int_equal(fake->why.where.line, 21);
  assert_int_equal(outbound(fake, "ok.example"), HANSE_ALLOW);
  fake_free(fake);
}

/* Our own users: not meant by a pattern above our domain, but by one inside it; and never a vote of their own. */
static void own_domain(void **state) {
  (void)state;
  struct fake *fake = good(NAMES("sales.contoso.example"), NAMES("example", "lab.contoso.example"));
  assert_int_equal(outbound(fake, "other.test"), HANSE_ABSTAIN);
  assert_int_equal(outbound(fake, "other.example"), HANSE_DENY);
  assert_int_equal(judge(fake, HANSE_SIDE_HOME, "lab.contoso.example", "o.test", HANSE_STAGE_ADMIT, 1, false),
                   HANSE_DENY);
  assert_int_equal(judge(fake, HANSE_SIDE_HOME, "sales.contoso.example", "o.test", HANSE_STAGE_ADMIT, 1, false),
                   HANSE_ABSTAIN);
  assert_int_equal(judge(fake, HANSE_SIDE_PARTNER, "o.test", "sales.contoso.example", HANSE_STAGE_ADMIT, 1, false),
                   HANSE_ABSTAIN);
  fake_free(fake);
}

/* R11 */
static void clashes(void **state) {
  (void)state;
  refused(NAMES("a.example", "b.example"), NAMES("c.example", "b.example"), 21, "in allow at domains.conf:11");
  refused(NONE, NAMES("b.example", "c.example", "b.example"), 22, "in block twice, here and at domains.conf:20");
  refused(NAMES("b.example", "b.example"), NONE, 11, "in allow twice, here and at domains.conf:10");
  refused(NONE, NAMES("x.example", "contoso.example"), 21, "our own domains at hanse.conf:7");
  refused(NAMES("contoso.example"), NONE, 10, "our own domains at hanse.conf:7");
  refused(NONE, NAMES("fabrikam.example"), 20, "a partner at hanse.conf:8");
}

/* A second contradiction goes to the log; an allowed partner is a warning, unless a shorter pattern blocks it. */
static void clash_log(void **state) {
  (void)state;
  int status;
  struct fake *fake = fake_new(NONE, NAMES("contoso.example", "fabrikam.example"), &status);
  assert_int_equal(status, HANSE_INVALID);
  assert_int_equal(fake->errors, 1);
  assert_non_null(strstr(fake->logged, "fabrikam.example is blocked here"));
  fake_free(fake);
  fake = good(NAMES("fabrikam.example", "deep.allowed.example"), NAMES("allowed.example"));
  assert_int_equal(fake->warnings, 1);
  assert_non_null(strstr(fake->logged, "fabrikam.example is allowed here, but it is a partner"));
  fake_free(fake);
}

/* Each message counts once, though it is judged at two stages, also when two are under way at a time. */
static void counts(void **state) {
  (void)state;
  struct fake *fake = good(NAMES("ok.example"), NAMES("spam.example"));
  for (uint64_t n = 1; n <= 2; n++)
    judge(fake, HANSE_SIDE_PARTNER, "ok.example", "contoso.example", HANSE_STAGE_ADMIT, n, false);
  for (uint64_t n = 1; n <= 2; n++)
    judge(fake, HANSE_SIDE_PARTNER, "ok.example", "contoso.example", HANSE_STAGE_ROUTED, n, false);
  assert_int_equal(fake->allowed, 2);
  assert_int_equal(judge(fake, HANSE_SIDE_PARTNER, "ok.example", "contoso.example", HANSE_STAGE_ADMIT, 3, true),
                   HANSE_ALLOW);
  assert_int_equal(judge(fake, HANSE_SIDE_PARTNER, "spam.example", "contoso.example", HANSE_STAGE_ADMIT, 3, true),
                   HANSE_DENY);
  assert_int_equal(fake->allowed, 2);
  assert_int_equal(fake->blocked, 0);
  fake_free(fake);
  fake = good(NAMES("ok.example"), NONE); /* configured for ROUTED only */
  for (uint64_t n = 2; n >= 1; n--)
    judge(fake, HANSE_SIDE_PARTNER, "ok.example", "contoso.example", HANSE_STAGE_ROUTED, n, false);
  assert_int_equal(fake->allowed, 2);
  fake_free(fake);
}

static void rows_of(struct fake *fake) {
  void *cursor = NULL;
  enum hanse_outcome outcome;
  fake->rows = 0, fake->row_hits = 0;
  do outcome = fake->command->run(fake->self, (struct hanse_rows *)(void *)fake, &cursor);
  while (outcome == HANSE_MORE);
  assert_int_equal(outcome, HANSE_DONE);
}

/* The old one's hits pass to the new one, a piece at a time. */
static void hand_over(struct fake *old, struct fake *new) {
  int status;
  old->pieces = 0, old->longest = 0;
  do {
    double begin = now_ms();
    status = old->plugin->save_rest(old->self);
    struct hanse_saved saved = {sizeof saved, old->record_count, old->records};
    assert_int_equal(new->plugin->adopt(new->self, &saved), HANSE_OK);
    old->longest = longer(old->longest, now_ms() - begin);
    old->pieces++;
    while (old->record_count) free((char *)(uintptr_t)old->records[--old->record_count].at);
  } while (status == HANSE_AGAIN);
  assert_int_equal(status, HANSE_OK);
}

/* A reload keeps the hits of rules that still are what they were. */
static void reload(void **state) {
  (void)state;
  struct fake *old = good(NAMES("ok.example", "turns.example"), NAMES("spam.example", "gone.example", "idle.example"));
  for (int i = 0; i < 3; i++) inbound(old, "spam.example");
  inbound(old, "gone.example");
  inbound(old, "ok.example");
  inbound(old, "turns.example");
  struct fake *new = good(NAMES("ok.example"), NAMES("fresh.example", "spam.example", "turns.example"));
  hand_over(old, new);
  rows_of(new);
  assert_int_equal(new->rows, 4);
  assert_int_equal(new->row_hits, 3 + 1);
  inbound(new, "spam.example");
  rows_of(new);
  assert_int_equal(new->row_hits, 3 + 1 + 1);
  fake_free(new);
  fake_free(old);
}

/* What is not a record of ours changes nothing and breaks nothing. */
static void adopt_garbage(void **state) {
  (void)state;
  struct fake *fake = good(NAMES("ok.example"), NAMES("spam.example"));
  const struct hanse_slice records[] = {
      HANSE_LIT(""),
      HANSE_LIT("domains 9\n7 block spam.example\n"),
      HANSE_LIT("domains 1\n"),
      HANSE_LIT("domains 1\n\n \n  \n7\n7 \n7 block\n7 block \nx block spam.example\n-1 block spam.example\n"),
      HANSE_LIT("domains 1\n99999999999999999999999 block spam.example\n7 allow spam.example\n"),
      HANSE_LIT("domains 1\n5 block spam.example\n6 block spam.example"),
  };
  struct hanse_saved saved = {sizeof saved, sizeof records / sizeof *records, records};
  assert_int_equal(fake->plugin->adopt(fake->self, &saved), HANSE_OK);
  rows_of(fake);
  assert_int_equal(fake->row_hits, 5);
  fake_free(fake);
}

/* 100 000 patterns: the verdict costs as much as with ten, the command needs many turns, everything is kept. */
static void many(void **state) {
  (void)state;
  enum { COUNT = 100000, ASKED = 20000 };
  static char text[COUNT][24];
  static const char *names[COUNT + 1];
  for (size_t i = 0; i < COUNT; i++) {
    snprintf(text[i], sizeof text[i], "d%zu.block.test", i * 7919 % COUNT);
    names[i] = text[i];
  }
  struct fake *small = good(NONE, NAMES("a.test", "b.test", "c.test"));
  double begin = now_ms();
  struct fake *fake = good(NONE, names);
  double built = now_ms() - begin;
  assert_int_equal(fake->finds, COUNT);
  double cost[2];
  for (int large = 0; large < 2; large++) {
    begin = now_ms();
    for (size_t i = 0; i < ASKED; i++) inbound(large ? fake : small, "one.two.three.four.test");
    cost[large] = (now_ms() - begin) * 1e6 / ASKED;
  }
  for (size_t i = 0; i < COUNT; i++) assert_int_equal(inbound(fake, names[i]), HANSE_DENY);
  struct fake *next = good(NONE, names);
  begin = now_ms();
  hand_over(fake, next);
  double handing = now_ms() - begin;
  rows_of(next);
  assert_int_equal(next->rows, COUNT);
  assert_int_equal(next->row_hits, COUNT);
  print_message(
      "100000 patterns: configure %.1f ms in %d pieces, the longest %.2f; hits handed over %.1f ms in %d, the "
      "longest %.2f; a verdict %.0f ns (3 patterns: %.0f)\n",
      built, next->pieces, next->longest, handing, fake->pieces, fake->longest, cost[1], cost[0]);
  assert_true(next->pieces > 50 && fake->pieces >= 50);
  assert_true(next->longest < 50 && fake->longest < 50); /* 2 ms, but for sanitizers and a busy machine */
  assert_true(cost[1] < 20 * cost[0] + 5000);            /* nowhere near 33 000 times */
  fake_free(next);
  fake_free(fake);
  fake_free(small);
}

/* A name of 127 labels costs no more than its labels that are short enough to be a pattern. */
static void many_labels(void **state) {
  (void)state;
  struct fake *fake = good(NONE, NAMES("spam.example"));
  char name[254];
  for (size_t i = 0; i < sizeof name - 1; i++) name[i] = i % 2 ? '.' : 'a';
  name[sizeof name - 1] = '\0';
  assert_int_equal(inbound(fake, name), HANSE_ABSTAIN);
  memcpy(name + sizeof name - 1 - strlen("a.spam.example"), "a.spam.example", strlen("a.spam.example"));
  assert_int_equal(inbound(fake, name), HANSE_DENY);
  fake_free(fake);
}

/* The asker goes away between two turns. */
static void finish(void **state) {
  (void)state;
  static char text[1000][24];
  static const char *names[1001];
  for (size_t i = 0; i < 1000; i++) {
    snprintf(text[i], sizeof text[i], "d%zu.test", i);
    names[i] = text[i];
  }
  struct fake *fake = good(names, NONE);
  void *cursor = NULL;
  assert_int_equal(fake->command->run(fake->self, (struct hanse_rows *)(void *)fake, &cursor), HANSE_MORE);
  assert_true(fake->rows > 0 && fake->rows < 1000);
  fake->command->finish(fake->self, cursor);
  fake_free(fake);
}

static int open_library(void **state) {
  (void)state;
  library = dlopen(HANSE_BUILD_DIR "/modules/domains.so", RTLD_NOW | RTLD_LOCAL);
  if (!library) fprintf(stderr, "%s\n", dlerror());
  return library ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(descriptor),    cmocka_unit_test(both_directions),
      cmocka_unit_test(label_borders), cmocka_unit_test(longest_decides),
      cmocka_unit_test(own_domain),    cmocka_unit_test(clashes),
      cmocka_unit_test(clash_log),     cmocka_unit_test(counts),
      cmocka_unit_test(reload),        cmocka_unit_test(adopt_garbage),
      cmocka_unit_test(many),          cmocka_unit_test(many_labels),
      cmocka_unit_test(finish),
  };
  return cmocka_run_group_tests(tests, open_library, NULL);
}
