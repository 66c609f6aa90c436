import type {
  Compiled,
  CompiledJob,
  Configuration,
  Decision,
  JobNeed,
  Json,
  Rule,
  YamlVariable,
} from '@yardmaster/ci-config'

type Form = Record<string, Json>

/** Returns what became of a text: its errors, or stages, workflow, variables and builds. */
export function compiledForm(compiled: Compiled): Form {
  const warnings = compiled.warnings.map(({ message }) => message)
  if (!compiled.valid) {
    return { outcome: 'invalid', errors: compiled.errors.map(({ message }) => message), warnings }
  }
  const { configuration } = compiled
  const { workflow } = configuration
  return {
    outcome: 'valid',
    errors: [],
    warnings,
    stages: [...configuration.stages],
    workflow_name: workflow.name,
    workflow_rules: workflow.rules?.map(ruleForm) ?? null,
    workflow_auto_cancel: (workflow.autoCancel as Form | null) ?? null,
    variables: configuration.variables.map(variableForm),
    builds: buildsForm(configuration),
  }
}

const buildsForm = ({ jobs, stages }: Configuration): Json[] => jobs.map((job) => buildForm(job, stages))

/** Keywords that stand in `options` under their own names. */
const OPTIONS = [
  ...['script', 'before_script', 'after_script', 'image', 'services', 'artifacts', 'retry', 'hooks', 'start_in'],
  ...['trigger', 'release', 'manual_confirmation', 'publish', 'pages'],
]

function buildForm(job: CompiledJob, stages: readonly string[]): Form {
  const { keywords } = job
  return given({
    name: job.name,
    stage: job.stage,
    stage_idx: stages.indexOf(job.stage),
    when: job.when,
    allow_failure: job.allowFailure,
    scheduling_type: job.schedulingType,
    tag_list: job.tags && [...job.tags],
    job_variables: job.variables.map(variableForm),
    root_variables_inheritance:
      typeof job.inheritVariables === 'boolean' ? job.inheritVariables : [...job.inheritVariables],
    needs_attributes: job.needs && job.needs.length > 0 ? job.needs.map(needForm) : null,
    rules: job.rules?.map(ruleForm) ?? null,
    only: job.only as Form | null,
    except: job.except as Form | null,
    interruptible: job.interruptible,
    cache: keywords.cache ?? null,
    environment: job.environment?.name ?? null,
    coverage_regex: job.coverage,
    resource_group_key: job.resourceGroup,
    id_tokens: keywords.id_tokens ?? null,
    inputs: keywords.inputs ?? null,
    options: given({
      ...Object.fromEntries(OPTIONS.map((key) => [key, keywords[key] ?? null])),
      dependencies: job.dependencies && [...job.dependencies],
      cross_dependencies:
        job.crossPipelineNeeds.length > 0 ? job.crossPipelineNeeds.map((need) => ({ ...need })) : null,
      job_timeout: job.timeout,
      allow_failure_criteria: job.allowedExitCodes && { exit_codes: [...job.allowedExitCodes] },
      parallel: job.parallel && parallelForm(job.parallel),
      instance: job.instance,
      environment: job.environment as Form | null,
      resource_group_key: job.resourceGroup,
    }),
  })
}

/** Leaves out what is null, which means the same as absent. */
const given = (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([, value]) => value !== null))

const variableForm = (variable: YamlVariable): Form => ({ ...variable })

const needForm = ({ parallel, ...need }: JobNeed): Form => ({
  ...need,
  ...(parallel && { parallel: parallelForm(parallel) }),
})

function parallelForm(parallel: NonNullable<JobNeed['parallel']> & { readonly total?: number }): Form {
  const total = parallel.total === undefined ? {} : { total: parallel.total }
  if ('number' in parallel) return { number: parallel.number, ...total }
  const matrix = parallel.matrix.map((row) => Object.fromEntries(row.map(([key, values]) => [key, [...values]])))
  return { matrix, ...total }
}

function ruleForm(rule: Rule): Form {
  return given({
    if: rule.if ?? null,
    changes: rule.changes
      ? given({ paths: [...rule.changes.paths], compare_to: rule.changes.compareTo ?? null })
      : null,
    exists: rule.exists
      ? given({ paths: [...rule.exists.paths], project: rule.exists.project ?? null, ref: rule.exists.ref ?? null })
      : null,
    when: rule.when ?? null,
    start_in: rule.startIn ?? null,
    allow_failure: rule.allowFailure ?? null,
    variables: (rule.variables as Form | undefined) ?? null,
    interruptible: rule.interruptible ?? null,
    needs: rule.needs ? needsForm(rule.needs) : null,
    auto_cancel: (rule.autoCancel as Form | undefined) ?? null,
  })
}

const needsForm = (needs: readonly JobNeed[]): Form => (needs.length > 0 ? { job: needs.map(needForm) } : {})

/** Returns a job of a pipeline; null when it is not in it. */
export function decisionForm(decision: Decision): Form | null {
  if (!decision.included) return decision.error === undefined ? null : { error: [decision.error] }
  return given({
    when: decision.when,
    allow_failure: decision.allowFailure,
    rule_needs: decision.ruleNeeds ? needsForm(decision.ruleNeeds) : null,
    rule_variables: (decision.ruleVariables as Form | undefined) ?? null,
    start_in: decision.ruleStartIn ?? null,
  })
}
