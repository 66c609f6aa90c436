import type { Project, ProjectVariable } from './project.ts'

/**
 * Returns a project as pipelines of a fork see it. Who changes the fork decides what its jobs do, so they get nothing
 * that is secret: no variable that is masked or protected, and no credentials for the repository.
 */
export function seenFromFork(project: Project): Project {
  // Reading the registration token would decrypt it.
  const open = (Object.keys(project) as (keyof Project)[]).filter((name) => name !== 'registrationToken')
  return {
    ...(Object.fromEntries(open.map((name) => [name, project[name]])) as unknown as Project),
    registrationToken: null,
    variables: project.variables.filter(isHarmless),
    repository: project.repository && { ...project.repository, ...NO_CREDENTIALS },
    repoUrl: project.repoUrl === null ? null : withoutCredentials(project.repoUrl),
  }
}

const NO_CREDENTIALS = { username: null, password: null, deployKey: null }

const isHarmless = ({ masked, protected: isProtected }: ProjectVariable): boolean => !masked && !isProtected

/** Removes user and password from an address. */
const withoutCredentials = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
