#include "ctl/clixml.h"

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACE "http://schemas.microsoft.com/powershell/2004/04"
#define TEXT_MAX ((size_t)1 << 20) /* of one value */

/* What an element is to us. */
enum kind {
  KIND_OBJECTS,    /* Objs: the root */
  KIND_OBJECT,     /* Obj */
  KIND_MEMBERS,    /* Props, MS: properties of the object around */
  KIND_LIST,       /* LST, IE, QUE, STK */
  KIND_DICTIONARY, /* DCT, with En: its values become properties */
  KIND_ENTRY,
  KIND_TYPES, /* TN */
  KIND_TYPE,  /* T */
  KIND_TEXT,  /* ToString */
  KIND_VALUE, /* S, B, I32, Nil, …: a value without inner ones */
  KIND_REFERENCE,
  KIND_TYPE_REFERENCE,
  KIND_UNKNOWN /* with all that is in it */
};

struct frame {
  enum kind kind;
  bool nil;
  char *name, *id; /* owned; NULL: none */
  json_t *value;   /* owned: what is gathered */
};

struct reading {
  XML_Parser parser;
  json_t *objects;     /* borrowed */
  json_t *ids, *types; /* id → value */
  struct frame stack[CLIXML_DEPTH_MAX];
  size_t depth, values;
  char *text; /* of the value that is open */
  size_t used, room;
  char *why;
  size_t cap;
};

/* ---- failing ---- */

static void fail(struct reading *r, const char *format, ...) HANSE_PRINTF(2, 3);
static void fail(struct reading *r, const char *format, ...) {
  char said[300];
  va_list arguments;
  if (r->why[0]) return;
  va_start(arguments, format);
  vsnprintf(said, sizeof said, format, arguments);
  va_end(arguments);
  snprintf(r->why, r->cap, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser), said);
  XML_StopParser(r->parser, XML_FALSE);
}

/* Whether there is such a value; none: no memory. */
static bool made(struct reading *r, const json_t *value) {
  if (!value) fail(r, "no memory for it");
  return value != NULL;
}

/* ---- values ---- */

const char *clixml_text(const json_t *value) {
  return json_string_value(json_is_object(value) ? json_object_get(value, "text") : value);
}

/* The code of "_xHHHH_". */
static bool escape_at(const char *at, unsigned *code) {
  if (at[0] != '_' || at[1] != 'x' || strspn(at + 2, "0123456789abcdefABCDEF") != 4 || at[6] != '_') return false;
  *code = (unsigned)strtoul((const char[]){at[2], at[3], at[4], at[5], '\0'}, NULL, 16);
  return true;
}

static char *put_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  }
  return to;
}

/* Seven octets become at most three, fourteen four. Half a surrogate pair and NUL become a question mark. */
void clixml_unescape(char *text) {
  char *to = text;
  while (*text) {
    unsigned code, low;
    if (!escape_at(text, &code)) {
      *to++ = *text++;
      continue;
    }
    text += 7;
    if (code >= 0xd800 && code < 0xdc00 && escape_at(text, &low) && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      text += 7;
    }
    to = put_utf8(to, code == 0 || (code >= 0xd800 && code < 0xe000) ? '?' : code);
  }
  *to = '\0';
}

/* What an object is to the one around: a list is the list, an enumeration its name, what has properties itself. */
static json_t *reduced(json_t *object) {
  json_t *list = json_object_get(object, "list"), *text = json_object_get(object, "text");
  json_t *value = json_object_get(object, "value");
  if (list) return list;
  if (json_object_size(json_object_get(object, "props")) > 0) return object;
  return text ? text : value ? value : object;
}

/* Gives a value, which is taken over, to the frame below the top one. */
static void deliver(struct reading *r, const char *name, json_t *value) {
  struct frame *around = r->depth >= 2 ? &r->stack[r->depth - 2] : NULL;
  int failed = 0;
  if (!made(r, value)) return;
  if (++r->values > CLIXML_VALUES_MAX) fail(r, "it has more than %d values", CLIXML_VALUES_MAX);
  enum kind kind = around ? around->kind : KIND_UNKNOWN;
  if (kind == KIND_MEMBERS && name)
    failed = json_object_set(around->value, name, value);
  else if (kind == KIND_LIST)
    failed = json_array_append(around->value, value);
  else if (kind == KIND_OBJECT)
    failed = json_object_set(around->value, "value", value);
  else if (kind == KIND_ENTRY && name)
    failed = json_object_set(around->value, name, value);
  json_decref(value);
  if (failed) fail(r, "no memory for it");
}

/* ---- elements ---- */

static const struct {
  const char *name;
  enum kind kind;
} elements[] = {{"Obj", KIND_OBJECT},    {"Props", KIND_MEMBERS},
                {"MS", KIND_MEMBERS},    {"LST", KIND_LIST},
                {"IE", KIND_LIST},       {"QUE", KIND_LIST},
                {"STK", KIND_LIST},      {"DCT", KIND_DICTIONARY},
                {"En", KIND_ENTRY},      {"TN", KIND_TYPES},
                {"T", KIND_TYPE},        {"ToString", KIND_TEXT},
                {"Ref", KIND_REFERENCE}, {"TNRef", KIND_TYPE_REFERENCE},
                {"S", KIND_VALUE},       {"B", KIND_VALUE},
                {"C", KIND_VALUE},       {"By", KIND_VALUE},
                {"SB", KIND_VALUE},      {"I16", KIND_VALUE},
                {"U16", KIND_VALUE},     {"I32", KIND_VALUE},
                {"U32", KIND_VALUE},     {"I64", KIND_VALUE},
                {"U64", KIND_VALUE},     {"Sg", KIND_VALUE},
                {"Db", KIND_VALUE},      {"D", KIND_VALUE},
                {"DT", KIND_VALUE},      {"TS", KIND_VALUE},
                {"G", KIND_VALUE},       {"URI", KIND_VALUE},
                {"Nil", KIND_VALUE},     {"Version", KIND_VALUE},
                {"SBK", KIND_VALUE},     {"XD", KIND_VALUE},
                {"BA", KIND_VALUE},      {"SS", KIND_VALUE}};

static enum kind kind_of(const char *name) {
  for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
    if (strcmp(elements[i].name, name) == 0) return elements[i].kind;
  return KIND_UNKNOWN;
}

/* Where each kind of element may stand; elsewhere it is left out with all that is in it. */
static bool fits(enum kind around, enum kind kind) {
  bool value = kind == KIND_VALUE || kind == KIND_OBJECT || kind == KIND_REFERENCE;
  switch (around) {
    case KIND_OBJECTS:
    case KIND_MEMBERS:
    case KIND_LIST:
    case KIND_ENTRY:
      return value;
    case KIND_OBJECT:
      return kind == KIND_VALUE || kind == KIND_MEMBERS || kind == KIND_LIST || kind == KIND_DICTIONARY ||
             kind == KIND_TYPES || kind == KIND_TEXT || kind == KIND_TYPE_REFERENCE;
    case KIND_DICTIONARY:
      return kind == KIND_ENTRY;
    case KIND_TYPES:
      return kind == KIND_TYPE;
    default:
      return false;
  }
}

static const char *attribute(const char **attributes, const char *name) {
  for (; *attributes; attributes += 2)
    if (strcmp(attributes[0], name) == 0) return attributes[1];
  return NULL;
}

/* What a new element gathers in; members go to the object's "props". NULL: nothing, or no memory. */
static json_t *gathers(const struct frame *around, enum kind kind) {
  switch (kind) {
    case KIND_OBJECT:
      return json_pack("{s:[],s:{}}", "type", "props");
    case KIND_MEMBERS:
    case KIND_DICTIONARY:
      return json_incref(json_object_get(around->value, "props"));
    case KIND_ENTRY:
      return json_object();
    case KIND_LIST:
    case KIND_TYPES:
      return json_array();
    default:
      return NULL;
  }
}

static void begin(void *data, const char *full, const char **attributes) {
  struct reading *r = data;
  if (r->why[0]) return; /* the parser may go on for a moment after it was stopped */
  const char *local = strncmp(full, NAMESPACE " ", sizeof NAMESPACE) == 0 ? full + sizeof NAMESPACE : "";
  struct frame *around = r->depth ? &r->stack[r->depth - 1] : NULL;
  enum kind kind = kind_of(local);
  if (!around && strcmp(local, "Objs") != 0) {
    fail(r, "this is not what Export-Clixml writes: no Objs of " NAMESPACE);
    return;
  }
  if (r->depth == CLIXML_DEPTH_MAX) {
    fail(r, "more than %d elements within each other", CLIXML_DEPTH_MAX);
    return;
  }
  if (!around)
    kind = KIND_OBJECTS;
  else if (!fits(around->kind, kind))
    kind = KIND_UNKNOWN;
  const char *name = attribute(attributes, "N"), *id = attribute(attributes, "RefId");
  r->stack[r->depth++] = (struct frame){.kind = kind,
                                        .nil = strcmp(local, "Nil") == 0,
                                        .name = name ? strdup(name) : NULL,
                                        .id = id ? strdup(id) : NULL,
                                        .value = gathers(around, kind)};
  struct frame *frame = &r->stack[r->depth - 1];
  if ((name && !frame->name) || (id && !frame->id)) fail(r, "no memory for it");
  if (frame->name) clixml_unescape(frame->name);
  r->used = 0;
}

static void text(void *data, const char *at, int length) {
  struct reading *r = data;
  if (r->why[0]) return;
  enum kind kind = r->depth ? r->stack[r->depth - 1].kind : KIND_UNKNOWN;
  if (kind != KIND_VALUE && kind != KIND_TYPE && kind != KIND_TEXT) return;
  size_t wanted = r->used + (size_t)length + 1;
  if (wanted > TEXT_MAX) {
    fail(r, "a value of more than %zu octets", TEXT_MAX);
    return;
  }
  if (wanted > r->room) {
    char *grown = realloc(r->text, wanted * 2);
    if (!grown) {
      fail(r, "no memory for it");
      return;
    }
    r->text = grown;
    r->room = wanted * 2;
  }
  memcpy(r->text + r->used, at, (size_t)length);
  r->used += (size_t)length;
}

static json_t *text_value(struct reading *r) {
  if (!r->used) return json_string("");
  r->text[r->used] = '\0';
  clixml_unescape(r->text);
  return json_string(r->text);
}

static void keep_type(struct reading *r, const char *id, json_t *types) {
  if (r->depth < 2 || !types) return;
  json_object_set(r->stack[r->depth - 2].value, "type", types);
  if (id) json_object_set(r->types, id, types);
}

static void end_object(struct reading *r, const struct frame *frame) {
  bool top = r->depth == 2;
  if (!made(r, frame->value)) return;
  json_t *value = top ? frame->value : reduced(frame->value);
  if (frame->id) json_object_set(r->ids, frame->id, value);
  if (top && json_array_append(r->objects, value) != 0) fail(r, "no memory for it");
  if (!top) deliver(r, frame->name, json_incref(value));
}

/* A dictionary's entry has a Key and a Value. */
static void end_entry(struct reading *r, const struct frame *frame) {
  const char *key = clixml_text(json_object_get(frame->value, "Key"));
  json_t *value = json_object_get(frame->value, "Value");
  if (r->depth >= 2 && key && value) json_object_set(r->stack[r->depth - 2].value, key, value);
}

static void end_value(struct reading *r, const struct frame *frame) {
  deliver(r, frame->name, frame->nil ? json_null() : text_value(r));
}

static bool is_flat(const json_t *list) {
  size_t i;
  json_t *item;
  json_array_foreach(list, i, item) {
    if (!json_is_string(item)) return false;
  }
  return json_is_array(list);
}

/* A text, or a list of texts. Of an object only what it says of itself: objects that hold others that hold others would
   be as deep as the file is long. */
static void end_reference(struct reading *r, const struct frame *frame) {
  json_t *value = frame->id ? json_object_get(r->ids, frame->id) : NULL;
  const char *said = clixml_text(value);
  deliver(r, frame->name, is_flat(value) ? json_incref(value) : said ? json_string(said) : json_null());
}

static void end(void *data, const char *name) {
  struct reading *r = data;
  (void)name;
  if (r->why[0] || !r->depth) return;
  struct frame *frame = &r->stack[r->depth - 1];
  if (frame->kind == KIND_OBJECT) end_object(r, frame);
  if (frame->kind == KIND_ENTRY) end_entry(r, frame);
  if (frame->kind == KIND_VALUE) end_value(r, frame);
  if (frame->kind == KIND_REFERENCE) end_reference(r, frame);
  if (frame->kind == KIND_TYPES) keep_type(r, frame->id, frame->value);
  if (frame->kind == KIND_TYPE_REFERENCE && frame->id) keep_type(r, NULL, json_object_get(r->types, frame->id));
  if (frame->kind == KIND_LIST && r->depth >= 2) json_object_set(r->stack[r->depth - 2].value, "list", frame->value);
  if (frame->kind == KIND_TYPE && r->depth >= 2) json_array_append_new(r->stack[r->depth - 2].value, text_value(r));
  if (frame->kind == KIND_TEXT && r->depth >= 2)
    json_object_set_new(r->stack[r->depth - 2].value, "text", text_value(r));
  free(frame->name);
  free(frame->id);
  json_decref(frame->value);
  r->depth--;
  r->used = 0;
}

static void no_doctype(void *data, const char *name, const char *system, const char *public, int internal) {
  (void)name, (void)system, (void)public, (void)internal;
  fail(data, "it has a DOCTYPE, which Export-Clixml never writes");
}

/* ---- a whole text ---- */

static void clear(struct reading *r) {
  while (r->depth) {
    struct frame *frame = &r->stack[--r->depth];
    free(frame->name);
    free(frame->id);
    json_decref(frame->value);
  }
  json_decref(r->ids);
  json_decref(r->types);
  free(r->text);
  XML_ParserFree(r->parser);
}

bool clixml_read(const char *octets, size_t length, json_t *objects, char *why, size_t cap) {
  struct reading *r = calloc(1, sizeof *r);
  why[0] = '\0';
  if (length > CLIXML_OCTETS_MAX) snprintf(why, cap, "it has more than %zu octets", CLIXML_OCTETS_MAX);
  if (r) *r = (struct reading){.objects = objects, .why = why, .cap = cap};
  if (r) r->parser = XML_ParserCreateNS(NULL, ' ');
  if (!r || !r->parser) snprintf(why, cap, "no memory for it");
  if (why[0]) {
    if (r) XML_ParserFree(r->parser);
    free(r);
    return false;
  }
  r->ids = json_object();
  r->types = json_object();
  XML_SetUserData(r->parser, r);
  XML_SetElementHandler(r->parser, begin, end);
  XML_SetCharacterDataHandler(r->parser, text);
  XML_SetStartDoctypeDeclHandler(r->parser, no_doctype);
  if (XML_Parse(r->parser, octets, (int)length, 1) != XML_STATUS_OK && !why[0])
    snprintf(why, cap, "line %lu: %s", (unsigned long)XML_GetCurrentLineNumber(r->parser),
             XML_ErrorString(XML_GetErrorCode(r->parser)));
  clear(r);
  free(r);
  return why[0] == '\0';
}
