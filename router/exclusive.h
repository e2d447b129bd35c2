/* Names that only one module of a configuration may use, such as the edge of a provider: two types of federation could
   not tell whose it is (R13). They belong to the instance, which a later generation may share. */
#ifndef ROUTER_EXCLUSIVE_H
#define ROUTER_EXCLUSIVE_H

#include <hanse/base.h>

struct exclusive;
struct generation;
struct instance;

/* hanse_exclusive, for an instance that is configured for `generation`. HANSE_OK; HANSE_INVALID: another instance of
   the generation has that name, *other says where; HANSE_NOMEM. */
int exclusive_take(const struct generation *generation, struct instance *instance, const char *kind,
                   struct hanse_slice name, struct hanse_where where, struct hanse_where *other);

/* Do the names of an instance that is shared with an earlier generation clash with others of this one? HANSE_OK, or
   HANSE_INVALID: problem names both places. */
int exclusive_check(const struct generation *generation, const struct instance *instance,
                    struct hanse_problem *problem);

void exclusive_free(struct instance *instance);

#endif
