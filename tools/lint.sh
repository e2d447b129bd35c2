#!/usr/bin/env bash
# What a reviewer would otherwise have to look for. Every finding is one line; exit status 0 only without findings.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit
findings=0
finding() {
  printf '%s\n' "$*"
  findings=$((findings + 1))
}
sources() { find "$@" -type f \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort; }

# Layout.
while read -r file; do
  finding "$file: not formatted (clang-format -i $file)"
done < <(sources contract router plugins sdk ctl tests | xargs -r clang-format --dry-run 2>&1 |
  sed -n 's/^\([^: ]*\):[0-9]*:[0-9]*: warning: .*/\1/p' | sort -u)

# Walls: a plugin sees <hanse/…> and its own folder, the contract's own side only itself, the core both,
# the sdk no core, and what it gives to others only <hanse/…>.
while IFS=: read -r file line text; do
  [[ $text == *"\"$(dirname "$file")/"* ]] && continue
  finding "$file:$line: a plugin may include only <hanse/…> and its own folder: $text"
done < <(sources plugins | xargs -r grep -nE '#[[:space:]]*include[[:space:]]*"[^"]*/' 2>/dev/null)
while IFS=: read -r file line text; do
  [[ $text =~ \"contract/ ]] && continue
  [[ $text =~ \"router/ && $file == router/* ]] || finding "$file:$line: the core may include only <hanse/…>, contract/ and router/, contract/ not the core: $text"
done < <(sources contract router | xargs -r grep -nE '#[[:space:]]*include[[:space:]]*"' 2>/dev/null)
while IFS=: read -r file line text; do
  finding "$file:$line: the sdk includes nothing of core and plugins: $text"
done < <(sources sdk | xargs -r grep -nE '#[[:space:]]*include.*(router|plugins)/' 2>/dev/null)
while IFS=: read -r file line text; do
  finding "$file:$line: what others are given includes <hanse/…> alone: $text"
done < <(sources sdk/include sdk/examples sdk/template | xargs -r grep -nE '#[[:space:]]*include[[:space:]]*"(contract|sdk|tests)/' 2>/dev/null)

# What is built for one version of the contract goes on with the next one.
while IFS= read -r line; do
  finding "$line"
done < <(tools/abi.sh check 2>&1)

# Tables whose keys remote parties choose need the keyed hash.
while read -r file; do
  finding "$file: include router/hash.h instead of <uthash.h>, or hash with a key yourself"
done < <(sources contract router plugins sdk ctl | grep -vE '^(router/hash|plugins/store/memory_hash|plugins/policy/keyed).h$' | xargs -r grep -lE '#[[:space:]]*include[[:space:]]*[<"]uthash.h' 2>/dev/null)

# Each header of the contract stands alone, for a plugin in C11 (worker.h: with POSIX) or C++17.
for header in sdk/include/hanse/*.h; do
  for compiler in "gcc -std=c11 -D_DEFAULT_SOURCE -xc -Wshadow -Wstrict-prototypes" "g++ -std=c++17 -xc++ -pedantic" \
    "clang -std=c11 -D_DEFAULT_SOURCE -xc -Wshadow" "clang++ -std=c++17 -xc++ -pedantic"; do
    # shellcheck disable=SC2086  # the words of the compiler are meant to be split
    echo "#include <hanse/$(basename "$header")>" |
      $compiler -Wall -Wextra -Werror -Isdk/include -fsyntax-only - || finding "$header: not clean for ${compiler%% *}"
  done
done

# One concept a file. A table may be longer when it says so: a comment `long because …` within its first 30 lines.
long_files() {
  sources contract router plugins sdk ctl
  find tools tests/lib -name '*.py' -o -name '*.sh'
}
while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 500 ] || head -n 30 "$file" | grep -q 'long because' || finding "$file: $lines lines (at most 500)"
done < <(long_files)

# Every requirement row names a test that exists and says that it shows the row.
if [ -f docs/requirements.md ]; then
  /usr/bin/python3 tools/requirements.py docs/requirements.md || findings=$((findings + 1))
fi

# Links between pages lead somewhere, and the code that they show stands in a file that is built.
/usr/bin/python3 tools/links.py || findings=$((findings + 1))
/usr/bin/python3 tools/excerpts.py || findings=$((findings + 1))

# Whoever comes from Lync finds each of its words.
/usr/bin/python3 tools/words.py || findings=$((findings + 1))

# Scripts.
mapfile -t scripts < <(printf '%s\n' dev .ci/run; find tools tests -name '*.sh' | sort; find packaging -name '*inst' -o -name '*rm')
shellcheck -x "${scripts[@]}" || finding "shellcheck found something"
for file in tests/lib/*.py tools/*.py; do
  /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" || finding "$file: does not parse"
done

# The project speaks of itself alone.
while IFS= read -r hit; do
  finding "$hit"
done < <(grep -rnE '/work/(main|shared)|\.\./shared/(design|anchors|requirements)|\b(XXX|FIXME|TODO)\b' --include='*' \
  dev README.md CONTRIBUTING.md CHANGELOG.md docs contract router plugins sdk ctl tests tools etc 2>/dev/null |
  grep -vE '^tools/lint.sh:|\.pyc|__pycache__|^Binary' | sed 's/$/   (does not belong here)/')

[ "$findings" -eq 0 ] && { echo "nothing found"; exit 0; }
printf '%d findings\n' "$findings"
exit 1
