/* The verdict of DNSSEC (F9), from a zone that a real name server (knot) signs on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>

#include "name_server.h"
#include "router/clock.h"
#include "router/dns.h"

#define KNOT "/usr/sbin/knotd"
#define KEYMGR "/usr/sbin/keymgr"

static struct name_server server; /* its folder, port and pid */
static bool have_server;
static char anchor[128];

static bool write_files(void) {
  char text[1024], path[128];
  snprintf(path, sizeof path, "%s/db", server.folder);
  if (mkdir(path, 0700) != 0) return false;
  snprintf(text, sizeof text,
           "server:\n  listen: 127.0.0.1@%u\n  rundir: \"%s\"\n  pidfile: \"%s/pid\"\n"
           "database:\n  storage: \"%s/db\"\nlog:\n  - target: stderr\n    any: error\n"
           "policy:\n  - id: own\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n"
           "zone:\n  - domain: own.example\n    storage: \"%s\"\n    file: zone\n    dnssec-signing: on\n"
           "    dnssec-policy: own\n",
           server.port, server.folder, server.folder, server.folder, server.folder);
  return name_server_put(&server, "conf", text) &&
         name_server_put(&server, "zone",
                         "$ORIGIN own.example.\n@ 300 SOA ns hostmaster 1 3600 600 86400 300\n@ 300 NS ns\n"
                         "ns 300 A 127.0.0.1\na 60 A 192.0.2.1\nhost.lan 60 A 192.0.2.4\n_s._tls 60 SRV 1 2 5061 a\n");
}

static bool start(void) {
  char path[128];
  snprintf(path, sizeof path, "%s/conf", server.folder);
  server.pid = fork();
  if (server.pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execl(KNOT, "knotd", "-c", path, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 100; i++) {
    if (name_server_answers(&server)) return true; /* it refuses that question, which is an answer */
    usleep(50000);
  }
  return false;
}

/* The key that knot made for the zone, as a trust anchor. It is there some moments after the start. */
static bool write_anchor(void) {
  char command[256], line[512] = "";
  snprintf(command, sizeof command, KEYMGR " -c %s/conf own.example ds 2>/dev/null", server.folder);
  for (int i = 0; i < 40 && !strstr(line, " DS "); i++) {
    FILE *pipe = popen(command, "r");
    if (!pipe) return false;
    if (!fgets(line, sizeof line, pipe)) line[0] = '\0';
    pclose(pipe);
    if (!line[0]) usleep(50000);
  }
  snprintf(anchor, sizeof anchor, "%s/anchor", server.folder);
  return strstr(line, " DS ") && name_server_put(&server, "anchor", line);
}

static int begin(void **state) {
  (void)state;
  have_server = access(KNOT, X_OK) == 0 && access(KEYMGR, X_OK) == 0;
  if (!have_server) {
    print_message("knot is not installed: this is skipped\n");
    return 0;
  }
  server = (struct name_server){.folder = "/tmp/hanse-dnssec-XXXXXX", .silent = -1};
  if (!mkdtemp(server.folder)) return -1;
  if (!name_server_choose(&server.port)) return -1;
  return write_files() && start() && write_anchor() ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *walk) {
  (void)what, (void)type, (void)walk;
  return remove(path);
}

static int end(void **state) {
  (void)state;
  if (!have_server) return 0;
  name_server_stop(&server);
  return nftw(server.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct got {
  bool called;
  struct dns_answer answer;
};

static void keep(void *argument, const struct dns_answer *answer) {
  *(struct got *)argument = (struct got){.called = true, .answer = *answer};
}

static void tick(struct ev_loop *loop, ev_timer *timer, int events) { (void)loop, (void)timer, (void)events; }

/* Asks for the addresses (or the services) of a name, with these settings alone. */
static struct dns_answer ask(const struct dns_settings *settings, const char *name, bool services) {
  struct hanse_problem problem = {0};
  struct loop *loop = loop_new();
  struct dns *dns = dns_new(loop, settings, &problem);
  struct got got = {0};
  ev_timer timer;
  if (!dns) fail_msg("%s", problem.text);
  ev_timer_init(&timer, tick, 0.02, 0.02);
  ev_timer_start(loop_ev(loop), &timer);
  assert_non_null((services ? dns_services : dns_addresses)(dns, hanse_text(name), keep, &got));
  for (hanse_time until = clock_read() + 12 * HANSE_SECOND; !got.called && clock_read() < until;) loop_turn(loop, true);
  assert_true(got.called);
  dns_free(dns);
  ev_timer_stop(loop_ev(loop), &timer);
  loop_free(loop);
  return got.answer;
}

static struct dns_settings settings_with(const char *trust_anchor) {
  static char text[32];
  static struct hanse_slice forwarder;
  snprintf(text, sizeof text, "127.0.0.1@%u", server.port);
  forwarder = hanse_text(text);
  return (struct dns_settings){
      .forwarders = &forwarder, .forwarder_count = 1, .allow_loopback = true, .trust_anchor = hanse_text(trust_anchor)};
}

static void secure(void **state) {
  (void)state;
  if (!have_server) skip();
  struct dns_settings settings = settings_with(anchor);
  struct dns_answer answer = ask(&settings, "a.own.example", false);
  assert_int_equal(answer.result, DNS_FOUND);
  assert_int_equal(answer.verdict, DNS_SECURE); /* the address, and that there is none of the other family */
  answer = ask(&settings, "_s._tls.own.example", true);
  assert_int_equal(answer.result, DNS_FOUND);
  assert_int_equal(answer.verdict, DNS_SECURE);
  answer = ask(&settings, "none.own.example", false);
  assert_int_equal(answer.result, DNS_NONE);
  assert_int_equal(answer.verdict, DNS_SECURE);
}

static void insecure(void **state) {
  (void)state;
  if (!have_server) skip();
  static const struct hanse_slice zones[] = {{"own.example", 11}};
  struct dns_settings settings = settings_with("");
  struct dns_answer answer = ask(&settings, "a.own.example", false);
  assert_int_equal(answer.result, DNS_FOUND);
  assert_int_equal(answer.verdict, DNS_INSECURE);
  settings.private_zones = zones;
  settings.private_zone_count = 1;
  answer = ask(&settings, "host.lan.own.example", false);
  assert_int_equal(answer.result, DNS_FOUND);
  assert_int_equal(answer.verdict, DNS_INSECURE);
}

static void another_key(void **state) {
  (void)state;
  if (!have_server) skip();
  char wrong[128];
  snprintf(wrong, sizeof wrong, "%s/wrong", server.folder);
  assert_true(name_server_put(&server, "wrong",
                              "own.example. IN DS 4711 13 2 "
                              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"));
  struct dns_settings settings = settings_with(wrong);
  struct dns_answer answer = ask(&settings, "a.own.example", false);
  assert_int_equal(answer.result, DNS_FAILED);
  assert_int_equal(answer.verdict, DNS_BOGUS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(secure),
      cmocka_unit_test(insecure),
      cmocka_unit_test(another_key),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
