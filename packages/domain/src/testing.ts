/** Helpers for tests of other packages. */
export { memoryEvents } from './testing/memory-events.ts'
export { memoryObjects } from './testing/memory-objects.ts'
export { memoryScratch } from './testing/memory-scratch.ts'
export { noRepositories } from './testing/no-repositories.ts'
export { steadyClock } from './testing/steady-clock.ts'
export { sampleTakenJob, type TakenJobParts } from './testing/taken-job.ts'
export { TEST_POLICY } from './testing/test-policy.ts'
