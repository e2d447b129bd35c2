/* A SIP router between one home server and one partner in the fake host, and words to talk to it. */
#ifndef SIP_BENCH_H
#define SIP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <hanse/fake_host.h>
#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

struct sip_bench {
  struct fake_world *world;
  struct fake_instance *sip;
  struct sip_settings settings;
  struct hanse_link *home, *partner;               /* home.test 10.0.0.1, b.test 192.0.2.2 */
  struct hanse_target *home_target, *edge, *edge2; /* b.test's targets are edge and edge2 */
  struct hanse_arena arena;                        /* for what the functions below return */
  void *blocks;
};

/* For cmocka: *state becomes the bench. The teardown asserts that the plugin has given everything back. */
int sip_bench_setup(void **state);
int sip_bench_teardown(void **state);

/* The only exported symbol of the plugin. */
extern const struct hanse_plugin hanse_plugin;

/* Texts below use "\n" for CRLF and are formats of printf; `body` may be NULL. Content-Length is added. */

/* A message from its head. */
struct hanse_slice sip_bench_text(struct sip_bench *b, const char *body, const char *head, ...)
    __attribute__((format(printf, 3, 4)));

/* An ordinary request from alice@a.test to `uri`, or from the partner's side bob@b.test: From, To, Via with branch
   z9hG4bK<branch>, Call-ID <branch>, CSeq 1, Max-Forwards 70; `more` is further header lines. */
struct hanse_slice sip_bench_request(struct sip_bench *b, enum hanse_side side, const char *method, const char *uri,
                                     const char *branch, const char *more, const char *body);

/* A response to the last request that was written to `link`, with To tag "far". */
struct hanse_slice sip_bench_response(struct sip_bench *b, struct hanse_link *link, const char *status,
                                      const char *more, const char *body);
/* The same to the given request. */
struct hanse_slice sip_bench_response_to(struct sip_bench *b, const struct sip_message *request, const char *status,
                                         const char *more, const char *body);

/* How many messages were written to the link since the last fake_take; each must be sound. */
unsigned sip_bench_count(struct sip_bench *b, struct hanse_link *link);
/* The n-th of them, from 1; 0: the last. Fails the test when there is none. */
const struct sip_message *sip_bench_sent(struct sip_bench *b, struct hanse_link *link, unsigned n);
/* Asserts that exactly one message was written: a response with that status. Then forgets it. */
void sip_bench_expect(struct sip_bench *b, struct hanse_link *link, unsigned status);

/* Value of the n-th header of that name (from 1); "" when there is none. NUL-terminated. */
const char *sip_bench_header(struct sip_bench *b, const struct sip_message *message, const char *name, unsigned n);

/* A second partner link, to edge2. */
struct hanse_link *sip_bench_second(struct sip_bench *b);

/* A dialog: INVITE from alice, 200 and ACK. Afterwards the outputs are empty. The route sets are what the two user
   agents have learnt: lines "Route: …\n". */
struct sip_bench_dialog {
  const char *home_route, *partner_route;
};
struct sip_bench_dialog sip_bench_dialog(struct sip_bench *b, const char *call);

#endif
