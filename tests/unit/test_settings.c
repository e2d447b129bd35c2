/* The settings of the core: the sample of the documentation, what they take from each other, and their parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "router/option_print.h"
#include "router/settings_read.h"
#include "tests/lib/sample_options.h"

static const char example[] =
    "node = \"edge.contoso.example\";\n"
    "run_dir   = \"/run/hanse\";                   # control socket: run_dir/control.sock\n"
    "state_dir = \"/var/lib/hanse\";               # secret and state\n"
    "cache_dir = \"/var/cache/hanse\";             # private copies of plugins; must allow execution\n"
    "log = { level = \"info\"; format = \"text\"; };\n"
    "dns = { forwarders = [ \"127.0.0.53@5353\" ]; allow_loopback = true; hosts = \"hosts\"; };\n"
    "tls = (\n"
    "  { name = \"edge\";   certificate = \"edge.pem\";   key = \"edge.key\";   ca = \"partners-ca.pem\"; },\n"
    "  { name = \"inside\"; certificate = \"inside.pem\"; key = \"inside.key\"; ca = \"corp-ca.pem\"; }\n"
    ");\n"
    "modules = (\n"
    "  { name = \"sip\"; },\n"
    "  { name = \"direct\"; },\n"
    "  { name = \"domains\"; block = [ \"spam.example\" ]; }      # plugin = \"…\" where the name differs\n"
    ");\n"
    "listen = (\n"
    "  { protocol = \"sip\"; side = \"home\";    address = \"10.0.0.5:5061\";    tls = \"inside\"; name = "
    "\"inside.contoso.example\"; },\n"
    "  { protocol = \"sip\"; side = \"partner\"; address = \"203.0.113.5:5061\"; tls = \"edge\"; }\n"
    ");\n"
    "home = (\n"
    "  { domain = \"contoso.example\"; protocol = \"sip\"; server = \"pool.contoso.example:5061\"; tls = \"inside\"; "
    "peers = [ \"pool.contoso.example\" ]; }\n"
    ");\n"
    "partners = (\n"
    "  { domain = \"fabrikam.example\"; type = \"direct\"; edge = \"sip.fabrikam.example:5061\"; comment = \"signed "
    "2026-03\"; }\n"
    ");\n"
    "policy = { admit = [ \"domains\" ]; routed = [ \"domains\" ]; answer = [ ]; default = \"deny\"; };\n"
    "limits = { handshakes_per_network = \"20/s\"; pending_handshakes = 1000; links_per_address = 200; "
    "messages_in_flight_per_link = 2000; message = \"1M\"; headers = \"64k\"; };\n";

struct blocked {
  struct hanse_list block;
};
static const struct hanse_option blocked_table[] = {SAMPLE_ROW(blocked, block, PATTERN, .flags = HANSE_LIST),
                                                    HANSE_OPTIONS_END};
struct direct {
  struct hanse_address edge;
};
static const struct hanse_option direct_table[] = {SAMPLE_ROW(direct, edge, ADDRESS, .flags = HANSE_REQUIRED),
                                                   HANSE_OPTIONS_END};

static char folder[64];

static void put(const char *path, const char *text, mode_t mode) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
  assert_int_equal(chmod(path, mode), 0);
}

static int enter(void **state) {
  (void)state;
  strcpy(folder, "/tmp/hanse-settings-XXXXXX");
  if (!mkdtemp(folder) || chdir(folder) != 0) return 1;
  put("hosts", "192.0.2.1 a.example\n", 0644);
  put("edge.pem", "edge certificate\n", 0644);
  put("inside.pem", "inside certificate\n", 0644);
  put("partners-ca.pem", "authority\n", 0644);
  put("corp-ca.pem", "authority\n", 0644);
  put("edge.key", "edge key\n", 0600);
  put("inside.key", "inside key\n", 0600);
  put("hanse.conf", example, 0644);
  return 0;
}

static int leave(void **state) {
  char command[100];
  (void)state;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return chdir("/") != 0 || system(command) != 0;
}

static struct settings *read_good(void) {
  struct settings *s = NULL;
  struct problem_list problems;
  problem_list_init(&problems);
  assert_int_equal(settings_read(&s, "hanse.conf", NULL, geteuid(), &problems), HANSE_OK);
  assert_int_equal(settings_finish(s, &problems), HANSE_OK);
  problem_list_print(&problems, stderr);
  assert_int_equal(problems.errors + problems.warnings, 0);
  problem_list_clear(&problems);
  return s;
}

#define SAME(slice, literal) assert_true(hanse_same(slice, HANSE_LIT(literal)))

static void test_example(void **state) {
  struct settings *s = read_good();
  (void)state;
  SAME(s->node.name, "edge.contoso.example");
  assert_string_equal(s->run_dir.at, "/run/hanse");
  assert_int_equal(s->log.level, SETTINGS_INFO);
  assert_int_equal(s->dns.forwarders.count, 1);
  SAME(s->dns.hosts.content, "192.0.2.1 a.example\n");
  assert_int_equal(s->tls.count, 2);
  SAME(settings_tls_at(s, 1)->key, "inside key");
  assert_int_equal(settings_tls_at(s, 0)->min_version, SETTINGS_TLS_1_2);
  assert_int_equal(settings_listener_at(s, 1)->side, SETTINGS_PARTNER);
  assert_int_equal(settings_listener_at(s, 1)->address.port, 5061);
  assert_int_equal(settings_home_at(s, 0)->peers.count, 1);
  assert_int_equal(s->policy.admit.count, 1);
  assert_int_equal(s->policy.fallback, SETTINGS_DENY);
  assert_int_equal(s->limits.message, 1 << 20);
  assert_int_equal(s->limits.links_per_partner, 4);
  assert_int_equal(s->limits.drain_timeout, 30 * HANSE_SECOND);
  assert_int_equal(s->policy.unknown.warning.count, 5); /* R23 */
  assert_int_equal(s->policy.unknown.warning.per, HANSE_SECOND);
  assert_int_equal(s->policy.unknown.error.count, 10);
  assert_int_equal(s->policy.unknown.error.per, HANSE_SECOND);
  settings_free(s);
}

/* Where nobody wrote a value, another setting gives it. */
static void test_taken(void **state) {
  struct settings *s = read_good();
  (void)state;
  SAME(settings_module_at(s, 2)->plugin, "domains");
  SAME(settings_listener_at(s, 0)->name.name, "inside.contoso.example");
  SAME(settings_listener_at(s, 1)->name.name, "edge.contoso.example");
  SAME(settings_partner_at(s, 0)->tls, "edge");
  SAME(settings_partner_at(s, 0)->source.host, "203.0.113.5");
  assert_int_equal(settings_partner_at(s, 0)->source.port, 0);
  settings_free(s);
}

static void test_named(void **state) {
  struct settings *s = read_good();
  (void)state;
  assert_ptr_equal(settings_tls_named(s, HANSE_LIT("inside")), settings_tls_at(s, 1));
  assert_null(settings_tls_named(s, HANSE_LIT("insid")));
  assert_ptr_equal(settings_module_named(s, HANSE_LIT("direct")), settings_module_at(s, 1));
  assert_ptr_equal(settings_home_of(s, HANSE_LIT("contoso.example")), settings_home_at(s, 0));
  assert_ptr_equal(settings_partner_of(s, HANSE_LIT("fabrikam.example")), settings_partner_at(s, 0));
  assert_null(settings_partner_of(s, HANSE_LIT("contoso.example")));
  settings_free(s);
}

/* A plugin's part lives in a pool of its own and survives the settings. */
static void test_parts(void **state) {
  struct settings *s = read_good();
  struct problem_list problems;
  struct option_pool pool;
  void *out = NULL;
  (void)state;
  problem_list_init(&problems);
  option_pool_init(&pool);
  assert_int_equal(settings_check_module_table("domains", blocked_table, sizeof(struct blocked), &problems), HANSE_OK);
  assert_int_equal(settings_module_options(s, 2, blocked_table, sizeof(struct blocked), &pool, &out, &problems),
                   HANSE_OK);
  const struct blocked *blocked = out;
  assert_int_equal(settings_partner_options(s, 0, direct_table, sizeof(struct direct), &pool, &out, &problems),
                   HANSE_OK);
  const struct direct *direct = out;
  /* Without its table the module's own setting is unknown; *out stays. */
  assert_int_equal(settings_module_options(s, 2, sample_none, 0, &pool, &out, &problems), HANSE_INVALID);
  assert_ptr_equal(out, direct);
  assert_int_equal(problems.errors, 1);
  assert_int_equal(settings_partner_options(s, 1, direct_table, sizeof *direct, &pool, &out, &problems), HANSE_GONE);
  settings_trim(s);
  assert_int_equal(settings_module_options(s, 2, sample_none, 0, &pool, &out, &problems), HANSE_GONE);
  SAME(settings_partner_at(s, 0)->domain.name, "fabrikam.example");
  settings_free(s);
  const struct hanse_domain *domain = blocked->block.items;
  SAME(domain->name, "spam.example");
  assert_string_equal(domain->where.file, "hanse.conf");
  assert_int_equal(domain->where.line, 14);
  SAME(direct->edge.host, "sip.fabrikam.example");
  problem_list_clear(&problems);
  option_pool_clear(&pool);
}

static void test_core_names(void **state) {
  static const struct hanse_option clash[] = {{.name = "comment", .type = HANSE_STRING}, HANSE_OPTIONS_END};
  struct problem_list problems;
  (void)state;
  problem_list_init(&problems);
  assert_int_equal(settings_check_partner_table("x", clash, 100, &problems), HANSE_INVALID);
  assert_int_equal(settings_check_module_table("x", clash, 100, &problems), HANSE_OK);
  problem_list_clear(&problems);
}

/* Relative folders resolve beside the file that names them. */
static void test_paths(void **state) {
  char wanted[100];
  (void)state;
  assert_int_equal(mkdir("conf.d", 0755), 0);
  put("hanse.conf", "node = \"n.example\"; run_dir = \"run\";\n", 0644);
  put("conf.d/a.conf", "state_dir = \"../state\"; log = { file = \"log.txt\"; };\n", 0644);
  struct settings *s = read_good();
  snprintf(wanted, sizeof wanted, "%s/run", folder);
  assert_string_equal(s->run_dir.at, wanted);
  snprintf(wanted, sizeof wanted, "%s/conf.d/../state", folder);
  assert_string_equal(s->state_dir.at, wanted);
  snprintf(wanted, sizeof wanted, "%s/conf.d/log.txt", folder);
  assert_string_equal(s->log.file.at, wanted);
  assert_string_equal(s->cache_dir.at, "/var/cache/hanse");
  settings_free(s);
}

static void digest_part(enum settings_part part, unsigned char out[32]) {
  struct settings *s = read_good();
  settings_trim(s);
  assert_int_equal(settings_digest(s, part, out), HANSE_OK);
  settings_free(s);
}

static void test_digest(void **state) {
  unsigned char tls[32], dns[32], after[32];
  (void)state;
  digest_part(SETTINGS_PART_TLS, tls);
  digest_part(SETTINGS_PART_DNS, dns);
  put("edge.pem", "renewed certificate\n", 0644);
  digest_part(SETTINGS_PART_TLS, after);
  assert_memory_not_equal(tls, after, 32);
  digest_part(SETTINGS_PART_DNS, after);
  assert_memory_equal(dns, after, 32);
}

static bool show_part(void *context, bool partner, size_t index, struct settings_show_part *part) {
  (void)index;
  if (!partner) return false;
  *part = (struct settings_show_part){direct_table, context};
  return true;
}

static void test_show(void **state) {
  struct settings *s = read_good();
  struct direct direct = {.edge = {.host = HANSE_LIT("sip.fabrikam.example"), .port = 5061}};
  char *text = NULL;
  size_t length = 0;
  (void)state;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  settings_show(s, show_part, &direct, out);
  fclose(out);
  assert_non_null(strstr(text, "edge = \"sip.fabrikam.example:5061\";"));
  assert_non_null(strstr(text, "key = \"(set)\";"));
  assert_null(strstr(text, "edge key"));
  settings_free(s);
  free(text);
}

/* More partners than any organisation has must not make a reload slow. (libconfig grows lists by 16 elements, which is
   slow where realloc always copies.) */
#ifdef HANSE_SANITIZED
#define MANY 20000
#else
#define MANY 100000
#endif

static void test_many(void **state) {
  struct timespec before, after;
  FILE *out = fopen("hanse.conf", "w");
  (void)state;
  assert_non_null(out);
  fputs("node = \"n.example\";\npartners = (\n", out);
  for (int i = 0; i < MANY; i++)
    fprintf(out, "  { domain = \"partner%d.example\"; type = \"direct\"; edge = \"sip.partner%d.example:5061\"; }%s\n",
            i, i, i == MANY - 1 ? "" : ",");
  fputs(");\n", out);
  fclose(out);
  clock_gettime(CLOCK_MONOTONIC, &before);
  struct settings *s = read_good();
  clock_gettime(CLOCK_MONOTONIC, &after);
  assert_int_equal(s->partners.count, MANY);
  const struct settings_partner *last = settings_partner_of(s, HANSE_LIT("partner19999.example"));
  assert_non_null(last);
  assert_int_equal(last->where.line, 20002);
  settings_free(s);
  double seconds = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
  print_message("%d partners: %.2f s\n", MANY, seconds);
  assert_true(seconds < 10); /* what is not linear exceeds this on any machine */
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
  const struct CMUnitTest tests[] = {IN_FOLDER(test_example),
                                     IN_FOLDER(test_taken),
                                     IN_FOLDER(test_named),
                                     IN_FOLDER(test_parts),
                                     cmocka_unit_test(test_core_names),
                                     IN_FOLDER(test_paths),
                                     IN_FOLDER(test_digest),
                                     IN_FOLDER(test_show),
                                     IN_FOLDER(test_many)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
