/* libunbound's pluggable events (unbound-event.h) on libev. */
#ifndef ROUTER_DNS_EVENT_H
#define ROUTER_DNS_EVENT_H

#include <ev.h>

struct ub_event_base;

/* For ub_ctx_create_ub_event. NULL: no memory. It must outlive the context. */
struct ub_event_base *dns_event_base_new(struct ev_loop *loop);
void dns_event_base_free(struct ub_event_base *base);

#endif
