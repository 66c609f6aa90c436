import type { Dict } from '../yaml/tree.ts'
import type { Including } from './include-entry.ts'
import { includeFiles, topLevel } from './include-files.ts'
import { type IncludeContext, IncludeRun } from './include-run.ts'
import { INCLUDE } from './match-kind.ts'
import { mergeFiles } from './merge-files.ts'
import { includeInSpec } from './spec-includes.ts'
import type { Reading } from './verify-files.ts'

export type { IncludeContext } from './include-run.ts'

/**
 * Returns a configuration with the files that its `include` names, and theirs: later files win over earlier ones, the
 * configuration over all of them. Where no file comes of it, `include` stays.
 *
 * @throws ConfigError for the first include that is wrong, and past 150 files, 20 MiB or 30 seconds.
 */
export async function resolveIncludes(root: Dict, context: IncludeContext): Promise<Dict> {
  const run = new IncludeRun(context)
  try {
    return await includeIn(root, { run, level: topLevel(run) })
  } finally {
    run.end()
  }
}

async function includeIn(root: Dict, including: Including): Promise<Dict> {
  const [first, ...others] = (await includeFiles(root, including, INCLUDE, READING)).map(({ content }) => content)
  if (first === undefined) return root
  const merged = await mergeFiles(first, [...others, root], including.run)
  merged.delete('include')
  return merged
}

const READING: Reading = {
  withIncluded: (spec, file) => includeInSpec(spec, file.inside, file),
  finish: (content, file) => includeIn(content, file.inside),
}
