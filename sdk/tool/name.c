#include "sdk/tool/name.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 }; /* file names made of it, and a private copy's with a hash, stay far below 255 */

/* C11 §6.4.1, C++17, and what headers or compilers define as macros. */
static const char *const words_of_c[] = {
    "alignas",  "alignof", "and",      "asm",      "assert",   "auto",      "bool",      "break",     "case",
    "catch",    "char",    "class",    "complex",  "const",    "constexpr", "continue",  "decltype",  "default",
    "delete",   "do",      "double",   "else",     "enum",     "errno",     "explicit",  "export",    "extern",
    "false",    "float",   "for",      "friend",   "goto",     "i386",      "if",        "imaginary", "inline",
    "int",      "linux",   "long",     "main",     "mutable",  "namespace", "new",       "noexcept",  "noreturn",
    "not",      "nullptr", "offsetof", "operator", "or",       "private",   "protected", "public",    "register",
    "restrict", "return",  "short",    "signed",   "sizeof",   "static",    "stderr",    "stdin",     "stdout",
    "struct",   "switch",  "template", "this",     "throw",    "true",      "try",       "typedef",   "typeid",
    "typename", "typeof",  "union",    "unix",     "unsigned", "using",     "va_arg",    "virtual",   "void",
    "volatile", "wchar_t", "while",    "xor",      NULL};

/* The router's own plugins, which one of the same name would replace in their folder. */
static const char *const own_plugins[] = {"access", "archive",    "border",     "clearing",     "contacts",
                                          "direct", "disclaimer", "discovered", "domains",      "enhanced",
                                          "filter", "hosting",    "limits",     "memory",       "modality",
                                          "public", "sip",        "sqlite",     "verification", NULL};

static bool is_one_of(const char *name, const char *const *list) {
  for (; *list; list++)
    if (strcmp(*list, name) == 0) return true;
  return false;
}

static bool is_identifier(const char *name) {
  bool good = *name >= 'a' && *name <= 'z';
  for (; good && *name; name++) good = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '_';
  return good;
}

bool name_is_good(const char *name, char *why, size_t cap) {
  if (!is_identifier(name))
    snprintf(why, cap,
             "is no name for a plugin; begin with a lower-case letter and go on with those, digits and \"_\"");
  else if (strlen(name) > LONGEST)
    snprintf(why, cap, "is too long; at most %d letters", LONGEST);
  else if (is_one_of(name, own_plugins))
    snprintf(why, cap, "is a plugin of the router itself; choose another, such as \"my_%s\"", name);
  else if (is_one_of(name, words_of_c))
    snprintf(why, cap, "is a word of C; choose another, such as \"my_%s\"", name);
  else if (strncmp(name, "hanse", 5) == 0 || strncmp(name, "fake_", 5) == 0)
    snprintf(why, cap, "begins as names of the SDK do (hanse, fake_); choose another");
  else
    return true;
  return false;
}
