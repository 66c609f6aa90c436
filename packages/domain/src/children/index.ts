/** Starts the child pipelines of trigger jobs, and lets trigger jobs follow them. */
export { followChildren } from './follow-children.ts'
export { startChildren } from './start-children.ts'
