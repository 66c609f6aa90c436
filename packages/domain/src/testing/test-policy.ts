import type { Policy } from '../settings.ts'

/** For tests. The defaults of the program, without holds. */
export const TEST_POLICY: Policy = {
  externalUrl: 'http://127.0.0.1:1',
  demoCommand: 'npm run demo',
  version: '0.0.0',
  registrationEnabled: true,
  runnerTokenLifetimeSeconds: null,
  longPollMs: 0,
  maxTraceMib: 100,
  artifactsEnabled: true,
  maxArtifactBytes: 100 * 1_048_576,
  artifactExpireSeconds: 30 * 86_400,
  jobRetentionDays: null,
  logRetentionDays: null,
  jobRequestsPerMinute: 0,
  maxJobsPerPipeline: 500,
  maxRunBytes: 2 ** 20,
}
