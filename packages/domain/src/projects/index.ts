/** Manages projects and their quotas. */
export { createProject, updateProject } from './change-project.ts'
export { checkoutPath } from './checkout-path.ts'
export {
  DEFAULT_PROJECT_PATH,
  type Group,
  type Project,
  type ProjectChanges,
  type ProjectSecret,
  type ProjectVariable,
} from './project.ts'
export { rotateRegistrationToken } from './rotate-registration-token.ts'
