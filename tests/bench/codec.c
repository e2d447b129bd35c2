/* What the codec costs: nanoseconds for framing, parsing and writing one message of typical size. Numbers for reading,
   not a test: build with -O2 (CMAKE_BUILD_TYPE=Release). `bench_codec short` takes a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/frame.h"
#include "plugins/sip/list.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/reply.h"

#define ROUNDS 2000
#define REPEATS 300
#define REPEATS_SHORT 40

static const char message_text[] =
    "MESSAGE sip:bob@partner.example SIP/2.0\r\n"
    "Via: SIP/2.0/TLS edge.home.example:5061;branch=z9hG4bK7d1f0c2a9b3e4d5f60718293;alias\r\n"
    "Max-Forwards: 69\r\n"
    "Route: <sip:edge.partner.example:5061;transport=tls;lr>\r\n"
    "From: \"Alice Example\" <sip:alice@home.example>;tag=8c1b2f7a;epid=0a1b2c3d4e\r\n"
    "To: <sip:bob@partner.example>\r\n"
    "Call-ID: 5f1e7a90c4b84d0d9a66c0ffee000001\r\n"
    "CSeq: 1 MESSAGE\r\n"
    "User-Agent: Example/1.0 (workstation)\r\n"
    "P-Asserted-Identity: <sip:alice@home.example>\r\n"
    "Content-Type: text/plain;charset=UTF-8\r\n"
    "Content-Length: 44\r\n"
    "\r\n"
    "The ships from Visby have come in this noon.";

static const struct sip_bounds bounds = {65536, 1048576};

static void *no_more(struct hanse_arena *arena, size_t n) {
  (void)arena, (void)n;
  return NULL;
}

/* Each takes the octets and returns a number that depends on the work, so that none of it is left out. */
static size_t run_frame(struct hanse_slice text, struct hanse_arena *arena, char *out) {
  struct sip_frame frame = {0};
  (void)arena, (void)out;
  return sip_frame(&frame, &bounds, text.at, text.len) == SIP_FRAME_MESSAGE ? frame.length : 0;
}

static size_t run_parse(struct hanse_slice text, struct hanse_arena *arena, char *out) {
  struct sip_message message;
  (void)out;
  return sip_message_parse(arena, text, &message) == HANSE_F_NONE ? message.count : 0;
}

static size_t write_edited(const struct sip_message *message, struct hanse_arena *arena, char *out) {
  struct sip_edits edits;
  if (sip_edits_init(&edits, arena, message)) return 0;
  int status = sip_edit_top(&edits, HANSE_LIT("Record-Route"), HANSE_LIT("<sip:k1.AAAAAAAA@edge.example:5061;lr>"));
  status |= sip_edit_top(&edits, HANSE_LIT("Via"),
                         HANSE_LIT("SIP/2.0/TLS edge.example:5061;branch=z9hG4bKn1.2.3.0123456789abcdef"));
  status |= sip_edit_value(&edits, message->first[SIP_H_MAX_FORWARDS], HANSE_LIT("68"));
  status |= sip_edit_drop_entries(&edits, message->first[SIP_H_ROUTE], 1);
  status |= sip_edit_delete(&edits, message->first[SIP_H_P_ASSERTED_IDENTITY]);
  status |= sip_edit_replace(&edits, message->via.text, message->via.text);
  if (status) return 0;
  return sip_edit_write(&edits, out);
}

static struct sip_message parsed;

static size_t run_write(struct hanse_slice text, struct hanse_arena *arena, char *out) {
  (void)text;
  return write_edited(&parsed, arena, out);
}

static size_t run_reply(struct hanse_slice text, struct hanse_arena *arena, char *out) {
  struct sip_reply reply = {.status = 202, .to_tag = HANSE_LIT("9f8e7d6c")};
  (void)text, (void)arena;
  return sip_reply_write(&parsed, &reply, out);
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef size_t work(struct hanse_slice text, struct hanse_arena *arena, char *out);

/* The best of some repeats: the rest is the machine's. */
static void measure(const char *name, work *run, struct hanse_slice text, int repeats) {
  static char room[65536], out[65536];
  double best = 1e18;
  size_t sum = 0;
  for (int i = 0; i < repeats; i++) {
    double start = now_ns();
    for (int n = 0; n < ROUNDS; n++) {
      struct hanse_arena arena = {sizeof arena, 0, room, room + sizeof room, no_more};
      sum += run(text, &arena, out);
    }
    double each = (now_ns() - start) / ROUNDS;
    if (each < best) best = each;
  }
  printf("%-12s %8.1f ns  %5.2f ns/octet\n", name, best, best / (double)text.len);
  if (sum == 0) {
    fprintf(stderr, "%s did not work\n", name);
    exit(1);
  }
}

int main(int argc, char **argv) {
  int repeats = argc > 1 && !strcmp(argv[1], "short") ? REPEATS_SHORT : REPEATS;
  struct hanse_slice text = HANSE_LIT(message_text);
  static char room[65536];
  struct hanse_arena arena = {sizeof arena, 0, room, room + sizeof room, no_more};
  if (sip_message_parse(&arena, text, &parsed) != HANSE_F_NONE) {
    fprintf(stderr, "the message does not parse: %s\n", parsed.problem);
    return 1;
  }
  printf("message of %zu octets, %u headers\n", text.len, parsed.count);
  measure("frame", run_frame, text, repeats);
  measure("parse", run_parse, text, repeats);
  measure("edit+write", run_write, text, repeats);
  measure("reply", run_reply, text, repeats);
  return 0;
}
