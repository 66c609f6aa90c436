/** Decides what git clients may do. */
export { authorizeGit, type GitClient, type GitRefusal } from './authorize-git.ts'
export { receivePush } from './receive-push.ts'
export { isRefName } from './ref-name.ts'
