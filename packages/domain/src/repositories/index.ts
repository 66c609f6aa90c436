/** Shows and refreshes the repositories of projects, as this process has them. */
export { describeRepository } from './describe-repository.ts'
export { joinPacks } from './join-packs.ts'
export { refreshRepository } from './refresh-repository.ts'
export { removeLostRepositories } from './remove-lost-repositories.ts'
export { removeOldRuns } from './remove-old-runs.ts'
export { removeUnreachable } from './remove-unreachable.ts'
