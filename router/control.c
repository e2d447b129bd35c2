#include "router/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "router/control_answer.h"
#include "router/control_asker.h"
#include "router/log.h"

#define BACKLOG 16
#define GROUPS_MAX 65536 /* Linux's NGROUPS_MAX */

struct control {
  struct control_hub hub;
  int fd;
  ev_io watcher;
  struct hanse_timer pause; /* accepting rests: no descriptor is free */
  struct sockaddr_un address;
  dev_t device; /* of the socket that is ours */
  ino_t inode;
};

static void remove_own(const struct control *control) {
  struct stat status;
  if (lstat(control->address.sun_path, &status) == 0 && status.st_dev == control->device &&
      status.st_ino == control->inode)
    unlink(control->address.sun_path);
}

void control_close(struct control *control) {
  if (!control) return;
  ev_io_stop(loop_ev(control->hub.loop), &control->watcher);
  timers_stop(&control->pause);
  timers_owner_gone(control->hub.timers, control);
  control_hub_clear(&control->hub);
  remove_own(control);
  close(control->fd);
  free(control);
}

/* ---- who may ask ---- */

/* Its supplementary groups (socket(7), SO_PEERGROUPS). */
static bool peer_has_group(int fd, gid_t wanted) {
  gid_t few[64], *groups = few;
  socklen_t length = sizeof few;
  bool found = false;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0) {
    if (errno != ERANGE || length > GROUPS_MAX * sizeof(gid_t) || !(groups = malloc(length))) return false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0) length = 0;
  }
  for (size_t i = 0; i < length / sizeof(gid_t); i++) found = found || groups[i] == wanted;
  if (groups != few) free(groups);
  return found;
}

static bool peer_may_ask(int fd) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
  if (peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid()) return true;
  if (peer_has_group(fd, getegid())) return true;
  log_event(HANSE_WARNING, "control", "control.refused", "uid=%u gid=%u pid=%d", (unsigned)peer.uid, (unsigned)peer.gid,
            (int)peer.pid);
  return false;
}

static void pause_over(void *self, struct hanse_timer *timer) {
  struct control *control = self;
  (void)timer;
  ev_io_start(loop_ev(control->hub.loop), &control->watcher);
}

/* Without a free descriptor the caller stays in the backlog, and the socket would be readable for ever. */
static void accept_failed(struct control *control, int error) {
  if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM) return;
  struct hanse_timers *list = timers_list(control->hub.timers, control, HANSE_SECOND, NULL);
  if (!list) return;
  ev_io_stop(loop_ev(control->hub.loop), &control->watcher);
  timers_start(list, &control->pause, pause_over);
}

static void acceptable(struct ev_loop *ev, ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct control *control = watcher->data;
  int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return accept_failed(control, errno);
  if (!peer_may_ask(fd)) {
    control_answer_refusal(fd, HANSE_NOT_PERMITTED,
                           "not permitted; ask as root, as the router's user, or as a member of its group");
  } else if (control_asker_new(&control->hub, fd)) {
    return;
  } else {
    control_answer_refusal(fd, HANSE_NOT_DETERMINED, "too many ask at the same time; try again");
  }
  close(fd);
}

/* ---- opening ---- */

static bool problem_set(struct hanse_problem *problem, const char *path, const char *what) {
  problem->where = (struct hanse_where){NULL, 0};
  snprintf(problem->text, sizeof problem->text, "control socket %.200s: %s", path, what);
  return false;
}

/* Who may write to the folder could put a socket of his own there. */
static bool folder_is_ours(const char *path, struct hanse_problem *problem) {
  char folder[sizeof((struct sockaddr_un *)NULL)->sun_path];
  struct stat status;
  const char *slash = strrchr(path, '/');
  if (!slash) return problem_set(problem, path, "the path is not absolute; write the whole path");
  size_t length = slash == path ? 1 : (size_t)(slash - path);
  memcpy(folder, path, length);
  folder[length] = '\0';
  if (stat(folder, &status) != 0) return problem_set(problem, path, "its folder is missing or closed to us; create it");
  if (!S_ISDIR(status.st_mode)) return problem_set(problem, path, "what should be its folder is none");
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return problem_set(problem, path, "its folder belongs to another user; give it to the router's user");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) && !(status.st_mode & S_ISVTX))
    return problem_set(problem, path, "others may write to its folder; remove group and other write permission");
  return true;
}

/* A socket that nobody listens on is left over from a process that was killed. */
static bool remove_stale(const struct sockaddr_un *address, struct hanse_problem *problem) {
  struct stat status;
  if (lstat(address->sun_path, &status) != 0)
    return errno == ENOENT || problem_set(problem, address->sun_path, strerror(errno));
  if (!S_ISSOCK(status.st_mode))
    return problem_set(problem, address->sun_path, "something else has this name; remove it");
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return problem_set(problem, address->sun_path, strerror(errno));
  int result = connect(fd, (const struct sockaddr *)address, sizeof *address);
  bool dead = result != 0 && errno == ECONNREFUSED;
  close(fd);
  if (!dead)
    return problem_set(problem, address->sun_path, "another process answers there; stop it or use another run_dir");
  if (unlink(address->sun_path) == 0) return true;
  return problem_set(problem, address->sun_path, strerror(errno));
}

/* fchmod before bind gives the socket its mode at once, as far as the umask lets it; chmod adds the group. */
static bool listen_there(struct control *control, struct hanse_problem *problem) {
  const char *path = control->address.sun_path;
  struct stat status;
  if (fchmod(control->fd, 0600) != 0 ||
      bind(control->fd, (struct sockaddr *)&control->address, sizeof control->address) != 0)
    return problem_set(problem, path, strerror(errno));
  if (chmod(path, 0660) != 0 || lstat(path, &status) != 0 || listen(control->fd, BACKLOG) != 0) {
    problem_set(problem, path, strerror(errno));
    unlink(path);
    return false;
  }
  control->device = status.st_dev;
  control->inode = status.st_ino;
  return true;
}

struct control *control_open(struct loop *loop, struct timers *timers, const char *path,
                             const struct control_source *source, struct hanse_problem *problem) {
  struct control *control = calloc(1, sizeof *control);
  if (!control) return problem_set(problem, path, "no memory"), NULL;
  control->hub.loop = loop;
  control->hub.timers = timers;
  control->hub.source = *source;
  control_hub_init(&control->hub);
  control->address.sun_family = AF_UNIX;
  control->fd = -1;
  if (strlen(path) >= sizeof control->address.sun_path) {
    problem_set(problem, path, "the path has more than 107 octets; choose a shorter run_dir");
    goto out;
  }
  memcpy(control->address.sun_path, path, strlen(path) + 1);
  if (!folder_is_ours(path, problem) || !remove_stale(&control->address, problem)) goto out;
  control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (control->fd < 0) {
    problem_set(problem, path, strerror(errno));
    goto out;
  }
  if (!listen_there(control, problem)) goto out;
  ev_io_init(&control->watcher, acceptable, control->fd, EV_READ);
  control->watcher.data = control;
  ev_io_start(loop_ev(loop), &control->watcher);
  return control;
out:
  if (control->fd >= 0) close(control->fd);
  free(control);
  return NULL;
}

void control_owner_gone(struct control *control, void *owner) { control_hub_owner_gone(&control->hub, owner); }
