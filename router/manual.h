/* docs/configuration.md, made from the option tables of the core and of every plugin in a folder. */
#ifndef ROUTER_MANUAL_H
#define ROUTER_MANUAL_H

#include <stdio.h>
#include <sys/types.h>

/* HANSE_OK, or HANSE_FAIL: a plugin could not be loaded; what is wrong went to standard error. */
int manual_write(const char *plugins, uid_t user, FILE *out);

#endif
