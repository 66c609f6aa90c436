/** Removes jobs, pipelines and logs that are older than the installation or their project keeps them. */
export { removeOldLogs } from './remove-old-logs.ts'
export { removeOldPipelines } from './remove-old-pipelines.ts'
