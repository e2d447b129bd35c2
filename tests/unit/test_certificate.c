/* What is known of a peer's certificate beside the names that it proves (R65). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "router/certificate.h"
#include "router/certificate_text.h"
#include "tests/unit/throwaway_ca.h"

static struct hanse_certificate *read_of(const X509 *certificate) {
  struct hanse_certificate *read = NULL;
  assert_int_equal(certificate_read(certificate, &read), HANSE_OK);
  return read;
}

static bool same_id(const struct hanse_certificate *a, const struct hanse_certificate *b) {
  return memcmp(a->id, b->id, sizeof a->id) == 0;
}

static void texts(void **state) {
  (void)state;
  struct throwaway authority = throwaway_authority("Roots, Inc.");
  struct throwaway host =
      throwaway_make(&authority, &(struct throwaway_wish){.cn = "edge\n\"a\"", .san = "DNS:a.test"});
  struct hanse_certificate *read = read_of(host.certificate);
  assert_true(hanse_same(read->issuer, HANSE_LIT("CN=Roots\\, Inc.")));
  assert_true(hanse_same(read->subject, HANSE_LIT("CN=edge\\0A\\\"a\\\"")));
  assert_true(read->serial.len >= 2 && read->serial.len % 2 == 0);
  for (size_t i = 0; i < read->serial.len; i++) assert_non_null(strchr("0123456789abcdef", read->serial.at[i]));
  free(read);
  throwaway_free(&host);
  throwaway_free(&authority);
}

/* The id stands for issuer and serial, whatever else differs. */
static void ids(void **state) {
  (void)state;
  struct throwaway one = throwaway_authority("one"), two = throwaway_authority("two");
  struct throwaway a = throwaway_host(&one, "DNS:a.test"), b = throwaway_host(&one, "DNS:a.test");
  struct throwaway other = throwaway_host(&two, "DNS:a.test");
  struct hanse_certificate *of_a = read_of(a.certificate), *of_b = read_of(b.certificate);
  assert_false(same_id(of_a, of_b)); /* another serial */
  X509_set_serialNumber(b.certificate, X509_get_serialNumber(a.certificate));
  X509_set_serialNumber(other.certificate, X509_get_serialNumber(a.certificate));
  struct hanse_certificate *again = read_of(b.certificate), *of_other = read_of(other.certificate);
  assert_true(same_id(of_a, again));
  assert_memory_not_equal(of_a->fingerprint, again->fingerprint, sizeof of_a->fingerprint);
  assert_false(same_id(of_a, of_other)); /* another issuer */
  struct hanse_certificate *all[] = {of_a, of_b, again, of_other};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  struct throwaway *made[] = {&one, &two, &a, &b, &other};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) throwaway_free(made[i]);
}

/* Names and numbers of any length are cut where they are shown. */
static void very_long(void **state) {
  (void)state;
  struct throwaway one = throwaway_authority("one");
  unsigned char part[60], digits[200];
  memset(part, 'x', sizeof part);
  memset(digits, 7, sizeof digits);
  for (int i = 0; i < 200; i++)
    X509_NAME_add_entry_by_txt(X509_get_subject_name(one.certificate), "OU", MBSTRING_UTF8, part, sizeof part, -1, 0);
  ASN1_STRING_set(X509_get_serialNumber(one.certificate), digits, sizeof digits);
  struct hanse_certificate *read = read_of(one.certificate);
  assert_int_equal(read->subject.len, 512);
  assert_in_range(read->serial.len, 40, 64);
  free(read);
  throwaway_free(&one);
}

static int left_of(long begins, long ends) {
  struct throwaway one =
      throwaway_make(NULL, &(struct throwaway_wish){.cn = "one", .begins = begins, .ends = ends, .authority = true});
  int left = certificate_left(one.certificate);
  throwaway_free(&one);
  return left;
}

/* Nothing is left of one that has ended, and only of that one (R28). */
static void life_left(void **state) {
  (void)state;
  const long day = 86400;
  assert_int_equal(left_of(-100 * day, 100 * day), 50);
  assert_int_equal(left_of(-day, 99 * day), 99);
  assert_int_equal(left_of(-99 * day, day / 2), 1);
  assert_int_equal(left_of(-100 * day, 3600), 1);
  assert_int_equal(left_of(-100 * day, -3600), 0);
  assert_int_equal(left_of(day, 2 * day), 100);
}

/* What `hansectl check` says of a key (R28). */
static void keys(void **state) {
  (void)state;
  static const struct {
    int rsa_bits;
    bool weak;
    const char *text;
  } rows[] = {{0, false, "EC 256 bits"}, {2048, false, "RSA 2048 bits"}, {1024, true, "RSA 1024 bits"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct throwaway one =
        throwaway_make(NULL, &(struct throwaway_wish){.san = "DNS:a.test", .rsa_bits = rows[i].rsa_bits});
    char text[80];
    bool weak;
    assert_string_equal(certificate_key(one.certificate, text, sizeof text, &weak), rows[i].text);
    assert_int_equal(weak, rows[i].weak);
    throwaway_free(&one);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(ids), cmocka_unit_test(very_long),
                                     cmocka_unit_test(life_left), cmocka_unit_test(keys)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
