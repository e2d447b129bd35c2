/* hanse: the daemon. Never forks; systemd, or whoever started it, restarts it. */
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/failure.h"
#include "router/become.h"
#include "router/claim.h"
#include "router/commands.h"
#include "router/generation.h"
#include "router/log.h"
#include "router/manual.h"
#include "router/reload.h"
#include "router/shutdown.h"
#include "router/systemd.h"
#include "router/watchdog.h"

#define EXIT_CONFIG 78 /* EX_CONFIG of sysexits.h: RestartPreventExitStatus of the unit */
#define EXIT_USAGE 2
#define INSTALLED_CONFIG "/etc/hanse/hanse.conf" /* of the service */
#define SERVICE_USER "hanse"

enum mode { RUN, CHECK, SHOW, MANUAL, FAILURES, SAMPLE };

struct arguments {
  const char *config;
  const char *plugins;
  const char *user_name; /* NULL: whoever runs this */
  uid_t user;            /* whose files are believed, besides root's */
  struct source_draft draft;
  enum mode mode;
};

static const char usage[] =
    "hanse [--config FILE] [--plugins DIR]     run; never forks\n"
    "hanse --check [--draft NAME=FILE]   say everything that is wrong with the configuration, and end\n"
    "hanse --show    print the effective configuration with the origin of every value\n"
    "hanse --sample  print a commented configuration with all defaults\n"
    "hanse --manual, --failures   print the pages of the manual that are made from tables\n"
    "hanse --version\n"
    "\n"
    "  --config FILE   default " INSTALLED_CONFIG
    "; conf.d beside it is read as well\n"
    "  --user NAME     with --check and --show: the user that the service runs as, whose files are believed, and whom\n"
    "                  root becomes to look; default " SERVICE_USER
    " when root looks at the default configuration\n"
    "  --draft NAME=FILE   with --check: as if conf.d/NAME held what FILE holds\n"
    "  --plugins DIR   where plugins lie; default the installed folder, or that of the build it is run from\n"
    "\n"
    "Exit status: 0 done, 2 usage, 78 the configuration is wrong, 1 anything else.\n";

/* ---- arguments ---- */

/* Run from a build folder, the plugins of that build are meant. */
static const char *build_modules(char buf[PATH_MAX]) {
  char self[PATH_MAX], path[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) return NULL;
  self[length] = '\0';
  char *slash = strrchr(self, '/');
  if (!slash) return NULL;
  *slash = '\0';
  if (snprintf(path, sizeof path, "%s/../modules", self) >= (int)sizeof path || !realpath(path, buf)) return NULL;
  return buf;
}

static int read_user(const char *name, uid_t *out) {
  const struct passwd *entry = getpwnam(name);
  if (!entry) {
    fprintf(stderr, "hanse: there is no user \"%s\"\n", name);
    return EXIT_USAGE;
  }
  *out = entry->pw_uid;
  return 0;
}

/* Cuts NAME=FILE in two. */
static int read_draft(char *text, struct source_draft *out) {
  char *equals = strchr(text, '=');
  size_t length = equals ? (size_t)(equals - text) : 0;
  if (length <= 5 || strncmp(equals - 5, ".conf", 5) != 0 || memchr(text, '/', length) || text[0] == '.') {
    fprintf(stderr, "hanse: --draft \"%s\": write NAME.conf=FILE, where NAME.conf is a name of conf.d\n", text);
    return EXIT_USAGE;
  }
  *equals = '\0';
  *out = (struct source_draft){text, equals + 1};
  return 0;
}

static int read_arguments(int argc, char **argv, struct arguments *out) {
  static const struct option options[] = {
      {"config", required_argument, NULL, 'c'}, {"plugins", required_argument, NULL, 'p'},
      {"user", required_argument, NULL, 'u'},   {"check", no_argument, NULL, 't'},
      {"draft", required_argument, NULL, 'd'},  {"show", no_argument, NULL, 's'},
      {"manual", no_argument, NULL, 'm'},       {"failures", no_argument, NULL, 'f'},
      {"sample", no_argument, NULL, 'e'},       {"version", no_argument, NULL, 'V'},
      {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
  *out = (struct arguments){.config = INSTALLED_CONFIG, .user = geteuid()};
  for (int c; (c = getopt_long(argc, argv, "c:p:u:thV", options, NULL)) != -1;) {
    switch (c) {
      case 'c':
        out->config = optarg;
        break;
      case 'p':
        out->plugins = optarg;
        break;
      case 'u':
        out->user_name = optarg;
        if (read_user(optarg, &out->user)) return EXIT_USAGE;
        break;
      case 't':
        out->mode = CHECK;
        break;
      case 'd':
        if (read_draft(optarg, &out->draft)) return EXIT_USAGE;
        break;
      case 's':
        out->mode = SHOW;
        break;
      case 'm':
        out->mode = MANUAL;
        break;
      case 'f':
        out->mode = FAILURES;
        break;
      case 'e':
        out->mode = SAMPLE;
        break;
      case 'V':
        printf("hanse %s, plugin ABI %u.%u\n", HANSE_VERSION, HANSE_ABI_MAJOR, HANSE_ABI_MINOR);
        exit(0);
      case 'h':
        fputs(usage, stdout);
        exit(0);
      default:
        return EXIT_USAGE;
    }
  }
  if (out->draft.name && out->mode != CHECK) {
    fputs("hanse: --draft is for --check alone: nothing runs from a draft\n", stderr);
    return EXIT_USAGE;
  }
  if (optind == argc) return 0;
  fprintf(stderr, "hanse: \"%s\" is no option; hanse --help lists them\n", argv[optind]);
  return EXIT_USAGE;
}

/* ---- signals ---- */

struct signals {
  ev_signal hangup, terminate, interrupt, user;
  struct router *router;
};

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events) {
  (void)loop, (void)events;
  struct signals *signals = w->data;
  if (reload_ask(signals->router->reload, NULL, NULL) != HANSE_OK)
    log_event(HANSE_ERROR, "reload", "reload.refused", "text=\"no memory\"");
}

static void on_terminate(struct ev_loop *loop, ev_signal *w, int events) {
  (void)loop, (void)events;
  struct signals *signals = w->data;
  shutdown_begin(signals->router, signals->router->draining); /* the second one does not wait */
}

static void on_user(struct ev_loop *loop, ev_signal *w, int events) {
  (void)loop, (void)w, (void)events;
  if (log_reopen() != HANSE_OK) log_event(HANSE_ERROR, "log", "log.reopen", "text=\"%s\"", "the file cannot be opened");
}

static void watch_signals(struct signals *signals, struct router *router) {
  struct ev_loop *loop = loop_ev(router->loop);
  signals->router = router;
  ev_signal_init(&signals->hangup, on_hangup, SIGHUP);
  ev_signal_init(&signals->terminate, on_terminate, SIGTERM);
  ev_signal_init(&signals->interrupt, on_terminate, SIGINT);
  ev_signal_init(&signals->user, on_user, SIGUSR1);
  ev_signal *all[] = {&signals->hangup, &signals->terminate, &signals->interrupt, &signals->user};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    all[i]->data = signals;
    ev_signal_start(loop, all[i]);
  }
}

/* ---- modes ---- */

static int check(struct router *router, const char *path) {
  struct problem_list problems;
  problem_list_init(&problems);
  int status = reload_check(router->reload, &problems);
  problem_list_print(&problems, stderr);
  if (status == HANSE_OK) printf("%s: the configuration is good\n", path);
  problem_list_clear(&problems);
  return status == HANSE_OK ? 0 : status == HANSE_NOMEM ? 1 : EXIT_CONFIG;
}

static int serve(struct router *router) {
  struct signals signals;
  struct hanse_problem problem = {0};
  char path[PATH_MAX];
  struct control_source source = commands_source(router);
  const struct settings *settings = router->now->settings;
  snprintf(path, sizeof path, "%s/control.sock", settings->run_dir.at);
  router->control = control_open(router->loop, router->timers, path, &source, &problem);
  if (!router->control) {
    fprintf(stderr, "hanse: %s\n", problem.text);
    return 1;
  }
  watch_signals(&signals, router);
  loop_watch(router->loop, watchdog_turn, watchdog_idle);
  watchdog_start(settings->limits.watchdog, settings->limits.watchdog_abort);
  log_event(HANSE_NOTICE, "router", "router.ready", "version=%s node=%.*s partners=%zu", HANSE_VERSION,
            HANSE_FMT(router->node.name), router->now->partners->partner_count);
  systemd_notify("READY=1\nSTATUS=running");
  loop_run(router->loop);
  watchdog_stop();
  control_close(router->control);
  log_event(HANSE_NOTICE, "router", "router.stopped", "accepted=%llu", (unsigned long long)*router->accepted);
  return 0;
}

static int run(struct router *router, uid_t user) {
  struct systemd_sockets handed;
  struct problem_list problems;
  problem_list_init(&problems);
  systemd_sockets_take(&handed);
  int status = reload_first(router->reload, &handed, user, &problems);
  problem_list_print(&problems, stderr);
  problem_list_clear(&problems);
  size_t unused = systemd_sockets_close(&handed);
  if (unused) log_event(HANSE_WARNING, "router", "sockets.unused", "count=%zu", unused);
  return status == HANSE_OK ? serve(router) : status == HANSE_INVALID ? EXIT_CONFIG : 1;
}

/* What plugins' options are is known once they are loaded, so --show and the manual take the path of --check. */
static int dispatch(struct router *router, const struct arguments *arguments) {
  switch (arguments->mode) {
    case CHECK:
      return check(router, arguments->config);
    case SHOW:
      return reload_show(router->reload, stdout) == HANSE_OK ? 0 : EXIT_CONFIG;
    default:
      return run(router, geteuid());
  }
}

/* Who only looks does so as the service: a key of root's that the service cannot read is a mistake, and a private copy
   of a plugin that root leaves in cache_dir would be in the service's way. */
static void look_as_service(struct arguments *arguments) {
  bool installed = !strcmp(arguments->config, INSTALLED_CONFIG);
  if (arguments->mode != CHECK && arguments->mode != SHOW) return;
  /* Who has not to know does not ask: glibc's look-up does not survive every lack of memory. */
  bool unnamed = !arguments->user_name && geteuid() == 0 && installed;
  const struct passwd *service = unnamed ? getpwnam(SERVICE_USER) : NULL;
  if (service) {
    arguments->user_name = SERVICE_USER;
    arguments->user = service->pw_uid;
  }
  if (arguments->user_name) become_user(arguments->user_name, arguments->config, installed);
}

int main(int argc, char **argv) {
  struct arguments arguments;
  char modules[PATH_MAX];
  int status = read_arguments(argc, argv, &arguments);
  if (status) return status;
  if (arguments.mode == FAILURES) return failure_manual(stdout), 0;
  if (arguments.mode == SAMPLE) return settings_sample(stdout), 0;
  look_as_service(&arguments);
  signal(SIGPIPE, SIG_IGN);
  watchdog_crash_report();
  umask(0077);
  mallopt(M_MMAP_THRESHOLD, 1 << 20); /* set, it does not grow: what a reload leaves goes back to the system */
  const char *plugins = arguments.plugins ? arguments.plugins : build_modules(modules);
  if (arguments.mode == MANUAL)
    return manual_write(plugins ? plugins : HANSE_MODULE_DIR, arguments.user, stdout) != HANSE_OK;
  struct prepare_request request = {
      .path = arguments.config, .draft = arguments.draft, .plugins = plugins, .user = arguments.user};
  struct router *router = router_new();
  if (router) router->reload = reload_new(router, &request);
  if (!router || !router->reload) {
    fputs("hanse: no memory to start\n", stderr);
    return 1;
  }
  status = dispatch(router, &arguments);
  reload_free(router->reload);
  router_free(router);
  log_close();
  return status;
}
