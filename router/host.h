/* The host table: what the core does for plugins, one function per row of hanse/host.h, each a few lines over the part
   that does the work. */
#ifndef ROUTER_HOST_H
#define ROUTER_HOST_H

#include <hanse/host.h>

extern const struct hanse_host_ops host_ops;

#endif
