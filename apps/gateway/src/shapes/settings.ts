import type { Policy, Settings } from '@yardmaster/domain'
import { z } from 'zod'
import { Count, CountOrNull, TextOrNull } from './values.ts'

export const SettingsShape = z
  .strictObject({
    registrationToken: TextOrNull.describe('Null: what is stored of it is damaged.'),
    maintenance: z.boolean().describe('Runners are asked to come back in a minute.'),
    projectRegistration: z.boolean().describe('Registration tokens of projects register.'),
    groupRegistration: z.boolean().describe('Registration tokens of groups register.'),
    fairScheduling: z.boolean().describe('Instance runners are shared fairly between projects.'),
    supplyGitlabCi: z.boolean().describe('Jobs get `GITLAB_CI=true`.'),
    archiveAfter: CountOrNull.describe('Seconds after its creation when a job counts as archived; null: never.'),
    maxStoredBytes: CountOrNull.describe('What a project without a quota may store; null: without limit.'),
  })
  .meta({ id: 'Settings' })

export const showSettings = (settings: Settings, registrationToken: string | null): z.input<typeof SettingsShape> => ({
  registrationToken,
  maintenance: settings.maintenance,
  projectRegistration: settings.projectRegistration,
  groupRegistration: settings.groupRegistration,
  fairScheduling: settings.fairScheduling,
  supplyGitlabCi: settings.supplyGitlabCi,
  archiveAfter: settings.archiveAfter,
  maxStoredBytes: settings.maxStoredBytes,
})

/** What the environment settled at start. */
export const LimitsShape = z
  .strictObject({
    externalUrl: z.string(),
    demoCommand: z.string().describe('Shows sample jobs on this installation.'),
    version: z.string().describe('What `CI_SERVER_VERSION` says.'),
    registrationEnabled: z.boolean(),
    runnerTokenLifetimeSeconds: CountOrNull.describe('Null: for ever.'),
    longPollMs: Count.describe('How long a job request may be held; 0: never.'),
    maxTraceMib: z.number().describe('0: no limit.'),
    artifactsEnabled: z.boolean(),
    maxArtifactBytes: z.number().describe('0: no artifact may have any content.'),
    artifactExpireSeconds: z.number().nullable().describe('How long artifacts are kept; null: for ever.'),
    jobRequestsPerMinute: Count.describe('Of a runner token; 0: no limit.'),
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
  jobRequestsPerMinute: policy.jobRequestsPerMinute,
})
