/* What the home side and the partner's side say to each other through the router: one lap is one whole conversation, or
   one message within a dialog that was opened before. */
#ifndef BENCH_LAP_TALK_H
#define BENCH_LAP_TALK_H

#include "tests/bench/lap_wire.h"

enum lap_kind {
  LAP_MESSAGE = 1,   /* MESSAGE, 200 */
  LAP_DIALOG = 2,    /* INVITE, 180, 200, ACK, BYE, 200 */
  LAP_IN_DIALOG = 3, /* MESSAGE in a dialog, 200 */
  LAP_NONE = 0
};

struct lap_talk {
  enum lap_kind kind;
  struct lap_wire home, partner;
  uint32_t begun, done; /* laps; one that ends begins the next */
  hanse_time pace;      /* the clock goes forward by so much with each lap that ends */
  /* the dialog that is open */
  uint32_t dialog; /* the lap that opened it */
  uint32_t requests;
  char routes[1024], to[256], target[256];
  bool open;
};

/* LAP_NONE: there is none of that name. */
enum lap_kind lap_kind_of(const char *name);
void lap_talk_init(struct lap_talk *talk, enum lap_kind kind);
/* The home side begins; with LAP_IN_DIALOG the dialog is opened first. What is wrong ends the process. */
void lap_talk_begin(struct lap_talk *talk, uint32_t in_flight);

#endif
