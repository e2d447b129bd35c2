/* Character classes, header and method names, numbers, parameters, lists: the small parts of the codec. */
#include "codec.h"
#include "plugins/sip/lex.h"
#include "plugins/sip/scan.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define MARK "-_.!~*'()"

/* The table says of every octet what the RFC's lists say (RFC 3261 §25.1). */
static void check_class(unsigned bit, const char *members, bool high) {
  for (int c = 0; c < 256; c++) {
    bool want = c > 127 ? high : c != 0 && strchr(members, c) != NULL;
    if (sip_lex_is((char)c, bit) != want) fail_msg("class %02x, octet %02x", bit, c);
  }
}

static void classes(void **state) {
  (void)state;
  char visible[96];
  size_t n = 0;
  for (int c = 0x21; c < 0x7f; c++)
    if (c != ',') visible[n++] = (char)c;
  visible[n] = '\0';
  check_class(SIP_C_TOKEN, ALNUM "-.!%*_+`'~", false);
  check_class(SIP_C_PARAM, ALNUM "-.!%*_+`'~[]:/&$?{}|^#()", false);
  check_class(SIP_C_VALUE, ALNUM "-.!%*_+`'~[]:/&$?{}|^#()=", false);
  check_class(SIP_C_USER, ALNUM MARK "&=+$,;?/#", false);
  check_class(SIP_C_URI_PARAM, ALNUM MARK "[]/:&+$=", false);
  check_class(SIP_C_URI_HEADER, ALNUM MARK "[]/?:+$=&", false);
  check_class(SIP_C_HOST, ALNUM "-._", true);
  check_class(SIP_C_CALL_ID, visible, false);
}

static bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }
static bool is_mark(unsigned char c) { return c == ',' || c == '"' || c == '<'; }

/* What the search finds in a text is what one octet after another gives. */
static void check_scan(struct hanse_slice text, sip_scan_block *block, bool (*is_sought)(unsigned char)) {
  const char *end = text.at + text.len;
  struct sip_scan scan = sip_scan(text.at, end);
  for (const char *p = text.at; p < end; p++)
    if (is_sought((unsigned char)*p) && sip_scan_next(&scan, block) != p)
      fail_msg("octet %02x at %td of %zu", (unsigned char)*p, p - text.at, text.len);
  assert_ptr_equal(sip_scan_next(&scan, block), end);
  assert_ptr_equal(sip_scan_next(&scan, block), end);
}

/* Every octet at every place of texts that fill blocks and do not, behind which nothing may be read. */
static void scans(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 150};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    for (size_t at = 0; at < lengths[i]; at++) {
      char room[150];
      memset(room, at % 2 ? 'x' : 0xff, sizeof room);
      for (int c = 0; c < 256; c++) {
        room[lengths[i] / 2] = "\r\n,\"<\t x"[at % 8];
        room[at] = (char)c;
        struct hanse_slice text = exact_copy(hanse_slice(room, lengths[i]));
        check_scan(text, sip_scan_controls, is_control);
        check_scan(text, sip_scan_marks, is_mark);
        exact_free(text);
      }
    }
}

static void quoted(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int len; /* -1: open */
  } cases[] = {{"\"\"", 2}, {"\"a\\\"b\" c", 6}, {"\"a", -1}, {"\"a\\", -1}, {"\"a\\\"", -1}, {"\"\\\\\"x", 4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct hanse_slice text = exact_copy(hanse_text(cases[i].text));
    const char *end = sip_lex_quoted(text.at, text.at + text.len);
    assert_int_equal(end ? (int)(end - text.at) : -1, cases[i].len);
    exact_free(text);
  }
}

/* Each row of the header table is found by its name in any case and by its compact form. */
static void header_names(void **state) {
  (void)state;
  for (unsigned id = 1; id < SIP_H_COUNT; id++) {
    const struct sip_header_kind *kind = sip_header_kind(id);
    char name[64];
    size_t len = strlen(kind->name);
    assert_true(len > 1 && len < sizeof name);
    assert_int_equal(sip_header_lookup(hanse_text(kind->name)), id);
    for (size_t i = 0; i < len; i++) name[i] = hanse_lower(kind->name[i]);
    assert_int_equal(sip_header_lookup(hanse_slice(name, len)), id);
    for (size_t i = 0; i < len; i++) name[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    assert_int_equal(sip_header_lookup(hanse_slice(name, len)), id);
    for (size_t i = 0; i < len; i++) {
      char was = name[i];
      name[i] = '_';
      assert_int_equal(sip_header_lookup(hanse_slice(name, len)), SIP_H_OTHER);
      name[i] = was;
    }
    if (kind->compact) {
      char upper = (char)(kind->compact - 32);
      assert_int_equal(sip_header_lookup(hanse_slice(&kind->compact, 1)), id);
      assert_int_equal(sip_header_lookup(hanse_slice(&upper, 1)), id);
    }
  }
}

/* No letter stands for a header whose row does not say so. */
static void compact_names(void **state) {
  (void)state;
  for (int c = 1; c < 256; c++) {
    char letter = (char)c;
    enum sip_header_id id = sip_header_lookup(hanse_slice(&letter, 1));
    if (id) assert_int_equal(sip_header_kind(id)->compact, hanse_lower(letter));
  }
  assert_int_equal(sip_header_lookup(hanse_slice(NULL, 0)), SIP_H_OTHER);
  assert_int_equal(sip_header_lookup(HANSE_LIT("C%6Fntact")), SIP_H_OTHER);
  assert_string_equal(sip_header_kind(SIP_H_COUNT)->name, "");
}

/* A26: methods have a case and no escapes. */
static void method_names(void **state) {
  (void)state;
  for (unsigned m = 1; m < SIP_M_COUNT; m++) assert_int_equal(sip_method_lookup(hanse_text(sip_method_name(m))), m);
  static const char *const others[] = {"invite", "INVITf", "IN%56ITE", "", "A", "INVITE ", "SUBSCRIBEE", "XYZ"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_int_equal(sip_method_lookup(hanse_text(others[i])), SIP_M_OTHER);
  assert_string_equal(sip_method_name(SIP_M_OTHER), "");
}

static void numbers(void **state) {
  (void)state;
  uint32_t n = 7;
  assert_true(sip_number(HANSE_LIT("0009"), &n) && n == 9);
  assert_true(sip_number(HANSE_LIT("4294967295"), &n) && n == UINT32_MAX);
  assert_true(sip_number(HANSE_LIT("10000000000000000000000000000000"), &n) && n == UINT32_MAX); /* B16 */
  n = 7;
  static const char *const bad[] = {"", "-1", "+1", "1 ", "0x1", "1.0"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(sip_number(hanse_text(bad[i]), &n));
  assert_int_equal(n, 7);
}

static void params(void **state) {
  (void)state;
  struct hanse_slice rest = HANSE_LIT(" ;lr ; tag\r\n = \"a;\\\"b\";x=;y = z==  ");
  struct sip_param param;
  assert_int_equal(sip_param_next(&rest, &param), 1);
  assert_slice(param.name, "lr");
  assert_null(param.value.at);
  assert_int_equal(param.end - param.start, 3);
  assert_int_equal(sip_param_next(&rest, &param), 1);
  assert_slice(param.name, "tag");
  assert_slice(param.value, "\"a;\\\"b\"");
  assert_int_equal(sip_param_next(&rest, &param), 1);
  assert_true(param.value.at && param.value.len == 0);
  assert_int_equal(sip_param_next(&rest, &param), 1);
  assert_slice(param.value, "z==");
  assert_int_equal(sip_param_next(&rest, &param), 0);
  assert_true(sip_param_find(HANSE_LIT(";a=1;TAG=2;tag=3"), HANSE_LIT("tag"), &param));
  assert_slice(param.value, "2");
  assert_false(sip_param_find(HANSE_LIT(";;tag=3"), HANSE_LIT("tag"), &param));
  static const char *const broken[] = {";", ";;a", "a", ";=1", ";a=\"", "; ;", ";a=b<c>", ";a=b@c"};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    int result;
    rest = exact_copy(hanse_text(broken[i]));
    struct hanse_slice block = rest;
    while ((result = sip_param_next(&rest, &param)) == 1) continue;
    assert_int_equal(result, -1);
    exact_free(block);
  }
}

static void lists(void **state) {
  (void)state;
  struct hanse_slice rest = HANSE_LIT("\"a,\\\",b\" <sip:x,y@a.test>;z=1 ,\r\n b"), entry;
  bool more;
  assert_true(sip_list_cut(&rest, &entry, &more) && more);
  assert_slice(entry, "\"a,\\\",b\" <sip:x,y@a.test>;z=1");
  assert_true(sip_list_cut(&rest, &entry, &more) && !more);
  assert_slice(entry, "b");
  static const char *const broken[] = {"", ",a", " , a", "\"a", "<a", "  "};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    rest = exact_copy(hanse_text(broken[i]));
    struct hanse_slice block = rest;
    assert_false(sip_list_cut(&rest, &entry, &more));
    exact_free(block);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes),      cmocka_unit_test(scans),         cmocka_unit_test(quoted),
      cmocka_unit_test(header_names), cmocka_unit_test(compact_names), cmocka_unit_test(method_names),
      cmocka_unit_test(numbers),      cmocka_unit_test(params),        cmocka_unit_test(lists)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
