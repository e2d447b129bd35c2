/* Input of open links: read in large pieces, handed to the layers above, the rest of an incomplete message kept. */
#ifndef ROUTER_LINK_INPUT_H
#define ROUTER_LINK_INPUT_H

#include "router/link_io.h"

/* Begins to read from a link that has just opened. */
void link_input_start(struct link_io *io);
/* Serves each link of the ready list once. */
void link_input_run_ready(struct transport *transport);

#endif
