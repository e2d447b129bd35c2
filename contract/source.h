/* The text of a configuration: hanse.conf and conf.d/<name>.conf beside it, each parsed by libconfig into a tree of its
   own. Includes are expanded here, because libconfig 1.5 neither resolves them beside the file that names them nor says
   which one it could not open. */
#ifndef CONTRACT_SOURCE_H
#define CONTRACT_SOURCE_H

#include <libconfig.h>
#include <sys/types.h>

#include "contract/option_pool.h"
#include "contract/problem.h"

#define SOURCE_MAX ((size_t)64 << 20) /* bytes of one file with its includes */
#define SOURCE_DEPTH 8                /* includes within includes */
#define SOURCE_FILES 10000            /* files of conf.d, and includes of one file */

struct source;

struct source_set {
  struct source **items; /* owned; in the order in which they were read */
  size_t count, capacity;
  struct option_pool pool; /* names and folders */
};

void source_set_init(struct source_set *set);
void source_set_clear(struct source_set *set);

/* A file of conf.d as it is to be: what `path` holds is read as if conf.d/`name` held it, whether that is there or not.
   Relative paths in it are those of the folder of `path`. */
struct source_draft {
  const char *name, *path; /* NULL: none */
};

/* Reads `path` and conf.d beside it, with the draft (which may be NULL) in its place. Whatever is wrong goes to
   `problems`; files that do not parse are left out of the set, so that the others can still be judged. HANSE_OK or
   HANSE_NOMEM. */
int source_set_read(struct source_set *set, const char *path, const struct source_draft *draft, uid_t user,
                    struct problem_list *problems);
/* One text that has no file (for tests and fuzzing); it may not include anything. Its relative paths are of `folder`.
 */
int source_set_read_text(struct source_set *set, struct hanse_slice text, const char *name, const char *folder,
                         struct problem_list *problems);

/* The root group of one file. */
const config_setting_t *source_root(const struct source *source);

/* Where a setting of any tree was written, and the absolute folder of that file. Both live as long as the set. */
struct hanse_where source_where(const config_setting_t *setting);
const char *source_folder(const config_setting_t *setting);

#endif
