import {
  type JobDescription,
  type Manager,
  type Project,
  type ProjectUsage,
  type RunnerOverview,
  runnerStatus,
  type StoredArtifact,
} from '@yardmaster/domain'
import { visible } from './visible.ts'

/** A runner as the admin API shows it. Dates become ISO 8601 when they are written as JSON. */
export function runnerView(runner: RunnerOverview, now: Date) {
  const { registrationType: _registrationType, updatedAt: _updatedAt, ...shown } = runner
  return { ...visible(shown), status: runnerStatus(runner, now) }
}

export function managerView(manager: Manager, now: Date) {
  const { runnerId: _runnerId, updatedAt: _updatedAt, ...shown } = manager
  return { ...visible(shown), status: runnerStatus(manager, now) }
}

/** Values of masked variables and passwords in addresses never leave the server. */
export function projectView(project: Project, usage: Omit<ProjectUsage, 'projectId'>) {
  const { groupId: _groupId, sharesCheckout: _sharesCheckout, ...shown } = project
  return {
    ...shown,
    /** What is stored for it now, in bytes and in artifacts. */
    usage: { artifactBytes: usage.artifactBytes, artifactCount: usage.artifactCount },
    repoUrl: project.repoUrl === null ? null : withoutSecrets(project.repoUrl),
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

/** What stands where something of an address is hidden. */
export const HIDDEN = '***'

/**
 * An address as it may be shown: a password, a user without one and the query may be secrets; the place on the page is
 * of no use to anybody.
 */
export function withoutSecrets(address: string): string {
  const url = new URL(address)
  if (url.password !== '') url.password = HIDDEN
  else if (url.username !== '') url.username = HIDDEN
  if (url.search !== '') url.search = HIDDEN
  url.hash = ''
  return url.href
}

/** Without where its bytes are. */
export function artifactView(artifact: StoredArtifact) {
  const { type, format, filename, size, sha256, accessibility, createdAt, expireAt, browsable } = artifact
  return { type, format, filename, size, sha256, accessibility, createdAt, expireAt, browsable }
}

/** What a job was told to do and who did it. Values that a log would mask are masked here. */
export function detailsView({ definition, runner, manager, variables }: JobDescription) {
  const { beforeScript, script, afterScript, image, services, when, timeout } = definition
  return {
    runner: visible(runner),
    manager: visible(
      manager && {
        id: manager.id,
        systemId: manager.systemId,
        version: manager.version,
        executor: manager.executor,
        platform: manager.platform,
        architecture: manager.architecture,
        ipAddress: manager.ipAddress,
      },
    ),
    definition: {
      beforeScript,
      script,
      afterScript,
      image: image?.name ?? null,
      services: services.map(({ name, alias }) => ({ name, alias })),
      when,
      timeout,
    },
    variables: variables.map(({ key, value, masked, file, raw, from }) => ({
      key,
      value: masked ? null : value,
      masked: masked ?? false,
      file: file ?? false,
      raw: raw ?? false,
      from,
    })),
  }
}
