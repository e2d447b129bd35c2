#include "sdk/tool/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/shared_object.h"
#include "sdk/tool/described.h"
#include "sdk/tool/life.h"
#include "sdk/tool/linkage.h"
#include "sdk/tool/scarce.h"
#include "sdk/tool/slots.h"
#include "sdk/tool/status.h"
#include "sdk/tool/subject.h"

enum { FILE_MAX = 256 << 20, INPUT_MAX = 1 << 20 };

/* ---- files ---- */

/* A private copy in memory, so that it does not change while it is read. HANSE_OK: *out is to be freed. */
static int read_file(const char *path, size_t most, struct hanse_slice *out) {
  struct stat about;
  char *content = NULL;
  size_t have = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC), status = HANSE_FAIL;
  if (fd < 0 || fstat(fd, &about) != 0) goto out;
  if (!S_ISREG(about.st_mode) || about.st_size < 0 || (uint64_t)about.st_size > most) {
    errno = S_ISREG(about.st_mode) ? EFBIG : EINVAL;
    goto out;
  }
  content = (char *)malloc((size_t)about.st_size + 1);
  while (content && have < (size_t)about.st_size) {
    ssize_t n = read(fd, content + have, (size_t)about.st_size - have);
    if (n <= 0) break;
    have += (size_t)n;
  }
  if (!content) goto out;
  *out = hanse_slice(content, have);
  status = HANSE_OK;
out:
  if (fd >= 0) close(fd);
  return status;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
  (void)about, (void)kind, (void)place;
  return remove(path);
}

/* ---- subject ---- */

/* "path/NAME.so": the router looks for plugins by that name. False: the file has another ending. */
static bool name_of(const char *path, char name[NAME_MAX + 1]) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  size_t n = strlen(base);
  if (n < 4 || n > NAME_MAX || strcmp(base + n - 3, ".so") != 0) return false;
  snprintf(name, NAME_MAX + 1, "%.*s", (int)(n - 3), base);
  return true;
}

static bool make_folder(char folder[PATH_MAX]) {
  const char *base = getenv("TMPDIR");
  int n = snprintf(folder, PATH_MAX, "%s/hanse-plugin-XXXXXX", base && base[0] ? base : "/tmp");
  return n > 0 && n < PATH_MAX && mkdtemp(folder);
}

static struct subject *subject_new(const struct check_wish *wish) {
  struct subject *subject =
      (struct subject *)mmap(NULL, sizeof *subject, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (subject == MAP_FAILED) return NULL;
  subject->settings = wish->settings;
  subject->entry = wish->entry;
  subject->seconds = wish->seconds;
  if (make_folder(subject->folder)) return subject;
  munmap(subject, sizeof *subject);
  return NULL;
}

static void subject_free(struct subject *subject) {
  free((char *)(uintptr_t)subject->object.content.at);
  free((char *)(uintptr_t)subject->input.at);
  nftw(subject->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  munmap(subject, sizeof *subject);
}

/* ---- the points ---- */

/* As a file, before any of its code runs. False: it cannot be loaded. */
static bool check_file(struct subject *subject, struct report *report) {
  char why[320];
  struct hanse_slice content = subject->object.content;
  if (shared_object_check(content, why, sizeof why) != HANSE_OK) {
    report_add(report, REPORT_WRONG, "file", "%s", why);
    return false;
  }
  if (object_read(&subject->object, content) != HANSE_OK) {
    report_add(report, REPORT_WRONG, "file",
               "has no table of symbols that can be read; build it again, and strip it with "
               "strip(1) only");
    return false;
  }
  report_add(report, REPORT_OK, "file", "a whole shared object of %zu octets", content.len);
  linkage_check(&subject->object, report);
  return true;
}

static void check_slots(struct subject *subject, struct report *report) {
  for (size_t i = 0; i < subject->offers; i++) {
    struct slots_of slots = {subject, i};
    trial_run(report, "slots", subject->seconds, slots_check, &slots);
  }
}

static void check_code(struct subject *subject, struct report *report) {
  if (!trial_run(report, "loading", subject->seconds, described_check, subject) || !subject->described) return;
  if (subject->required[0] && !subject->settings) {
    report_add(report, REPORT_NOT_RUN, "lifecycle and slots",
               "\"%s\" must be set; give settings as in a configuration block: --settings '%s = …;'", subject->required,
               subject->required);
    return;
  }
  trial_run(report, "lifecycle", subject->seconds, life_check, subject);
  if (subject->lives) {
#if !defined(HANSE_SANITIZED) /* a sanitizer's own start of a thread does not survive it */
    trial_run(report, "without memory", subject->seconds, scarce_check, subject);
#endif
    check_slots(subject, report);
  }
  if (!subject->lives && subject->offers)
    report_add(report, REPORT_NOT_RUN, "slots", "no instance began to live; see above");
}

static int fail(int status, const char *file, const char *what) {
  fprintf(stderr, "hanse-plugin: %s: %s\n", file, what);
  return status;
}

int check_run(const struct check_wish *wish, FILE *out) {
  struct report report;
  char name[NAME_MAX + 1];
  int status = TOOL_NOT_DETERMINED;
  if (!name_of(wish->file, name)) return fail(TOOL_USAGE, wish->file, "a plugin's file is called NAME.so");
  struct subject *subject = subject_new(wish);
  if (!subject) return fail(TOOL_NOT_DETERMINED, "a folder for what it keeps", strerror(errno));
  if (!report_init(&report, wish->json, out)) goto out;
  snprintf(subject->name, sizeof subject->name, "%s", name);
  if (!realpath(wish->file, subject->path) ||
      read_file(subject->path, FILE_MAX, &subject->object.content) != HANSE_OK) {
    status = fail(errno == ENOENT ? TOOL_NO_SUCH_THING : TOOL_NOT_DETERMINED, wish->file, strerror(errno));
  } else if (wish->input && read_file(wish->input, INPUT_MAX, &subject->input) != HANSE_OK) {
    status = fail(errno == ENOENT ? TOOL_NO_SUCH_THING : TOOL_NOT_DETERMINED, wish->input, strerror(errno));
  } else {
    if (check_file(subject, &report)) check_code(subject, &report);
    status = report_end(&report, wish->file);
  }
  report_clear(&report);
out:
  subject_free(subject);
  return status;
}
