/* The answer to one request as octets on their way to the asker:
   {"rows":[…],"ok":true,"outcome":0,"text":"…"} or {"rows":[…],"ok":false,"outcome":N,"error":{"text":…,"where":…}} */
#ifndef ROUTER_CONTROL_ANSWER_H
#define ROUTER_CONTROL_ANSWER_H

#include "router/rows.h"

struct control_output {
  char *octets; /* owned */
  size_t used, sent, capacity;
  bool failed; /* no memory: an answer is incomplete, the connection must end */
};

struct control_answer {
  struct control_output *output;
  size_t rows; /* written so far */
};

void control_output_clear(struct control_output *output);
static inline size_t control_output_waiting(const struct control_output *output) { return output->used - output->sent; }
/* Notes that n octets more have left. */
void control_output_sent(struct control_output *output, size_t n);

void control_answer_begin(struct control_answer *answer, struct control_output *output);
/* Writes the rows that are there and takes them out of `rows`. */
void control_answer_rows(struct control_answer *answer, struct hanse_rows *rows);
/* Writes the end and the line feed. `rows` gives text and where; its remaining rows are written too. */
void control_answer_end(struct control_answer *answer, struct hanse_rows *rows, int outcome);

/* Sends one refusal to a socket, as far as it takes it at once. */
void control_answer_refusal(int fd, enum hanse_outcome outcome, const char *text);

#endif
