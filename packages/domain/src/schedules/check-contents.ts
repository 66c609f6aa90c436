import type { CreatePorts, NewConfigPipeline } from '../pipelines/create-from-config.ts'
import { type ConfigRefused, createFromConfig } from '../pipelines/create-from-config.ts'
import type { Services } from '../services.ts'
import type { Schedule, ScheduleContents } from './schedule.ts'

/** What use cases about schedules need: they create pipelines. */
export type SchedulePorts = CreatePorts & Pick<Services, 'schedules'>

type Contents = ScheduleContents & Pick<Schedule, 'projectId' | 'description' | 'ref' | 'tag' | 'sha'>

/** Returns the request for a pipeline of a schedule. */
export const requestOf = ({
  projectId,
  description,
  ref,
  tag,
  sha,
  variables,
  configuration: { content, files, inputs },
}: Contents): Omit<NewConfigPipeline, 'createdBy'> => ({
  ...{ projectId, tag, variables, source: 'schedule', scheduleDescription: description },
  content: content ?? undefined,
  ref: ref ?? undefined,
  sha: sha ?? undefined,
  files: files ?? undefined,
  inputs: inputs ?? undefined,
})

/**
 * Returns why a schedule could create no pipeline now; null when it could, or when the rules of its configuration want
 * none, which may be different at another time.
 */
export async function checkContents(ports: SchedulePorts, contents: Contents): Promise<ConfigRefused | null> {
  const tried = await createFromConfig(ports, { ...requestOf(contents), createdBy: null, dryRun: true })
  if (tried.ok || tried.error.kind === 'pipeline_filtered' || tried.error.kind === 'pipeline_empty') return null
  return tried.error
}
