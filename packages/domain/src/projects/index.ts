/** Manages projects and their quotas. */
export { createProject, updateProject } from './change-project.ts'
export { checkoutPath } from './checkout-path.ts'
export {
  CLONES,
  type Clone,
  DEFAULT_PROJECT_PATH,
  type Group,
  type Project,
  type ProjectChanges,
  type ProjectRepository,
  type ProjectSecret,
  type ProjectVariable,
} from './project.ts'
export {
  DEFAULT_CONFIG_PATH,
  type GivenRepository,
  isHttp,
  repositoryFromUrl,
  urlOfRepository,
} from './repository.ts'
export { rotateRegistrationToken } from './rotate-registration-token.ts'
