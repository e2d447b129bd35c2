#include "router/become.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

static bool back_to_root(void) { return seteuid(0) == 0 && setegid(0) == 0 && setgroups(0, NULL) == 0; }

bool become_user(const char *name, const char *config, bool always) {
  const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
  if (!user || user->pw_uid == 0) return false;
  uid_t uid = user->pw_uid;
  gid_t gid = user->pw_gid;
  if (initgroups(name, gid) != 0 || setegid(gid) != 0 || seteuid(uid) != 0 ||
      (faccessat(AT_FDCWD, config, R_OK, AT_EACCESS) != 0 && !always)) {
    back_to_root();
    return false;
  }
  return seteuid(0) == 0 && setgid(gid) == 0 && setuid(uid) == 0;
}
