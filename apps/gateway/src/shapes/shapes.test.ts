import { expect, test } from 'vitest'
import { z } from 'zod'
import { appRouter } from '../admin-api/router.ts'
import type { Description } from '../admin-api/trpc.ts'
import { ArchiveEntryShape, ArtifactShape, showArchiveEntry, showArtifacts } from './artifact.ts'
import { AuditEventShape, showAuditEvent } from './audit-event.ts'
import { CommitStatusShape, showCommitStatus } from './commit-status.ts'
import { ExplanationShape, showExplanation } from './explanation.ts'
import { GroupShape, showGroup } from './group.ts'
import { JobShape, showJobWith } from './job.ts'
import { JobDetailsShape, showJobDetails } from './job-details.ts'
import { JobInPipelineShape, showJobInPipeline } from './job-in-pipeline.ts'
import { LintShape, showLint } from './lint.ts'
import { ManagerShape, showManager } from './manager.ts'
import { NewPipelineShape, PipelineShape, showNewPipeline, showPipeline } from './pipeline.ts'
import { ProjectShape, showProject } from './project.ts'
import { ProjectTokenShape, showProjectToken } from './project-token.ts'
import { NewRunnerShape, RunnerShape, RunnerTokenShape, showNewRunner, showRunner, showRunnerToken } from './runner.ts'
import { LimitsShape, SettingsShape, showLimits, showSettings } from './settings.ts'
import {
  showTraceEvent,
  showTraceLines,
  showTraceOutline,
  showTraceSearch,
  showTraceText,
  TraceEventShape,
  TraceLinesShape,
  TraceOutlineShape,
  TraceSearchShape,
  TraceTextShape,
} from './trace.ts'
import {
  ProjectsUsageShape,
  RunnersUsageShape,
  StorageShape,
  showProjectsUsage,
  showRunnersUsage,
  showStorage,
  showTimes,
  TimesShape,
} from './usage.ts'
import { DeliveryShape, showDelivery, showWebhook, WebhookShape } from './webhook.ts'

const now = new Date('2026-11-29T00:00:00Z')
const services = { clock: { now: () => new Date(0) } } as Parameters<typeof showArtifacts>[0]

// biome-ignore lint/suspicious/noExplicitAny: what the domain would return, with members that are not planned yet
type Planted = any

/** How each shape is made from what the domain returns. */
const shown: readonly [name: string, shape: z.ZodType, show: (given: Planted) => unknown][] = [
  ['an artifact', ArtifactShape, (given) => showArtifacts(services, [given])[0]],
  ['an archive entry', ArchiveEntryShape, showArchiveEntry],
  ['an audit event', AuditEventShape, showAuditEvent],
  ['an explanation', ExplanationShape, showExplanation],
  ['a group', GroupShape, showGroup],
  ['a job', JobShape, (given) => showJobWith(services, given, given)],
  ['details of a job', JobDetailsShape, showJobDetails],
  [
    'a job in a pipeline',
    JobInPipelineShape,
    (given) => showJobInPipeline({ ...given, parallelIndex: 1, parallelTotal: 2 }),
  ],
  ['a lint', LintShape, showLint],
  ['a manager', ManagerShape, (given) => showManager(given, now)],
  [
    'a pipeline',
    PipelineShape,
    (given) =>
      showPipeline({
        ...given,
        stages: given.stages.map((stage: { jobs: number[] }) => ({ ...stage, jobIds: stage.jobs })),
      }),
  ],
  ['a new pipeline', NewPipelineShape, showNewPipeline],
  [
    'a project',
    ProjectShape,
    (given) => showProject({ ...given, repoUrl: 'https://ci.example/a' }, given.usage, given.commitStatus),
  ],
  ['a token of a project', ProjectTokenShape, showProjectToken],
  ['a runner', RunnerShape, (given) => showRunner(given, now)],
  ['a runner token', RunnerTokenShape, showRunnerToken],
  ['a new runner', NewRunnerShape, showNewRunner],
  ['settings', SettingsShape, (given) => showSettings(given, given, given.registrationToken)],
  ['limits', LimitsShape, showLimits],
  ['text of a log', TraceTextShape, showTraceText],
  ['an event of a log', TraceEventShape, showTraceEvent],
  ['an outline of a log', TraceOutlineShape, showTraceOutline],
  ['a search in a log', TraceSearchShape, showTraceSearch],
  ['storage', StorageShape, ({ items }) => showStorage(items)],
  ['usage of projects', ProjectsUsageShape, ({ month, items }) => showProjectsUsage(month, items)],
  ['usage of runners', RunnersUsageShape, ({ month, items }) => showRunnersUsage(month, items)],
  ['times', TimesShape, (given) => showTimes(given.hours, given)],
  ['a webhook', WebhookShape, (given) => showWebhook({ ...given, url: 'https://ci.example/a' })],
  ['a delivery', DeliveryShape, showDelivery],
  ['a commit status', CommitStatusShape, (given) => showCommitStatus({ ...given, sentAt: given.sent.at })],
]

for (const [name, shape, show] of shown) {
  test(`${name} shows what its shape names, and no member that the domain adds`, () => {
    const answer = show(planted(shape))
    expect(shape.parse(answer)).toEqual(answer)
    expect(JSON.stringify(answer)).not.toContain('surprise')
    expect(Object.keys(answer as object).sort()).toEqual(Object.keys((shape as z.ZodObject).shape).sort())
  })
}

test('lines of a log with a member that the shape does not name are refused', () => {
  expect(() => TraceLinesShape.parse(showTraceLines(planted(TraceLinesShape)))).toThrow(/surprise/)
})

test('every procedure declares its REST path, a summary, and the shape of its answer', () => {
  for (const [name, { _def }] of Object.entries(proceduresOf(appRouter))) {
    expect(_def.meta, name).toMatchObject({ rest: expect.stringMatching(/^[A-Z]+ \//), summary: expect.any(String) })
    expect(_def.meta.output, name).toBeInstanceOf(z.ZodType)
  }
})

test('no shape lets through members that it does not name', () => {
  for (const [name, { _def }] of Object.entries(proceduresOf(appRouter))) {
    const { output } = _def.meta
    if (output instanceof z.ZodObject) expect(() => output.parse(planted(output)), name).toThrow(/surprise/)
  }
})

const proceduresOf = (router: typeof appRouter) =>
  router._def.procedures as unknown as Readonly<Record<string, { _def: { meta: Description } }>>

/** Returns a value of the shape, with a member `surprise` added to every object at any depth. */
function planted(shape: z.ZodType): Planted {
  const { type, ...def } = shape._zod.def as unknown as {
    type: string
    shape?: Record<string, z.ZodType>
    innerType?: z.ZodType
    element?: z.ZodType
    entries?: Record<string, unknown>
    values?: readonly unknown[]
  }
  switch (type) {
    case 'object':
      return {
        ...Object.fromEntries(Object.entries(def.shape ?? {}).map(([name, member]) => [name, planted(member)])),
        surprise: 'surprise',
      }
    case 'array':
      return [planted(def.element as z.ZodType)]
    case 'nullable':
    case 'optional':
      return planted(def.innerType as z.ZodType)
    case 'enum':
      return Object.values(def.entries ?? {})[0]
    case 'literal':
      return def.values?.[0]
    case 'date':
      return now
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'string':
      return 'text'
    case 'record':
    case 'custom':
      return {}
    default:
      throw new Error(`teach this test what a ${type} is`)
  }
}
