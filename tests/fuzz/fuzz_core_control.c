/* Any octets as one request of the control socket: parsed, compared with each command's table, answered. */
#include <stdio.h>
#include <stdlib.h>

#include "router/command_table.h"
#include "router/control_answer.h"
#include "router/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever was asked, the answer is one line of JSON. */
static void answer(const struct control_request *request, const char *why) {
  struct control_output output = {0};
  struct control_answer written;
  struct hanse_rows rows;
  const char *name;
  json_t *value;
  if (rows_init(&rows, request->arguments) != HANSE_OK) abort();
  control_answer_begin(&written, &output);
  rows_text(&rows, "command", request->command);
  json_object_foreach(request->arguments, name, value) {
    (void)value;
    rows_begin(&rows);
    rows_text(&rows, name, rows_argument(&rows, name));
  }
  rows_say(&rows, "%s", why);
  control_answer_end(&written, &rows, HANSE_USAGE);
  if (output.failed || memchr(output.octets, '\n', output.used) != output.octets + output.used - 1) abort();
  json_t *read = json_loadb(output.octets, output.used, 0, NULL);
  if (!json_is_object(read)) abort();
  json_decref(read);
  rows_clear(&rows);
  control_output_clear(&output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct control_request request;
  char why[CONTROL_WHY] = "";
  int status = control_request_parse(hanse_slice((const char *)data, size), &request, why);
  if (status == HANSE_INVALID && !why[0]) abort();
  if (status != HANSE_OK) return 0;
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (!control_request_fits(&request, command_table[i].arguments, why) && !why[0]) abort();
  answer(&request, why);
  control_request_clear(&request);
  return 0;
}
