/* Socket addresses: text, keys, and which of them may be dialled (row F2 of the attack checklist). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include "router/address.h"

static struct sockaddr_storage parsed(const char *text) {
  struct sockaddr_storage address;
  socklen_t length;
  if (address_parse(hanse_text(text), &address, &length) != HANSE_OK) fail_msg("%s", text);
  assert_int_equal(length, address_length((struct sockaddr *)&address));
  return address;
}

static void texts(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"192.0.2.1", "192.0.2.1"},     {"192.0.2.1:5061", "192.0.2.1:5061"},
                                        {"2001:DB8::1", "2001:db8::1"}, {"[2001:db8::1]", "2001:db8::1"},
                                        {"[::1]:65535", "[::1]:65535"}, {"::ffff:192.0.2.1", "::ffff:192.0.2.1"}};
  char buf[ADDRESS_TEXT];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct sockaddr_storage address = parsed(rows[i][0]);
    assert_string_equal(address_text((struct sockaddr *)&address, buf), rows[i][1]);
  }
  struct sockaddr_storage address = parsed("[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535");
  assert_true(strlen(address_text((struct sockaddr *)&address, buf)) < ADDRESS_TEXT);
  assert_string_equal(address_host_text((struct sockaddr *)&address, buf), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  struct sockaddr_storage local = {.ss_family = AF_UNIX};
  assert_string_equal(address_text((struct sockaddr *)&local, buf), "?");
  assert_int_equal(address_port((struct sockaddr *)&local), 0);
  address_port_set((struct sockaddr *)&address, 5061);
  assert_int_equal(address_port((struct sockaddr *)&address), 5061);
}

static void no_addresses(void **state) {
  (void)state;
  static const char *const rows[] = {"",
                                     "a.test",
                                     "192.0.2",
                                     "192.0.2.1:",
                                     "192.0.2.1:0",
                                     "1.2.3.4:65536",
                                     "1.2.3.4:+5",
                                     "1.2.3.4:123456",
                                     "[::1",
                                     "[::1]5061",
                                     "[192.0.2.1]",
                                     "[]",
                                     ":",
                                     "::1%lo",
                                     "[fe80::1%1]:5",
                                     "0x7f.1",
                                     "127.1",
                                     "1.2.3.4 ",
                                     "[::1]:5061 ",
                                     "01.2.3.4",
                                     "1.2.3.4:5061:1"};
  struct sockaddr_storage address;
  socklen_t length;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (address_parse(hanse_text(rows[i]), &address, &length) != HANSE_INVALID) fail_msg("%s", rows[i]);
  assert_int_equal(address_parse(hanse_slice("1.2.3.4\0:1", 10), &address, &length), HANSE_INVALID);
}

static void sameness(void **state) {
  (void)state;
  struct sockaddr_storage a = parsed("192.0.2.1:1"), b = parsed("[::ffff:192.0.2.1]:1"), c = parsed("192.0.2.1:2"),
                          d = parsed("[2001:db8::1]:1"), e = parsed("[2001:db8::2]:1");
  struct sockaddr *pa = (struct sockaddr *)&a, *pb = (struct sockaddr *)&b, *pc = (struct sockaddr *)&c,
                  *pd = (struct sockaddr *)&d, *pe = (struct sockaddr *)&e;
  assert_true(address_same(pa, pb) && address_same(pb, pa) && address_same_host(pa, pc) && address_same(pd, pd));
  assert_false(address_same(pa, pc) || address_same_host(pa, pd) || address_same_host(pd, pe));
}

typedef size_t (*key_of)(const struct sockaddr *, uint8_t[ADDRESS_KEY]);

static void are_counted_together(key_of key, const char *one, const char *other, bool together) {
  uint8_t a[ADDRESS_KEY], b[ADDRESS_KEY];
  struct sockaddr_storage x = parsed(one), y = parsed(other);
  size_t n = key((struct sockaddr *)&x, a), m = key((struct sockaddr *)&y, b);
  if ((n == m && memcmp(a, b, n) == 0) != together) fail_msg("%s %s", one, other);
}

static void keys(void **state) {
  (void)state;
  static const struct row {
    const char *a, *b;
    bool same;
  } rows[] = {{"192.0.2.1:1", "192.0.2.1:2", true},
              {"192.0.2.1", "192.0.2.2", false},
              {"192.0.2.1", "::ffff:192.0.2.1", true},
              {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
              {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
              {"2001:db8:0:1::1", "2001:db8:0:2::1", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    are_counted_together(address_key, rows[i].a, rows[i].b, rows[i].same);
  struct sockaddr_storage local = {.ss_family = AF_UNIX};
  assert_int_equal(address_key((struct sockaddr *)&local, (uint8_t[ADDRESS_KEY]){0}), 0);
  assert_int_equal(address_network_key((struct sockaddr *)&local, (uint8_t[ADDRESS_KEY]){0}), 0);
}

/* A site is a /24 of IPv4 or a /56 of IPv6 (E12). */
static void network_keys(void **state) {
  (void)state;
  static const struct row {
    const char *a, *b;
    bool same;
  } rows[] = {{"192.0.2.1:1", "192.0.2.254:2", true},
              {"192.0.2.1", "192.0.3.1", false},
              {"192.0.2.1", "::ffff:192.0.2.200", true},
              {"2001:db8:0:100::1", "2001:db8:0:1ff::2", true},
              {"2001:db8:0:100::1", "2001:db8:0:200::1", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    are_counted_together(address_network_key, rows[i].a, rows[i].b, rows[i].same);
}

enum { NEVER, PRIVATE, PUBLIC };

static void dialling(void **state) {
  (void)state;
  static const struct row {
    const char *address;
    int reach;
  } rows[] = {
      {"8.8.8.8", PUBLIC},
      {"9.255.255.255", PUBLIC},
      {"10.0.0.0", PRIVATE},
      {"10.255.255.255", PRIVATE},
      {"11.0.0.0", PUBLIC},
      {"0.0.0.0", NEVER},
      {"0.1.2.3", NEVER},
      {"100.63.255.255", PUBLIC},
      {"100.64.0.1", PRIVATE},
      {"100.127.255.255", PRIVATE},
      {"100.128.0.0", PUBLIC},
      {"127.0.0.1", PRIVATE},
      {"127.255.255.255", PRIVATE},
      {"169.254.169.254", NEVER},
      {"172.15.255.255", PUBLIC},
      {"172.16.0.0", PRIVATE},
      {"172.31.255.255", PRIVATE},
      {"172.32.0.0", PUBLIC},
      {"192.168.0.1", PRIVATE},
      {"192.169.0.1", PUBLIC},
      {"198.18.0.1", PRIVATE},
      {"198.20.0.1", PUBLIC},
      {"223.255.255.255", PUBLIC},
      {"224.0.0.1", NEVER},
      {"239.255.255.255", NEVER},
      {"240.0.0.1", NEVER},
      {"255.255.255.255", NEVER},
      {"2a00::1", PUBLIC},
      {"::", NEVER},
      {"::1", PRIVATE},
      {"fc00::1", PRIVATE},
      {"fdff::1", PRIVATE},
      {"fe80::1", NEVER},
      {"febf::1", NEVER},
      {"fec0::1", PRIVATE},
      {"fe00::1", PUBLIC},
      {"ff02::1", NEVER},
      {"100::1", NEVER},
      {"::ffff:8.8.8.8", PUBLIC},
      {"::ffff:127.0.0.1", PRIVATE},
      {"::ffff:10.0.0.1", PRIVATE},
      {"::ffff:224.0.0.1", NEVER},
      {"::127.0.0.1", PRIVATE},
      {"::ffff:0:127.0.0.1", PRIVATE},
      {"64:ff9b::8.8.8.8", PUBLIC},
      {"64:ff9b::10.0.0.1", PRIVATE},
      {"64:ff9b::169.254.169.254", NEVER},
      {"64:ff9b:1::1", PRIVATE},
      {"2002:808:808::1", PUBLIC},
      {"2002:7f00:1::", PRIVATE},
      {"2002:c0a8:101::1", PRIVATE},
      {"2002:e000:1::1", NEVER},
      {"2001:0:4136:e378:8000:63bf:80ff:fffe", PRIVATE}, /* Teredo of 127.0.0.1 */
      {"2001:0:4136:e378:8000:63bf:3fff:fdd2", PUBLIC},  /* Teredo of 192.0.2.45 */
      {"2001:4860:4860::8888", PUBLIC},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct sockaddr_storage address = parsed(rows[i].address);
    const struct sockaddr *at = (struct sockaddr *)&address;
    int found = address_may_be_dialled(at, false) ? PUBLIC : address_may_be_dialled(at, true) ? PRIVATE : NEVER;
    if (found != rows[i].reach) fail_msg("%s: %d", rows[i].address, found);
    assert_true((address_special(at) == NULL) == (rows[i].reach == PUBLIC));
    if (found == PUBLIC) assert_true(address_may_be_dialled(at, true));
  }
  struct sockaddr_storage local = {.ss_family = AF_UNIX};
  assert_false(address_may_be_dialled((struct sockaddr *)&local, true));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts), cmocka_unit_test(no_addresses), cmocka_unit_test(sameness),
      cmocka_unit_test(keys),  cmocka_unit_test(network_keys), cmocka_unit_test(dialling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
