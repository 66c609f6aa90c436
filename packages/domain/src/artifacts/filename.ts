/** What file systems take. */
const LONGEST = 255

/**
 * The name a file is stored and offered under: no directories, nothing but ASCII letters, digits and `. _ + -`.
 *
 * @see `artifacts.md` 6.3
 */
export function safeFilename(filename: string): string {
  const name = (filename.split(/[/\\]/).at(-1) ?? '').replace(/[^A-Za-z0-9._+-]/gu, '_')
  return /^\.*$/.test(name) ? 'default' : name.slice(0, LONGEST)
}
