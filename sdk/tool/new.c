#include "sdk/tool/new.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sdk/tool/name.h"
#include "sdk/tool/status.h"

enum { TEMPLATE_MAX = 64 << 10, FILES_MAX = 16, HOLDERS = 5 };

const char new_kinds[] = "policy, federation, protocol, observer, command";
static const char *const kinds[] = {"policy", "federation", "protocol", "observer", "command", NULL};

/* A word in names and contents of the templates' files, and what it becomes. */
struct holder {
  const char *word, *value; /* word NULL ends the list */
};

/* What was written so far: when something fails, it goes again. */
struct making {
  const struct new_wish *wish;
  const char *folder;
  bool made_folder;
  char *files[FILES_MAX]; /* owned */
  size_t count;
  struct holder holders[HOLDERS + 1];
  char sources[200], command[100];
  char why[2 * PATH_MAX];
};

static int wrong(struct making *m, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int wrong(struct making *m, int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(m->why, sizeof m->why, format, arguments);
  va_end(arguments);
  return status;
}

/* ---- where templates are ---- */

static bool is_folder(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Beside this program, wherever its prefix was moved to; else where it was to be installed. */
static bool find_templates(char out[PATH_MAX]) {
  char self[PATH_MAX];
  const char *told = getenv("HANSE_TEMPLATES");
  if (told && told[0]) return snprintf(out, PATH_MAX, "%s", told) < PATH_MAX && is_folder(out);
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n > 0) {
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    if (snprintf(out, PATH_MAX, "%s/" HANSE_TEMPLATE_NEAR, self) < PATH_MAX && is_folder(out)) return true;
  }
  return snprintf(out, PATH_MAX, "%s", HANSE_TEMPLATE_DIR) < PATH_MAX && is_folder(out);
}

/* ---- one file ---- */

/* The word of a template that stands at `text`; NULL: none does. */
static const struct holder *find_holder(const struct making *m, const char *text) {
  for (const struct holder *holder = m->holders; holder->word; holder++)
    if (strncmp(text, holder->word, strlen(holder->word)) == 0) return holder;
  return NULL;
}

/* `text` with its words replaced, to be freed; NULL: no memory. */
static char *fill_in(const struct making *m, const char *text) {
  char *filled = NULL;
  size_t length;
  FILE *out = open_memstream(&filled, &length);
  while (out && *text) {
    const struct holder *holder = find_holder(m, text);
    if (holder)
      fputs(holder->value, out);
    else
      putc(*text, out);
    text += holder ? strlen(holder->word) : 1;
  }
  if (!out || fclose(out) != 0) {
    free(filled);
    return NULL;
  }
  return filled;
}

/* What this plugin has in the place of the templates' words. */
static void choose_values(struct making *m) {
  const struct new_wish *wish = m->wish;
  bool protocol = strcmp(wish->kind, "protocol") == 0, federation = strcmp(wish->kind, "federation") == 0;
  snprintf(m->sources, sizeof m->sources, protocol ? "%1$s.c %1$s_input.c %1$s_output.c" : "%1$s.c", wish->name);
  snprintf(m->command, sizeof m->command, "%s", wish->name); /* a command's name has no "_" */
  for (char *at = m->command; *at; at++)
    if (*at == '_') *at = '-';
  const struct holder holders[HOLDERS + 1] = {
      {"PLUGIN_NAME", wish->name},
      {"PLUGIN_KIND", wish->kind},
      {"PLUGIN_SOURCES", m->sources},
      {"PLUGIN_COMMAND", m->command},
      {"PLUGIN_CHECK", federation ? "check --entry 'server = \"edge.partner.test\";'" : "check"},
      {NULL, NULL},
  };
  memcpy(m->holders, holders, sizeof holders);
}

static char *read_template(const char *path) {
  char *text = (char *)malloc(TEMPLATE_MAX + 1);
  FILE *in = fopen(path, "re");
  size_t n = in && text ? fread(text, 1, TEMPLATE_MAX, in) : 0;
  bool good = in && text && !ferror(in);
  if (in) fclose(in);
  if (!good) {
    free(text);
    return NULL;
  }
  text[n] = '\0';
  return text;
}

static int write_file(struct making *m, const char *path, const char *text) {
  FILE *out = fopen(path, "wxe");
  if (!out) return wrong(m, TOOL_NOT_DETERMINED, "\"%s\" cannot be written: %s", path, strerror(errno));
  if (m->count < FILES_MAX) m->files[m->count++] = strdup(path);
  bool good = fputs(text, out) >= 0;
  if (fclose(out) != 0) good = false;
  return good ? TOOL_DONE : wrong(m, TOOL_NOT_DETERMINED, "\"%s\" cannot be written: %s", path, strerror(errno));
}

static int copy_file(struct making *m, const char *from, const char *entry) {
  char source[PATH_MAX], path[PATH_MAX];
  char *name = fill_in(m, entry), *text = NULL, *filled = NULL;
  int status = TOOL_NOT_DETERMINED;
  if (!name || snprintf(source, sizeof source, "%s/%s", from, entry) >= PATH_MAX ||
      snprintf(path, sizeof path, "%s/%s", m->folder, name) >= PATH_MAX) {
    wrong(m, status, "the path of \"%s\" is too long; choose another folder", entry);
  } else if (!(text = read_template(source))) {
    wrong(m, status, "the template \"%s\" cannot be read: %s; install the package hanse-dev again", source,
          strerror(errno));
  } else if (!(filled = fill_in(m, text))) {
    wrong(m, status, "no memory");
  } else {
    status = write_file(m, path, filled);
  }
  free(name);
  free(text);
  free(filled);
  return status;
}

static int copy_all(struct making *m, const char *templates, const char *which) {
  char from[PATH_MAX];
  int status = TOOL_DONE, length = snprintf(from, sizeof from, "%s/%s", templates, which);
  DIR *dir = length < PATH_MAX ? opendir(from) : NULL;
  if (!dir)
    return wrong(m, TOOL_NOT_DETERMINED, "there is no template \"%s\"; install the package hanse-dev again", from);
  for (struct dirent *entry; status == TOOL_DONE && (entry = readdir(dir));)
    if (entry->d_name[0] != '.') status = copy_file(m, from, entry->d_name);
  closedir(dir);
  return status;
}

/* ---- the folder ---- */

static bool is_empty(const char *path) {
  DIR *dir = opendir(path);
  bool empty = dir;
  for (struct dirent *entry; empty && (entry = readdir(dir));)
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  if (dir) closedir(dir);
  return empty;
}

static int make_folder(struct making *m) {
  if (mkdir(m->folder, 0777) == 0) {
    m->made_folder = true;
    return TOOL_DONE;
  }
  if (errno != EEXIST)
    return wrong(m, errno == ENOENT ? TOOL_NO_SUCH_THING : TOOL_NOT_DETERMINED, "folder \"%s\" cannot be made: %s%s",
                 m->folder, strerror(errno), errno == ENOENT ? "; make the folder above it first" : "");
  if (is_folder(m->folder) && is_empty(m->folder)) return TOOL_DONE;
  return wrong(m, TOOL_NO, "\"%s\" is there and %s; name another folder: hanse-plugin new %s --kind %s FOLDER",
               m->folder, is_folder(m->folder) ? "not empty" : "no folder", m->wish->name, m->wish->kind);
}

static int make(struct making *m) {
  char templates[PATH_MAX], why[200];
  bool known = false;
  for (const char *const *kind = kinds; *kind && m->wish->kind; kind++) known |= strcmp(*kind, m->wish->kind) == 0;
  if (!known)
    return wrong(m, TOOL_USAGE, "--kind says what the plugin is: one of %s%s%s%s", new_kinds,
                 m->wish->kind ? ", not \"" : "", m->wish->kind ? m->wish->kind : "", m->wish->kind ? "\"" : "");
  if (!name_is_good(m->wish->name, why, sizeof why)) return wrong(m, TOOL_USAGE, "\"%s\" %s", m->wish->name, why);
  if (!find_templates(templates))
    return wrong(m, TOOL_NO_SUCH_THING,
                 "the templates are not at \"%s\"; install the package hanse-dev, or say where they "
                 "are in HANSE_TEMPLATES",
                 templates);
  choose_values(m);
  int status = make_folder(m);
  if (status == TOOL_DONE) status = copy_all(m, templates, "every");
  return status == TOOL_DONE ? copy_all(m, templates, m->wish->kind) : status;
}

static void take_back(struct making *m) {
  for (size_t i = 0; i < m->count; i++)
    if (m->files[i]) unlink(m->files[i]);
  if (m->made_folder) rmdir(m->folder);
}

int new_run(const struct new_wish *wish, FILE *out) {
  struct making m = {.wish = wish, .folder = wish->folder ? wish->folder : wish->name};
  int status = make(&m);
  if (status == TOOL_DONE) {
    fprintf(out, "%s: a plugin of the kind %s, with its test. What comes next (README.md says more):\n", m.folder,
            wish->kind);
    fprintf(out, "  cmake -S %s -B %s/build && cmake --build %s/build && ctest --test-dir %s/build\n", m.folder,
            m.folder, m.folder, m.folder);
    fprintf(out, "  hanse-plugin %s %s/build/%s.so\n", m.holders[HOLDERS - 1].value, m.folder, wish->name);
  } else {
    take_back(&m);
    fprintf(stderr, "hanse-plugin: %s\n", m.why);
  }
  for (size_t i = 0; i < m.count; i++) free(m.files[i]);
  return status;
}
