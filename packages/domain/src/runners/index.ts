/** Registers runners and stores their facts. */
export { assignProject, unassignProject } from './assign-project.ts'
export { collectContacts } from './contacts.ts'
export { createRunner } from './create-runner.ts'
export type { IssuedToken } from './issue-token.ts'
export { registerRunner } from './register-runner.ts'
export { removeManager, removeRunner, removeRunnerById } from './remove-runner.ts'
export { removeSilentManagers } from './remove-silent-managers.ts'
export { rotateOwnToken, rotateTokenById } from './rotate-token.ts'
export {
  ACCESS_LEVELS,
  LEGACY_SYSTEM_ID,
  type Manager,
  type ManagerDetails,
  ONLINE_MS,
  RUNNER_STATUSES,
  RUNNER_TYPES,
  type Runner,
  type RunnerAttributes,
  type RunnerStatus,
  type RunnerType,
  runnerStatus,
  STALE_MS,
} from './runner.ts'
export { noteRunnerEntry } from './runner-entries.ts'
export { updateRunner } from './update-runner.ts'
export { RUNNER_LIMITS, type RunnerChanges, violationSentences } from './validate-runner.ts'
export { authenticateRunner, verifyRunner } from './verify-runner.ts'
