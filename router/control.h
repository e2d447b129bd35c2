/* The control socket: JSON lines over AF_UNIX at run_dir/control.sock (0660, SO_PEERCRED: root, our own uid, or our own
   group), answers in rows. One table of commands gives everything: the router's own commands and those that plugins
   offer. A request is {"command":"links","arguments":{"name":"value"}} and a line feed, 4 KiB at most; a connection may
   send several. The answer to each is one line: {"rows":[{…},…],"ok":true,"outcome":0,"text":"…"} or
   {"rows":[…],"ok":false,"outcome":N,"error":{"text":"…","where":"file:line"}}, N from enum hanse_outcome. */
#ifndef ROUTER_CONTROL_H
#define ROUTER_CONTROL_H

#include <hanse/command.h>

#include "router/loop.h"
#include "router/timers.h"

struct control;

/* One command as the control socket knows it. `owner` goes to `run` so that a plugin's code runs under its wrapper. */
struct control_command {
  const struct hanse_command *command;
  void *self;
  void *owner; /* struct instance, or NULL for the core's own */
};

/* How the control layer finds commands: asked anew for each request, since a reload changes them. */
struct control_source {
  /* The command of that name; false: none. `help` is the control socket's own and never asked for. */
  bool (*find)(void *context, struct hanse_slice name, struct control_command *out);
  /* Each command in turn, for `help` and completion. */
  void (*each)(void *context, void (*one)(void *argument, const struct control_command *command), void *argument);
  /* Runs one step of a command; the context knows whose code it is. */
  enum hanse_outcome (*run)(void *context, const struct control_command *command, struct hanse_rows *rows,
                            void **cursor);
  /* The asker went away, or the command's owner does, while *cursor was not NULL. */
  void (*finish)(void *context, const struct control_command *command, void *cursor);
  void *context;
};

/* Opens the socket; NULL: problem says why (another process answers there, folder missing or not ours, path too long).
   The path is copied, the source too. */
struct control *control_open(struct loop *loop, struct timers *timers, const char *path,
                             const struct control_source *source, struct hanse_problem *problem);
/* Ends all connections (an answer that is complete is still handed to the kernel) and removes the socket. Askers that
   wait stay valid until control_asker_done. Not from within a command. */
void control_close(struct control *control);
/* Ends the commands of this owner that are not finished; to be called before its code goes. */
void control_owner_gone(struct control *control, void *owner);

/* A command that ends later (reload, stop, probe): returned HANSE_LATER from run keeps the asker waiting until this.
   control_asker_done may be called before run has returned, and must be called exactly once; rows may be written until
   then, but the asker may have gone away in the meantime. */
#define HANSE_LATER 101
struct control_asker;
/* NULL: these rows are nobody's on the control socket. */
struct control_asker *control_asker_keep(struct hanse_rows *rows);
void control_asker_done(struct control_asker *asker, enum hanse_outcome outcome);
struct hanse_rows *control_asker_rows(struct control_asker *asker);

#endif
