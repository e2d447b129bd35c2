/* `help`: the commands, or the arguments of one. hansectl learns from it how plugins' commands are called. */
#ifndef ROUTER_CONTROL_HELP_H
#define ROUTER_CONTROL_HELP_H

#include "router/control.h"

/* Rows {command, usage, help}; with the argument "command": {argument, required, by_name, flag, help}. */
enum hanse_outcome control_help(const struct control_source *source, struct hanse_rows *rows);

/* Says in `rows` that there is no such command, and which is the nearest. */
enum hanse_outcome control_help_unknown(const struct control_source *source, struct hanse_rows *rows,
                                        struct hanse_slice name);

#endif
