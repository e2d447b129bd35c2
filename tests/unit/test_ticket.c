/* Tickets: (slot, count) → (instance, object); names; riders of a link; what a reload hands over or takes back. */
#include "router/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/clock.h"
#include "router/instance.h"

struct bench {
  struct tickets *tickets;
  struct instance one, two;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  bench->tickets = tickets_new();
  assert_non_null(bench->tickets);
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  tickets_free(bench->tickets);
  free(bench);
  return 0;
}

static void opens_and_closes(void **state) {
  struct bench *b = *state;
  int object;
  struct ticket *ticket = ticket_open(b->tickets, &b->one, &object);
  hanse_ticket number = ticket_number(ticket);
  assert_ptr_equal(ticket_find(b->tickets, number), ticket);
  assert_ptr_equal(ticket->object, &object);
  assert_int_equal(b->one.tickets, 1);
  assert_int_equal(tickets_open(b->tickets), 1);
  ticket_close(b->tickets, ticket);
  assert_null(ticket_find(b->tickets, number));
  assert_int_equal(b->one.tickets, 0);
  assert_int_equal(tickets_open(b->tickets), 0);
  struct ticket *again = ticket_open(b->tickets, &b->one, &object);
  assert_ptr_equal(again, ticket); /* the slot, under another number */
  assert_int_not_equal(ticket_number(again), number);
  assert_null(ticket_find(b->tickets, number));
}

/* What a peer may write into a branch: nothing that was not given out is found. */
static void foreign_numbers(void **state) {
  struct bench *b = *state;
  static const hanse_ticket numbers[] = {
      0, 1, (hanse_ticket)1 << 32 | 5, UINT64_MAX, (hanse_ticket)2 << 32, (hanse_ticket)1 << 32 | UINT32_MAX, 255, 256};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) assert_null(ticket_find(b->tickets, numbers[i]));
  struct ticket *ticket = ticket_open(b->tickets, &b->one, NULL);
  hanse_ticket number = ticket_number(ticket);
  for (int bit = 0; bit < 64; bit++) assert_null(ticket_find(b->tickets, number ^ (hanse_ticket)1 << bit));
}

/* Numbers of many open tickets are all different, and each finds its own. */
static void many(void **state) {
  enum { N = 100000 };
  struct bench *b = *state;
  struct ticket **open = calloc(N, sizeof(struct ticket *));
  hanse_ticket *numbers = calloc(N, sizeof *numbers);
  for (size_t i = 0; i < N; i++) {
    open[i] = ticket_open(b->tickets, &b->one, &open[i]);
    numbers[i] = ticket_number(open[i]);
  }
  for (size_t i = 0; i < N; i += 3) ticket_close(b->tickets, open[i]);
  for (size_t i = 0; i < N; i++) {
    struct ticket *found = ticket_find(b->tickets, numbers[i]);
    assert_true(i % 3 ? found == open[i] && found->object == &open[i] : found == NULL);
  }
  assert_int_equal(tickets_open(b->tickets), N - (N + 2) / 3);
  assert_int_equal(b->one.tickets, N - (N + 2) / 3);
  free(open);
  free(numbers);
}

/* 2^24 and not one more. */
static void bounded(void **state) {
  struct bench *b = *state;
  uint32_t n = 0;
  while (n <= 1u << 24 && ticket_open(b->tickets, &b->one, NULL)) n++;
  assert_int_equal(n, 1u << 24);
}

/* ---- names ---- */

static void names(void **state) {
  struct bench *b = *state;
  struct ticket *one = ticket_open(b->tickets, &b->one, NULL), *two = ticket_open(b->tickets, &b->two, NULL);
  char text[] = "INVITE z9hG4bKabc sip.fabrikam.example";
  struct hanse_slice name = hanse_text(text);
  assert_int_equal(ticket_name(b->tickets, one, name), HANSE_OK);
  text[0] = 'X'; /* it was copied */
  assert_null(ticket_named(b->tickets, name));
  text[0] = 'I';
  assert_ptr_equal(ticket_named(b->tickets, name), one);
  assert_int_equal(ticket_name(b->tickets, two, name), HANSE_INVALID);
  assert_int_equal(ticket_name(b->tickets, one, HANSE_LIT("other")), HANSE_OK); /* a new one replaces it */
  assert_null(ticket_named(b->tickets, name));
  assert_int_equal(ticket_name(b->tickets, two, name), HANSE_OK);
  ticket_close(b->tickets, two);
  assert_null(ticket_named(b->tickets, name));
  assert_ptr_equal(ticket_named(b->tickets, HANSE_LIT("other")), one);
  assert_int_equal(ticket_name(b->tickets, one, hanse_slice(NULL, 0)), HANSE_OK); /* odd, harmless */
  assert_null(ticket_named(b->tickets, HANSE_LIT("other")));
}

/* ---- riders ---- */

static struct hanse_link *link_make(void) {
  struct hanse_link *link = calloc(1, sizeof *link);
  link->holds = 1;
  return link;
}

static size_t riders(const struct hanse_link *link) {
  size_t n = 0;
  for (const struct ticket *one = link->upper.riders; one; one = one->next) n++;
  return n;
}

static void rides(void **state) {
  struct bench *b = *state;
  struct hanse_link *one = link_make(), *two = link_make();
  struct ticket *tickets[3];
  for (int i = 0; i < 3; i++) {
    tickets[i] = ticket_open(b->tickets, &b->one, NULL);
    ticket_ride(tickets[i], one);
    ticket_ride(tickets[i], one);
  }
  assert_int_equal(riders(one), 3);
  assert_int_equal(one->holds, 4);
  ticket_ride(tickets[1], two);
  assert_int_equal(riders(one), 2);
  assert_int_equal(riders(two), 1);
  ticket_close(b->tickets, tickets[0]);
  ticket_ride(tickets[2], NULL);
  ticket_ride(tickets[2], NULL);
  assert_int_equal(riders(one), 0);
  assert_int_equal(one->holds, 1);
  ticket_close(b->tickets, tickets[1]);
  assert_int_equal(two->holds, 1);
  link_release(one);
  link_release(two);
}

/* ---- reload ---- */

static void adopted(void **state) {
  struct bench *b = *state;
  int old, new;
  struct ticket *ticket = ticket_open(b->tickets, &b->one, &old);
  for (int keep = 0; keep < 2; keep++) {
    ticket_adopt(ticket, &b->two, &new);
    assert_int_equal(b->one.tickets, 0);
    assert_int_equal(b->two.tickets, 1);
    tickets_adopt_settle(b->tickets, keep);
    assert_ptr_equal(ticket->owner, keep ? &b->two : &b->one);
    assert_ptr_equal(ticket->object, keep ? (void *)&new : (void *)&old);
    assert_int_equal(b->one.tickets, !keep);
    assert_int_equal(b->two.tickets, keep);
    tickets_adopt_settle(b->tickets, false); /* what is settled stays */
  }
}

/* Adopted twice by a plugin that does not look, and closed before the reload is through: undone all the same. */
static void adopted_oddly(void **state) {
  struct bench *b = *state;
  int old, new, newer;
  struct ticket *ticket = ticket_open(b->tickets, &b->one, &old);
  ticket_adopt(ticket, &b->two, &new);
  ticket_adopt(ticket, &b->two, &newer);
  tickets_adopt_settle(b->tickets, false);
  assert_ptr_equal(ticket->owner, &b->one);
  assert_ptr_equal(ticket->object, &old);
  assert_int_equal(b->two.tickets, 0);
  ticket_adopt(ticket, &b->two, &new);
  ticket_close(b->tickets, ticket);
  tickets_adopt_settle(b->tickets, false);
  assert_int_equal(b->one.tickets, 0);
  assert_int_equal(b->two.tickets, 0);
  assert_int_equal(tickets_open(b->tickets), 0);
}

struct closing {
  struct tickets *tickets;
  size_t met;
};

static void close_it(void *argument, struct ticket *ticket) {
  struct closing *closing = argument;
  closing->met++;
  ticket_close(closing->tickets, ticket);
}

static void each(void **state) {
  struct bench *b = *state;
  for (int i = 0; i < 600; i++) ticket_open(b->tickets, i % 2 ? &b->one : &b->two, NULL);
  struct closing closing = {.tickets = b->tickets};
  tickets_each(b->tickets, &b->one, close_it, &closing);
  assert_int_equal(closing.met, 300);
  assert_int_equal(b->one.tickets, 0);
  assert_int_equal(b->two.tickets, 300);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(opens_and_closes, setup, teardown),
      cmocka_unit_test_setup_teardown(foreign_numbers, setup, teardown),
      cmocka_unit_test_setup_teardown(many, setup, teardown),
      cmocka_unit_test_setup_teardown(bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(names, setup, teardown),
      cmocka_unit_test_setup_teardown(rides, setup, teardown),
      cmocka_unit_test_setup_teardown(adopted, setup, teardown),
      cmocka_unit_test_setup_teardown(adopted_oddly, setup, teardown),
      cmocka_unit_test_setup_teardown(each, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
