#include "router/link_linger.h"

#include "router/link_life.h"

void link_linger(struct link_io *io) {
  struct transport *transport = io->link->transport;
  struct ev_loop *ev = loop_ev(transport->loop);
  if (io->lingering) return;
  if (wire_shut(&io->wire) == WIRE_WRITE) {
    ev_io_start(ev, &io->out);
    return;
  }
  ev_io_stop(ev, &io->out);
  io->lingering = true;
  link_phase(io, transport->lingering);
  if (io->input_over || io->discarded >= LINK_LINGER_OCTETS) link_end(io, HANSE_CLOSE_OURS);
}

void link_linger_input(struct link_io *io) {
  struct transport *transport = io->link->transport;
  size_t got = 0;
  enum wire_status status = wire_discard(&io->wire, transport->scratch, LINK_LINGER_OCTETS, &got);
  if (status == WIRE_READ) return;
  io->discarded += got;
  io->input_over = status != WIRE_DONE;
  if (!io->input_over && io->discarded < LINK_LINGER_OCTETS) return;
  if (io->lingering || status == WIRE_BROKEN)
    link_end(io, HANSE_CLOSE_OURS);
  else
    ev_io_stop(loop_ev(transport->loop), &io->in); /* our last words are still on their way */
}
