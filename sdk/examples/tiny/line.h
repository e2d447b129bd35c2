/* The words of the tiny protocol. One line a message, UTF-8, at most LINE_MAX_OCTETS with its LF:
     say ID FROM TO TEXT      a text; \n stands for a new line in it, \\ for a backslash
     ok ID                    it has arrived
     no ID REASON             it has not
     ping, pong               are you there? yes
   Pure functions over octets: no host, no state, and the first thing to test and to fuzz. */
#ifndef TINY_LINE_H
#define TINY_LINE_H

#include <hanse/arena.h>

enum { LINE_MAX_OCTETS = 8192, ID_MAX = 64, USER_MAX = 1024 };

enum line_verb { LINE_BAD, LINE_SAY, LINE_OK, LINE_NO, LINE_PING, LINE_PONG };

/* Slices of the line that was read. */
struct line {
  enum line_verb verb;
  struct hanse_slice id, from, to; /* addresses: "user@domain" */
  struct hanse_slice rest;         /* TEXT as it travels, or REASON */
};

/* `text` is without its LF. */
struct line line_read(struct hanse_slice text);

/* "user@domain" in two. False: it is none. */
bool line_address(struct hanse_slice address, struct hanse_slice *user, struct hanse_slice *domain);

/* TEXT as people read it, and back: cut from the arena. HANSE_OK or HANSE_NOMEM. */
int line_unescape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out);
int line_escape(struct hanse_arena *arena, struct hanse_slice text, struct hanse_slice *out);

#endif
