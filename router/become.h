/* Looking at a configuration as the service will: what its user cannot read, the service lacks. */
#ifndef ROUTER_BECOME_H
#define ROUTER_BECOME_H

#include <stdbool.h>

/* Root becomes the user, for good, if that user can read `config`, or when `always`. False, and root it stays, where it
   cannot: a configuration out of the user's reach is a trial of root's own. Everybody else stays who he is. */
bool become_user(const char *name, const char *config, bool always);

#endif
