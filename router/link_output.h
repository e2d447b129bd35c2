/* What the layers above wrote on links in a turn leaves at its end, together. */
#ifndef ROUTER_LINK_OUTPUT_H
#define ROUTER_LINK_OUTPUT_H

#include "router/link_io.h"

/* Of an open link, before its first octet. */
void link_output_start(struct link_io *io);
/* Writes what waits on every link that was written to since the last call. */
void link_output_flush(struct transport *transport);

#endif
