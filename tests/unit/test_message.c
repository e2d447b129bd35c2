/* A message's memory: one arena with a bound, what it holds and gives back. */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

struct bench {
  struct core *core;
  struct hanse_link *link;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  bench->core = core_new();
  bench->link = core_link(bench->core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  core_free(bench->core);
  free(bench);
  return 0;
}

static struct message *make(struct bench *b, const void *bytes, size_t n) {
  struct message *message = message_new(b->core->router, b->core->protocol.instance, b->link, hanse_slice(bytes, n));
  assert_non_null(message);
  return message;
}

static void copies(void **state) {
  struct bench *b = *state;
  char bytes[] = "MESSAGE sip:alice@contoso.example SIP/2.0\r\n";
  struct message *message = make(b, bytes, sizeof bytes - 1);
  memset(bytes, 'x', sizeof bytes);
  assert_int_equal(message->public.bytes.len, sizeof bytes - 1);
  assert_memory_equal(message->public.bytes.at, "MESSAGE sip:", 12);
  assert_int_equal(message->public.bytes.at[sizeof bytes - 1], '\0');
  assert_int_equal(message->facts.side, HANSE_SIDE_PARTNER);
  assert_int_equal(message->facts.proved_count, 1);
  assert_ptr_equal(message->public.facts, &message->facts);
  assert_int_equal(b->link->upper.in_flight, 0);
  message_came(message);
  assert_int_equal(b->link->upper.in_flight, 1);
  assert_int_equal(b->core->protocol.instance->messages, 1);
  assert_int_equal(b->link->holds, 2);
  message_free(message);
  message_free(NULL);
  assert_int_equal(b->link->upper.in_flight, 0);
  assert_int_equal(b->core->protocol.instance->messages, 0);
  assert_int_equal(b->link->holds, 1);
  message = make(b, NULL, 0); /* an empty one is one */
  assert_int_equal(message->public.bytes.len, 0);
  message_free(message);
}

/* Pieces are aligned, apart, and writable to their last octet, across all sizes and blocks. */
static void pieces(void **state) {
  struct bench *b = *state;
  struct message *message = make(b, "m", 1);
  unsigned char *piece[400];
  for (size_t i = 0; i < 400; i++) {
    size_t n = i * 37 % 1500;
    piece[i] = hanse_alloc(&message->kept.arena, n);
    assert_non_null(piece[i]);
    assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
    memset(piece[i], (int)i, n);
  }
  for (size_t i = 0; i < 400; i++)
    for (size_t k = 0; k < i * 37 % 1500; k++) assert_int_equal(piece[i][k], (unsigned char)i);
  unsigned char *zero = hanse_alloc_zero(&message->kept.arena, 5000);
  for (size_t i = 0; i < 5000; i++) assert_int_equal(zero[i], 0);
  message_free(message);
}

/* A large piece gets a block of its own; the rest of the present one stays in use. */
static void large_pieces(void **state) {
  struct bench *b = *state;
  struct message *message = make(b, "m", 1);
  char *before = message->kept.arena.at;
  char *large = hanse_alloc(&message->kept.arena, 100000);
  assert_non_null(large);
  memset(large, 'x', 100000);
  assert_ptr_equal(message->kept.arena.at, before);
  message_free(message);
}

/* limits.message and an allowance, and nothing more, whatever is asked for. */
static void bounded(void **state) {
  struct bench *b = *state;
  static const size_t sizes[] = {1, 16, 1000, 4096, 4097, 65536, 1 << 20};
  size_t bound = b->core->router->node.message_bytes + (1u << 20);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct message *message = make(b, "m", 1);
    size_t got = 0;
    while (hanse_alloc(&message->kept.arena, sizes[i])) got += (sizes[i] + 15) & ~(size_t)15;
    assert_true(got <= bound);
    assert_true(got + sizes[i] + 8192 > bound / 2);
    assert_true(message->spent <= bound);
    struct hanse_slice copy = HANSE_LIT("unchanged");
    if (sizes[i] == 1)
      assert_int_equal(hanse_copy(&message->kept.arena, HANSE_LIT("0123456789abcdef"), &copy), HANSE_NOMEM);
    assert_true(sizes[i] != 1 || hanse_same(copy, HANSE_LIT("unchanged")));
    message_free(message);
  }
}

/* What was cut from the scratch memory goes at once, to the next message that asks; the other arena is untouched. */
static void settles(void **state) {
  struct bench *b = *state;
  struct message *message = make(b, "m", 1);
  struct hanse_slice kept = HANSE_LIT("");
  assert_int_equal(hanse_copy(message->public.arena, HANSE_LIT("stays"), &kept), HANSE_OK);
  size_t before = message->spent;
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < 40; i++) {
      char *piece = hanse_alloc(message->public.scratch, 1000);
      assert_non_null(piece);
      memset(piece, 'x', 1000);
    }
    assert_true(message->spent >= before + 40000);
    message_settle(message);
    assert_int_equal(message->spent, before);
  }
  message_settle(message); /* harmless */
  assert_true(hanse_same(kept, HANSE_LIT("stays")));
  assert_memory_equal(message->public.bytes.at, "m", 1);
  message_free(message);
}

/* Sizes near the end of the range wrap nowhere. */
static void absurd_sizes(void **state) {
  struct bench *b = *state;
  struct message *message = make(b, "m", 1);
  for (size_t i = 0; i < 64; i++) {
    assert_null(hanse_alloc(&message->kept.arena, SIZE_MAX - i));
    assert_null(hanse_alloc(&message->kept.arena, SIZE_MAX - i * 997));
    assert_null(hanse_alloc(&message->kept.arena, SIZE_MAX / 2 + i));
    assert_null(hanse_alloc(&message->kept.arena, SIZE_MAX - message->spent - i * 16));
  }
  assert_non_null(hanse_alloc(&message->kept.arena, 16)); /* it is as good as before */
  message_free(message);
}

/* The partner's set lives as long as the message, whatever becomes of the generation. */
static void partner_held(void **state) {
  struct bench *b = *state;
  struct message *message = make(b, "m", 1);
  struct partner_set *first = b->core->router->now->partners;
  const struct hanse_partner *partner = entry_partner(partner_set_exact(first, HANSE_LIT("fabrikam.example")));
  message_partner_set(message, partner);
  message_partner_set(message, partner);
  assert_int_equal(first->holds, 2);
  core_commit(b->core);
  assert_int_equal(first->holds, 1);
  assert_true(hanse_same(message->facts.partner->entry.domain, HANSE_LIT("fabrikam.example")));
  message_partner_set(message, NULL);
  assert_null(message->facts.partner);
  struct partner_set *second = b->core->router->now->partners;
  message_partner_set(message, entry_partner(partner_set_exact(second, HANSE_LIT("fabrikam.example"))));
  assert_int_equal(second->holds, 2);
  message_free(message);
  assert_int_equal(second->holds, 1);
}

/* Its ticket forgets it, unless it speaks of another message by now. */
static void ticket_forgets(void **state) {
  struct bench *b = *state;
  hanse_ticket ticket = 0;
  assert_int_equal(hanse_ticket_open(b->core->protocol.host, b, &ticket), HANSE_OK);
  struct message *message = core_message(b->core, b->link, "m", "fabrikam.example", "contoso.example", "m");
  message->public.ticket = ticket;
  b->core->keep = true;
  hanse_submit_take(b->core->protocol.host, &message->public);
  assert_int_equal(b->core->kept_count, 1);
  b->core->kept_count = 0;
  message_free(message);
  struct message *answer = core_message(b->core, b->link, "200", "fabrikam.example", "contoso.example", "m");
  assert_int_equal(hanse_answer_take(b->core->protocol.host, ticket, &answer->public), HANSE_OK);
  assert_null(b->core->kept[0]->facts.partner); /* nobody is left to be asked who that was */
  hanse_ticket_close(b->core->protocol.host, ticket);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(copies, setup, teardown),
      cmocka_unit_test_setup_teardown(pieces, setup, teardown),
      cmocka_unit_test_setup_teardown(large_pieces, setup, teardown),
      cmocka_unit_test_setup_teardown(bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(settles, setup, teardown),
      cmocka_unit_test_setup_teardown(absurd_sizes, setup, teardown),
      cmocka_unit_test_setup_teardown(partner_held, setup, teardown),
      cmocka_unit_test_setup_teardown(ticket_forgets, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
