/* What the codec's tests share: an arena over malloc that notices every overrun under ASan, and message builders. */
#ifndef TEST_CODEC_H
#define TEST_CODEC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <hanse/arena.h>

#include "plugins/sip/edit.h"
#include "plugins/sip/frame.h"
#include "plugins/sip/list.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/reply.h"

static const struct sip_bounds test_bounds = {64 * 1024, 1024 * 1024};

/* Each allocation is a block of its own. `left` allocations succeed, the next fails; SIZE_MAX: all succeed. */
struct test_arena {
  struct hanse_arena arena;
  struct test_block {
    struct test_block *next;
    size_t pad;
  } * blocks;
  size_t left;
};

static inline void *test_more(struct hanse_arena *arena, size_t n) {
  struct test_arena *test = (struct test_arena *)(void *)arena;
  if (test->left == 0) return NULL;
  if (test->left != SIZE_MAX) test->left--;
  struct test_block *block = malloc(sizeof *block + n);
  if (!block) return NULL;
  block->next = test->blocks;
  test->blocks = block;
  return block + 1;
}

static inline void test_arena_init(struct test_arena *test, size_t left) {
  memset(test, 0, sizeof *test);
  test->arena.size = sizeof test->arena;
  test->arena.more = test_more;
  test->left = left;
}

static inline void test_arena_free(struct test_arena *test) {
  while (test->blocks) {
    struct test_block *block = test->blocks;
    test->blocks = block->next;
    free(block);
  }
}

/* A copy in a block of exactly its size, so that a read past the end is seen. */
static inline struct hanse_slice exact_copy(struct hanse_slice text) {
  char *copy = malloc(text.len ? text.len : 1);
  assert_non_null(copy);
  if (text.len) memcpy(copy, text.at, text.len);
  return hanse_slice(copy, text.len);
}

static inline void exact_free(struct hanse_slice text) { free((void *)(uintptr_t)text.at); }

#define assert_slice(slice, text) test_slice((slice), (text), __FILE__, __LINE__)

static inline void test_slice(struct hanse_slice got, const char *want, const char *file, int line) {
  if (hanse_same(got, hanse_text(want))) return;
  fprintf(stderr, "got '%.*s', want '%s'\n", HANSE_FMT(got), want);
  _fail(file, line);
}

/* A MESSAGE that lacks nothing; `extra` stands before Content-Type: whole lines with CRLF. */
#define TEST_HEAD(method, uri, via, from, to, cseq, extra)                                   \
  method " " uri " SIP/2.0\r\nVia: " via "\r\nMax-Forwards: 70\r\nFrom: " from "\r\nTo: " to \
         "\r\nCall-ID: own1@a.test\r\nCSeq: " cseq "\r\n" extra

#define TEST_VIA "SIP/2.0/TLS p.a.test:5061;branch=z9hG4bKown1"
#define TEST_FROM "<sip:alice@a.test>;tag=t1"
#define TEST_TO "<sip:bob@b.test>"
#define TEST_URI "sip:bob@b.test"
#define TEST_BODY "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
#define TEST_WITH(extra) TEST_HEAD("MESSAGE", TEST_URI, TEST_VIA, TEST_FROM, TEST_TO, "1 MESSAGE", extra) TEST_BODY
#define TEST_MESSAGE TEST_WITH("")

#endif
