/* Settings from text, as the router makes them of a configuration block. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/option.h"
#include "contract/source.h"
#include "sdk/fakehost/inside.h"

void fake_problems_note(struct fake_world *world, struct problem_list *problems) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  if (!out) fake_end("no memory");
  problem_list_print(problems, out);
  fclose(out);
  while (length && text[length - 1] == '\n') length--;
  fake_buffer_cut(&world->problems, world->problems.len);
  fake_buffer_add(&world->problems, text, length);
  free(text);
  world->problem = (struct hanse_problem){{NULL, 0}, ""};
  if (!problems->count) return;
  world->problem.where.line = problems->items[0].line;
  if (!problems->items[0].file) return;
  struct hanse_slice file = fake_text_kept(world, hanse_text(problems->items[0].file));
  world->problem.where.file = file.at;
}

void fake_problem_note(struct fake_world *world, const struct hanse_problem *problem) {
  struct problem_list list;
  problem_list_init(&list);
  problem_error_from(&list, problem);
  fake_problems_note(world, &list);
  problem_list_clear(&list);
  world->problem = *problem;
}

/* The block as a whole stands in the first line. */
static void place(const struct hanse_option *table, void *out) {
  for (const struct hanse_option *option = table; option->name; option++) {
    struct hanse_where *where = (struct hanse_where *)(void *)((char *)out + option->offset);
    if (option->type == HANSE_ORIGIN && where->line == 0) where->line = 1;
  }
}

static int convert(const struct fake_options *options, const struct hanse_option *table,
                   const struct hanse_option *also, const struct source_set *set, struct option_pool *pool, void *out,
                   struct problem_list *problems) {
  struct option_reader reader = {.pool = pool, .problems = problems, .user = geteuid()};
  const config_setting_t *root = set->count ? source_root(set->items[0]) : NULL;
  if (!root) return HANSE_INVALID;
  int status =
      option_convert(&reader, &(struct option_group){&root, 1, options->label}, table, also, out, options->size);
  if (status == HANSE_OK) place(table, out);
  return status;
}

static int read_text(const struct fake_options *options, const struct hanse_option *also, const char *text,
                     struct option_pool *pool, void *out, struct problem_list *problems) {
  static const struct hanse_option none[] = {HANSE_OPTIONS_END};
  const struct hanse_option *table = options->table ? options->table : none;
  struct source_set set;
  char folder[4096];
  if (!getcwd(folder, sizeof folder)) fake_end("the working folder has no name");
  int status = option_check_table(options->label, table, also, options->size, problems);
  if (status != HANSE_OK) return status;
  source_set_init(&set);
  status = source_set_read_text(&set, hanse_text(text ? text : ""), "text", folder, problems);
  if (status == HANSE_OK) status = convert(options, table, also, &set, pool, out, problems);
  source_set_clear(&set);
  return status;
}

int fake_options_read(struct fake_world *world, const struct fake_options *options, const char *text,
                      struct option_pool *pool, void **out) {
  struct fake_calling before = fake_step_out(); /* that the host reads settings is not the plugin's concern */
  struct problem_list problems;
  void *made = hanse_alloc_zero(&pool->arena, options->size ? options->size : 1);
  problem_list_init(&problems);
  int status = made ? read_text(options, options->also, text, pool, made, &problems) : HANSE_NOMEM;
  if (status == HANSE_NOMEM) fake_end("no memory");
  if (status == HANSE_OK)
    *out = made;
  else
    fake_problems_note(world, &problems);
  problem_list_clear(&problems);
  fake_leave(before);
  return status;
}
