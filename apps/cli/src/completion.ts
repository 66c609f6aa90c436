export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof SHELLS)[number]

/** A verb with what may follow it. */
export interface Verb {
  /** Words from the start, such as `job log`; empty for the command itself. */
  readonly path: string
  readonly verbs: readonly { readonly name: string; readonly description: string }[]
  /** Long options. */
  readonly options: readonly string[]
}

/** Returns a script that completes verbs and options in a shell. Everything in it is known: it asks no server. */
export function completionScript(shell: Shell, verbs: readonly Verb[]): string {
  if (shell === 'bash') return bash(verbs)
  if (shell === 'zsh') return zsh(verbs)
  return shell === 'fish' ? fish(verbs) : powershell(verbs)
}

const wordsOf = ({ verbs, options }: Verb): string => [...verbs.map(({ name }) => name), ...options].join(' ')

/** The longest path comes first, because what follows it may be arguments. */
const byDepth = (verbs: readonly Verb[]): readonly Verb[] =>
  [...verbs].sort((a, b) => b.path.split(' ').filter(Boolean).length - a.path.split(' ').filter(Boolean).length)

const cases = (verbs: readonly Verb[]): string =>
  byDepth(verbs)
    .map((verb) => `    ${verb.path === '' ? '*' : `"${verb.path} "*`}) choices="${wordsOf(verb)}" ;;`)
    .join('\n')

const bash = (
  verbs: readonly Verb[],
): string => `# yardmaster completion bash > ~/.local/share/bash-completion/completions/yardmaster
_yardmaster() {
  local path="" word choices
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="$path$word "
  done
  case "$path" in
${cases(verbs)}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _yardmaster yardmaster
`

const zsh = (verbs: readonly Verb[]): string => `#compdef yardmaster
# yardmaster completion zsh > "\${fpath[1]}/_yardmaster"
_yardmaster() {
  local path_so_far="" word choices
  for word in "\${words[@]:1:$((CURRENT-2))}"; do
    [[ $word == -* ]] || path_so_far="$path_so_far$word "
  done
  case "$path_so_far" in
${cases(verbs)}
  esac
  compadd -- \${=choices}
}
compdef _yardmaster yardmaster
`

const fish = (verbs: readonly Verb[]): string => {
  const lines = verbs.flatMap(({ path, verbs: children, options }) => {
    const words = path.split(' ').filter(Boolean)
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    const names = children.map(({ name }) => name).join(' ')
    const here = [...seen, ...(names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`])].join('; and ')
    const when = here === '' ? '' : ` -n '${here}'`
    return [
      ...children.map(
        ({ name, description }) =>
          `complete -c yardmaster -f${when} -a ${name} -d '${description.replaceAll("'", '’')}'`,
      ),
      ...options.map(
        (option) =>
          `complete -c yardmaster${seen.length > 0 ? ` -n '${seen.join('; and ')}'` : ''} -l ${option.slice(2)}`,
      ),
    ]
  })
  return `# yardmaster completion fish > ~/.config/fish/completions/yardmaster.fish\n${lines.join('\n')}\n`
}

const powershell = (
  verbs: readonly Verb[],
): string => `# yardmaster completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName yardmaster -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() } |
    Where-Object { -not $_.StartsWith('-') -and $_ -ne $wordToComplete })
  $choices = switch -Wildcard (($words -join ' ') + ' ') {
${byDepth(verbs)
  .map((verb) => `    '${verb.path === '' ? '*' : `${verb.path} *`}' { '${wordsOf(verb)}'; break }`)
  .join('\n')}
  }
  $choices -split ' ' | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
