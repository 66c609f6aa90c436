import type { ProjectStorage } from '@yardmaster/domain/ports'
import type { JobTimes, Percentiles, RunTime } from '@yardmaster/domain/usage'
import { z } from 'zod'
import { Count, CountOrNull, IdShape, list, TextOrNull } from './values.ts'
import { visible } from './visible.ts'

export const StorageShape = z
  .strictObject({
    items: list(
      z.strictObject({
        projectId: IdShape,
        path: z.string(),
        artifactBytes: Count,
        logBytes: Count,
        maxStoredBytes: CountOrNull.describe('Null for no limit.'),
      }),
    ),
  })
  .meta({ id: 'Storage' })

export const showStorage = (items: readonly ProjectStorage[]): z.input<typeof StorageShape> => ({
  items: items.map(({ projectId, path, artifactBytes, logBytes, maxStoredBytes }) => ({
    projectId,
    path,
    artifactBytes,
    logBytes,
    maxStoredBytes,
  })),
})

const used = {
  jobs: Count.describe('Jobs that ran, with any result.'),
  runSeconds: z.number(),
  computeMinutes: z.number().describe('Minutes of run time, multiplied by the runner’s cost factor.'),
}

const showUsed = ({ jobs, runSeconds, computeMinutes }: RunTime) => ({ jobs, runSeconds, computeMinutes })

const month = z.string().describe('In UTC: `2026-11`.')

export const ProjectsUsageShape = z
  .strictObject({ month, items: list(z.strictObject({ projectId: IdShape, path: z.string(), ...used })) })
  .meta({ id: 'ProjectsUsage' })

export const showProjectsUsage = (
  month: string,
  items: readonly (RunTime & { projectId: number; path: string })[],
): z.input<typeof ProjectsUsageShape> => ({
  month,
  items: items.map((item) => ({ projectId: item.projectId, path: item.path, ...showUsed(item) })),
})

export const RunnersUsageShape = z
  .strictObject({
    month,
    items: list(
      z.strictObject({
        runnerId: IdShape,
        description: TextOrNull,
        costFactor: z.number().nullable().describe('Null when the runner was removed.'),
        ...used,
      }),
    ),
  })
  .meta({ id: 'RunnersUsage' })

export const showRunnersUsage = (
  month: string,
  items: readonly (RunTime & { runnerId: number; description: string | null; costFactor: number | null })[],
): z.input<typeof RunnersUsageShape> => ({
  month,
  items: items.map((item) => ({
    runnerId: item.runnerId,
    description: visible(item.description),
    costFactor: item.costFactor,
    ...showUsed(item),
  })),
})

const PercentilesShape = z
  .strictObject({ p50: z.number().nullable(), p90: z.number().nullable(), p99: z.number().nullable() })
  .describe('Seconds; null without jobs.')

const JobTimesShape = z
  .strictObject({
    tag: TextOrNull.describe('Null for jobs without tags.'),
    jobs: Count,
    queueWait: PercentilesShape,
    runTime: PercentilesShape,
  })
  .meta({ id: 'JobTimes' })

/** How long jobs that ended in the last `hours` waited and ran. */
export const TimesShape = z
  .strictObject({
    hours: Count,
    all: JobTimesShape.nullable().describe('Null when a tag was requested.'),
    tags: list(JobTimesShape),
  })
  .meta({ id: 'Times' })

const showPercentiles = ({ p50, p90, p99 }: Percentiles) => ({ p50, p90, p99 })

const showJobTimes = ({ tag, jobs, queueWait, runTime }: JobTimes): z.input<typeof JobTimesShape> => ({
  tag,
  jobs,
  queueWait: showPercentiles(queueWait),
  runTime: showPercentiles(runTime),
})

export const showTimes = (
  hours: number,
  { all, tags }: { readonly all: JobTimes | null; readonly tags: readonly JobTimes[] },
): z.input<typeof TimesShape> => ({ hours, all: all && showJobTimes(all), tags: tags.map(showJobTimes) })
