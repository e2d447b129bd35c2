/* An allocator that fails when a test says so, for a whole process: to be preloaded. The file that HANSE_FAIL_FILE
   names is shared with the test, which says there how many allocations are left until one fails (struct failing).
   Libraries are included; whoever ignores a failure is found. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

struct failing {              /* as tests/faults/allocations.py has it */
  _Atomic long until_failure; /* 0 and less: none will fail; 1: the next */
  _Atomic long failed;        /* so many did */
  _Atomic long not_openssl;   /* its own are not counted: they are by far the most */
  _Atomic long fragile;       /* 0: those of libraries that do not survive it are not counted; 1: no others are */
};

/* glibc's own names. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *block, size_t n);

static struct failing *failing;
static struct { uintptr_t from, to; } openssl[2];

/* The code of libcrypto and libssl. */
static int find_code(struct dl_phdr_info *library, size_t size, void *count) {
  (void)size;
  int *found = count;
  if (*found == 2 || (!strstr(library->dlpi_name, "/libcrypto.so") && !strstr(library->dlpi_name, "/libssl.so")))
    return 0;
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &library->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
    openssl[*found].from = library->dlpi_addr + part->p_vaddr;
    openssl[(*found)++].to = library->dlpi_addr + part->p_vaddr + part->p_memsz;
    break;
  }
  return 0;
}

/* Before main, and the allocations of other libraries' constructors, which may come earlier, do not fail. */
__attribute__((constructor)) static void find(void) {
  const char *path = getenv("HANSE_FAIL_FILE");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof *failing, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  int found = 0;
  dl_iterate_phdr(find_code, &found);
  if (shared != MAP_FAILED) failing = shared;
}

static _Thread_local bool in_fragile;

/* In the place of functions of libconfig 1.5 and libunbound 1.17 within which allocations may not fail. */
void config_init(config_t *config) {
  void (*real)(config_t *) = (void (*)(config_t *))dlsym(RTLD_NEXT, "config_init");
  bool before = in_fragile; /* reading calls it as well */
  in_fragile = true;
  real(config);
  in_fragile = before;
}

int config_read_string(config_t *config, const char *text) {
  int (*real)(config_t *, const char *) = (int (*)(config_t *, const char *))dlsym(RTLD_NEXT, "config_read_string");
  in_fragile = true;
  int result = real(config, text);
  in_fragile = false;
  return result;
}

int ub_ctx_zone_remove(struct ub_ctx *context, const char *zone) {
  int (*real)(struct ub_ctx *, const char *) =
      (int (*)(struct ub_ctx *, const char *))dlsym(RTLD_NEXT, "ub_ctx_zone_remove");
  in_fragile = true;
  int result = real(context, zone);
  in_fragile = false;
  return result;
}

static bool is_openssl(const void *caller) {
  for (int i = 0; i < 2; i++)
    if ((uintptr_t)caller >= openssl[i].from && (uintptr_t)caller < openssl[i].to) return true;
  return false;
}

static bool fails(const void *caller) {
  if (!failing || atomic_load_explicit(&failing->until_failure, memory_order_relaxed) <= 0) return false;
  if (atomic_load_explicit(&failing->not_openssl, memory_order_relaxed) && is_openssl(caller)) return false;
  if (in_fragile != (atomic_load_explicit(&failing->fragile, memory_order_relaxed) == 1)) return false;
  if (atomic_fetch_sub(&failing->until_failure, 1) != 1) return false;
  atomic_fetch_add(&failing->failed, 1);
  errno = ENOMEM;
  return true;
}

void *malloc(size_t n) { return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n); }
void *calloc(size_t count, size_t n) { return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, n); }
void *realloc(void *block, size_t n) { return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, n); }
