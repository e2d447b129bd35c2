/* Those who are connected to the control socket: reading requests, running commands a step a turn, writing answers. */
#ifndef ROUTER_CONTROL_ASKER_H
#define ROUTER_CONTROL_ASKER_H

#include "router/control.h"

#define CONTROL_ASKERS 32

/* What all askers share; part of struct control. */
struct control_hub {
  struct loop *loop;
  struct timers *timers;
  struct control_source source;
  struct control_asker *askers; /* oldest first */
  size_t count;
  struct control_asker *first, *last; /* whose command has a step to run, in order */
  struct loop_task task;              /* runs one step a turn, so that a turn pays for one at most */
};

void control_hub_init(struct control_hub *hub);
/* Closes all. */
void control_hub_clear(struct control_hub *hub);
/* Ends the commands of this owner. */
void control_hub_owner_gone(struct control_hub *hub, void *owner);

/* Takes the descriptor. When there are CONTROL_ASKERS, the oldest that asks nothing makes room; false: none does, or no
   memory; the descriptor is then the caller's. */
bool control_asker_new(struct control_hub *hub, int fd);

#endif
