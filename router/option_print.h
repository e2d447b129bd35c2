/* Writes converted settings back: with the origin of each value, and as the text by which settings are compared. */
#ifndef HANSE_ROUTER_OPTION_PRINT_H
#define HANSE_ROUTER_OPTION_PRINT_H

#include <stdio.h>

#include "contract/option.h"

/* The value text of a converted struct: every value, stable, without places; files and secrets by the SHA-256 of their
   content. Two settings are equal when their texts are. */
void option_canonical(const struct hanse_option *table, const void *settings, FILE *out);
/* A hash of that text (BLAKE2b). HANSE_OK, HANSE_NOMEM. */
int option_digest(const struct hanse_option *table, const void *settings, unsigned char out[32]);
/* As option_digest, of `count` structs of `size` bytes that lie one behind the other. */
int option_digest_list(const struct hanse_option *table, const struct hanse_list *list, size_t size,
                       unsigned char out[32]);

/* Writes what another table adds to an entry of an OPTION_OPEN list. */
struct option_show_more {
  void (*show)(void *context, const char *list, size_t index, const struct option_group *entry, int indent, FILE *out);
  void *context;
};

/* In the syntax of the configuration, each value with a comment that says where it was written or "default"; secrets as
   "(set)", what has no value as a comment. `indent` is in spaces; `more` may be NULL. */
void option_show(const struct hanse_option *table, const void *settings, const struct option_group *group, int indent,
                 const struct option_show_more *more, FILE *out);

#endif
