/* The desk between modules and the store: who asked what, in which order, and whose answers still count. What a module
   asks goes to the store of the running generation; while another instance still works on requests of the same module,
   it waits here, so that the order is kept when a reload replaces the store. */
#ifndef ROUTER_STORE_H
#define ROUTER_STORE_H

#include <hanse/store.h>

struct instance;
struct router;
struct store_desk;

struct store_desk *store_desk_new(struct router *router);
/* After the last instance is buried. */
void store_desk_free(struct store_desk *desk);

/* hanse_store_ask. From a module that is being started it waits for the commit. */
int store_ask(struct instance *asker, const struct hanse_store_request *request, hanse_store_answered *answered,
              void *argument);
/* hanse_store_answer. */
int store_answer(struct instance *store, hanse_inquiry inquiry, const struct hanse_store_answer *answer);

/* A generation was committed: what waits goes to its store, in later turns. */
void store_changed(struct router *router);
/* The asker is buried: it is never called again. What it wrote is written, unless its generation never was. */
void store_asker_gone(struct instance *asker);
/* A store was stopped: what it has not answered ends with HANSE_GONE. */
void store_instance_gone(struct instance *store);
/* All that waits goes to the store at once: when the process ends, and nobody is called back any more. */
void store_flush(struct router *router);

#endif
