/* import lync: whatever a file holds, it is refused with a line of it, or gives a text that libconfig reads (L3, L4).
 */
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/clixml.h"
#include "ctl/lync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(struct lync *lync) {
  char name[] = "a file", *files[] = {name}, *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  config_t config;
  if (!out) abort();
  if (lync_make(lync) != HANSE_OK) abort();
  lync_write(lync, files, 1, out);
  fclose(out);
  config_init(&config);
  if (!config_read_string(&config, text)) {
    fprintf(stderr, "line %d: %s\n%s", config_error_line(&config), config_error_text(&config), text);
    abort();
  }
  config_destroy(&config);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char why[200];
  struct lync lync;
  json_t *objects = json_array();
  if (!objects || lync_begin(&lync) != HANSE_OK) abort();
  bool good = clixml_read((const char *)data, size, objects, why, sizeof why);
  if (good != (why[0] == '\0')) abort();
  if (good) {
    if (lync_sort(&lync, objects, "a file") != HANSE_OK) abort();
    write_and_read(&lync);
  }
  lync_clear(&lync);
  json_decref(objects);
  return 0;
}
