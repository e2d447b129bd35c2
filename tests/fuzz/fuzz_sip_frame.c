/* One stream, whole and in random cuts: the results must be the same. The first two octets choose the cuts and the
   bounds, the rest is the stream. */
#include "arena.h"
#include "plugins/sip/frame.h"

#define EVENTS_MAX 4096

/* What happened, with the keepalives between two messages added up. */
struct events {
  size_t at[EVENTS_MAX];
  unsigned count;
};

static void note(struct events *events, size_t value) {
  if (events->count < EVENTS_MAX) events->at[events->count++] = value;
}

static size_t next_step(uint32_t *seed, size_t most) {
  *seed = *seed * 1664525u + 1013904223u;
  size_t step = *seed >> 24;
  return step % 16 == 0 ? most : step % 7 + 1;
}

/* Hands the frame a copy of exactly what is there. */
static enum sip_frame_result look(struct sip_frame *frame, const struct sip_bounds *bounds, const uint8_t *at,
                                  size_t len) {
  char *copy = malloc(len + !len);
  if (!copy) abort();
  if (len) memcpy(copy, at, len);
  enum sip_frame_result result = sip_frame(frame, bounds, copy, len);
  free(copy);
  return result;
}

static void run(const uint8_t *data, size_t size, const struct sip_bounds *bounds, uint32_t seed,
                struct events *events) {
  struct sip_frame frame = {0};
  size_t at = 0, have = seed ? 0 : size, crlfs = 0, pings = 0;
  events->count = 0;
  for (;;) {
    enum sip_frame_result result = look(&frame, bounds, data + at, have - at);
    if (result == SIP_FRAME_KEEPALIVE) {
      FUZZ_RULE(frame.length == 2 * (size_t)frame.crlfs && frame.length && frame.length <= have - at);
      crlfs += frame.crlfs;
      pings += frame.pings;
      at += frame.length;
    } else if (result == SIP_FRAME_MESSAGE) {
      FUZZ_RULE(frame.length <= have - at && frame.head <= frame.length && frame.length <= bounds->message);
      note(events, crlfs);
      note(events, pings);
      note(events, frame.length);
      note(events, frame.head);
      at += frame.length;
      crlfs = pings = 0;
    } else if (result == SIP_FRAME_BAD || result == SIP_FRAME_NOT_SIP) {
      FUZZ_RULE(frame.problem && (result == SIP_FRAME_NOT_SIP || (frame.failure && frame.head <= have - at)));
      note(events, (size_t)result);
      note(events, result == SIP_FRAME_BAD ? (size_t)frame.failure : 0);
      note(events, result == SIP_FRAME_BAD ? frame.head : 0);
      break;
    } else if (have == size) {
      note(events, size - at);
      break;
    } else {
      size_t step = next_step(&seed, size - have);
      have += step < size - have ? step : size - have;
    }
  }
  note(events, crlfs);
  note(events, pings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct events whole, cut;
  if (size < 2) return 0;
  uint32_t seed = (uint32_t)data[0] * 257u + 1u;
  struct sip_bounds bounds = {data[1] & 1 ? 300 : 65536, data[1] & 2 ? 500 : 1048576};
  run(data + 2, size - 2, &bounds, 0, &whole);
  run(data + 2, size - 2, &bounds, seed, &cut);
  FUZZ_RULE(whole.count == cut.count);
  FUZZ_RULE(memcmp(whole.at, cut.at, whole.count * sizeof *whole.at) == 0);
  return 0;
}
