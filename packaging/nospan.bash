# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion of nospan's commands and options for bash. It asks the help of the nospan that is called, so that it
# always fits it.

# The words that come first on the lines of a section of a help text, "Subcommands:" or "Options:".
_nospan_section() {
  awk -v section="$1" '
    /^[A-Z].*:$/ { inside = ($0 == section); next }
    /^$/ { inside = 0 }
    inside && /^  [^ ]/ { count = split($1, names, ","); for (i = 1; i <= count; ++i) print names[i] }'
}

# The values that an option takes if they are a list: --page-shift TEXT:{12,16,both}=both
_nospan_values() {
  sed -nE "s/^ +(-[a-z],)?$1 [^ ]*\\{([^}]*)\\}.*/\\2/p" | tr ',' '\n'
}

_nospan() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local commands=() help values
  COMPREPLY=()
  # The command, and the command of the command: nospan corpus list
  local i
  for ((i = 1; i < COMP_CWORD && i <= 2; ++i)); do
    [[ ${COMP_WORDS[i]} == -* ]] && break
    if ((i == 2)) && [[ ${commands[0]} != corpus ]]; then break; fi
    commands+=("${COMP_WORDS[i]}")
  done
  help=$("$program" "${commands[@]}" --help 2> /dev/null) || return
  if [[ $before == --* ]]; then
    values=$(_nospan_values "$before" <<< "$help")
    if [[ $values ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
      return
    fi
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_nospan_section Options: <<< "$help")" -- "$word")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(_nospan_section Subcommands: <<< "$help")" -- "$word")
  # Without one of its own, bash completes names of files (-o default).
}

complete -o default -F _nospan nospan
