/* The table of failures: complete, and what its rows promise (R83; reliability: 503 never leaves). */
#include "contract/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/router.h"

/* The numbers as hanse/failure.h writes them, read from the header itself so that a new one is not forgotten. */
static size_t numbers(int *out, size_t most) {
  char line[512];
  size_t n = 0;
  FILE *file = fopen(HANSE_SOURCE_DIR "/sdk/include/hanse/failure.h", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    char name[64];
    int number;
    if (sscanf(line, " HANSE_F_%63[A-Z_] = %d", name, &number) != 2) continue;
    assert_true(n < most);
    out[n++] = number;
  }
  fclose(file);
  return n;
}

static void every_number_has_a_row(void **state) {
  int number[ROUTER_FAILURES];
  size_t n = numbers(number, ROUTER_FAILURES), rows = 0;
  (void)state;
  assert_true(n > 40);
  for (size_t i = 0; i < n; i++) {
    assert_in_range(number[i], 0, ROUTER_FAILURES - 1);
    assert_int_equal(failure_row((enum hanse_failure)number[i])->number, number[i]);
  }
  while (failure_at(rows)) rows++;
  assert_int_equal(rows, n); /* and no row has a number that the contract does not know */
}

static bool is_word(const char *text) {
  if (!*text) return false;
  for (; *text; text++)
    if ((*text < 'a' || *text > 'z') && *text != '-') return false;
  return true;
}

static void rows(void **state) {
  (void)state;
  for (size_t i = 0; failure_at(i); i++) {
    const struct failure *row = failure_at(i);
    assert_true(is_word(row->name));
    assert_true(is_word(row->xmpp_condition));
    assert_int_not_equal(row->sip_status, 503); /* the peer would avoid the whole router */
    assert_true(i == 0 ? row->sip_status == 200 : row->sip_status >= 400 && row->sip_status <= 699);
    assert_int_not_equal(row->sip_status, 408); /* RFC 4320 §4.2 */
    assert_true(row->sip_reason[0] && row->meaning[0] && row->cure);
    assert_true(row->diagnostic == 0 || (row->diagnostic >= 1000 && row->diagnostic < 2000));
    for (const char *at = row->sip_reason; *at; at++) assert_true(*at >= ' ' && *at <= '~');
    for (size_t k = 0; k < i; k++) {
      assert_string_not_equal(row->name, failure_at(k)->name);
      assert_int_not_equal(row->number, failure_at(k)->number);
    }
    if (i) assert_true(row->number > failure_at(i - 1)->number);
  }
}

/* Conditions that RFC 6120 §8.3.3 defines, and no others. */
static void xmpp_conditions(void **state) {
  static const char *const known[] = {"bad-request",
                                      "conflict",
                                      "feature-not-implemented",
                                      "forbidden",
                                      "gone",
                                      "internal-server-error",
                                      "item-not-found",
                                      "jid-malformed",
                                      "not-acceptable",
                                      "not-allowed",
                                      "not-authorized",
                                      "policy-violation",
                                      "recipient-unavailable",
                                      "redirect",
                                      "registration-required",
                                      "remote-server-not-found",
                                      "remote-server-timeout",
                                      "resource-constraint",
                                      "service-unavailable",
                                      "subscription-required",
                                      "undefined-condition",
                                      "unexpected-request"};
  (void)state;
  for (size_t i = 0; failure_at(i); i++) {
    bool found = false;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
      found = found || !strcmp(failure_at(i)->xmpp_condition, known[k]);
    if (!found) fail_msg("\"%s\" is no condition of RFC 6120", failure_at(i)->xmpp_condition);
  }
}

/* Over-rate and full queues are 480 or 500; what was not our fault is not told as 403. */
static void classes(void **state) {
  static const enum hanse_failure busy[] = {HANSE_F_BUSY, HANSE_F_QUEUE_FULL, HANSE_F_PEER_BUSY, HANSE_F_DRAINING};
  (void)state;
  for (size_t i = 0; i < sizeof busy / sizeof *busy; i++) {
    uint16_t status = failure_row(busy[i])->sip_status;
    assert_true(status == 480 || status == 500);
  }
  assert_int_equal(failure_row(HANSE_F_TIMEOUT)->sip_status, 504);
  assert_int_equal(failure_row(HANSE_F_NO_DIALOG)->sip_status, 481);
}

/* What other servers go by is the number, never the text (MS-OCER §2.2.1.1; R50, R83). */
static void diagnostics(void **state) {
  static const struct {
    const char *name;
    uint16_t diagnostic, status;
  } wanted[] = {
      {"user-public", 1001, 403},
      {"user-federation", 1002, 403},
      {"blocked", 1002, 403},
      {"off", 1002, 403},
      {"no-dialog", 1004, 481},
      {"no-route", 1005, 404},
      {"internal", 1005, 404},
      {"timeout", 1007, 504},
      {"queue-full", 1007, 480},
      {"rate", 1007, 480},
      {"srv-none", 1008, 504},
      {"srv", 1008, 504},
      {"srv-domain", 1009, 504},
      {"tls-name", 1010, 504},
      {"tls-trust", 1010, 504},
      {"not-home-sender", 1012, 403},
      {"home-peer", 1012, 403},
      {"user-xmpp", 1012, 403},
      {"dns-none", 1014, 504},
      {"dns", 1014, 504},
      {"unknown-partner", 1015, 403},
      {"name-not-proved", 1016, 403},
      {"link-type", 1016, 403},
      {"unverified", 1016, 403},
      {"own-domain-outside", 1017, 403},
      {"not-our-recipient", 1017, 403},
      {"parse", 1018, 400},
      {"scheme", 1022, 416},
      {"policy", 1027, 403},
      {"modality", 1027, 403},
      {"hosted", 1028, 403},
      {"shared-unsaid", 1033, 504},
      {"peer-unsaid", 1034, 504},
      {"provider-unsaid", 1035, 504},
      {"connect", 1046, 504},
      {"tls", 1047, 504},
      {"tls-ours", 1047, 504},
  };
  (void)state;
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    const struct failure *row = NULL;
    for (size_t k = 0; failure_at(k); k++)
      if (strcmp(failure_at(k)->name, wanted[i].name) == 0) row = failure_at(k);
    if (!row) fail_msg("no failure is called \"%s\"", wanted[i].name);
    if (row->diagnostic != wanted[i].diagnostic || row->sip_status != wanted[i].status)
      fail_msg("%s: %u with %u", wanted[i].name, row->sip_status, row->diagnostic);
  }
}

static void unknown_numbers(void **state) {
  (void)state;
  assert_int_equal(failure_row((enum hanse_failure)(ROUTER_FAILURES - 1))->number, HANSE_F_ERROR);
  assert_int_equal(failure_row((enum hanse_failure)1000000)->number, HANSE_F_ERROR);
}

static void manual(void **state) {
  char *text = NULL;
  size_t length = 0, lines = 0, rows_met = 0;
  FILE *out = open_memstream(&text, &length);
  (void)state;
  failure_manual(out);
  fclose(out);
  for (const char *at = text; *at; at++) lines += at[0] == '\n' && at[1] == '|';
  while (failure_at(rows_met)) {
    if (rows_met) assert_non_null(strstr(text, failure_at(rows_met)->name));
    rows_met++;
  }
  assert_int_equal(lines, rows_met + 1); /* two rows of head, and none for "none" */
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_number_has_a_row),
      cmocka_unit_test(rows),
      cmocka_unit_test(xmpp_conditions),
      cmocka_unit_test(classes),
      cmocka_unit_test(diagnostics),
      cmocka_unit_test(unknown_numbers),
      cmocka_unit_test(manual),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
