#include "router/admission.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h> /* wants those before it */

static struct sockaddr_storage v4(uint32_t host) {
  struct sockaddr_storage address = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)&address;
  in->sin_family = AF_INET;
  in->sin_addr.s_addr = htonl(host);
  in->sin_port = htons((uint16_t)(host * 7));
  return address;
}

static struct sockaddr_storage v6(const char *text) {
  struct sockaddr_storage address = {0};
  struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address;
  in->sin6_family = AF_INET6;
  assert_int_equal(inet_pton(AF_INET6, text, &in->sin6_addr), 1);
  return address;
}

/* An address in a /24 of its own. */
static struct sockaddr_storage network(uint32_t number) { return v4(number << 8 | 1); }

static const struct hanse_rate no_rate = {0, HANSE_SECOND};

static enum admission_verdict ask(struct admission *admission, struct sockaddr_storage address, hanse_time now,
                                  const struct hanse_rate *rate, uint32_t links, struct admitted *one) {
  struct admission_site *site = NULL;
  enum admission_verdict verdict = admission_ask(admission, (const struct sockaddr *)&address, rate, links, now, &site);
  if (verdict == ADMISSION_OK && one) admission_enter(admission, site, one);
  return verdict;
}

static int setup(void **state) {
  *state = admission_new();
  return *state ? 0 : -1;
}
static int teardown(void **state) {
  admission_free(*state);
  return 0;
}

static void a_rate_is_a_burst_and_then_a_pace(void **state) {
  const struct hanse_rate rate = {20, HANSE_SECOND};
  hanse_time now = 1000 * HANSE_SECOND;
  for (int i = 0; i < 20; i++) assert_int_equal(ask(*state, v4(1), now, &rate, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(1), now, &rate, 0, NULL), ADMISSION_RATE);
  assert_int_equal(ask(*state, v4(2), now, &rate, 0, NULL), ADMISSION_RATE); /* the same /24 */
  assert_int_equal(ask(*state, v4(257), now, &rate, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(1), now + 49 * HANSE_MSEC, &rate, 0, NULL), ADMISSION_RATE);
  int allowed = 0;
  for (int i = 1; i <= 1000; i++) /* who tries each 10 ms gets 20 of them a second */
    allowed += ask(*state, v4(1), now + i * 10 * HANSE_MSEC, &rate, 0, NULL) == ADMISSION_OK;
  assert_int_equal(allowed, 200);
  now += 3600 * HANSE_SECOND; /* and who waited has a burst again, not more */
  for (int i = 0; i < 20; i++) assert_int_equal(ask(*state, v4(1), now, &rate, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(1), now, &rate, 0, NULL), ADMISSION_RATE);
}

static void a_network_of_ipv6_is_one_address(void **state) {
  struct admitted one = {0}, two = {0};
  assert_int_equal(ask(*state, v6("2001:db8:1:2::1"), 0, &no_rate, 1, &one), ADMISSION_OK);
  assert_int_equal(ask(*state, v6("2001:db8:1:2:ffff::9"), 0, &no_rate, 1, NULL), ADMISSION_LINKS);
  assert_int_equal(ask(*state, v6("2001:db8:1:3::1"), 0, &no_rate, 1, &two), ADMISSION_OK);
  admission_leave(*state, &one);
  admission_leave(*state, &one);
  assert_int_equal(ask(*state, v6("2001:db8:1:2:ffff::9"), 0, &no_rate, 1, NULL), ADMISSION_OK);
  admission_leave(*state, &two);
}

/* The addresses of a site share its rate, and each of them has its own number of links (E12). */
static void a_rate_is_that_of_a_network(void **state) {
  const struct hanse_rate rate = {2, HANSE_SECOND};
  struct admitted one = {0};
  assert_int_equal(ask(*state, v4(0x0a000001), 0, &rate, 1, &one), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(0x0a000002), 0, &rate, 1, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(0x0a0000ff), 0, &rate, 1, NULL), ADMISSION_RATE);
  assert_int_equal(ask(*state, v4(0x0a000100), 0, &rate, 1, NULL), ADMISSION_OK);
  admission_leave(*state, &one);
  assert_int_equal(ask(*state, v6("2001:db8:0:100::1"), 0, &rate, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v6("2001:db8:0:1ff::1"), 0, &rate, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, v6("2001:db8:0:180::1"), 0, &rate, 0, NULL), ADMISSION_RATE);
  assert_int_equal(ask(*state, v6("2001:db8:0:200::1"), 0, &rate, 0, NULL), ADMISSION_OK);
}

static void the_crowd_is_whose_most_are_pending(void **state) {
  struct admitted one[3] = {{0}}, many[300] = {{0}};
  assert_null(admission_crowd(*state));
  for (int i = 0; i < 3; i++) ask(*state, v4(1), 0, &no_rate, 0, &one[i]);
  assert_ptr_equal(admission_crowd(*state), &one[0]);
  for (int i = 0; i < 300; i++) ask(*state, v4(2), 0, &no_rate, 0, &many[i]);
  assert_int_equal(admission_pending(*state), 303);
  assert_ptr_equal(admission_crowd(*state), &many[0]);
  for (int i = 0; i < 297; i++) { /* some by being done, some by going */
    struct admitted *oldest = admission_crowd(*state);
    assert_ptr_equal(oldest, &many[i]);
    if (i % 2) admission_shaken(*state, oldest);
    if (i % 2 == 0) admission_leave(*state, oldest);
  }
  assert_ptr_equal(admission_crowd(*state), &one[0]); /* three each, and it had them first */
  for (int i = 0; i < 3; i++) admission_leave(*state, &one[i]);
  assert_ptr_equal(admission_crowd(*state), &many[297]);
  for (int i = 0; i < 300; i++) admission_leave(*state, &many[i]);
  assert_null(admission_crowd(*state));
  assert_int_equal(admission_pending(*state), 0);
}

/* H11: the tables are bounded; who has links is never forgotten, of the others who was not seen for longest. */
static void old_addresses_are_forgotten(void **state) {
  const struct hanse_rate once = {1, 3600 * HANSE_SECOND};
  struct admitted linked = {0};
  assert_int_equal(ask(*state, network(1), 0, &once, 1, &linked), ADMISSION_OK);
  assert_int_equal(ask(*state, network(2), 0, &once, 0, NULL), ADMISSION_OK);
  for (uint32_t i = 0; i < ADMISSION_SITES - 2; i++) {
    assert_int_equal(ask(*state, network(1000 + i), 0, &once, 0, NULL), ADMISSION_OK);
    if (i % 10000 == 0) assert_int_equal(ask(*state, network(2), 0, &once, 0, NULL), ADMISSION_RATE); /* is seen */
  }
  assert_int_equal(ask(*state, network(1000), 0, &once, 0, NULL), ADMISSION_RATE); /* all fit, and are known */
  for (uint32_t i = 0; i < 1000; i++)
    assert_int_equal(ask(*state, network(900000 + i), 0, &once, 0, NULL), ADMISSION_OK);
  assert_int_equal(ask(*state, network(1), 0, &no_rate, 1, NULL), ADMISSION_LINKS);
  assert_int_equal(ask(*state, network(2), 0, &once, 0, NULL), ADMISSION_RATE);
  assert_int_equal(ask(*state, network(1001), 0, &once, 0, NULL), ADMISSION_OK); /* forgotten */
  admission_leave(*state, &linked);
}

static void a_table_full_of_links_lets_nobody_in(void **state) {
  struct admitted *many = test_calloc(ADMISSION_SITES, sizeof *many);
  for (uint32_t i = 0; i < ADMISSION_SITES; i++)
    assert_int_equal(ask(*state, v4(i), 0, &no_rate, 0, &many[i]), ADMISSION_OK);
  assert_int_equal(ask(*state, v4(ADMISSION_SITES), 0, &no_rate, 0, NULL), ADMISSION_FULL);
  assert_int_equal(ask(*state, v4(5), 0, &no_rate, 0, NULL), ADMISSION_OK);
  uint32_t unlogged = 7;
  struct sockaddr_storage strange = v4(ADMISSION_SITES);
  assert_false(admission_may_log(*state, (struct sockaddr *)&strange, 0, &unlogged));
  for (uint32_t i = 0; i < ADMISSION_SITES; i++) admission_leave(*state, &many[i]);
  assert_int_equal(ask(*state, v4(ADMISSION_SITES), 0, &no_rate, 0, NULL), ADMISSION_OK);
  test_free(many);
}

static void one_line_a_second_is_logged(void **state) {
  struct sockaddr_storage at = v4(1);
  const struct sockaddr *address = (const struct sockaddr *)&at;
  uint32_t unlogged = 7;
  assert_true(admission_may_log(*state, address, 0, &unlogged));
  assert_int_equal(unlogged, 0);
  for (int i = 1; i < 10; i++) assert_false(admission_may_log(*state, address, i * 100 * HANSE_MSEC, &unlogged));
  assert_true(admission_may_log(*state, address, HANSE_SECOND, &unlogged));
  assert_int_equal(unlogged, 9);
  assert_true(admission_may_log(*state, address, 2 * HANSE_SECOND, &unlogged));
  assert_int_equal(unlogged, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_rate_is_a_burst_and_then_a_pace), TEST(a_network_of_ipv6_is_one_address),
      TEST(a_rate_is_that_of_a_network),       TEST(the_crowd_is_whose_most_are_pending),
      TEST(old_addresses_are_forgotten),       TEST(a_table_full_of_links_lets_nobody_in),
      TEST(one_line_a_second_is_logged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
