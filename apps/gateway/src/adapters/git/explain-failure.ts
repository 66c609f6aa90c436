import type { GitFailure } from './run-git.ts'

/** Characters of what git said that are shown. */
const MOST_SHOWN = 300

const CAUSES: readonly (readonly [RegExp, string | ((found: RegExpExecArray) => string)])[] = [
  [
    /requested URL returned error: (30\d)/,
    ([, status]) =>
      `The server answers with a redirect (${status}), which is not followed because credentials may go along: give the final address.`,
  ],
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'The server’s ssh key is not the one that it had before: if that is right, remove its line from known_hosts in the folder of the repositories.',
  ],
  [
    /Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied|requested URL returned error: 40[13]|Load key .*(?:invalid|error)/,
    'The server refuses the credentials of the repository, or asks for some.',
  ],
  [
    /requested URL returned error: 404|repository '?.*'? not found|does not appear to be a git repository|does not exist|Repository not found|project you were looking for could not be found/i,
    'There is no repository at the address, or the credentials do not allow to read it.',
  ],
  [
    /Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out|closed)|Network is unreachable|No route to host|Operation timed out|Operation too slow|Empty reply|SSL|certificate|TLS/i,
    'The server of the repository can’t be reached.',
  ],
  [/requested URL returned error: (\d+)/, ([, status]) => `The server of the repository answers ${status}.`],
  [
    /not valid: is this a git repository|bad line length|invalid server response|expected flush|protocol error/,
    'There is no git server at the address.',
  ],
  [/No space left on device|Disk quota exceeded/, 'The disk of this server is full.'],
]

/**
 * Explains why git gave no answer, in a sentence for people that has no secrets.
 *
 * @param seconds - that it was given.
 */
export function explainFailure(failure: GitFailure, seconds: number): string {
  switch (failure.kind) {
    case 'not_installed':
      return 'Repositories are read by git, and git is not installed on this server.'
    case 'too_slow':
      return `Reading the repository takes more than ${seconds} s.`
    case 'too_much':
      return 'The repository is too large to be read here.'
    case 'aborted':
      return 'Reading the repository was interrupted: this process is stopping.'
    case 'failed':
      return explainWords(failure.said)
  }
}

function explainWords(said: string): string {
  for (const [pattern, sentence] of CAUSES) {
    const found = pattern.exec(said)
    if (found) return typeof sentence === 'string' ? sentence : sentence(found)
  }
  const lines = said.split('\n').filter((line) => /^(?:fatal|error|remote):/.test(line))
  const shown = (lines.find((line) => !line.startsWith('remote:')) ?? lines[0] ?? 'no reason was given')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a server decides what git says.
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
  return `Git can’t read the repository: ${[...shown].slice(0, MOST_SHOWN).join('')}`
}

/** Returns whether a failure is the server's, or that of the way there: a new copy would fail in the same way. */
export const isOfServer = (failure: GitFailure): boolean =>
  failure.kind === 'not_installed' ||
  (failure.kind === 'failed' && CAUSES.some(([pattern]) => pattern.test(failure.said)))
