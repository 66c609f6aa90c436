/** The limit of file systems, in bytes of UTF-8. */
const LONGEST = 255

/**
 * Returns the name under which a file is stored and offered: no directories, and only letters and digits of any script
 * and `. _ + -`, so that it never needs quoting and hides nothing. All other characters become `_`.
 *
 * The `.gz` of a report counts once: the name that the payload gives the report has one already, and runners add
 * another.
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

/** Cuts between characters, and keeps the extension. */
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
