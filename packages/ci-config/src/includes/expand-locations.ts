import { RE2JS } from 're2js'
import { List } from '../yaml/tree.ts'
import { withoutLeadingSlashes } from './files-source.ts'
import { type IncludeEntry, type Including, withKey } from './include-entry.ts'

/**
 * Returns an entry for each file: of a project's `file` list, and of the files that match a local path with asterisks.
 * The latter leave out local files that were included before.
 */
export async function expandLocations(entries: readonly IncludeEntry[], including: Including): Promise<IncludeEntry[]> {
  const expanded: IncludeEntry[] = []
  for (const entry of entries) {
    const { keys } = entry
    const local = keys.get('local')
    if (isGiven(keys.get('project'))) expanded.push(...projectFilesOf(entry))
    else if (typeof local === 'string' && local.includes('*'))
      expanded.push(...(await matching(local, entry, including)))
    else expanded.push(entry)
  }
  return expanded
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== false

function projectFilesOf(entry: IncludeEntry): IncludeEntry[] {
  const files = entry.keys.get('file') ?? null
  const list = files instanceof List ? files.items : files === null ? [] : [files]
  return list.map((file) => withKey(entry, 'file', file))
}

async function matching(pattern: string, entry: IncludeEntry, { run, level }: Including): Promise<IncludeEntry[]> {
  const { files } = level
  // Without a project, or when its files can't be listed, the pattern itself is what does not exist.
  const paths = files?.list ? await run.wait(async (signal) => files.list?.(signal) ?? null) : null
  if (!files || !paths) return [entry]
  const wanted = compiled(withoutLeadingSlashes(pattern))
  const known = new Set(
    run.included
      .filter(({ keyword, project }) => keyword === 'local' && project === files.project)
      .map(({ location }) => location),
  )
  return paths
    .filter((path) => !known.has(path) && wanted.matcher(path).matches())
    .map((path) => withKey(entry, 'local', path))
}

/** `**` matches anything, `*` anything in one folder. */
function compiled(pattern: string): RE2JS {
  const parts = pattern.split(/(\*\*|\*)/)
  return RE2JS.compile(
    parts.map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : RE2JS.quote(part))).join(''),
    RE2JS.DOTALL,
  )
}
