#include "sdk/tool/object.h"

#include <elf.h>
#include <link.h>

enum { STRINGS_MAX = 1 << 28 };

static bool copy(const struct object *object, uint64_t at, void *out, size_t n) {
  if (at > object->content.len || n > object->content.len - at) return false;
  memcpy(out, object->content.at + at, n);
  return true;
}

static struct hanse_slice piece(const struct object *object, uint64_t at, uint64_t n) {
  if (at > object->content.len || n > object->content.len - at || n > STRINGS_MAX) return hanse_slice("", 0);
  return hanse_slice(object->content.at + at, (size_t)n);
}

static const char *text_at(struct hanse_slice names, uint64_t at) {
  return at < names.len && memchr(names.at + at, '\0', names.len - at) ? names.at + at : NULL;
}

static ElfW(Ehdr) head_of(const struct object *object) {
  ElfW(Ehdr) head;
  memcpy(&head, object->content.at, sizeof head); /* shared_object_check saw that it is there */
  return head;
}

/* ---- what the loader reads ---- */

static void read_dynamic(struct object *object, uint64_t at, uint64_t size) {
  ElfW(Dyn) entry;
  for (uint64_t i = 0; i < size / sizeof entry && copy(object, at + i * sizeof entry, &entry, sizeof entry); i++) {
    if (entry.d_tag == DT_NULL) return;
    if (entry.d_tag == DT_BIND_NOW) object->bound_at_load = true;
    if (entry.d_tag == DT_TEXTREL) object->text_relocations = true;
    if (entry.d_tag == DT_FLAGS && entry.d_un.d_val & DF_BIND_NOW) object->bound_at_load = true;
    if (entry.d_tag == DT_FLAGS && entry.d_un.d_val & DF_TEXTREL) object->text_relocations = true;
    if (entry.d_tag == DT_FLAGS_1 && entry.d_un.d_val & DF_1_NOW) object->bound_at_load = true;
    if (entry.d_tag == DT_FLAGS_1 && entry.d_un.d_val & DF_1_NODELETE) object->never_unloaded = true;
  }
}

static void read_parts(struct object *object, const ElfW(Ehdr) * head) {
  ElfW(Phdr) part;
  for (size_t i = 0; i < head->e_phnum && copy(object, head->e_phoff + i * sizeof part, &part, sizeof part); i++) {
    if (part.p_type == PT_DYNAMIC) {
      read_dynamic(object, part.p_offset, part.p_filesz);
    } else if (part.p_type == PT_GNU_STACK) {
      object->stack_is_said = true;
      object->stack_executable = part.p_flags & PF_X;
    } else if (part.p_type == PT_GNU_RELRO) {
      object->relro_from = part.p_vaddr;
      object->relro_to = part.p_vaddr + part.p_memsz;
    }
  }
}

/* ---- sections ---- */

static bool header_at(const struct object *object, size_t index, ElfW(Shdr) * out) {
  ElfW(Ehdr) head = head_of(object);
  return index < head.e_shnum && head.e_shentsize == sizeof *out &&
         copy(object, head.e_shoff + index * sizeof *out, out, sizeof *out);
}

static struct object_table table_of(const struct object *object, const ElfW(Shdr) * header) {
  ElfW(Shdr) names;
  struct object_table table = {.at = header->sh_offset, .count = header->sh_size / sizeof(ElfW(Sym))};
  if (header->sh_entsize != sizeof(ElfW(Sym)) || !header_at(object, header->sh_link, &names) ||
      names.sh_type != SHT_STRTAB || piece(object, header->sh_offset, header->sh_size).len != header->sh_size)
    return (struct object_table){0};
  table.names = piece(object, names.sh_offset, names.sh_size);
  return table;
}

int object_read(struct object *object, struct hanse_slice content) {
  ElfW(Shdr) header;
  *object = (struct object){.content = content};
  if (content.len < sizeof(ElfW(Ehdr))) return HANSE_INVALID;
  ElfW(Ehdr) head = head_of(object);
  read_parts(object, &head);
  for (size_t i = 0; header_at(object, i, &header); i++) {
    if (header.sh_type == SHT_DYNSYM) object->dynamic_symbols = table_of(object, &header);
    if (header.sh_type == SHT_SYMTAB) object->all_symbols = table_of(object, &header);
  }
  return object->dynamic_symbols.count ? HANSE_OK : HANSE_INVALID;
}

size_t object_section_count(const struct object *object) { return head_of(object).e_shnum; }

bool object_section(const struct object *object, size_t index, struct object_section *out) {
  ElfW(Shdr) header, names;
  if (!header_at(object, index, &header)) return false;
  const char *name = header_at(object, head_of(object).e_shstrndx, &names)
                         ? text_at(piece(object, names.sh_offset, names.sh_size), header.sh_name)
                         : NULL;
  *out = (struct object_section){.name = name ? name : "",
                                 .address = header.sh_addr,
                                 .size = header.sh_size,
                                 .writable = header.sh_flags & SHF_WRITE,
                                 .in_memory = header.sh_flags & SHF_ALLOC,
                                 .thread_local = header.sh_flags & SHF_TLS};
  return true;
}

/* ---- symbols ---- */

bool object_symbol(const struct object *object, const struct object_table *table, uint64_t index,
                   struct object_symbol *out) {
  ElfW(Sym) symbol;
  if (index >= table->count || !copy(object, table->at + index * sizeof symbol, &symbol, sizeof symbol)) return false;
  const char *name = text_at(table->names, symbol.st_name);
  if (!name) return false;
  /* The macros of <elf.h> are the same for both word sizes. */
  *out = (struct object_symbol){.name = name,
                                .address = symbol.st_value,
                                .size = symbol.st_size,
                                .section = symbol.st_shndx,
                                .binding = ELF64_ST_BIND(symbol.st_info),
                                .type = ELF64_ST_TYPE(symbol.st_info),
                                .visibility = ELF64_ST_VISIBILITY(symbol.st_other)};
  return true;
}

bool object_exports(const struct object_symbol *symbol) {
  return symbol->section != SHN_UNDEF && symbol->binding != STB_LOCAL &&
         (symbol->visibility == STV_DEFAULT || symbol->visibility == STV_PROTECTED);
}
