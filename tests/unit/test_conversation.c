/* Order within a conversation: who holds it, who waits behind, and when the link pauses. */
#include "router/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#define MESSAGES 200

struct bench {
  struct router router;
  struct hanse_link link, other;
  struct message messages[MESSAGES];
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  bench->link.holds = bench->other.holds = 1; /* there is no socket: pausing only notes it */
  for (int i = 0; i < MESSAGES; i++) {
    bench->messages[i].public.link = &bench->link;
    bench->messages[i].facts.conversation = HANSE_LIT("c");
  }
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  assert_null(bench->router.conversations);
  assert_int_equal(bench->link.holds, 1);
  assert_int_equal(bench->link.paused, 0);
  assert_int_equal(bench->link.upper.pausers, 0);
  free(bench);
  return 0;
}

static void in_order(void **state) {
  struct bench *b = *state;
  struct message *m = b->messages;
  assert_null(conversation_find(&b->router, &m[0]));
  assert_int_equal(conversation_hold(&b->router, &m[0]), HANSE_OK);
  for (int i = 1; i < 5; i++) {
    struct conversation *found = conversation_find(&b->router, &m[i]);
    assert_non_null(found);
    assert_int_equal(conversation_join(found, &m[i], 64), HANSE_OK);
  }
  assert_int_equal(conversation_hold(&b->router, &m[0]), HANSE_OK); /* it waits again, in the next stage */
  conversation_leave(&m[2]);
  static const int left[] = {1, 3, 4};
  struct message *holder = &m[0];
  for (int i = 0; i < 3; i++) {
    struct message *next = conversation_next(&b->router, holder);
    assert_ptr_equal(next, &m[left[i]]);
    assert_null(holder->way.conversation);
    assert_ptr_equal(next->way.conversation->holder, next); /* it holds the others back now */
    holder = next;
  }
  assert_null(conversation_next(&b->router, holder));
  assert_null(b->router.conversations);
  assert_null(conversation_next(&b->router, holder)); /* harmless without one */
}

/* The name is compared whole, and lives by itself. */
static void names(void **state) {
  struct bench *b = *state;
  struct message *m = b->messages;
  char name[] = "a84b4c76e66710@pc33";
  m[0].facts.conversation = hanse_text(name);
  assert_int_equal(conversation_hold(&b->router, &m[0]), HANSE_OK);
  name[0] = 'X';
  m[1].facts.conversation = HANSE_LIT("a84b4c76e66710@pc33");
  m[2].facts.conversation = HANSE_LIT("a84b4c76e66710@pc3");
  m[3].facts.conversation = HANSE_LIT("a84b4c76e66710@pc333");
  m[4].facts.conversation = hanse_slice(NULL, 0);
  assert_non_null(conversation_find(&b->router, &m[1]));
  for (int i = 2; i < 5; i++) assert_null(conversation_find(&b->router, &m[i]));
  conversation_next(&b->router, &m[0]);
}

/* Without a name a message holds nobody back. */
static void without_name(void **state) {
  struct bench *b = *state;
  struct message *m = b->messages;
  for (int i = 0; i < 3; i++) {
    m[i].facts.conversation = hanse_slice(NULL, 0);
    assert_null(conversation_find(&b->router, &m[i]));
    assert_int_equal(conversation_hold(&b->router, &m[i]), HANSE_OK);
  }
  for (int i = 2; i >= 0; i--) assert_null(conversation_next(&b->router, &m[i]));
}

/* At the cap its link pauses; what the same turn framed finds a place, and no more; half of it gone, it goes on. */
static void cap(void **state) {
  enum { MOST = 10, SAME_TURN = 64 };
  struct bench *b = *state;
  struct message *m = b->messages;
  assert_int_equal(conversation_hold(&b->router, &m[0]), HANSE_OK);
  struct conversation *conversation = conversation_find(&b->router, &m[1]);
  for (int i = 1; i <= MOST + SAME_TURN; i++) {
    assert_int_equal(conversation_join(conversation, &m[i], MOST), HANSE_OK);
    assert_int_equal(b->link.paused, i < MOST ? 0 : LINK_PAUSE_UPPER);
  }
  assert_int_equal(conversation_join(conversation, &m[MOST + SAME_TURN + 1], MOST), HANSE_NOMEM);
  m[150].public.link = &b->other;
  assert_int_equal(conversation_join(conversation, &m[150], MOST), HANSE_NOMEM);
  assert_int_equal(b->other.paused, 0); /* nobody is paused because of a third party */
  struct message *holder = &m[0];
  for (int behind = MOST + SAME_TURN; behind > 0; behind--) {
    holder = conversation_next(&b->router, holder);
    assert_int_equal(b->link.paused, behind - 1 > MOST / 2 ? LINK_PAUSE_UPPER : 0);
  }
  assert_null(conversation_next(&b->router, holder));
}

/* Two conversations of one link: it goes on when both let it. Leaving counts as well as going on. */
static void two_pause_one_link(void **state) {
  struct bench *b = *state;
  struct message *m = b->messages;
  for (int i = 0; i < 4; i++) m[100 + i].facts.conversation = HANSE_LIT("d");
  for (int at = 0; at <= 100; at += 100) {
    assert_int_equal(conversation_hold(&b->router, &m[at]), HANSE_OK);
    for (int i = 1; i < 4; i++)
      assert_int_equal(conversation_join(conversation_find(&b->router, &m[at + i]), &m[at + i], 3), HANSE_OK);
  }
  assert_int_equal(b->link.upper.pausers, 2);
  conversation_leave(&m[2]);
  conversation_leave(&m[1]);
  assert_int_equal(b->link.paused, LINK_PAUSE_UPPER);
  struct message *holder = &m[100];
  while (holder) holder = conversation_next(&b->router, holder);
  assert_int_equal(b->link.paused, 0);
  conversation_leave(&m[3]);
  assert_null(conversation_next(&b->router, &m[0]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(names, setup, teardown),
      cmocka_unit_test_setup_teardown(without_name, setup, teardown),
      cmocka_unit_test_setup_teardown(cap, setup, teardown),
      cmocka_unit_test_setup_teardown(two_pause_one_link, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
