import { type Job, type Manager, type Project, type RunnerOverview, runnerStatus } from '@yardmaster/domain'

/** @see `interfaces.md` 5; dates become ISO 8601 when they are written as JSON. */
export function runnerView(runner: RunnerOverview, now: Date) {
  const { registrationType: _registrationType, updatedAt: _updatedAt, ...shown } = runner
  return { ...shown, status: runnerStatus(runner, now) }
}

export function managerView(manager: Manager, now: Date) {
  const { runnerId: _runnerId, updatedAt: _updatedAt, ...shown } = manager
  return { ...shown, status: runnerStatus(manager, now) }
}

/** Values of masked variables and passwords in addresses never leave the server. */
export function projectView(project: Project) {
  const { groupId: _groupId, ...shown } = project
  return {
    ...shown,
    repoUrl: project.repoUrl === null ? null : withoutPassword(project.repoUrl),
    variables: project.variables.map((variable) => ({
      key: variable.key,
      value: variable.masked ? null : variable.value,
      masked: variable.masked ?? false,
      file: variable.file ?? false,
      raw: variable.raw ?? false,
      protected: variable.protected ?? false,
    })),
  }
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  return url.href
}

export function jobView(job: Job) {
  return { ...job, artifacts: [] as const }
}
