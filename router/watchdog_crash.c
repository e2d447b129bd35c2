/* The crash report: what runs here may call nothing that is not async-signal-safe (signal-safety(7)). */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "router/log.h"
#include "router/watchdog.h"

#define STACK_SIZE ((size_t)64 << 10) /* a stack overflow leaves no room on the stack itself */

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/* Read by the handler, written once before it is installed. */
static pthread_t loop_thread;

struct words {
  char text[512];
  size_t length;
};

static void add(struct words *words, const char *text) {
  for (; *text && words->length < sizeof words->text - 1; text++)
    words->text[words->length++] = *text >= 0x20 && *text < 0x7F ? *text : '?';
}

static void add_number(struct words *words, unsigned number) {
  char digits[12];
  size_t at = sizeof digits - 1;
  digits[at] = '\0';
  do digits[--at] = (char)('0' + number % 10);
  while (number /= 10);
  add(words, digits + at);
}

static void report(int number) {
  struct words words = {.length = 0};
  struct running now = watchdog_running();
  add(&words, "crash: signal ");
  add_number(&words, (unsigned)number);
  if (!pthread_equal(pthread_self(), loop_thread)) {
    add(&words, " on another thread than the loop's");
  } else if (now.who) {
    add(&words, " in module ");
    add(&words, now.who->module);
    add(&words, ", slot ");
    add(&words, now.slot ? now.slot : "-");
    add(&words, ", build ");
    add(&words, now.who->build);
  } else {
    add(&words, " in the core");
  }
  words.text[words.length++] = '\n';
  log_last_words(words.text, words.length);
}

/* The disposition is the default again (SA_RESETHAND), so the signal now ends the process, with a core dump where those
   are wanted. */
static void crashed(int number) {
  report(number);
  raise(number);
}

void watchdog_crash_report(void) {
  struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
  stack_t stack = {.ss_size = STACK_SIZE}, present;
  loop_thread = pthread_self();
  if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
    stack.ss_sp = malloc(STACK_SIZE); /* for the life of the process */
    if (stack.ss_sp) sigaltstack(&stack, NULL);
  }
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction now;
    if (sigaction(signals[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
      sigaction(signals[i], &action, NULL);
  }
}
