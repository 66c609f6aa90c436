import type { TriggerDefinition } from '@yardmaster/ci-config'
import type { Job } from '../jobs/job.ts'
import { type ConfigRefused, type CreatePorts, createFromConfig } from '../pipelines/create-from-config.ts'
import { environmentRefusal } from '../pipelines/environment-refusal.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'
import { followUp } from '../processing/follow-up.ts'
import { seenFromFork } from '../projects/seen-from-fork.ts'
import type { Services } from '../services.ts'
import { forwardedVariables } from './forwarded-variables.ts'
import { readParentFile } from './read-parent-file.ts'

export type ChildPorts = CreatePorts & Pick<Services, 'artifacts'>

/** Pipelines above the lowest one of a family, and all pipelines of one. */
const DEEPEST = 2
const MOST_OF_FAMILY = 1_000

/**
 * Seconds after which a started trigger job without a child counts as left by a process that died. Creating one takes
 * half a minute at most, because compiling does.
 */
export const LEFT_SECONDS = 90

/** Why a trigger job has no child. */
interface Failure {
  readonly reason: string
  readonly detail: string | null
}

/**
 * Creates the child pipeline of a trigger job that is due; another caller that comes at the same time does nothing. A job
 * whose child cannot be created fails, with the errors as its `failureDetail`.
 *
 * @see `docs/pipelines.md 8`
 */
export async function startChild(ports: ChildPorts, id: number): Promise<void> {
  const definition = await ports.jobs.definition(id)
  // The release that created it can read it.
  if (definition === 'newer') return
  const job = await ports.jobs.startTrigger(id, LEFT_SECONDS)
  if (!job) return
  await ports.events.publish('jobs')
  // It was skipped after its child, and is to run again: the child is still its own.
  if (job.downstreamPipelineId !== null) return
  const failure = definition?.trigger
    ? await createChild(ports, job, { ...definition, trigger: definition.trigger })
    : { reason: 'data_integrity_failure', detail: null }
  const failed = failure && (await ports.jobs.failTrigger(id, failure))
  if (failed) await followUp(ports, failed)
}

type Definition = Parameters<typeof forwardedVariables>[0]['definition'] & { readonly trigger: TriggerDefinition }

/** Returns null when the child exists, or the job is no longer to have one. */
async function createChild(ports: ChildPorts, job: Job, definition: Definition): Promise<Failure | null> {
  const pipeline = await ports.pipelines.find(job.pipelineId)
  const found = await ports.projects.find(job.projectId)
  const project = found && pipeline?.fromFork ? seenFromFork(found) : found
  if (!pipeline || !project) return { reason: 'project_deleted', detail: null }
  if (!project.ciEnabled) return { reason: 'builds_disabled', detail: null }
  const refusal = job.environment === null ? null : environmentRefusal(job.environment, project, job.protected)
  if (refusal !== null) return { reason: refusal, detail: null }
  if (definition.trigger.include.length === 0) {
    return { reason: 'invalid_bridge_trigger', detail: 'trigger:include names no file.' }
  }
  if (pipeline.depth >= DEEPEST) {
    const detail = `Pipeline ${pipeline.id} is a child of a child pipeline, which cannot have children.`
    return { reason: 'reached_max_descendant_pipelines_depth', detail }
  }
  if ((await ports.pipelines.familySize(pipeline.id)) >= MOST_OF_FAMILY) {
    const detail = `A pipeline may have ${MOST_OF_FAMILY - 1} pipelines below it, those of other levels included.`
    return { reason: 'reached_max_pipeline_hierarchy_size', detail }
  }
  const origin = await ports.pipelines.origin(pipeline.id)
  const pipelineVariables = await ports.pipelines.variables(pipeline.id)
  if (!origin || !pipelineVariables || project.damaged.length > 0) {
    return { reason: 'data_integrity_failure', detail: null }
  }
  // The release that created its pipeline can read that.
  if (origin === 'newer' || pipelineVariables === 'newer') return null
  const made = await createFromConfig(ports, {
    projectId: project.id,
    ref: pipeline.ref,
    tag: pipeline.tag,
    sha: pipeline.sha ?? undefined,
    beforeSha: pipeline.beforeSha ?? undefined,
    source: 'parent_pipeline',
    content: JSON.stringify({ include: definition.trigger.include }),
    files: origin.files ?? undefined,
    changedPaths: origin.changedPaths ?? undefined,
    mergeRequest: origin.mergeRequest ?? undefined,
    fromFork: pipeline.fromFork,
    run: pipeline.run ?? undefined,
    variables: forwardedVariables({
      ...{ job, definition, pipeline, pipelineVariables, project },
      dotenv: (await ports.artifacts.dependencies(job.dependencies)).flatMap(({ dotenv }) => dotenv),
      policy: ports.policy,
      settings: await ports.settings.get(),
    }),
    createdBy: pipeline.createdBy,
    parentJobId: job.id,
    readParentFile: (file) => readParentFile(ports, pipeline.id, file),
  })
  return made.ok ? null : failureFor(made.error, pipeline)
}

const CREATION_FAILED = 'downstream_pipeline_creation_failed'
const MOST_ERRORS = 20
const MOST_CHARACTERS = 8_192

/** Returns null for a failure that passes: the sweep tries again. */
function failureFor(refused: ConfigRefused, { projectId }: Pipeline): Failure | null {
  switch (refused.kind) {
    case 'compiler_busy':
      return null
    case 'repository_unavailable':
      return { reason: CREATION_FAILED, detail: refused.reason }
    case 'project_not_found':
      // The job may have been canceled meanwhile: then it is over, and this changes nothing.
      return { reason: 'project_deleted', detail: null }
    case 'config_invalid': {
      const lines = refused.errors.slice(0, MOST_ERRORS).map(({ message, file, line }) => {
        const place = file === null ? '' : `${file}${line === null ? '' : `:${line}`}: `
        return `${place}${message}`
      })
      const left = refused.errors.length - lines.length
      const detail = [...lines, ...(left > 0 ? [`and ${left} more errors`] : [])].join('\n')
      return { reason: CREATION_FAILED, detail: detail.slice(0, MOST_CHARACTERS) }
    }
    case 'pipeline_filtered':
      return { reason: CREATION_FAILED, detail: 'The workflow:rules of the child configuration want no pipeline.' }
    case 'pipeline_empty':
      return {
        reason: CREATION_FAILED,
        detail: 'The child pipeline would have no jobs: its rules leave all of them out.',
      }
    default:
      return { reason: CREATION_FAILED, detail: `Project ${projectId}: ${refused.kind}` }
  }
}
