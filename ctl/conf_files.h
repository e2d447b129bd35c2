/* The files of a configuration as libconfig reads them: hanse.conf and conf.d beside it. What they mean is the router's
   to judge; here it is only looked for what stands in them. */
#ifndef CTL_CONF_FILES_H
#define CTL_CONF_FILES_H

#include <libconfig.h>

#include "ctl/status.h"

/* Called for each file, in the order of the router. `path` is of the file itself; a setting of an include knows its
 * own.
 */
typedef void conf_files_visit(void *argument, const config_t *config, const char *path);

/* CTL_DONE, or what ctl_fail returned: a file that cannot be read or has an error. */
int conf_files_read(const struct ctl_globals *globals, const char *config, conf_files_visit *visit, void *argument);

/* The member of a group as text; NULL: there is none. Borrowed. */
const char *conf_files_text(const config_setting_t *group, const char *name);

#endif
