import { compile } from './compile.ts'
import type { Configuration } from './configuration.ts'
import { type Fault, faultAt } from './fault.ts'
import type { ArtifactAnswer, ConfigSource, ProjectFiles } from './includes/config-source.ts'
import { projectFiles } from './includes/files-source.ts'
import { type Instantiated, type PipelinePlan, planChoice } from './instantiate.ts'
import { type PlannedJob, planJobs } from './plan-jobs.ts'
import { type Choice, type ChoiceContext, chooseJobs, jobScope, workflowScope } from './rules/choose-jobs.ts'
import { explainJob } from './rules/explain-job.ts'
import { explainRules, type RuleVerdict } from './rules/explain-rules.ts'
import type { PipelineFacts } from './rules/pipeline-facts.ts'
import { triggerDefinition } from './trigger-definition.ts'
import type { Json } from './yaml/tree.ts'
import { writeYaml } from './yaml/write-yaml.ts'

/** Everything that decides what a pipeline has. It is plain data, so that it can be sent to a worker. */
export interface PlanRequest {
  /** The text of the configuration. */
  readonly text: string
  /**
   * The files of the commit, by path: included ones are read, `exists` looks for others. Null when they were not given:
   * then they are those of `commit`.
   */
  readonly files: Readonly<Record<string, string>> | null
  /** The commit whose files can be read; null or absent when they are unknown. */
  readonly commit?: KnownCommit | null | undefined
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
  /**
   * What `include:artifact` of a child pipeline finds; absent for other pipelines, which can't include artifacts. The
   * plan says which files are missing here.
   */
  readonly parentFiles?: readonly ParentFile[] | undefined
  /** Most jobs of the pipeline. */
  readonly maxJobs: number
}

/** A commit of a project whose repository the server has. */
export interface KnownCommit {
  readonly projectId: number
  /** The project's path. */
  readonly project: string
  readonly sha: string
}

/** A file in the artifacts of a job of the parent pipeline. */
export interface ParentPath {
  readonly job: string
  readonly path: string
}

/** Such a file, or why there is none. */
export interface ParentFile extends ParentPath {
  readonly answer: ArtifactAnswer
}

/** What became of one job of the configuration. */
export interface JobVerdict {
  readonly name: string
  readonly stage: string
  /** Whether a runner executes it, or the server starts a child pipeline for it. */
  readonly kind: 'build' | 'trigger'
  /** Whether the pipeline has the job. */
  readonly included: boolean
  /** When it starts, whether it may fail, and the jobs that it needs; null for a job that is left out. */
  readonly when: string | null
  readonly allowFailure: boolean | null
  readonly needs: readonly string[] | null
  /** Why the pipeline has the job, or does not: a sentence or two. */
  readonly reason: string
  /** What became of each of its rules; empty when it has none. */
  readonly rules: readonly RuleVerdict[]
}

/** What a configuration makes of a pipeline; plain data. */
export interface Plan {
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** The configuration with everything put in that it includes or extends, as YAML; null when it does not compile. */
  readonly merged: string | null
  /** Files of the parent pipeline that the request lacked. Unless empty, plan again with their answers. */
  readonly unread: readonly ParentPath[]
  /** Stages of the configuration that have jobs, in their order. */
  readonly stages: readonly string[]
  /** What became of each rule of the workflow; empty when it has none. */
  readonly workflowRules: readonly RuleVerdict[]
  /** All jobs of the configuration, as written; empty when it does not compile, or its workflow refuses the pipeline. */
  readonly verdicts: readonly JobVerdict[]
  /** `planned`, or why there is no pipeline. */
  readonly outcome: Instantiated['kind']
  /** Null unless the outcome is `planned`. */
  readonly pipeline: PlannedPipeline | null
}

/** A pipeline that is about to be created. */
export interface PlannedPipeline extends Omit<PipelinePlan, 'jobs'> {
  /** By stage; inside of one in the order in which they were written. */
  readonly jobs: readonly PlannedJob[]
}

/** Where files come from that the request does not have; `files` are those of the pipeline's own commit. */
export type OtherFiles = Pick<ConfigSource, 'files' | 'remote' | 'project' | 'component'>

/** Compiles a configuration and decides which jobs a pipeline of it has. */
export async function planPipeline(request: PlanRequest, others: OtherFiles = {}): Promise<Plan> {
  const { text, inputs, facts, maxJobs } = request
  const files = request.files ? projectFiles(facts.projectPath, request.files) : (others.files ?? null)
  const known = new Map(request.variables.map(({ key, ...variable }) => [key, variable]))
  const unread: ParentPath[] = []
  const compiled = await compile(text, {
    inputs,
    variables: known,
    source: { ...others, ...sourceOf(request, files, unread) },
  })
  const warnings = distinct(compiled.warnings)
  if (!compiled.valid) {
    return { ...nothing, outcome: 'config_invalid', errors: distinct(compiled.errors), warnings, unread }
  }
  const { configuration } = compiled
  const isListed = files !== null && (request.files !== null || looksForFiles(configuration))
  const context = {
    facts: { ...facts, files: isListed ? ((await files.list?.(NEVER)) ?? null) : null },
    variables: new Map(request.variables.map(({ key, value }) => [key, value])),
    masked: new Set(request.variables.flatMap(({ key, masked }) => (masked ? [key] : []))),
    maxJobs,
  }
  const merged = writeYaml(configuration.merged, MAX_MERGED)
  if (merged === null) {
    const hint = 'Texts that are put in at many places count at each of them.'
    const error = faultAt('Total size of combined CI/CD configuration is too big', { hint })
    return { ...nothing, outcome: 'config_invalid', errors: [error], warnings }
  }
  const choice = chooseJobs(configuration, context)
  const made = planChoice(configuration, context, choice)
  const planned =
    made.kind === 'planned' ? await planJobs(made.plan.jobs, { files, variables: request.variables }) : null
  const faults = made.kind === 'planned' ? (planned?.faults ?? []) : made.errors
  return {
    outcome: made.kind === 'planned' && faults.length > 0 ? 'config_invalid' : made.kind,
    errors: distinct(faults),
    warnings: [...warnings, ...notListed(configuration)],
    merged,
    unread,
    stages: usedStages(configuration),
    ...explain(configuration, context, choice),
    pipeline: made.kind === 'planned' && planned && faults.length === 0 ? { ...made.plan, jobs: planned.jobs } : null,
  }
}

/** @param unread - receives the files of the parent pipeline that the request does not have. */
function sourceOf({ facts, parentFiles }: PlanRequest, files: ProjectFiles | null, unread: ParentPath[]): ConfigSource {
  if (!parentFiles) return files ? { files } : {}
  const answers = new Map(parentFiles.map(({ job, path, answer }) => [JSON.stringify([job, path]), answer]))
  return {
    // A child pipeline belongs to a project, even when none of its files are known.
    files: files ?? projectFiles(facts.projectPath, {}),
    artifact: async (job, path) => {
      const answer = answers.get(JSON.stringify([job, path]))
      if (!answer) unread.push({ job, path })
      return answer ?? { missing: 'job' }
    },
  }
}

/** Who compiles ends the work that takes too long. */
const NEVER = new AbortController().signal

/** Returns whether a rule asks for files of the pipeline's own commit. */
const looksForFiles = ({ jobs, workflow }: Configuration): boolean =>
  [workflow.rules, ...jobs.map(({ rules }) => rules)].some((rules) =>
    rules?.some(({ exists }) => exists !== undefined && exists.project === undefined),
  )

const nothing = { merged: null, unread: [], stages: [], workflowRules: [], verdicts: [], pipeline: null }

/** Characters of a merged configuration, in which texts that stand at many places are repeated. */
const MAX_MERGED = 20 * 1_048_576

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

/** Jobs that are explained, and rules of all of them together. */
const MAX_EXPLAINED = 1_000
const MAX_RULES = 10_000

/** Explains the rules of the workflow, and what became of each job. */
function explain(
  configuration: Configuration,
  context: ChoiceContext,
  choice: Choice,
): Pick<Plan, 'workflowRules' | 'verdicts'> {
  const { rules } = configuration.workflow
  const scope = workflowScope(configuration, context)
  return {
    workflowRules: rules ? explainRules(rules, choice.workflowRule, scope, MAX_RULES) : [],
    verdicts: choice.created ? verdictsOf(choice, context) : [],
  }
}

function verdictsOf({ decisions, globalVariables }: Extract<Choice, { created: true }>, context: ChoiceContext) {
  let left = MAX_RULES
  return [...decisions].slice(0, MAX_EXPLAINED).map(([job, decision]): JobVerdict => {
    const scope = jobScope(job, globalVariables, context)
    const rules = explainRules(job.rules ?? [], decision.rule, scope, left)
    left -= rules.length
    const kind = triggerDefinition(job) ? ('trigger' as const) : ('build' as const)
    const what = { name: job.name, stage: job.stage, kind, reason: explainJob(job, decision, scope), rules }
    if (!decision.included) return { ...what, included: false, when: null, allowFailure: null, needs: null }
    const needs = (decision.ruleNeeds ?? job.needs)?.map((need) => need.name) ?? null
    return { ...what, included: true, when: decision.when, allowFailure: decision.allowFailure, needs }
  })
}

function usedStages({ stages, jobs }: Configuration): string[] {
  const used = new Set(jobs.map(({ stage }) => stage))
  return stages.filter((stage) => used.has(stage))
}

const notListed = ({ jobs }: Configuration): Fault[] =>
  jobs.length <= MAX_EXPLAINED
    ? []
    : [faultAt(`Of the ${jobs.length} jobs of this configuration, only the first ${MAX_EXPLAINED} are explained.`)]
