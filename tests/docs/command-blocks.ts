import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface DocumentedCommand {
  readonly file: string
  /** The command as written, without its comment; continued lines are joined. */
  readonly text: string
}

const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'tests/protocol/README.md']
const BLOCK = /^```(?:sh|bash|shell|console)\n([\s\S]*?)^```$/gm
/** Commands within a sentence. `npm ci` and the like are only mentioned; those with `run` or a file are to be typed. */
const INLINE = /`((?:[A-Z_]+=\S+ )*(?:npm (?:start|test|run )|npx |export PATH=|node \S+\.(?:mjs|ts))[^`]*)`/g

/** Returns every command that the documentation tells people to type. */
export function documentedCommands(): DocumentedCommand[] {
  return PAGES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return [...commandsInBlocks(text), ...commandsInSentences(text)].map((command) => ({ file, text: command }))
  })
}

export function commandsInBlocks(markdown: string): string[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/(^|\s)#\s.*$/, '').trim())
      .filter((line) => line !== ''),
  )
}

function commandsInSentences(markdown: string): string[] {
  const sentences = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...sentences.matchAll(INLINE)].map(([, command = '']) => command)
}
