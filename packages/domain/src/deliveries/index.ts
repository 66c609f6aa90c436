/** Sends requests that wait in the database: each by one process at a time, again after failures. */
export type { Attempt } from './attempt.ts'
