/* Load for a SIP router between two TLS sides. It dials the router as the home server, is dialled by it as the
   partner's edge, and does what its standard input says, one answer in JSON to each line:

       links N        that many links to the router carry the traffic
       idle N         that many more are opened and carry nothing
       laps N W       N requests with W of them in flight; each is answered by the partner's side and checked
       beat N R       N requests, R of them each second, likewise
       hold N         N requests that the partner's side does not answer; they stay open in the router
       invite N       the same with INVITE
       quit

   Usage: load ROUTER:PORT NAME LISTEN:PORT HOME.pem PARTNER.pem CA.pem (PEM: certificate and key in one file). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define OPENING 64 /* handshakes under way at a time */

struct load {
  struct links links;
  struct laps *laps;
  char line[128];
  size_t line_length;
};

static void quoted(const char *text) {
  putchar('"');
  for (; *text; text++)
    if (*text == '"' || *text == '\\')
      printf("\\%c", *text);
    else
      putchar((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '.' : *text);
  putchar('"');
}

static void print_result(const struct laps_result *result) {
  printf(
      "{\"laps\": %u, \"good\": %u, \"refused\": %u, \"lost\": %u, \"wrong\": %u, \"delivered\": %u, "
      "\"twice\": %u, \"octets\": %u, \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"worst\": %.1f, "
      "\"gap\": %.1f, \"note\": ",
      result->laps, result->good, result->refused, result->lost, result->wrong, result->delivered, result->twice,
      result->octets, result->seconds, result->p50, result->p99, result->worst, result->gap);
  quoted(result->first_wrong);
  printf("}\n");
}

/* What an open link of that side speaks. */
static const char *cipher_of(const struct links *links, bool partner) {
  for (const struct link *link = links->all; link; link = link->next)
    if (link->open && link->partner == partner) return SSL_get_cipher_name(link->ssl);
  return "-";
}

/* Opens `count` links; those that carry traffic are remembered, the others are only kept. */
static void open_links(struct load *load, unsigned count, bool idle) {
  struct links *links = &load->links;
  unsigned before = links->opened, dialled = 0;
  struct link *last = NULL;
  while (links->opened - before + links->failed < count) {
    while (dialled < count && links->opening < OPENING) {
      last = link_dial(links);
      if (!last || (!idle && !laps_add_link(load->laps, last))) exit(1);
      dialled++;
    }
    if (!links_turn(links, 10000)) break;
  }
  for (int turns = 0; turns < 100000 && links_turn(links, 200); turns++) { /* what the router opens in turn */
  }
  printf("{\"opened\": %u, \"failed\": %u, \"accepted\": %u, \"lost\": %u, \"tls\": [\"%s\", \"%s\"]}\n",
         links->opened - before, links->failed, links->accepted, links->lost, cipher_of(links, false),
         cipher_of(links, true));
}

static bool obey(struct load *load, const char *line) {
  unsigned a = 0, b = 0;
  struct laps_result result;
  if (sscanf(line, "links %u", &a) == 1) {
    open_links(load, a, false);
  } else if (sscanf(line, "idle %u", &a) == 1) {
    open_links(load, a, true);
  } else if (sscanf(line, "laps %u %u", &a, &b) == 2 && a && b && b <= 0xfffff && laps_run(load->laps, a, b, &result)) {
    print_result(&result);
  } else if (sscanf(line, "beat %u %u", &a, &b) == 2 && a && b && b <= 10000 && laps_beat(load->laps, a, b, &result)) {
    print_result(&result);
  } else if (sscanf(line, "hold %u", &a) == 1 && a && a <= 0xfffff && laps_hold(load->laps, false, a, &result)) {
    print_result(&result);
  } else if (sscanf(line, "invite %u", &a) == 1 && a && a <= 0xfffff && laps_hold(load->laps, true, a, &result)) {
    print_result(&result);
  } else if (strncmp(line, "quit", 4) == 0) {
    return false;
  } else {
    printf("{\"error\": \"what is that, or are there no links yet?\"}\n");
  }
  fflush(stdout);
  return true;
}

/* The next command, while the links are served. false: there will be no more. */
static bool next_line(struct load *load) {
  for (;;) {
    links_turn(&load->links, -1);
    if (!load->links.stdin_ready) continue;
    load->links.stdin_ready = false;
    ssize_t n = read(STDIN_FILENO, load->line + load->line_length, sizeof load->line - 1 - load->line_length);
    if (n <= 0) return false;
    load->line_length += (size_t)n;
    load->line[load->line_length] = '\0';
    char *end = strchr(load->line, '\n');
    if (!end) continue;
    *end = '\0';
    load->line_length = 0; /* one command at a time: the next comes after the answer to this one */
    return true;
  }
}

int main(int argc, char **argv) {
  static struct load load;
  if (argc != 7) {
    fprintf(stderr, "usage: load ROUTER:PORT NAME LISTEN:PORT HOME.pem PARTNER.pem CA.pem\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  load.links.router = argv[1];
  load.links.router_name = argv[2];
  load.laps = laps_new(&load.links);
  if (!load.laps || !links_init(&load.links, argv[3], argv[4], argv[5], argv[6])) return 1;
  printf("{\"listening\": \"%s\"}\n", argv[3]);
  fflush(stdout);
  while (next_line(&load) && obey(&load, load.line)) {
  }
  links_free(&load.links);
  laps_free(load.laps);
  return 0;
}
