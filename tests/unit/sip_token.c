/* What we write into Via and Record-Route and read back: branch and token. */
#include "plugins/sip/token.h"

#include "plugins/sip/branch.h"
#include "plugins/sip/parse.h"
#include "tests/lib/sip_bench.h"

static void test_branch(void **state) {
  struct sip_bench *b = *state;
  struct sip_keys keys = {0};
  struct sip_branch read, branch = {0xfffe, 7, 0x89abcdef, 0x12345678, 0x0123456789abcdef};
  char text[SIP_BRANCH_TEXT];
  assert_int_equal(sip_keys_refresh(fake_host(b->sip), &keys), HANSE_OK);
  sip_branch_write(&keys, &branch, text);
  assert_true(sip_branch_read(&keys, hanse_slice(text, sizeof text), &read));
  assert_int_equal(read.node, branch.node);
  assert_int_equal(read.attempt, branch.attempt);
  assert_int_equal(read.boot, branch.boot);
  assert_int_equal(read.loop, branch.loop);
  assert_true(read.ticket == branch.ticket);
  assert_false(sip_branch_read(&keys, hanse_slice(text, sizeof text - 1), &read));
  for (size_t i = 0; i < sizeof text; i++) { /* no character can be another */
    char was = text[i];
    text[i] = was == '1' ? '2' : '1';
    assert_false(sip_branch_read(&keys, hanse_slice(text, sizeof text), &read));
    text[i] = was;
  }
  fake_rotate_keys(b->world);
  assert_int_equal(sip_keys_refresh(fake_host(b->sip), &keys), HANSE_OK);
  assert_true(sip_branch_read(&keys, hanse_slice(text, sizeof text), &read));
  fake_rotate_keys(b->world);
  assert_int_equal(sip_keys_refresh(fake_host(b->sip), &keys), HANSE_OK);
  assert_false(sip_branch_read(&keys, hanse_slice(text, sizeof text), &read));
}

static uint32_t hash_of(struct sip_bench *b, const struct sip_keys *keys, const char *start, const char *more) {
  struct sip_message *message = hanse_alloc(&b->arena, sizeof *message);
  struct hanse_slice text = sip_bench_text(b, NULL,
                                           "%sVia: SIP/2.0/TLS x;branch=z9hG4bKx\nFrom: <sip:a@a.test>;tag=1\n"
                                           "To: <sip:b@b.test>\nCall-ID: c\n%s",
                                           start, more);
  assert_int_equal(sip_message_parse(&b->arena, text, message), HANSE_F_NONE);
  return sip_branch_loop_hash(keys, message);
}

/* RFC 5393 §4.2.1: what decides the way is in the hash, the method is not. */
static void test_loop_hash(void **state) {
  struct sip_bench *b = *state;
  struct sip_keys keys = {0};
  sip_keys_refresh(fake_host(b->sip), &keys);
  uint32_t plain = hash_of(b, &keys, "INVITE sip:b@b.test SIP/2.0\n", "CSeq: 1 INVITE\n");
  assert_true(plain == hash_of(b, &keys, "ACK sip:b@b.test SIP/2.0\n", "CSeq: 1 ACK\n"));
  assert_true(plain == hash_of(b, &keys, "INVITE sip:b@b.test SIP/2.0\n", "CSeq: 1 INVITE\nMax-Forwards: 3\n"));
  assert_false(plain == hash_of(b, &keys, "INVITE sip:c@b.test SIP/2.0\n", "CSeq: 1 INVITE\n"));
  assert_false(plain == hash_of(b, &keys, "INVITE sip:b@b.test SIP/2.0\n", "CSeq: 2 INVITE\n"));
  assert_false(plain == hash_of(b, &keys, "INVITE sip:b@b.test SIP/2.0\n", "CSeq: 1 INVITE\nRoute: <sip:r;lr>\n"));
}

static const struct sip_token_dialog call = {HANSE_LIT("call@a.test"), HANSE_LIT("opener"), HANSE_LIT("other")};

/* Another call; nobody, or nobody any more, who opened this one. */
static const struct sip_token_dialog others[] = {
    {HANSE_LIT("other"), HANSE_LIT("opener"), HANSE_LIT("other")},
    {HANSE_LIT("call@a.test"), HANSE_LIT("other"), {NULL, 0}},
    {HANSE_LIT("call@a.test"), HANSE_LIT("open"), HANSE_LIT("er")},
    {HANSE_LIT("call@a.testopener"), HANSE_LIT(""), {NULL, 0}},
};

static void test_token(void **state) {
  struct sip_bench *b = *state;
  struct hanse_host *host = fake_host(b->sip);
  const struct sip_token token = {.side = HANSE_SIDE_PARTNER,
                                  .wire_type = HANSE_WIRE_AUTHORIZED_SERVER,
                                  .partner = HANSE_LIT("b.test"),
                                  .target = HANSE_LIT("edge.b.test:5061"),
                                  .tag = HANSE_LIT("opener")};
  struct sip_token read;
  struct hanse_slice text;
  assert_int_equal(sip_token_write(host, &b->arena, &token, call.call_id, &text), HANSE_OK);
  assert_int_equal(sip_token_read(host, &b->arena, text, &call, &read), HANSE_OK);
  assert_int_equal(read.side, token.side);
  assert_int_equal(read.wire_type, token.wire_type);
  assert_true(hanse_same(read.partner, token.partner));
  assert_true(hanse_same(read.target, token.target));
  assert_true(hanse_same(read.tag, token.tag));
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    assert_int_equal(sip_token_read(host, &b->arena, text, &others[i], &read), HANSE_INVALID);
  const struct sip_token_dialog back = {call.call_id, call.to_tag, call.from_tag};
  assert_int_equal(sip_token_read(host, &b->arena, text, &back, &read), HANSE_OK);
  assert_true(hanse_same(read.tag, token.tag));
  char *changed = (char *)(uintptr_t)text.at;
  for (size_t i = 0; i < text.len; i++) {
    char was = changed[i];
    changed[i] = was == 'A' ? 'B' : 'A';
    assert_int_equal(sip_token_read(host, &b->arena, text, &call, &read), HANSE_INVALID);
    changed[i] = was;
    assert_int_equal(sip_token_read(host, &b->arena, hanse_slice(text.at, i), &call, &read), HANSE_INVALID);
  }
}

static void test_token_sizes(void **state) {
  struct sip_bench *b = *state;
  struct hanse_host *host = fake_host(b->sip);
  char name[300];
  struct hanse_slice text;
  memset(name, 'x', sizeof name);
  struct sip_token read, token = {.side = HANSE_SIDE_HOME, .tag = HANSE_LIT("opener")};
  assert_int_equal(sip_token_write(host, &b->arena, &token, call.call_id, &text), HANSE_OK);
  assert_int_equal(sip_token_read(host, &b->arena, text, &call, &read), HANSE_OK);
  assert_int_equal(read.partner.len + read.target.len, 0);
  token.partner = hanse_slice(name, 255);
  token.target = hanse_slice(name, 261);
  assert_int_equal(sip_token_write(host, &b->arena, &token, call.call_id, &text), HANSE_OK);
  assert_int_equal(sip_token_read(host, &b->arena, text, &call, &read), HANSE_OK);
  assert_int_equal(read.partner.len, 255);
  assert_int_equal(read.target.len, 261);
  token.partner.len = 256;
  assert_int_equal(sip_token_write(host, &b->arena, &token, call.call_id, &text), HANSE_INVALID);
}

/* What stands only in the tokens of some dialogs: each alone and both (R16, R103). */
static void test_token_more(void **state) {
  struct sip_bench *b = *state;
  struct hanse_host *host = fake_host(b->sip);
  char name[300];
  memset(name, 'x', sizeof name);
  const struct hanse_slice some[] = {{NULL, 0}, HANSE_LIT("network.test"), {name, 255}, {name, 256}};
  for (size_t d = 0; d < 4; d++) {
    for (size_t e = 0; e < 4; e++) {
      struct hanse_slice text;
      struct sip_token read, token = {.side = HANSE_SIDE_PARTNER,
                                      .wire_type = HANSE_WIRE_CLEARING_HOUSE,
                                      .partner = HANSE_LIT("b.test"),
                                      .target = HANSE_LIT("edge.b.test:5061"),
                                      .decoration = some[d],
                                      .beyond = some[e],
                                      .tag = HANSE_LIT("opener")};
      int status = sip_token_write(host, &b->arena, &token, call.call_id, &text);
      assert_int_equal(status, d == 3 || e == 3 ? HANSE_INVALID : HANSE_OK);
      if (status) continue;
      assert_int_equal(sip_token_read(host, &b->arena, text, &call, &read), HANSE_OK);
      assert_int_equal(read.side, token.side);
      assert_int_equal(read.wire_type, token.wire_type);
      assert_true(hanse_same(read.partner, token.partner));
      assert_true(hanse_same(read.target, token.target));
      assert_true(hanse_same(read.decoration, token.decoration));
      assert_true(hanse_same(read.beyond, token.beyond));
    }
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sip_bench_setup, sip_bench_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_branch), TEST(test_loop_hash), TEST(test_token), TEST(test_token_sizes), TEST(test_token_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
