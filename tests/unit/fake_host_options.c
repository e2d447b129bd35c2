/* The fake host reads settings as the router does: a block's text, by the plugin's own table (P30). */
#include "tests/unit/toy.h"

struct settings {
  int64_t count;
  hanse_time wait;
  struct hanse_list words;
  struct hanse_file data;
};

static const struct hanse_option options[] = {
    {.name = "count",
     .type = HANSE_INT,
     .offset = offsetof(struct settings, count),
     .fallback = "3",
     .max = "9",
     .help = "How many."},
    {.name = "wait",
     .type = HANSE_DURATION,
     .offset = offsetof(struct settings, wait),
     .fallback = "30s",
     .help = "How long."},
    {.name = "words",
     .type = HANSE_STRING,
     .flags = HANSE_LIST,
     .offset = offsetof(struct settings, words),
     .help = "Which."},
    {.name = "data", .type = HANSE_FILE, .offset = offsetof(struct settings, data), .help = "A file."},
    HANSE_OPTIONS_END};
static const struct hanse_plugin plugin = TOY(.options = options, .settings_size = sizeof(struct settings));

struct entry {
  struct hanse_slice edge;
  uint16_t port;
};
static const struct hanse_option entry_table[] = {{.name = "edge",
                                                   .type = HANSE_STRING,
                                                   .flags = HANSE_REQUIRED,
                                                   .offset = offsetof(struct entry, edge),
                                                   .help = "Where."},
                                                  HANSE_OPTIONS_END};
static enum hanse_found confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  struct toy *toy = self;
  const struct entry *entry = hanse_partner_settings(toy->host, partner);
  return hanse_peer_proves(question->peer, entry->edge) ? HANSE_FOUND_YES : HANSE_FOUND_NO;
}
static enum hanse_found route(void *self, const struct hanse_partner *partner, struct hanse_question *question) {
  (void)self, (void)partner, (void)question;
  return HANSE_FOUND_YES; /* and no place */
}
static const struct hanse_federation type = {.size = sizeof type, .confirm = confirm, .route = route};
static const struct hanse_offer offers[] = {{HANSE_FEDERATION, "toy", NULL, &type, entry_table, sizeof(struct entry)},
                                            HANSE_OFFERS_END};
static const struct hanse_plugin typed = TOY(.offers = offers);

static void values(void **state) {
  struct fake_world *world = *state;
  const struct settings *read = toy_of(toy_load(world, &plugin, "words = [ \"a\", \"b\" ];\nwait = \"5m\";"))->settings;
  assert_int_equal(read->count, 3);
  assert_true(read->wait == 300 * HANSE_SECOND);
  assert_int_equal(read->words.count, 2);
  assert_true(hanse_same(((const struct hanse_slice *)read->words.items)[1], HANSE_LIT("b")));
  read = toy_of(toy_load(world, &plugin, NULL))->settings;
  assert_int_equal(read->words.count, 0);
  read = toy_of(toy_load(world, &plugin, "name = \"mine\"; plugin = \"toy\";"))->settings; /* as in a module's block */
  assert_string_equal(fake_problem(world), "");
}

/* All that is wrong is told, each with its line. */
static void mistakes(void **state) {
  struct fake_world *world = *state;
  assert_null(fake_load_text(world, &plugin, "words = [ \"a\" ];\ncount = 10;\nwurds = [ \"b\" ];", NULL));
  assert_int_equal(fake_status(world), HANSE_INVALID);
  assert_non_null(strstr(fake_problem(world), "text:2: count"));
  assert_non_null(strstr(fake_problem(world), "\ntext:3: "));
  assert_non_null(strstr(fake_problem(world), "did you mean \"words\"?"));
  assert_int_equal(fake_problem_where(world).line, 2);
  assert_string_equal(fake_problem_where(world).file, "text");
  assert_null(fake_load_text(world, &plugin, "count = ;", NULL));
  assert_non_null(strstr(fake_problem(world), "text:1: "));
  toy_load(world, &plugin, "count = 4;");
  assert_string_equal(fake_problem(world), "");
}

static void files(void **state) {
  struct fake_world *world = *state;
  char folder[] = "/tmp/hanse-options-XXXXXX";
  assert_non_null(mkdtemp(folder));
  assert_int_equal(chdir(folder), 0);
  FILE *file = fopen("words.txt", "w");
  assert_non_null(file);
  fputs("inside", file);
  fclose(file);
  const struct settings *read = toy_of(toy_load(world, &plugin, "data = \"words.txt\";"))->settings;
  assert_true(hanse_same(read->data.content, HANSE_LIT("inside")));
  assert_int_equal(unlink("words.txt"), 0);
  assert_null(fake_load_text(world, &plugin, "data = \"words.txt\";", NULL));
  assert_non_null(strstr(fake_problem(world), "text:1: data"));
  assert_int_equal(chdir("/"), 0);
  assert_int_equal(rmdir(folder), 0);
}

static void partners(void **state) {
  struct fake_world *world = *state;
  struct fake_instance *toy = toy_load(world, &typed, NULL);
  const struct hanse_slice proved[] = {HANSE_LIT("edge.b.test")};
  struct fake_finding finding;
  assert_false(fake_partner_text(world, toy, "b.test", "comment = \"no edge\";"));
  assert_non_null(strstr(fake_problem(world), "edge"));
  assert_true(fake_partner_text(world, toy, "b.test", "edge = \"edge.b.test\"; comment = \"ours\";"));
  assert_int_equal(fake_ask(toy, "b.test", proved, 1, &finding), HANSE_FOUND_YES);
  assert_int_equal(fake_ask(toy, "b.test", NULL, 0, &finding), HANSE_FOUND_NO);
  assert_int_equal(finding.why.failure, HANSE_F_ERROR); /* as the router says of a YES without a target */
}

/* What the router finds wrong with a descriptor, the host in memory finds as well. */
static void descriptors(void **state) {
  static const struct hanse_federation no_route = {.size = sizeof no_route, .confirm = confirm};
  static const struct hanse_offer half[] = {{HANSE_FEDERATION, "toy", NULL, &no_route, NULL, 0}, HANSE_OFFERS_END};
  struct hanse_plugin wrong = TOY(.offers = half), older = TOY(.offers = offers);
  struct fake_world *world = *state;
  assert_null(fake_load(world, &wrong, NULL, NULL));
  assert_non_null(strstr(fake_problem(world), "without route; it must be set"));
  older.abi_major = 9;
  assert_null(fake_load_text(world, &older, NULL, NULL));
  assert_non_null(strstr(fake_problem(world), "was built for ABI 9."));
}

static int setup(void **state) {
  *state = fake_world_new();
  return 0;
}
static int teardown(void **state) {
  fake_world_free(*state);
  return 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {TEST(values), TEST(mistakes), TEST(files), TEST(partners), TEST(descriptors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
