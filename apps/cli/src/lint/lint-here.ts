import { basename } from 'node:path'
import { type OtherFiles, type PlanRequest, planPipeline } from '@yardmaster/ci-config'
import type { Lint } from '../client.ts'
import { variablesHere } from './known-variables.ts'
import type { WorkingTree } from './working-tree.ts'

/** The pipeline that a configuration is checked for. */
export interface LintFor {
  readonly ref: string
  readonly isTag: boolean
  readonly source: string
  readonly variables: readonly { readonly key: string; readonly value: string }[]
}

/** As on the server, unless it is told otherwise. */
const MOST_JOBS = 500

const OFFLINE = 'yardmaster lint reads no addresses without a server'

/**
 * Compiles a configuration without a server.
 *
 * @returns what a server answers to `pipelines.lint`, and what was included that only a server can read.
 */
export async function lintHere(
  text: string,
  tree: WorkingTree,
  { ref, isTag, source, variables: given }: LintFor,
): Promise<{ lint: Lint; elsewhere: readonly string[] }> {
  const elsewhere = new Set<string>()
  const others: OtherFiles = {
    remote: async ({ address }) => {
      elsewhere.add(`include:remote ${address}`)
      return { failed: 'refused', reason: OFFLINE }
    },
    project: async (path) => {
      elsewhere.add(`include:project ${path}`)
      return 'unknown'
    },
    component: async ({ host, project, name }) => {
      elsewhere.add(`include:component ${host}/${project}/${name}`)
      return 'unknown'
    },
  }
  const project = basename(tree.root)
  const defaultBranch = tree.defaultBranch ?? 'main'
  const request: PlanRequest = {
    text,
    files: tree.files,
    inputs: {},
    variables: variablesHere({ ref, isTag, source, defaultBranch, project, given }),
    facts: { source, ref, refKind: isTag ? 'tag' : 'branch', projectPath: project, changedPaths: null },
    maxJobs: MOST_JOBS,
  }
  const plan = await planPipeline(request, others)
  const { errors, warnings, merged, stages, workflowRules, verdicts, outcome } = plan
  const lint = { valid: outcome === 'planned', errors, warnings, merged, stages, workflowRules, jobs: verdicts }
  // What the wire has as arrays is read-only in the compiler's answer.
  return { lint: lint as unknown as Lint, elsewhere: [...elsewhere] }
}
