#include "contract/shared_object.h"

#include <elf.h>
#include <link.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_ORDER ELFDATA2LSB
#else
#define OUR_ORDER ELFDATA2MSB
#endif
#define OUR_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

/* Does [at, at + length) lie within the file? */
static bool within(struct hanse_slice content, uint64_t at, uint64_t length) {
  return at <= content.len && length <= content.len - at;
}

static bool is_ours(const ElfW(Ehdr) * head) {
  return !memcmp(head->e_ident, ELFMAG, SELFMAG) && head->e_ident[EI_CLASS] == OUR_CLASS &&
         head->e_ident[EI_DATA] == OUR_ORDER && head->e_type == ET_DYN && head->e_phentsize == sizeof(ElfW(Phdr));
}

/* All that is mapped lies within the file, and so do the section headers, which linkers write last. */
static bool is_whole(struct hanse_slice content, const ElfW(Ehdr) * head) {
  if (!within(content, head->e_phoff, (uint64_t)head->e_phnum * sizeof(ElfW(Phdr)))) return false;
  for (size_t i = 0; i < head->e_phnum; i++) {
    ElfW(Phdr) part;
    memcpy(&part, content.at + head->e_phoff + i * sizeof part, sizeof part);
    if (!within(content, part.p_offset, part.p_filesz)) return false;
  }
  return within(content, head->e_shoff, (uint64_t)head->e_shnum * head->e_shentsize);
}

int shared_object_check(struct hanse_slice content, char *why, size_t cap) {
  ElfW(Ehdr) head;
  if (content.len >= sizeof head) memcpy(&head, content.at, sizeof head);
  if (content.len < sizeof head || !is_ours(&head)) {
    snprintf(why, cap, "is no shared object for this machine; build it again");
  } else if (!is_whole(content, &head)) {
    snprintf(why, cap, "is cut off after %zu octets; copy it again, to another name in that folder first", content.len);
  } else {
    return HANSE_OK;
  }
  return HANSE_INVALID;
}

const char *shared_object_cure(const char *why) {
  return strstr(why, "undefined symbol")     ? "link it with -Wl,-z,defs to find what is missing"
         : strstr(why, "cannot open shared") ? "install the library that it needs"
         : strstr(why, "Operation not permitted") || strstr(why, "failed to map")
             ? "cache_dir must lie on a file system that allows execution (no noexec)"
             : "build it again";
}
