/* One request of the control socket: {"command":"links","arguments":{"name":"value"}}. */
#ifndef ROUTER_CONTROL_REQUEST_H
#define ROUTER_CONTROL_REQUEST_H

#include <hanse/command.h>
#include <jansson.h>

#define CONTROL_LINE_MAX 4096 /* octets of one request without its line feed */
#define CONTROL_WHY 256       /* room for a sentence */

struct control_request {
  json_t *root;
  struct hanse_slice command; /* a piece of root */
  json_t *arguments;          /* owned: an object of strings */
};

/* Reads one line. HANSE_INVALID: why says what is wrong; HANSE_NOMEM. On failure there is nothing to clear. Numbers and
   flags among the arguments become text ("8", "true"); false is as if not given. */
int control_request_parse(struct hanse_slice line, struct control_request *request, char why[CONTROL_WHY]);
void control_request_clear(struct control_request *request);

/* Whether the arguments fit the command's table (NULL: it has none). */
bool control_request_fits(const struct control_request *request, const struct hanse_argument *table,
                          char why[CONTROL_WHY]);

#endif
