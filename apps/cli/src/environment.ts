/** The variables that the command reads, and what the terminal is like. */
export interface Environment {
  readonly url: string | null
  readonly token: string | null
  /** The directory of the configuration files. */
  readonly configHome: string
  /** The directory of what can be made anew. */
  readonly cacheHome: string
  readonly noColor: boolean
  readonly forceColor: boolean
}

/** Reads the environment once. Empty variables count as absent. */
export function readEnvironment(home: string): Environment {
  const { env } = process
  const { YARDMASTER_URL, YARDMASTER_TOKEN, XDG_CONFIG_HOME, XDG_CACHE_HOME, NO_COLOR, FORCE_COLOR, TERM } = env
  return {
    url: YARDMASTER_URL || null,
    token: YARDMASTER_TOKEN || null,
    // The specification says to ignore a relative path.
    configHome: XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : `${home}/.config`,
    cacheHome: XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : `${home}/.cache`,
    noColor: Boolean(NO_COLOR) || TERM === 'dumb',
    forceColor: Boolean(FORCE_COLOR) && FORCE_COLOR !== '0',
  }
}

/** The environment of programs that are started: `git` is never to ask for anything. */
export const childEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' })
