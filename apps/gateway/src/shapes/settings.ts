import type { Policy, Settings } from '@yardmaster/domain'
import { z } from 'zod'
import { Count, CountOrNull, TextOrNull } from './values.ts'

export const SettingsShape = z
  .strictObject({
    registrationToken: TextOrNull.describe('Null when the stored token is damaged.'),
    maintenance: z
      .boolean()
      .describe('Whether the instance is in maintenance: runners are asked to come back in a minute.'),
    projectRegistration: z.boolean().describe('Whether registration tokens of projects work.'),
    groupRegistration: z.boolean().describe('Whether registration tokens of groups work.'),
    fairScheduling: z.boolean().describe('Whether instance runners are shared fairly between projects.'),
    supplyGitlabCi: z.boolean().describe('Whether jobs get `GITLAB_CI=true`.'),
    archiveAfter: CountOrNull.describe(
      'Seconds after its creation at which a job counts as archived; null when it never does.',
    ),
    maxStoredBytes: CountOrNull.describe(
      'Bytes that a project without a quota of its own may store; null for no limit.',
    ),
    jobRetentionDays: CountOrNull.describe(
      'From the environment: days for which finished pipelines and their jobs are kept; null for ever.',
    ),
    logRetentionDays: CountOrNull.describe(
      'From the environment: days for which logs of finished jobs are kept; null for as long as the jobs.',
    ),
  })
  .meta({ id: 'Settings' })

export const showSettings = (
  settings: Settings,
  { jobRetentionDays, logRetentionDays }: Pick<Policy, 'jobRetentionDays' | 'logRetentionDays'>,
  registrationToken: string | null,
): z.input<typeof SettingsShape> => ({
  registrationToken,
  maintenance: settings.maintenance,
  projectRegistration: settings.projectRegistration,
  groupRegistration: settings.groupRegistration,
  fairScheduling: settings.fairScheduling,
  supplyGitlabCi: settings.supplyGitlabCi,
  archiveAfter: settings.archiveAfter,
  maxStoredBytes: settings.maxStoredBytes,
  jobRetentionDays,
  logRetentionDays,
})

/** Settings from the environment, fixed at start. */
export const LimitsShape = z
  .strictObject({
    externalUrl: z.string(),
    demoCommand: z.string().describe('A command that shows sample jobs on this installation.'),
    version: z.string().describe('The value of `CI_SERVER_VERSION`.'),
    registrationEnabled: z.boolean(),
    runnerTokenLifetimeSeconds: CountOrNull.describe('Null when tokens never expire.'),
    longPollMs: Count.describe('How long a job request may be held; 0 for not at all.'),
    maxTraceMib: z.number().describe('0 for no limit.'),
    artifactsEnabled: z.boolean(),
    maxArtifactBytes: z.number().describe('With 0 no artifact may have any content.'),
    artifactExpireSeconds: z.number().nullable().describe('How long artifacts are kept; null for ever.'),
    jobRetentionDays: CountOrNull.describe('Days for which finished pipelines and their jobs are kept; null for ever.'),
    logRetentionDays: CountOrNull.describe(
      'Days for which logs of finished jobs are kept; null for as long as the jobs.',
    ),
    jobRequestsPerMinute: Count.describe('The limit for one runner token; 0 for no limit.'),
    maxJobsPerPipeline: Count.describe('The most jobs that one configuration may give a pipeline.'),
  })
  .meta({ id: 'Limits' })

export const showLimits = (policy: Policy): z.input<typeof LimitsShape> => ({
  externalUrl: policy.externalUrl,
  demoCommand: policy.demoCommand,
  version: policy.version,
  registrationEnabled: policy.registrationEnabled,
  runnerTokenLifetimeSeconds: policy.runnerTokenLifetimeSeconds,
  longPollMs: policy.longPollMs,
  maxTraceMib: policy.maxTraceMib,
  artifactsEnabled: policy.artifactsEnabled,
  maxArtifactBytes: policy.maxArtifactBytes,
  artifactExpireSeconds: policy.artifactExpireSeconds,
  jobRetentionDays: policy.jobRetentionDays,
  logRetentionDays: policy.logRetentionDays,
  jobRequestsPerMinute: policy.jobRequestsPerMinute,
  maxJobsPerPipeline: policy.maxJobsPerPipeline,
})
