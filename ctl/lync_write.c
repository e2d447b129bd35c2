/* The whole text, from its parts. */
#include <string.h>

#include "ctl/conf_text.h"
#include "ctl/lync.h"

static const char *part(const struct lync *lync, enum lync_part part_of) {
  return lync->parts[part_of].text ? lync->parts[part_of].text : "";
}

static void comments(const struct lync *lync, enum lync_part of, const char *title, FILE *out) {
  if (!part(lync, of)[0]) return;
  fprintf(out, "#\n# ---- %s ----\n%s", title, part(lync, of));
}

/* Each line of a part is an entry; between two stands a comma, behind the last one nothing. */
static void entries(const char *lines, unsigned indent, FILE *out) {
  while (*lines) {
    size_t length = strcspn(lines, "\n");
    const char *next = lines[length] ? lines + length + 1 : lines + length;
    fprintf(out, "%*s%.*s%s\n", (int)indent, "", (int)length, lines, *next ? "," : "");
    lines = next;
  }
}

/* A list of a module's entry; nothing when it is empty. */
static void inner(const struct lync *lync, enum lync_part of, const char *name, const char *brackets, FILE *out) {
  if (!part(lync, of)[0]) return;
  fprintf(out, " %s = %c\n", name, brackets[0]);
  entries(part(lync, of), 6, out);
  fprintf(out, "    %c;", brackets[1]);
}

/* ---- modules ---- */

struct modules {
  FILE *out;
  size_t count;
};

static void begin(struct modules *modules, const char *name, const char *plugin) {
  fprintf(modules->out, "%s  {", modules->count++ ? ",\n" : "");
  lync_put(modules->out, "name", name);
  if (plugin) lync_put(modules->out, "plugin", plugin);
}

static void type(struct modules *modules, bool wanted, bool present, const char *name, const char *settings) {
  if (!wanted || present) return;
  begin(modules, name, NULL);
  fprintf(modules->out, "%s }", settings);
}

static void with_list(const struct lync *lync, struct modules *modules, enum lync_part of, const char *name,
                      const char *plugin, const char *list, const char *brackets) {
  if (!part(lync, of)[0]) return;
  begin(modules, name, plugin);
  inner(lync, of, list, brackets, modules->out);
  fputs(" }", modules->out);
}

static void verification(const struct lync *lync, struct modules *modules) {
  const json_t *edge = lync_global(lync, LYNC_ACCESS_EDGE);
  bool unmarked = lync_false(edge, "MarkSourceVerifiableOnOutgoingMessages");
  if (!unmarked && !part(lync, PART_LEVELS)[0]) return;
  begin(modules, "lync-verification", "verification");
  if (unmarked) fputs(" mark_outgoing = false;", modules->out);
  inner(lync, PART_LEVELS, "levels", "()", modules->out);
  fputs(" }", modules->out);
}

static void access_module(const struct lync *lync, struct modules *modules) {
  if (!part(lync, PART_POLICIES)[0] && !part(lync, PART_USERS)[0]) return;
  begin(modules, "lync-access", "access");
  inner(lync, PART_POLICIES, "policies", "()", modules->out);
  inner(lync, PART_USERS, "users", "()", modules->out);
  fputs(" }", modules->out);
}

static void whole_entries(const struct lync *lync, struct modules *modules) {
  for (const char *line = part(lync, PART_MODULES); *line;) {
    size_t length = strcspn(line, "\n");
    fprintf(modules->out, "%s  %.*s", modules->count++ ? ",\n" : "", (int)length, line);
    line += length + (line[length] != '\0');
  }
}

static void module_list(const struct lync *lync, FILE *out) {
  struct modules modules = {out, 0};
  fputs("\nmodules = (\n", out);
  type(&modules, lync->direct, lync->present.direct, "direct", lync->relays ? " be_clearing_house = true;" : "");
  type(&modules, lync->enhanced, lync->present.enhanced, "enhanced", "");
  with_list(lync, &modules, PART_PUBLIC, "public", NULL, "providers", "()"); /* asked before those that follow */
  type(&modules, lync->discovered, lync->present.discovered, "discovered", "");
  with_list(lync, &modules, PART_PROVIDERS, "hosting", NULL, "providers", "()");
  with_list(lync, &modules, PART_BLOCK, "lync-domains", "domains", "block", "[]");
  access_module(lync, &modules);
  verification(lync, &modules);
  whole_entries(lync, &modules);
  fputs(modules.count ? "\n);\n" : ");\n", out);
}

/* ---- policy ---- */

static bool has_verification(const struct lync *lync) {
  return part(lync, PART_LEVELS)[0] ||
         lync_false(lync_global(lync, LYNC_ACCESS_EDGE), "MarkSourceVerifiableOnOutgoingMessages");
}

static void stage(const char *name, const char *const modules[8], FILE *out) {
  if (!modules[0]) return;
  fprintf(out, "  %s = [", name);
  for (size_t i = 0; modules[i]; i++) fprintf(out, "%s\"%s\"", i ? ", " : " ", modules[i]);
  fputs(" ];\n", out);
}

/* Blocking is judged first, in both stages; what needs the partner comes behind the route. */
static void policy(const struct lync *lync, FILE *out) {
  const char *admit[8] = {NULL}, *routed[8] = {NULL};
  if (part(lync, PART_BLOCK)[0]) {
    lync_stage(admit, "lync-domains");
    lync_stage(routed, "lync-domains");
  }
  if (part(lync, PART_POLICIES)[0] || part(lync, PART_USERS)[0]) lync_stage(routed, "lync-access");
  if (has_verification(lync)) lync_stage(routed, "lync-verification");
  for (size_t i = 0; lync->admit[i]; i++) lync_stage(admit, lync->admit[i]);
  for (size_t i = 0; lync->routed[i]; i++) lync_stage(routed, lync->routed[i]);
  fputs("\npolicy = {\n", out);
  for (const char *line = part(lync, PART_POLICY); *line; line = strchr(line, '\n') + 1)
    fprintf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
  stage("admit", admit, out);
  stage("routed", routed, out);
  stage("answer", lync->answer, out);
  fputs("};\n", out);
}

int lync_make(struct lync *lync) {
  lync_edge(lync);
  lync_providers(lync);
  int status = lync_domains(lync);
  lync_access(lync);
  lync_filters(lync);
  lync_bounds(lync);
  lync_archive(lync);
  lync_leftovers(lync);
  lync_finish(lync);
  return status;
}

/* The name of a file, without its folder, in a comment. */
static void file_name(const char *path, FILE *out) {
  const char *slash = strrchr(path, '/');
  putc(' ', out);
  for (const char *at = slash ? slash + 1 : path; *at; at++) putc((unsigned char)*at < 0x20 ? '?' : *at, out);
}

void lync_write(const struct lync *lync, char *const *files, int count, FILE *out) {
  fputs("# Made by `hansectl import lync` of", out);
  for (int i = 0; i < count; i++) {
    if (i) putc(',', out);
    file_name(files[i], out);
  }
  fputs(".\n# It belongs into conf.d beside hanse.conf, which keeps node, tls, listen, home and the module sip.\n",
        out);
  fputs("# docs/from-lync.md tells what each word of Lync is called here. Read it, change it, then hansectl reload.\n",
        out);
  comments(lync, PART_DECIDED, "decided", out);
  comments(lync, PART_WITHOUT, "without counterpart", out);
  fputs("\npartners = (\n", out);
  entries(part(lync, PART_PARTNERS), 2, out);
  fputs(");\n", out);
  module_list(lync, out);
  policy(lync, out);
  if (!part(lync, PART_LIMITS)[0]) return;
  fputs("\nlimits = {\n", out);
  for (const char *line = part(lync, PART_LIMITS); *line; line = strchr(line, '\n') + 1)
    fprintf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
  fputs("};\n", out);
}
