import type { Configuration } from './configuration.ts'
import { type Fault, faultAt } from './fault.ts'
import type { CompiledJob } from './jobs/compiled-job.ts'
import type { Json } from './yaml/tree.ts'

/**
 * Returns the features that a valid configuration uses but this server does not have, in a sentence for each job and
 * keyword.
 *
 * @see `docs/pipelines.md`
 */
export const refusedHere = ({ jobs }: Configuration): Fault[] =>
  jobs.flatMap((job) => refusals(job).map(([keyword, message]) => faultOf(job, keyword, message)))

/** Returns the parts of a configuration that have no effect. */
export const warningsOf = ({ jobs, workflow }: Configuration): Fault[] =>
  jobs.flatMap((job) =>
    warnings(job, workflow.rules !== null).map(([keyword, message]) => faultOf(job, keyword, message)),
  )

const faultOf = (job: CompiledJob, keyword: string, message: string): Fault =>
  faultAt(`${job.name}: ${message}`, { path: [job.name, keyword], place: job.place })

type Remark = readonly [keyword: string, message: string]

const isMap = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function refusals({ keywords }: CompiledJob): Remark[] {
  const { trigger, release, secrets } = keywords
  const remarks: Remark[] = []
  if (isMap(trigger) && 'project' in trigger) {
    const what = "reaches into another project's pipelines; this server runs each project for itself."
    remarks.push(['trigger', `trigger:project ${what}`])
  }
  if (release !== undefined) {
    const what = "creates a GitLab release through GitLab's API, which this server does not have."
    remarks.push(['release', `release ${what} Call your forge's own tool in script.`])
  }
  if (isMap(secrets) && Object.values(secrets).some((secret) => isMap(secret) && 'gitlab_secrets_manager' in secret)) {
    remarks.push(['secrets', 'this secret source exists only in GitLab.'])
  }
  return remarks
}

function warnings(job: CompiledJob, hasWorkflowRules: boolean): Remark[] {
  const remarks: Remark[] = []
  const { pages, publish } = job.keywords
  if (job.name === 'pages' || pages !== undefined || publish !== undefined) {
    const directory = isMap(pages) && typeof pages.publish === 'string' ? pages.publish : (publish ?? 'public')
    remarks.push(['pages', `there is no Pages site here; the directory "${directory}" is kept as an artifact.`])
  }
  if (job.environment?.kubernetes !== undefined) {
    remarks.push(['environment', 'environment:kubernetes has no effect here.'])
  }
  if (job.only?.kubernetes !== undefined) remarks.push(['only', 'only:kubernetes is never true here.'])
  const last = job.rules?.at(-1)
  if (!hasWorkflowRules && last && Object.keys(last).length === 1 && last.when !== undefined && last.when !== 'never') {
    remarks.push([
      'rules',
      'without workflow:rules a last rule that is only `when` may make several pipelines of a push.',
    ])
  }
  return remarks
}
