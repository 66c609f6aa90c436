import { compile } from './compile.ts'
import type { Configuration } from './configuration.ts'
import type { Fault } from './fault.ts'
import { projectFiles } from './includes/files-source.ts'
import { type Instantiated, instantiate, type PipelinePlan } from './instantiate.ts'
import { type ChoiceContext, chooseJobs } from './rules/choose-jobs.ts'
import type { PipelineFacts } from './rules/pipeline-facts.ts'
import type { Json } from './yaml/tree.ts'

/** Everything that decides what a pipeline has. It is plain data, so that it can be sent to a worker. */
export interface PlanRequest {
  /** The text of the configuration. */
  readonly text: string
  /** The files of the commit, by path: included ones are read, `exists` looks for others. Null when they are unknown. */
  readonly files: Readonly<Record<string, string>> | null
  /** Values for the inputs that the text declares. */
  readonly inputs: Readonly<Record<string, Json>>
  /** Variables of the server, the project, the commit and the pipeline; of two with one key the last one counts. */
  readonly variables: readonly {
    readonly key: string
    readonly value: string
    readonly masked?: boolean
    readonly file?: boolean
  }[]
  readonly facts: Pick<PipelineFacts, 'source' | 'ref' | 'refKind' | 'projectPath' | 'changedPaths'>
  /** Most jobs of the pipeline. */
  readonly maxJobs: number
}

/** What became of one job of the configuration. */
export interface JobVerdict {
  readonly name: string
  readonly stage: string
  /** Whether the pipeline has the job. */
  readonly included: boolean
  /** When it starts, whether it may fail, and the jobs that it needs; null for a job that is left out. */
  readonly when: string | null
  readonly allowFailure: boolean | null
  readonly needs: readonly string[] | null
}

/** What a configuration makes of a pipeline; plain data. */
export interface Plan {
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** The configuration with everything put in that it includes or extends; null when it does not compile. */
  readonly merged: Readonly<Record<string, Json>> | null
  /** All jobs of the configuration, as written; empty when it does not compile, or its workflow refuses the pipeline. */
  readonly verdicts: readonly JobVerdict[]
  /** `planned`, or why there is no pipeline. */
  readonly outcome: Instantiated['kind']
  /** Null unless the outcome is `planned`. */
  readonly pipeline: PipelinePlan | null
}

/** Compiles a configuration and decides which jobs a pipeline of it has. */
export async function planPipeline(request: PlanRequest): Promise<Plan> {
  const { text, files, inputs, facts, maxJobs } = request
  const known = new Map(request.variables.map(({ key, ...variable }) => [key, variable]))
  const compiled = await compile(text, {
    inputs,
    variables: known,
    source: files ? { files: projectFiles(facts.projectPath, files) } : {},
  })
  const warnings = distinct(compiled.warnings)
  if (!compiled.valid) {
    return { ...nothing, outcome: 'config_invalid', errors: distinct(compiled.errors), warnings }
  }
  const context = {
    facts: { ...facts, files: files ? Object.keys(files) : null },
    variables: new Map(request.variables.map(({ key, value }) => [key, value])),
    maxJobs,
  }
  const made = instantiate(compiled.configuration, context)
  return {
    outcome: made.kind,
    errors: made.kind === 'planned' ? [] : distinct(made.errors),
    warnings,
    merged: compiled.configuration.merged,
    verdicts: verdictsOf(compiled.configuration, context),
    pipeline: made.kind === 'planned' ? withoutPlaces(made.plan) : null,
  }
}

const nothing = { merged: null, verdicts: [], pipeline: null }

/** Errors of a plan, and warnings: more help no author. */
const MAX_FAULTS = 1_000

/**
 * Leaves out repeated faults: the reference reports some of them once for each job that inherits them. Leaves out those
 * after the first thousand as well.
 */
function distinct(faults: readonly Fault[]): readonly Fault[] {
  const byText = new Map(faults.map((fault) => [JSON.stringify(fault), fault]))
  return [...byText.values()].slice(0, MAX_FAULTS)
}

function verdictsOf(configuration: Configuration, context: ChoiceContext): JobVerdict[] {
  const choice = chooseJobs(configuration, context)
  if (!choice.created) return []
  return [...choice.decisions].map(([job, decision]) => {
    const { name, stage } = job
    if (!decision.included) return { name, stage, included: false, when: null, allowFailure: null, needs: null }
    const needs = (decision.ruleNeeds ?? job.needs)?.map((need) => need.name) ?? null
    return { name, stage, included: true, when: decision.when, allowFailure: decision.allowFailure, needs }
  })
}

/** A place holds the text of its file, which a pipeline has no use for. */
const withoutPlaces = ({ jobs, ...plan }: PipelinePlan): PipelinePlan => ({
  ...plan,
  jobs: jobs.map((planned) => ({ ...planned, job: { ...planned.job, rules: null, place: undefined } })),
})
