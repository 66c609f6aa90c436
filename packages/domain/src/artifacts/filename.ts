/** What file systems take, in bytes of UTF-8. */
const LONGEST = 255

/**
 * The name a file is stored and offered under: no directories, and nothing but letters and digits of any script and
 * `. _ + -`, so that it needs no quotes anywhere and shows what it is. Everything else becomes `_`.
 *
 * The `.gz` of a report counts once: runners add one to the name that the job's payload gives the report, which has one.
 *
 * @see `docs/protocol/artifacts.md 5, 6.3`
 */
export function safeFilename(filename: string, type = 'archive'): string {
  const last = filename.split(/[/\\]/).at(-1) ?? ''
  const name = (type === 'archive' ? last : last.replace(/(\.gz|\.zip)\1+$/i, '$1')).replace(
    /[^\p{L}\p{M}\p{N}._+-]/gu,
    '_',
  )
  return /^\.*$/.test(name) ? 'default' : shortened(name)
}

/** Cut between characters, so that its extension stays. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST) return name
  const extension = /(?:\.[A-Za-z0-9]{1,10}){1,2}$/.exec(name)?.[0] ?? ''
  let kept = ''
  let left = LONGEST - extension.length
  for (const character of name.slice(0, name.length - extension.length)) {
    left -= Buffer.byteLength(character)
    if (left < 0) break
    kept += character
  }
  return kept + extension
}
