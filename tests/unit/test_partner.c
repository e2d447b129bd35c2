/* The index over home domains and partner entries: the longest suffix, on label borders (R10), whatever the order in
   which entries were written; 100 000 of them, which end in pieces (T29). */
#include "router/partner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/clock.h"

static struct partner_set *set_of(const char *const *homes, size_t home_count, const char *const *partners,
                                  size_t partner_count) {
  struct partner_set *set = partner_set_new(home_count, partner_count);
  assert_non_null(set);
  for (size_t i = 0; i < home_count; i++) {
    set->homes[i].entry = (struct entry){.kind = ENTRY_HOME, .domain = hanse_text(homes[i])};
    set->home_count++;
    assert_int_equal(partner_set_add(set, &set->homes[i].entry), HANSE_OK);
  }
  for (size_t i = 0; i < partner_count; i++) {
    set->partners[i].entry = (struct entry){.kind = ENTRY_PARTNER, .domain = hanse_text(partners[i])};
    set->partner_count++;
    assert_int_equal(partner_set_add(set, &set->partners[i].entry), HANSE_OK);
  }
  return set;
}

static void suffixes(void **state) {
  static const char *const homes[] = {"contoso.example", "labs.fabrikam.example"};
  static const char *const partners[] = {"fabrikam.example", "eu.contoso.example", "x", "a.b.c.d.litware.example",
                                         "xn--bcher-kva.example"};
  static const struct {
    const char *domain, *entry;
  } rows[] = {
      {"contoso.example", "contoso.example"},
      {"it.contoso.example", "contoso.example"},
      {"a.b.it.contoso.example", "contoso.example"},
      {"evilcontoso.example", NULL},
      {"contoso.example.evil.test", NULL},
      {"contoso.exampl", NULL},
      {"ontoso.example", NULL},
      {"example", NULL},
      {"eu.contoso.example", "eu.contoso.example"},
      {"a.eu.contoso.example", "eu.contoso.example"},
      {"neu.contoso.example", "contoso.example"},
      {"labs.fabrikam.example", "labs.fabrikam.example"},
      {"x.labs.fabrikam.example", "labs.fabrikam.example"},
      {"slabs.fabrikam.example", "fabrikam.example"},
      {"x", "x"},
      {"y.x", "x"},
      {"yx", NULL},
      {"d.litware.example", NULL},
      {"b.c.d.litware.example", NULL},
      {"a.b.c.d.litware.example", "a.b.c.d.litware.example"},
      {"z.a.b.c.d.litware.example", "a.b.c.d.litware.example"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"n--bcher-kva.example", NULL},
      {"", NULL},
      {".", NULL},
      {".contoso.example", "contoso.example"}, /* not canonical, so it never comes here; it must only not crash */
      {"..", NULL},
      {"192.0.2.1", NULL},
  };
  (void)state;
  struct partner_set *set = set_of(homes, 2, partners, 5), *empty = partner_set_new(0, 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct entry *found = partner_set_find(set, hanse_text(rows[i].domain));
    if (!found != !rows[i].entry) fail_msg("\"%s\" %s", rows[i].domain, found ? "is covered" : "is not covered");
    if (found) assert_true(hanse_same(found->domain, hanse_text(rows[i].entry)));
    assert_null(partner_set_find(empty, hanse_text(rows[i].domain)));
    assert_null(partner_set_exact(empty, hanse_text(rows[i].domain)));
  }
  assert_non_null(entry_home(partner_set_find(set, HANSE_LIT("x.labs.fabrikam.example"))));
  assert_null(entry_partner(partner_set_find(set, HANSE_LIT("x.labs.fabrikam.example"))));
  assert_non_null(entry_partner(partner_set_find(set, HANSE_LIT("a.eu.contoso.example"))));
  assert_null(entry_home(NULL));
  assert_null(entry_partner(NULL));
  assert_null(partner_set_exact(set, HANSE_LIT("it.contoso.example")));
  assert_null(partner_set_find(set, hanse_slice(NULL, 0)));
  partner_set_release(set);
  partner_set_release(empty);
}

/* R11: one domain, one entry, over both kinds. */
static void twice(void **state) {
  static const char *const homes[] = {"contoso.example"};
  (void)state;
  struct partner_set *set = set_of(homes, 1, NULL, 0);
  struct hanse_partner again = {.entry = {.kind = ENTRY_PARTNER, .domain = HANSE_LIT("contoso.example")}};
  assert_int_equal(partner_set_add(set, &again.entry), HANSE_INVALID);
  assert_ptr_equal(partner_set_exact(set, HANSE_LIT("contoso.example")), &set->homes[0].entry);
  partner_set_release(set);
}

static void counted(void **state) {
  (void)state;
  struct partner_set *set = partner_set_new(0, 0);
  assert_ptr_equal(partner_set_hold(set), set);
  partner_set_release(set);
  assert_null(partner_set_find(set, HANSE_LIT("a.example"))); /* still there */
  partner_set_release(set);
  partner_set_release(NULL);
}

/* What the last one to hold it had to wait for otherwise is done in pieces; then any thread may free it. */
static void lets_go_in_pieces(void **state) {
  static const char *const homes[] = {"contoso.example"};
  static const char *const partners[] = {"fabrikam.example", "litware.example", "tailspin.example"};
  struct tls_profile profile = {.holds = 1};
  (void)state;
  struct partner_set *set = set_of(homes, 1, partners, 3);
  set->homes[0].tls = tls_profile_hold(&profile);
  for (int i = 0; i < 3; i++) set->partners[i].tls = tls_profile_hold(&profile);
  static const struct {
    size_t entries;
    bool more;
    unsigned held;
  } steps[] = {{0, true, 5}, {1, true, 4}, {2, true, 2}, {1, false, 1}, {7, false, 1}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    assert_int_equal(partner_set_let_go(set, steps[i].entries), steps[i].more);
    assert_int_equal(profile.holds, steps[i].held);
  }
  partner_set_free(set);
}

static struct partner_set *binned;
static void take(struct partner_bin *bin, struct partner_set *set) {
  (void)bin;
  assert_null(binned);
  binned = set;
}

static void goes_into_the_bin(void **state) {
  static const char *const partners[] = {"fabrikam.example"};
  struct tls_profile profile = {.holds = 1};
  struct partner_bin bin = {take};
  (void)state;
  struct partner_set *set = set_of(NULL, 0, partners, 1);
  set->bin = &bin;
  set->partners[0].tls = tls_profile_hold(&profile);
  partner_set_release(partner_set_hold(set));
  assert_null(binned);
  partner_set_release(set);
  assert_ptr_equal(binned, set);
  assert_int_equal(profile.holds, 2); /* nothing was done yet */
  assert_false(partner_set_let_go(set, SIZE_MAX));
  assert_int_equal(profile.holds, 1);
  partner_set_free(set);
}

/* ---- 100 000 entries ---- */

enum { MANY = 100000 };

static struct partner_set *many(char (*names)[32]) {
  struct partner_set *set = partner_set_new(0, MANY);
  for (size_t i = 0; i < MANY; i++) {
    snprintf(names[i], sizeof names[i], "d%zu.partner.example", i * 7919 % MANY);
    set->partners[i].entry = (struct entry){.kind = ENTRY_PARTNER, .domain = hanse_text(names[i])};
    set->partner_count++;
    assert_int_equal(partner_set_add(set, &set->partners[i].entry), HANSE_OK);
  }
  return set;
}

static void speed(void **state) {
  char(*names)[32] = calloc(MANY, sizeof *names), domain[300];
  (void)state;
  hanse_time began = clock_read();
  struct partner_set *set = many(names);
  hanse_time built = clock_read() - began;
  began = clock_read();
  for (size_t i = 0; i < MANY; i++) {
    snprintf(domain, sizeof domain, "a.b.d%zu.partner.example", i);
    const struct entry *found = partner_set_find(set, hanse_text(domain));
    assert_non_null(found);
    assert_true(hanse_same(found->domain, hanse_text(domain + 4)));
  }
  hanse_time found = clock_read() - began;
  /* the longest name there is, of one-letter labels, is looked up 127 times: still microseconds */
  for (size_t i = 0; i < 253; i++) domain[i] = i % 2 ? '.' : 'a';
  began = clock_read();
  for (size_t i = 0; i < 10000; i++) assert_null(partner_set_find(set, hanse_slice(domain, 253)));
  hanse_time missed = clock_read() - began;
  print_message("100000 entries built in %.1f ms; found in %.2f us, the longest name missed in %.2f us\n",
                (double)built / 1000, (double)found / MANY, (double)missed / 10000);
  assert_true(built < 2 * HANSE_SECOND); /* loose, for slow machines and sanitizers */
  assert_true(found / MANY < 20);
  assert_true(missed / 10000 < 200);
  partner_set_release(set);
  free(names);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(suffixes),          cmocka_unit_test(twice),
      cmocka_unit_test(counted),           cmocka_unit_test(lets_go_in_pieces),
      cmocka_unit_test(goes_into_the_bin), cmocka_unit_test(speed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
