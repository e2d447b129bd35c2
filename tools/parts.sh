# The parts of which tools/test.sh consists; sourced by it. Wants `logs` (a folder) and `chosen` (beginnings of names, an
# array; empty: all). Counts in `failed`, keeps what it printed in `rows`.
# shellcheck shell=bash disable=SC2154

rows=()
failed=0

is_chosen() {
  [ ${#chosen[@]} -eq 0 ] && return 0
  local one
  for one in "${chosen[@]}"; do [[ $1 == "$one"* ]] && return 0; done
  return 1
}

declare -A running

# Whoever interrupts the whole interrupts each part, which is a process group of its own. A second interruption does not
# wait for what the first one began. Where the whole was started deaf to interruptions (in the background of a script),
# so are its parts: they are terminated a while later.
interrupted() {
  local pid pids late
  trap - INT TERM
  mapfile -t pids <<<"$(jobs -p)" # also one that is not in `running` yet
  for pid in "${pids[@]}"; do kill -INT -- "-$pid" 2>/dev/null; done
  {
    sleep 3
    for pid in "${pids[@]}"; do kill -TERM -- "-$pid" 2>/dev/null; done
  } &
  late=$!
  wait "${pids[@]}" 2>/dev/null
  kill "$late" 2>/dev/null
  exit 130
}
trap interrupted INT TERM

log_of() { printf '%s/%s.log' "$logs" "${1//[^a-z0-9]/-}"; }

# timed NAME COMMAND…: writes down how long it took; whoever waits for it may come much later
timed() {
  local name=$1 status=0 since=$SECONDS
  shift
  "$@" || status=$?
  echo $((SECONDS - since)) >"$(log_of "$name").took"
  return "$status"
}

# begin NAME COMMAND…: runs it beside what follows, keeps its output
begin() {
  local name=$1
  shift
  is_chosen "$name" || return 0
  rm -f "$(log_of "$name").took"
  set -m # else it would ignore an interruption, as whatever runs in the background of a script
  timed "$name" "$@" >"$(log_of "$name")" 2>&1 </dev/null &
  running[$name]=$!
  set +m
}

# finish NAME: waits for it, remembers its row
finish() {
  local name=$1 status=0 log verdict note took
  [ -n "${running[$name]:-}" ] || return 0
  log=$(log_of "$name")
  printf '%-34s ' "$name"
  wait "${running[$name]}" || status=$?
  unset "running[$name]"
  took=$(cat "$log.took" 2>/dev/null || echo 0)
  note=$(grep -E '[0-9]+ passed, [0-9]+ failed|tests passed|tests failed' "$log" | tail -n 1)
  case $status in
    0) verdict=ok ;;
    77) verdict=SKIP note=$(tail -n 1 "$log") ;;
    *) verdict=FAIL failed=$((failed + 1)) ;;
  esac
  printf '%-5s %4d s  %s\n' "$verdict" "$took" "$note"
  if [ "$verdict" = FAIL ]; then
    printf -- '--- last lines of %s\n' "$log"
    tail -n 40 "$log"
    printf -- '---\n'
  fi
  rows+=("$(printf '%-34s %-5s %4d s  %s' "$name" "$verdict" "$took" "$note")")
}

part() {
  begin "$@"
  finish "$1"
}
