import { JOB_STATUSES } from '@yardmaster/domain/jobs'
import { isPausedByFailures, type Schedule, type ScheduleContents } from '@yardmaster/domain/schedules'
import { z } from 'zod'
import {
  Count,
  IdShape,
  list,
  OpenRecord,
  pageOfItems,
  TextOrNull,
  Time,
  TimeOrNull,
  variableMembers,
} from './values.ts'
import { visible } from './visible.ts'

const members = {
  id: IdShape,
  projectId: IdShape,
  projectPath: z.string(),
  description: z.string(),
  cron: z.string().describe('Minute, hour, day of the month, month, day of the week.'),
  timeZone: z.string().describe('The IANA name of the time zone in which `cron` is read.'),
  ref: TextOrNull.describe('Null for the project’s default branch.'),
  tag: z.boolean().describe('Whether the ref is a tag.'),
  sha: TextOrNull,
  active: z.boolean(),
  pausedByFailures: z
    .boolean()
    .describe('Whether it is inactive because its runs failed, until it is switched on again.'),
  createdBy: TextOrNull.describe('`admin_token` or `session`; its pipelines have the same.'),
  createdAt: Time,
  updatedAt: Time,
  nextRunAt: TimeOrNull.describe('Null while it is inactive.'),
  lastRunAt: TimeOrNull,
  lastPipeline: z
    .strictObject({
      id: IdShape,
      status: z.enum(JOB_STATUSES),
      hasAllowedFailures: z.boolean().describe('Whether a job of it failed or was canceled that may fail.'),
    })
    .nullable()
    .describe('The newest pipeline; null when there is none or it was removed.'),
  failures: Count.describe('Failures of its configuration in a row.'),
  lastFailure: TextOrNull.describe('Why the last run created no pipeline; null when it did.'),
}

/** A schedule as lists show it. */
export const ScheduleShape = z.strictObject(members).meta({ id: 'Schedule' })

export const SchedulesShape = pageOfItems(ScheduleShape).meta({ id: 'Schedules' })

/** A schedule by itself, with what its pipelines are made of. */
export const ScheduleDetailsShape = z
  .strictObject({
    ...members,
    readsRepository: z
      .boolean()
      .nullable()
      .describe(
        'Whether the configuration is read from the repository at each run; null when what is stored cannot be read, as the next four are.',
      ),
    content: TextOrNull.describe('The text of the configuration; null with `readsRepository`.'),
    files: z.record(z.string(), z.string()).nullable().describe('Null when none were given.'),
    inputs: OpenRecord.nullable().describe('Null when none were given.'),
    variables: list(
      z.strictObject({
        ...variableMembers,
        public: z.boolean(),
      }),
    ).nullable(),
  })
  .meta({ id: 'ScheduleDetails' })

export const showSchedule = (schedule: Schedule): z.input<typeof ScheduleShape> => ({
  id: schedule.id,
  projectId: schedule.projectId,
  projectPath: schedule.projectPath,
  description: schedule.description,
  cron: schedule.cron,
  timeZone: schedule.timeZone,
  ref: schedule.ref,
  tag: schedule.tag,
  sha: schedule.sha,
  active: schedule.active,
  pausedByFailures: isPausedByFailures(schedule),
  createdBy: schedule.createdBy,
  createdAt: schedule.createdAt,
  updatedAt: schedule.updatedAt,
  nextRunAt: schedule.active ? schedule.nextRunAt : null,
  lastRunAt: schedule.lastRunAt,
  lastPipeline: schedule.lastPipeline && {
    id: schedule.lastPipeline.id,
    status: schedule.lastPipeline.status,
    hasAllowedFailures: schedule.lastPipeline.hasAllowedFailures,
  },
  failures: schedule.failures,
  lastFailure: visible(schedule.lastFailure),
})

export const showScheduleDetails = (
  schedule: Schedule,
  contents: ScheduleContents | null,
): z.input<typeof ScheduleDetailsShape> => ({
  ...showSchedule(schedule),
  readsRepository: contents && contents.configuration.content === null,
  content: contents?.configuration.content ?? null,
  files: contents?.configuration.files ?? null,
  inputs: contents?.configuration.inputs ?? null,
  variables:
    contents?.variables.map((variable) => ({
      key: variable.key,
      value: variable.masked ? null : variable.value,
      masked: variable.masked ?? false,
      file: variable.file ?? false,
      raw: variable.raw ?? false,
      public: variable.public ?? false,
    })) ?? null,
})
