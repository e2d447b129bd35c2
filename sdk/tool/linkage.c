#include "sdk/tool/linkage.h"

#include <elf.h>

/* Names for a sentence: the first few, then how many more. */
struct names {
  char text[400];
  size_t length;
  unsigned count;
};

static void names_add(struct names *names, const char *name) {
  if (++names->count > 5) return;
  int n = snprintf(names->text + names->length, sizeof names->text - names->length, "%s%.60s",
                   names->count > 1 ? ", " : "", name);
  if (n > 0) names->length += (size_t)n;
}

static const char *names_end(struct names *names) {
  if (names->count > 5)
    snprintf(names->text + names->length, sizeof names->text - names->length, " and %u more", names->count - 5);
  return names->text;
}

static bool is_one_of(const char *name, const char *const *list) {
  for (; *list; list++)
    if (strcmp(*list, name) == 0) return true;
  return false;
}

/* ---- what it exports ---- */

/* Marks that linkers of old put into every library, and what sanitizers add. */
static bool is_of_tools(const char *name) {
  static const char *const marks[] = {"_init", "_fini", "__bss_start", "_edata", "_end", NULL};
  return is_one_of(name, marks) || strncmp(name, "__odr_asan", 10) == 0 || strncmp(name, "__asan_", 7) == 0;
}

static void check_exports(const struct object *object, struct report *report) {
  struct names others = {.count = 0};
  struct object_symbol symbol;
  bool there = false;
  for (uint64_t i = 1; i < object->dynamic_symbols.count; i++) {
    if (!object_symbol(object, &object->dynamic_symbols, i, &symbol) || !object_exports(&symbol)) continue;
    if (strcmp(symbol.name, "hanse_plugin") == 0)
      there = true;
    else if (!is_of_tools(symbol.name))
      names_add(&others, symbol.name);
  }
  if (others.count)
    report_add(
        report, REPORT_WRONG, "exported symbols",
        "exports %s besides hanse_plugin; compile with -fvisibility=hidden (and -fno-gnu-unique for C++), or make "
        "them static",
        names_end(&others));
  if (!there)
    report_add(report, REPORT_WRONG, "exported symbols",
               "has no symbol hanse_plugin; define and export it (hanse/plugin.h)");
  if (there && !others.count) report_add(report, REPORT_OK, "exported symbols", "hanse_plugin and nothing else");
}

/* ---- how it was linked ---- */

static void check_flags(const struct object *object, struct report *report) {
  if (object->bound_at_load)
    report_add(report, REPORT_OK, "bound when loaded", "-z now");
  else
    report_add(report, REPORT_WRONG, "bound when loaded",
               "is bound at the first call of each function, where one that is missing ends the router; link with "
               "-Wl,-z,now");
  if (object->text_relocations)
    report_add(report, REPORT_WRONG, "text relocations", "its code is changed when it is loaded; compile with -fPIC");
  else
    report_add(report, REPORT_OK, "text relocations", "none");
  if (object->stack_is_said && !object->stack_executable)
    report_add(report, REPORT_OK, "executable stack", "not asked for");
  else
    report_add(report, REPORT_WRONG, "executable stack",
               "%s; link with -Wl,-z,noexecstack, and give assembler files a .note.GNU-stack section",
               object->stack_is_said
                   ? "asks for one, which a hardened system refuses to load"
                   : "does not say that it needs none, so that the loader makes the stack executable");
  if (object->never_unloaded)
    report_add(report, REPORT_WARNING, "unloading",
               "is never unloaded (-z nodelete): each version that a reload replaces stays in memory; link without it");
}

/* ---- state that hangs on no instance ---- */

/* Written when it is loaded and never again, or the C runtime's own. */
static bool holds_state(const struct object *object, const struct object_section *section) {
  static const char *const not_ours[] = {".got",        ".got.plt",       ".dynamic",        ".init_array",
                                         ".fini_array", ".preinit_array", ".tm_clone_table", ".data.rel.ro",
                                         NULL};
  bool relro = section->address >= object->relro_from && section->address < object->relro_to && section->size > 0 &&
               section->size <= object->relro_to - section->address;
  return section->writable && section->in_memory && !relro && !is_one_of(section->name, not_ours);
}

static bool is_of_runtime(const struct object_symbol *symbol) {
  static const char *const names[] = {"__dso_handle", "__TMC_END__",           "completed.0",
                                      "_DYNAMIC",     "_GLOBAL_OFFSET_TABLE_", NULL};
  return is_one_of(symbol->name, names) || strncmp(symbol->name, "completed.", 10) == 0 || is_of_tools(symbol->name);
}

/* The objects that lie there, by name, when the file was not stripped. */
static void name_state(const struct object *object, struct names *names) {
  struct object_symbol symbol;
  struct object_section section;
  for (uint64_t i = 1; i < object->all_symbols.count; i++)
    if (object_symbol(object, &object->all_symbols, i, &symbol) && symbol.size > 0 &&
        (symbol.type == STT_OBJECT || symbol.type == STT_TLS) && object_section(object, symbol.section, &section) &&
        holds_state(object, &section) && !is_of_runtime(&symbol))
      names_add(names, symbol.name);
}

/* What the C runtime itself puts there: a handle, a flag, and what alignment adds. */
enum { RUNTIME_STATE = 32 };

static void check_state(const struct object *object, struct report *report) {
  struct names names = {.count = 0};
  struct object_section section;
  uint64_t octets = 0;
  for (size_t i = 1; i < object_section_count(object) && object_section(object, i, &section); i++)
    if (holds_state(object, &section) && section.size < UINT64_MAX - octets) octets += section.size;
  name_state(object, &names);
  bool known = object->all_symbols.count > 0;
  if (known ? names.count == 0 : octets <= RUNTIME_STATE)
    report_add(report, REPORT_OK, "file-level state", "none");
  else
    report_add(
        report, REPORT_WARNING, "file-level state",
        "%llu octets of .data and .bss%s%s: two instances, and two generations at a reload, share them; let state "
        "hang on `self`, and make tables const",
        (unsigned long long)octets, names.count ? ": " : "", names.count ? names_end(&names) : "");
}

void linkage_check(const struct object *object, struct report *report) {
  check_exports(object, report);
  check_flags(object, report);
  check_state(object, report);
}
