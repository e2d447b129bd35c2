/* Any text as a configuration: read, converted by the core's tables and by a table with every type, compared, listed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "router/option_print.h"
#include "router/settings_read.h"
#include "tests/lib/sample_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lists what was read, so that printing meets odd values too. */
static void print_all(const struct settings *s, struct problem_list *problems) {
  unsigned char digest[32];
  FILE *out = fopen("/dev/null", "w");
  if (!out) return;
  settings_show(s, NULL, NULL, out);
  problem_list_print(problems, out);
  for (int part = SETTINGS_PART_LOG; part <= SETTINGS_PART_LIMITS; part++)
    if (settings_digest(s, (enum settings_part)part, digest) == HANSE_INVALID) abort();
  fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct settings *s = NULL;
  struct problem_list problems;
  struct option_pool pool;
  problem_list_init(&problems);
  option_pool_init(&pool);
  /* The folder does not exist: no file is ever read. */
  if (settings_read_text(&s, hanse_slice((const char *)data, size), "/nonexistent", 0, &problems) == HANSE_OK) {
    sample_convert(s, &pool, &problems);
    print_all(s, &problems);
    settings_trim(s);
    settings_free(s);
  }
  problem_list_clear(&problems);
  option_pool_clear(&pool);
  return 0;
}
