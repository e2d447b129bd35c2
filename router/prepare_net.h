/* The network's part of a new generation: profiles, home domains, partners and their index, names of listeners. */
#ifndef ROUTER_PREPARE_NET_H
#define ROUTER_PREPARE_NET_H

#include "router/generation.h"

/* HANSE_OK (also when errors were reported) or HANSE_NOMEM. */
int prepare_net(struct generation *generation, struct problem_list *problems);

/* The settings of listener `index`, for listener_open. */
int prepare_listener(const struct generation *generation, size_t index, struct listener_settings *out,
                     struct hanse_problem *problem);

#endif
