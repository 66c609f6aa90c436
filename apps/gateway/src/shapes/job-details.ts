import type { JobDescription } from '@yardmaster/domain/jobs'
import { RUNNER_TYPES } from '@yardmaster/domain/runners'
import { z } from 'zod'
import { CountOrNull, IdShape, list, TextOrNull, variableMembers } from './values.ts'
import { visible } from './visible.ts'

/** What a job has to do, and the runner that has or had it. */
export const JobDetailsShape = z
  .strictObject({
    runner: z
      .strictObject({ id: IdShape, description: TextOrNull, runnerType: z.enum(RUNNER_TYPES) })
      .nullable()
      .describe('The runner that has or had the job; null before that, and after the runner is removed.'),
    manager: z
      .strictObject({
        id: IdShape,
        systemId: z.string(),
        version: TextOrNull,
        executor: TextOrNull,
        platform: TextOrNull,
        architecture: TextOrNull,
        ipAddress: TextOrNull,
      })
      .nullable(),
    definition: z.strictObject({
      beforeScript: list(z.string()),
      script: list(z.string()),
      afterScript: list(z.string()),
      image: TextOrNull,
      services: list(z.strictObject({ name: z.string(), alias: TextOrNull })),
      when: z.enum(['on_success', 'on_failure', 'always', 'manual', 'delayed']),
      timeout: CountOrNull.describe('Seconds.'),
    }),
    variables: list(
      z.strictObject({
        ...variableMembers,
        from: z.enum(['job', 'project', 'pipeline']),
      }),
    ).describe('In rising precedence: the later of two with the same key counts.'),
  })
  .meta({ id: 'JobDetails' })

/** Hides the values that a log would mask. */
export function showJobDetails({
  definition,
  runner,
  manager,
  variables,
}: JobDescription): z.input<typeof JobDetailsShape> {
  return {
    runner: visible(runner && { id: runner.id, description: runner.description, runnerType: runner.runnerType }),
    manager: visible(
      manager && {
        id: manager.id,
        systemId: manager.systemId,
        version: manager.version,
        executor: manager.executor,
        platform: manager.platform,
        architecture: manager.architecture,
        ipAddress: manager.ipAddress,
      },
    ),
    definition: {
      beforeScript: definition.beforeScript,
      script: definition.script,
      afterScript: definition.afterScript,
      image: definition.image?.name ?? null,
      services: definition.services.map(({ name, alias }) => ({ name, alias })),
      when: definition.when,
      timeout: definition.timeout,
    },
    variables: variables.map(({ key, value, masked, file, raw, from }) => ({
      key,
      value: masked ? null : value,
      masked: masked ?? false,
      file: file ?? false,
      raw: raw ?? false,
      from,
    })),
  }
}
