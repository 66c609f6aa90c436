import { At } from '../entries/at.ts'
import { checkIncludeRules } from '../entries/include.ts'
import { type Rule, rulesOf } from '../entries/rules.ts'
import { expandVariables } from '../expand-variables.ts'
import { ConfigError, faultAt } from '../fault.ts'
import { matchRule } from '../rules/match-rule.ts'
import { type PipelineFacts, RuleError } from '../rules/pipeline-facts.ts'
import type { ProjectFiles } from './config-source.ts'
import type { IncludeEntry, Including } from './include-entry.ts'
import { type KnownVariables, replaceReferences } from './known-variables.ts'

/**
 * Returns the entries whose `rules` let them in. Entries without rules are always in.
 *
 * @throws ConfigError for rules that are not valid, or cannot be decided.
 */
export async function filterEntries(entries: readonly IncludeEntry[], including: Including): Promise<IncludeEntry[]> {
  const kept: IncludeEntry[] = []
  for (const entry of entries) {
    await including.run.breathe()
    if (await isIn(entry, including)) kept.push(entry)
  }
  return kept
}

async function isIn({ keys }: IncludeEntry, including: Including): Promise<boolean> {
  const value = keys.get('rules') ?? null
  if (value === null || value === false) return true
  const at = At.root().key(keys, 'rules').unnamed('rules')
  const [fault] = checkIncludeRules(value, at)
  if (fault) throw new ConfigError({ ...fault, message: `include:${fault.message}`, path: ['include', ...fault.path] })
  const rules = rulesOf(value)
  const { variables } = including.level
  const expanded = expandedValues(variables)
  const plain = new Map([...variables].map(([name, variable]) => [name, variable.value]))
  const facts = await factsFor(rules, expanded, including)
  try {
    const matched = matchRule(rules, { facts, variables: plain, expanded })
    return matched !== null && matched.when !== 'never'
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    throw new ConfigError(
      faultAt(`include:${including.run.mask(error.message)}`, { path: ['include'], place: keys.placeOf('rules') }),
    )
  }
}

/** All levels of one configuration share their variables. */
const expandedOf = new WeakMap<KnownVariables, ReadonlyMap<string, string>>()

function expandedValues(variables: KnownVariables): ReadonlyMap<string, string> {
  const known = expandedOf.get(variables)
  if (known) return known
  const all = [...variables].map(([key, { value, file }]) => ({ key, value, file }))
  const expanded = new Map(expandVariables(all).map(({ key, value }) => [key, value]))
  expandedOf.set(variables, expanded)
  return expanded
}

/** Only the facts that rules refer to are fetched, before the rules are decided. */
async function factsFor(
  rules: readonly Rule[],
  expanded: ReadonlyMap<string, string>,
  { run, level }: Including,
): Promise<PipelineFacts> {
  const { source } = run
  const fill = (text: string) => replaceReferences(text, (name, reference) => expanded.get(name) ?? reference)
  const files = rules.some(({ exists }) => exists && exists.project === undefined) ? await listed(run, level.files) : []
  const since = new Map<string, readonly string[] | null | 'no-ref'>()
  const others = new Map<string, readonly string[] | { refused: 'project' | 'ref' }>()
  let changedPaths: readonly string[] | null = null
  for (const { changes, exists } of rules) {
    if (changes && source.changedPaths) {
      const ref = changes.compareTo === undefined ? null : fill(changes.compareTo)
      const paths = await run.wait(async (signal) => source.changedPaths?.(ref, signal) ?? null)
      if (ref !== null) since.set(ref, paths)
      else if (paths !== 'no-ref') changedPaths = paths
    }
    if (exists?.project !== undefined) {
      const project = fill(exists.project)
      const ref = exists.ref === undefined ? null : fill(exists.ref)
      others.set(JSON.stringify([project, ref]), await filesOf(project, ref, run))
    }
  }
  const hasComparison = [...since.values()].some((paths) => paths !== null)
  return {
    source: '',
    ref: '',
    refKind: 'other',
    projectPath: level.files?.project ?? '',
    changedPaths,
    ...(hasComparison && {
      changedSince: (ref: string) => {
        const paths = since.get(ref) ?? null
        return paths === 'no-ref' ? null : paths
      },
    }),
    files,
    filesOf: (project, ref) => others.get(JSON.stringify([project, ref])) ?? { refused: 'project' },
  }
}

type Run = Including['run']

async function listed(run: Run, files: ProjectFiles | null): Promise<readonly string[] | null> {
  if (files === null) return []
  return files.list ? await run.wait(async (signal) => files.list?.(signal) ?? null) : null
}

async function filesOf(
  project: string,
  ref: string | null,
  run: Run,
): Promise<readonly string[] | { refused: 'project' | 'ref' }> {
  const found = await run.wait(async (signal) => run.source.project?.(project, ref, signal) ?? 'unknown')
  if (found === 'no-ref') return { refused: 'ref' }
  if (typeof found === 'string') return { refused: 'project' }
  return (await listed(run, found)) ?? { refused: 'project' }
}
