/* Reload: one at a time, prepared beside, committed between two turns, reaped when nothing of the old is open (design
   §4). A request during a reload marks one more to follow; each asker gets the result of the reload that began after it
   asked. */
#ifndef ROUTER_RELOAD_H
#define ROUTER_RELOAD_H

#include "router/prepare.h"
#include "router/router.h"
#include "router/systemd.h"

struct reload;

/* How a reload ended. `problems` is sorted and lives during the call. */
typedef void reload_done(void *argument, bool accepted, const struct problem_list *problems);

struct reload *reload_new(struct router *router, const struct prepare_request *request);
void reload_free(struct reload *reload);

/* The first generation, made on the spot; before instances are made the process claims its folders (claim.h). HANSE_OK;
   HANSE_INVALID: the configuration is wrong; HANSE_FAIL: the machine refused something. `problems` says everything. */
int reload_first(struct reload *reload, struct systemd_sockets *handed, uid_t user, struct problem_list *problems);
/* `hanse --check`: prepares, makes and configures instances, undoes. */
int reload_check(struct reload *reload, struct problem_list *problems);

/* `hanse --show`: prepares, and writes the effective configuration. */
int reload_show(struct reload *reload, FILE *out);

/* Begins a reload, or marks one to follow. `done` may be NULL. HANSE_OK, HANSE_NOMEM. */
int reload_ask(struct reload *reload, reload_done *done, void *argument);
/* "idle", "preparing", "waiting for old code to finish", "assembling", "handing over". */
const char *reload_state(const struct reload *reload);

#endif
