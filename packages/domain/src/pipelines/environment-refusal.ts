import { isEnvironmentName } from '@yardmaster/ci-config'
import { isProtectedEnvironment, type Project } from '../projects/project.ts'

/**
 * Returns the failure reason of a job that must not touch its environment: because of its name, or because the project
 * protects the environment and the job's ref is not protected. Null when it may.
 */
export function environmentRefusal(
  name: string,
  { protectedEnvironments }: Pick<Project, 'protectedEnvironments'>,
  isOfProtectedRef: boolean,
): string | null {
  if (!isEnvironmentName(name)) return 'environment_creation_failure'
  return !isOfProtectedRef && isProtectedEnvironment(protectedEnvironments, name)
    ? 'protected_environment_failure'
    : null
}
