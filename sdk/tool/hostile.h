/* What may come, and is not nice: texts and facts that the contract allows. */
#ifndef SDK_TOOL_HOSTILE_H
#define SDK_TOOL_HOSTILE_H

#include <hanse/facts.h>

struct hostile_text {
  const char *name; /* NULL ends the list */
  struct hanse_slice text;
};

/* Small texts; the first one is empty. */
extern const struct hostile_text hostile_texts[];
/* A text of that many octets, to be freed; NULL: no memory. */
char *hostile_long(size_t length);

/* Facts of a message: `turn` chooses among senders, receivers, sides and what else is known. What the slices point to
   is static. */
void hostile_facts(unsigned turn, struct hanse_facts *out);
/* How many turns it takes until all of them were there. */
enum { HOSTILE_TURNS = 12 };

/* Domains in canonical form, each of them odd. Ends with NULL. */
extern const char *const hostile_domains[];

const char *hostile_action_name(unsigned action);
enum { HOSTILE_ACTIONS = HANSE_ACTION_SIGNAL + 1 };

#endif
