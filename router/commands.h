/* The router's own control commands, and where plugins' commands are found. */
#ifndef ROUTER_COMMANDS_H
#define ROUTER_COMMANDS_H

#include "router/control.h"
#include "router/router.h"

/* For control_open. */
struct control_source commands_source(struct router *router);

/* How a command of ours is written: one step; the cursor is a number that counts what was shown. */
typedef enum hanse_outcome command_run(struct router *router, struct hanse_rows *rows, uintptr_t *cursor);

command_run command_status, command_turns, command_links, command_partners, command_targets, command_modules,
    command_generations, command_counters;
command_run command_explain, command_probe, command_check, command_plan;
command_run command_decisions, command_decision;
command_run command_reload, command_close, command_dns, command_log, command_stop;

#endif
