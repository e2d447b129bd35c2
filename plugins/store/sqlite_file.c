#include "sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_APPLICATION 1752068965 /* "hnse": files of ours say so in their header */
#define STORE_SCHEMA 1               /* version of the tables below */
#define STORE_BUSY_MS 5000           /* another process, or our predecessor at a reload, writes */

/* ---- one number or word that the file says ---- */

static int sqlite_ask(sqlite3 *db, const char *sql, int64_t *number, char *text, size_t size) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (code == SQLITE_ROW && number) *number = sqlite3_column_int64(statement, 0);
  if (code == SQLITE_ROW && text)
    snprintf(text, size, "%s",
             sqlite3_column_text(statement, 0) ? (const char *)sqlite3_column_text(statement, 0) : "");
  sqlite3_finalize(statement);
  return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* ---- may it be used? ---- */

HANSE_PRINTF(3, 4)
static void refuse(struct sqlite_finding *finding, const char *path, const char *format, ...) {
  va_list arguments;
  finding->condition = STORE_FILE_REFUSED;
  size_t length = (size_t)snprintf(finding->text, sizeof finding->text, "%.150s: ", path);
  va_start(arguments, format);
  vsnprintf(finding->text + length, sizeof finding->text - length, format, arguments);
  va_end(arguments);
}

/* The file's first octets: SQLite says of anything else only that it is no database. */
static bool is_sqlite(int fd) {
  char magic[16];
  return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && !memcmp(magic, "SQLite format 3", 16);
}

static void examine_error(sqlite3 *db, int code, const char *path, struct sqlite_finding *finding) {
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    finding->condition = STORE_FILE_CORRUPT;
  } else if ((code & 0xff) != SQLITE_BUSY) {
    refuse(finding, path, "%s; correct that, or name another file with `path`", sqlite3_errmsg(db));
  }
}

static void examine_database(sqlite3 *db, const char *path, struct sqlite_finding *finding) {
  int64_t application = 0, version = 0, tables = 0;
  char check[64] = "ok";
  int code = sqlite_ask(db, "PRAGMA application_id", &application, NULL, 0);
  if (code == SQLITE_OK) code = sqlite_ask(db, "PRAGMA user_version", &version, NULL, 0);
  if (code == SQLITE_OK) code = sqlite_ask(db, "SELECT count(*) FROM sqlite_schema", &tables, NULL, 0);
  if (code == SQLITE_OK && application != STORE_APPLICATION && (application || tables))
    refuse(finding, path, "a database of another program; move it away, or name another file with `path`");
  else if (code == SQLITE_OK && version > STORE_SCHEMA)
    refuse(finding, path, "written by a newer version of this plugin; use that, or name another file with `path`");
  if (finding->condition != STORE_FILE_GOOD) return;
  if (code == SQLITE_OK) code = sqlite_ask(db, "PRAGMA quick_check(1)", NULL, check, sizeof check);
  if (code == SQLITE_OK && strcmp(check, "ok") != 0) finding->condition = STORE_FILE_CORRUPT;
  if (code != SQLITE_OK) examine_error(db, code, path, finding);
}

static void examine_file(int fd, const char *path, struct sqlite_finding *finding) {
  struct stat found;
  sqlite3 *db = NULL;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
    refuse(finding, path, "no regular file; name a file with `path`");
  } else if (found.st_size && !is_sqlite(fd)) {
    refuse(finding, path, "not a database of SQLite; move it away, or name another file with `path`");
  } else if (found.st_size) {
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) sqlite3_busy_timeout(db, STORE_BUSY_MS);
    if (code == SQLITE_OK)
      examine_database(db, path, finding);
    else
      examine_error(db, code, path, finding);
  }
  sqlite3_close(db);
}

static void examine_folder(const char *path, struct sqlite_finding *finding) {
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) == 0) return;
  refuse(finding, path, "cannot be made: %s; make the folder, for the router's own user", strerror(errno));
}

void sqlite_file_examine(const char *path, struct sqlite_finding *finding) {
  int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  finding->condition = STORE_FILE_GOOD;
  if (fd < 0 && errno == ENOENT) {
    examine_folder(path, finding);
  } else if (fd < 0) {
    refuse(finding, path, "cannot be written: %s; give it to the router's own user", strerror(errno));
  } else {
    examine_file(fd, path, finding);
    close(fd);
  }
}

bool sqlite_file_move_aside(const char *path, int64_t time, char *to, size_t size) {
  static const char *const beside[] = {"-wal", "-shm"};
  char from[PATH_MAX], name[PATH_MAX];
  snprintf(to, size, "%s.corrupt-%lld", path, (long long)time);
  for (int i = 0; i < 2; i++) { /* of the old file: SQLite would take them for the new one's */
    snprintf(from, sizeof from, "%s%s", path, beside[i]);
    snprintf(name, sizeof name, "%s%s", to, beside[i]);
    if (rename(from, name) != 0 && errno != ENOENT) return false;
  }
  return rename(path, to) == 0;
}

/* ---- opening ---- */

static const char sqlite_schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_size_limit=4194304;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS kept (space BLOB NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " expires INTEGER NOT NULL, PRIMARY KEY (space, key));"
    "CREATE INDEX IF NOT EXISTS kept_expires ON kept (expires) WHERE expires > 0;"
    "PRAGMA application_id=1752068965; PRAGMA user_version=1;"
    "COMMIT;";

static const char *const sqlite_statements[STORE_STATEMENTS] = {
    [STORE_FIND] = "SELECT value, expires FROM kept WHERE space = ?1 AND key = ?2",
    [STORE_WRITE] =
        "INSERT INTO kept (space, key, value, expires) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
    [STORE_REMOVE] = "DELETE FROM kept WHERE space = ?1 AND key = ?2",
    [STORE_SCAN] = "SELECT key, value, expires FROM kept WHERE space = ?1 AND key >= ?2 ORDER BY key",
    [STORE_PURGE] =
        "DELETE FROM kept WHERE rowid IN"
        " (SELECT rowid FROM kept WHERE expires > 0 AND expires <= ?1 LIMIT 1000)",
};

/* Its mode is ours, and so is that of the files beside it, which SQLite makes alike. */
static bool file_make(const char *path, char *why, size_t size) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool made = fd >= 0 && fchmod(fd, 0600) == 0;
  if (!made) snprintf(why, size, "%s", strerror(errno));
  if (fd >= 0) close(fd);
  return made;
}

void sqlite_file_close(struct sqlite_file *file) {
  for (int i = 0; i < STORE_STATEMENTS; i++) sqlite3_finalize(file->statements[i]);
  sqlite3_close(file->db);
  memset(file, 0, sizeof *file);
}

static int open_all(struct sqlite_file *file, const char *path) {
  int code = sqlite3_open_v2(path, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) sqlite3_extended_result_codes(file->db, 1);
  if (code == SQLITE_OK) code = sqlite3_busy_timeout(file->db, STORE_BUSY_MS);
  if (code == SQLITE_OK) code = sqlite3_exec(file->db, sqlite_schema, NULL, NULL, NULL);
  for (int i = 0; i < STORE_STATEMENTS && code == SQLITE_OK; i++)
    code =
        sqlite3_prepare_v3(file->db, sqlite_statements[i], -1, SQLITE_PREPARE_PERSISTENT, &file->statements[i], NULL);
  return code;
}

bool sqlite_file_open(struct sqlite_file *file, const char *path, char *why, size_t size) {
  if (!file_make(path, why, size)) return false;
  if (open_all(file, path) == SQLITE_OK) return true;
  snprintf(why, size, "%s", file->db ? sqlite3_errmsg(file->db) : "no memory");
  sqlite_file_close(file);
  return false;
}
