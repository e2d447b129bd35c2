/* What a starting process makes its own: folders, lock, boot number, secret, log. Done once, between the preparation of
   the first generation and its commit. */
#ifndef ROUTER_CLAIM_H
#define ROUTER_CLAIM_H

#include "router/router.h"
#include "router/settings.h"

/* HANSE_OK, or `problem` says what is wrong and what to do. */
int claim_process(struct router *router, const struct settings *settings, uid_t user, struct hanse_problem *problem);

/* The log as this configuration wants it. HANSE_FAIL: `problem` says why, and it stays as it was. */
int claim_log(const struct settings *settings, struct hanse_problem *problem);

#endif
