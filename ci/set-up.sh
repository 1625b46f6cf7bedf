# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Packages and build, for ./nospan and ci/test. Sourced; the sourcing script sets `root`, the checkout.
#
# Nothing here writes to standard output or reads standard input: both belong to the command that follows.

root=${root:?the sourcing script sets it}

# Ends the run as design section 9 says for an error: one line, exit 5.
fail() {
  printf 'nospan: %s\n' "$*" >&2
  exit 5
}

say() { printf 'nospan: %s\n' "$*" >&2; }

# The packages of the groups given, one a line.
packages_of() {
  local group package _
  while read -r group package _; do
    if [[ " $* " == *" $group "* ]]; then printf '%s\n' "$package"; fi
  done <"$root/ci/packages.txt"
}

# Of the packages given, those that are not installed, one a line.
missing_of() {
  # dpkg-query fails if it does not know one of them: that is an answer, not an error. One of them may bring
  # another along: nodejs from nodejs.org brings npm, and refuses Debian's.
  { dpkg-query -W -f '${Package} ${db:Status-Status} ${Provides}\n' "$@" 2>/dev/null || true; } | awk '
    BEGIN { for (i = 1; i < ARGC; i++) order[i] = ARGV[i]; count = ARGC; ARGC = 1 }
    $2 == "installed" {
      installed[$1] = 1
      for (i = 3; i <= NF; i++) { sub(/,$/, "", $i); installed[$i] = 1 }
    }
    END { for (i = 1; i < count; i++) if (!(order[i] in installed)) print order[i] }' "$@"
}

# Of the packages given, those that no source of this machine offers, one a line.
unavailable_of() {
  { apt-cache "${apt_sources[@]}" madison "$@" 2>/dev/null || true; } | awk '
    BEGIN { for (i = 1; i < ARGC; i++) order[i] = ARGV[i]; count = ARGC; ARGC = 1 }
    { offered[$1] = 1 }
    END { for (i = 1; i < count; i++) if (!(order[i] in offered)) print order[i] }' "$@"
}

# Runs apt-get as root, its output in $install_log. Waits up to two minutes for whoever holds a lock of apt or
# dpkg: DPkg::Lock::Timeout does so for dpkg's only.
apt_get() {
  local give_up=$((SECONDS + 120))
  until "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "${apt_sources[@]}" "$@" </dev/null >"$install_log" 2>&1 9>&-; do
    if ((SECONDS >= give_up)) || ! grep -q 'Could not get lock' "$install_log"; then return 1; fi
    sleep 2
  done
}

# linux-source-6.12 is in bookworm-security only, and a machine made by debootstrap does not list that suite. This
# adds it to `apt_sources`, on the mirror that the machine takes its packages from, for this run only: nothing in
# /etc changes. Fails if the mirror's name does not tell where it keeps the suite.
add_security_suite() {
  local codename targets mirror security_list=$root/build/security.list
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  targets=$(apt-get indextargets --format "\$(RELEASE) \$(REPO_URI)" 'Created-By: Packages' 2>/dev/null) || return 1
  if [[ -z $codename || $targets == *"$codename-security "* ]]; then return 1; fi
  mirror=$(awk -v codename="$codename" '$1 == codename && $2 ~ /\/debian\/$/ { print $2; exit }' <<<"$targets")
  if [[ -z $mirror ]]; then return 1; fi
  {
    if [[ -r /etc/apt/sources.list ]]; then cat /etc/apt/sources.list; fi
    printf '\ndeb %s-security/ %s-security main\n' "${mirror%/}" "$codename"
  } >"$security_list"
  apt_sources=(-o "Dir::Etc::SourceList=$security_list")
}

# Installs what is missing of the groups given. Without some kernel's sources nospan still works (--tree), so
# that a distribution that does not have them gets a line and no error.
install_packages() {
  local wanted missing unavailable kernels package updated=0 as_root=() apt_sources=()
  local install_log=$root/build/install.log
  if ! command -v dpkg-query >/dev/null; then return; fi  # not Debian: configuring says what it does not find
  mapfile -t wanted < <(packages_of "$@")
  mapfile -t missing < <(missing_of "${wanted[@]}")
  if ((${#missing[@]} == 0)); then return; fi

  if [[ $(id -u) != 0 ]]; then
    if ! sudo -n true </dev/null >/dev/null 2>&1; then
      fail "packages are missing, and this user may not install any; run: sudo apt-get install" \
        "--no-install-recommends ${missing[*]} (or set NOSPAN_NO_INSTALL=1 to go on without)"
    fi
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"

  # A failed update is no error yet: one broken source among several does not matter if the packages are there.
  if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
    apt_get update || true
    updated=1
  fi
  mapfile -t unavailable < <(unavailable_of "${missing[@]}")
  if ((${#unavailable[@]} && !updated)); then
    apt_get update || true
    updated=1
    mapfile -t unavailable < <(unavailable_of "${missing[@]}")
  fi
  if [[ " ${unavailable[*]} " == *" linux-source-"* ]] && add_security_suite; then
    say "taking ${unavailable[*]} from the security suite, for this installation only"
    apt_get update || true
    mapfile -t unavailable < <(unavailable_of "${missing[@]}")
  fi
  mapfile -t kernels < <(packages_of kernel)
  for package in "${unavailable[@]}"; do
    if [[ " ${kernels[*]} " != *" $package "* ]]; then
      fail "no package source of this machine has $package: $(first_error "$install_log")" \
        "(output of apt-get: $install_log)"
    fi
    say "no package source of this machine has $package: going on without it"
  done
  mapfile -t missing < <(
    for package in "${missing[@]}"; do
      if [[ " ${unavailable[*]} " != *" $package "* ]]; then printf '%s\n' "$package"; fi
    done
  )
  if ((${#missing[@]} == 0)); then return; fi

  if ! apt_get install --no-install-recommends -y "${missing[@]}"; then
    # Package lists that are days old name files that are gone from the mirror.
    if ((updated)) || ! apt_get update || ! apt_get install --no-install-recommends -y "${missing[@]}"; then
      fail "cannot install ${missing[*]}: $(first_error "$install_log") (output of apt-get: $install_log)"
    fi
  fi
}

# The first error in the output of a compiler, CMake, Ninja or apt-get, on one line.
first_error() {
  awk -v root="$root/" '
    function print_and_stop(text,   at) {
      while ((at = index(text, root)) > 0) text = substr(text, 1, at - 1) substr(text, at + length(root))
      gsub(/[ \t]+/, " ", text)
      print text
      done = 1
      exit
    }
    pending != "" && NF { pending = pending $0; next }  # the paragraph after "CMake Error at FILE:"
    pending != "" { print_and_stop(pending) }
    /^CMake Error/ { if (/:$/) { pending = $0; next } print_and_stop($0) }
    /error: |undefined reference/ && !/^ninja: / || /^E: / { print_and_stop($0) }
    !fallback && (/^FAILED: / || /^ninja: error/) { fallback = $0 }
    NF { last = $0 }
    END { if (!done) print_and_stop(pending != "" ? pending : fallback != "" ? fallback : last) }' "$1" 2>/dev/null
}

# Configures build/$1 if that was not done yet, or not with the solver although $2 is `solver`. A build folder that
# was copied or moved together with the checkout is configured from scratch: it names the old place.
configure() {
  local build=$root/build/$1 fresh=() options=()
  local cache=$build/CMakeCache.txt
  # Given explicitly: that LLVM and Z3 were not there when CMake first looked is what its cache remembers.
  if [[ ${2:-} == solver ]]; then options=(-DNOSPAN_SOLVER=ON); fi
  if [[ -f $build/build.ninja ]]; then
    if grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" 2>/dev/null; then
      if [[ ${2:-} != solver ]] || grep -q '^NOSPAN_SOLVER:[A-Z]*=ON$' "$cache"; then return; fi
      # What can be built without the solver still can if this fails: CMake would keep the option for good.
      cp -- "$cache" "$cache.without_solver"
      if cmake -S "$root" --preset "$1" "${options[@]}" </dev/null 9>&-; then
        rm -f -- "$cache.without_solver"
        return
      fi
      mv -f -- "$cache.without_solver" "$cache"
      return 1
    fi
    rm -f -- "$build/build.ninja"  # or it would be taken for a good one if configuring fails now
    fresh=(--fresh)
  fi
  cmake -S "$root" --preset "$1" "${fresh[@]}" "${options[@]}" </dev/null 9>&-
}

# Builds build/$1, or only the targets named after it.
build() {
  local preset=$1 jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
  shift
  cmake --build "$root/build/$preset" --parallel "$jobs" ${1:+--target "$@"} </dev/null 9>&-
}

# Copies standard input to the file $2, and tells a terminal how far Ninja is. $1: what is going on.
show_progress() {
  local line shown=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >&8
    if [[ $line == '['*/*']'* && -t 2 ]]; then
      printf '\r\033[Knospan: %s %s]' "$1" "${line%%]*}" >&2
      shown=1
    fi
  done 8>"$2"
  if ((shown)); then printf '\r\033[K' >&2; fi
}

# `solver` if the command line given needs the solver. The command is its first word that is no option.
solver_for() {
  local word
  for word in "$@"; do
    case $word in
      prove | claims | gate | mutate) echo solver ;;
      -*) continue ;;
    esac
    return
  done
}

configure_and_build_launcher() {
  configure release "$1" && build release nospan_cli
}

# What ./nospan does before it runs the command line given: packages, build, each only if something changed.
set_up_launcher() {
  local built=$root/build/release/cli/nospan lock=$root/build/.lock solver
  solver=$(solver_for "$@")
  if ! mkdir -p -- "$root/build" 2>/dev/null || ! { : >>"$lock"; } 2>/dev/null; then
    if [[ -x $built ]]; then return; fi  # someone else's checkout, built by its owner
    fail "cannot write to $root/build; clone the repository to a place of your own"
  fi
  # A subshell, so that the lock is gone before nospan runs.
  (
    if ! flock -n 9; then
      if [[ ! -x $built ]]; then say "waiting for another nospan that is building"; fi
      flock 9
    fi
    install_packages_once .packages run kernel
    if [[ $solver ]]; then install_packages_once .packages-prove prove; fi
    what=building
    if [[ ! -x $built ]]; then
      what='building (first run)'
      say "$what ..."
    fi
    if ! configure_and_build_launcher "$solver" 2>&1 | show_progress "$what" "$root/build/build.log"; then
      rm -f -- "$root/build/.packages" "$root/build/.packages-prove"  # someone may have removed a package: look again next time
      fail "building failed: $(first_error "$root/build/build.log") (output: $root/build/build.log)"
    fi
  ) 9>"$lock"
}

# Looks for missing packages when the list is newer than the last look, which the file build/$1 stands for.
install_packages_once() {
  local stamp=$root/build/$1
  shift
  if [[ ${NOSPAN_NO_INSTALL:-} == 1 || $stamp -nt $root/ci/packages.txt ]]; then return; fi
  install_packages "$@"
  : >"$stamp"
}
