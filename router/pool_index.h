/* Open links by what their peers proved: for an answer whose own link is gone. */
#ifndef ROUTER_POOL_INDEX_H
#define ROUTER_POOL_INDEX_H

#include "router/link.h"

struct pool_index;

struct pool_index *pool_index_new(void);        /* NULL: no memory */
void pool_index_free(struct pool_index *index); /* NULL is fine */

/* Adds the link, or moves it when its first name has changed. A link whose peer proved nothing is not indexed; nor one
   for which there is no memory. */
void pool_index_add(struct pool_index *index, struct hanse_link *link);
void pool_index_remove(struct pool_index *index, const struct hanse_link *link); /* harmless when it is not there */
/* An open link whose peer is the same as `like`'s, not `like` itself; NULL: none. */
struct hanse_link *pool_index_find(struct pool_index *index, const struct hanse_link *like);

#endif
