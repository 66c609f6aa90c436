import type { Dict } from '../yaml/tree.ts'
import { expandLocations } from './expand-locations.ts'
import { filterEntries } from './filter-entries.ts'
import { entriesOf, type Including, withVariables } from './include-entry.ts'
import type { IncludeRun } from './include-run.ts'
import type { Level } from './level.ts'
import { type Kinds, matchKind } from './match-kind.ts'
import { type Reading, type VerifiedFile, verifyFiles } from './verify-files.ts'

/** What the configuration itself sees. */
export const topLevel = (run: IncludeRun): Level => ({
  files: run.files,
  variables: run.variables,
  component: new Map(),
  hasParent: run.source.artifact !== undefined,
})

/** Returns the files that the `include` of a map names, read and in order. */
export async function includeFiles(
  root: Dict,
  including: Including,
  kinds: Kinds,
  reading: Reading,
): Promise<VerifiedFile[]> {
  const all = entriesOf(root, including)
  const kept = await filterEntries(all, including)
  const located = await expandLocations(kept, including)
  const files = located.map((entry) => matchKind(withVariables(entry, including), including, kinds))
  return await verifyFiles(files, including, reading)
}
